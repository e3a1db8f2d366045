"""The questions that are put to a page from outside, as scripts for the browser.

They run by the browser's own debugging protocol, so a page's policy stays in force.
"""

from __future__ import annotations

from typing import Final

#: Runs before every page: keeps each violation of its policy.
WATCH_POLICY: Final = """
document.addEventListener('securitypolicyviolation', event => {
    (window.__violations ||= []).push(
        `${event.effectiveDirective} forbids ${event.blockedURI} at `
        + `${event.sourceFile}:${event.lineNumber} ${event.sample}`);
});
"""

#: What ``examine`` reads: one object with everything that needs no judgement in the browser.
PROBE: Final = """
() => {
    const root = document.documentElement;
    const inWords = node => {
        const element = node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement;
        const marked = element.closest('[translate]');
        return !(marked && marked.getAttribute('translate') === 'no');
    };
    const place = element => {
        const id = element.id ? '#' + element.id : '';
        const classes = [...element.classList].slice(0, 3).map(name => '.' + name).join('');
        return element.tagName.toLowerCase() + id + classes;
    };
    const texts = [];
    const silent = new Set(['SCRIPT', 'STYLE', 'TEMPLATE', 'NOSCRIPT']);
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        if (silent.has(node.parentElement.tagName) || !node.data.trim()) continue;
        // What follows the dot is the organisation's own name, and a title can mark nothing.
        const said = node.parentElement.tagName === 'TITLE' ? node.data.split(' · ')[0] : node.data;
        if (inWords(node)) texts.push([place(node.parentElement), said.trim()]);
    }
    const spoken = ['placeholder', 'aria-label', 'aria-description', 'aria-roledescription',
        'title', 'alt', 'label', 'aria-valuetext'];
    for (const element of document.querySelectorAll('*')) {
        if (!inWords(element)) continue;
        for (const name of spoken) {
            const value = element.getAttribute(name);
            if (value) texts.push([`${place(element)}[${name}]`, value]);
        }
        const isButton = element.tagName === 'INPUT'
            && ['submit', 'button', 'reset'].includes(element.type);
        if (isButton && element.value) texts.push([`${place(element)}[value]`, element.value]);
    }
    const counts = {};
    for (const element of document.querySelectorAll('[id]'))
        counts[element.id] = (counts[element.id] || 0) + 1;
    const scrolls = element => {
        for (let one = element.parentElement; one && one !== document.body;
                one = one.parentElement) {
            const flow = getComputedStyle(one).overflowX;
            if (flow !== 'visible') return true;
        }
        return false;
    };
    const wide = [];
    const overflow = root.scrollWidth - root.clientWidth;
    if (overflow > 0) for (const element of document.body.querySelectorAll('*')) {
        const box = element.getBoundingClientRect();
        if ((box.right > root.clientWidth + 1 || box.left < -1) && box.width && !scrolls(element))
            wide.push(place(element));
    }
    // Listings scroll, as everywhere; one pixel is what stands there for screen readers alone.
    const boxes = document.body.querySelectorAll('div, ul, ol, section, figure');
    const cut = [...boxes]
        .filter(one => one.clientWidth > 1 && one.scrollWidth > one.clientWidth + 1
            && getComputedStyle(one).overflowX !== 'visible').map(place);
    return {
        cut: cut.slice(0, 5),
        language: root.lang, direction: root.dir, texts, overflow, wide: wide.slice(0, 5),
        duplicates: Object.keys(counts).filter(id => counts[id] > 1),
        violations: window.__violations || [],
    };
}
"""

#: Two frames: what was laid out is painted, and what the console was told has been sent.
SETTLED: Final = """
() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))
"""

RUN_AXE: Final = """
async options => {
    const result = await axe.run(document, options);
    return result.violations.flatMap(violation => violation.nodes.map(node =>
        `${violation.id} (${violation.impact}): ${node.target.join(' ')} `
        + `${node.html.slice(0, 160)} `
        + node.failureSummary.replaceAll('\\n', ' ').slice(0, 240)));
}
"""
