"""A person at a browser, as tests use one: goes somewhere, looks hard, keeps pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin

from playwright.sync_api import Browser, Page, Response, StorageState

from simulators.browser import page_scripts
from simulators.browser.finding import BrowserError, Finding, PageFaultError, Rule
from simulators.browser.foreign_words import foreign_words
from simulators.browser.listening import Listener
from simulators.browser.look import Look
from simulators.browser.raw_page import inline_findings, policy_findings

#: What has not come by then never will, on however busy a machine.
PATIENCE_MS: Final = 30_000
_AXE_OPTIONS: Final = {
    "runOnly": {
        "type": "tag",
        "values": [
            "wcag2a",
            "wcag2aa",
            "wcag21a",
            "wcag21aa",
            "wcag22a",
            "wcag22aa",
            "best-practice",
        ],
    },
    "resultTypes": ["violations"],
}
_TEXT_SHOWN: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What every visitor of a session carries.

    Attributes:
        browser: where they open their windows.
        axe: the text of axe-core.
        pictures: the folder for screenshots.
    """

    browser: Browser
    axe: str = field(repr=False)
    pictures: Path


class Visitor:
    """One person in one window, with nothing remembered from anybody before.

    Attributes:
        page: the tab; drive it as you like.
        look: language, theme and window.
        listener: hears what the page says on the side.
    """

    def __init__(self, tools: Tools, base_url: str, look: Look, page: Page) -> None:
        self.page = page
        self.look = look
        self.listener = Listener(page, base_url)
        self._tools = tools
        self._base_url = base_url

    def go(self, path: str, *, status: int = 200) -> None:
        """Open a page of the house and judge how it was served.

        Args:
            path: from the root, such as ``/members``.
            status: what it must answer with.

        Raises:
            PageFaultError: if it was served otherwise than pages must be.
        """
        url = urljoin(self._base_url, path)
        if status < 400:
            response = self.page.goto(url, wait_until="load")
        else:
            # Chromium complains in the console about the very status that is wanted.
            with self.listener.forgiving(rf"status of {status} .*{_escaped(path)}"):
                response = self.page.goto(url, wait_until="load")
                self.settle()
        if response is None:
            raise BrowserError(f"{url} is the page that was open already")
        self._raise(self._served(response, status))

    def settle(self) -> None:
        """Wait until the fonts are there and what was changed is painted."""
        self.page.evaluate("document.fonts.ready.then(() => true)")
        self.page.evaluate(page_scripts.SETTLED)

    def findings(self, *, axe: bool = True) -> tuple[Finding, ...]:
        """Everything that is wrong with the page as it stands, and was since the last look.

        Args:
            axe: whether to let axe-core look, which takes most of the time.
        """
        self.settle()
        probe: dict[str, Any] = self.page.evaluate(page_scripts.PROBE)
        found = [*self._of_language(probe), *_of_structure(probe)]
        if axe:
            self.page.evaluate(self._tools.axe)
            broken = self.page.evaluate(page_scripts.RUN_AXE, _AXE_OPTIONS)
            found += [Finding(Rule.AXE, one) for one in broken]
        return (*self.listener.take(), *found)

    def check(self, *, axe: bool = True) -> None:
        """Refuse a page with findings.

        Raises:
            PageFaultError: with all of them.
        """
        self._raise(self.findings(axe=axe))

    def picture(self, name: str, *, whole: bool = True) -> Path:
        """Keep a screenshot.

        Args:
            name: of the file, without its ending.
            whole: the whole page and not only what the window shows.

        Returns:
            the file.
        """
        self._tools.pictures.mkdir(parents=True, exist_ok=True)
        file = self._tools.pictures / f"{name}-{self.look}.png"
        self.settle()
        self.page.screenshot(path=file, full_page=whole)
        return file

    def memory(self) -> StorageState:
        """The cookies, for another window of the same person."""
        return self.page.context.storage_state()

    def _served(self, response: Response, status: int) -> Sequence[Finding]:
        found: list[Finding] = []
        if response.status != status:
            found.append(Finding(Rule.STATUS, f"{response.status} instead of {status}"))
        if "html" in response.headers.get("content-type", ""):
            found += policy_findings(response.headers.get("content-security-policy"))
            found += inline_findings(response.text())
        return found

    def _of_language(self, probe: dict[str, Any]) -> Iterator[Finding]:
        language = self.look.language
        if probe["language"] != language.value:
            yield Finding(Rule.LANGUAGE, f"lang is {probe['language']!r}, not {language.value!r}")
        if probe["direction"] != language.direction:
            yield Finding(Rule.LANGUAGE, f"dir is {probe['direction']!r}")
        for place, text in probe["texts"]:
            if words := foreign_words(text, language):
                shown = text[:_TEXT_SHOWN]
                yield Finding(Rule.UNTRANSLATED, f"{place} says {shown!r}: {' '.join(words)[:200]}")

    def _raise(self, found: Sequence[Finding]) -> None:
        if found:
            raise PageFaultError(f"{self.page.url} ({self.look})", found)


def _of_structure(probe: dict[str, Any]) -> Iterator[Finding]:
    if probe["overflow"] > 0:
        yield Finding(Rule.OVERFLOW, f"{probe['overflow']} px too wide: {', '.join(probe['wide'])}")
    for place in probe["cut"]:
        yield Finding(Rule.CUT, place)
    for name in probe["duplicates"]:
        yield Finding(Rule.DUPLICATE_ID, name)
    for violation in probe["violations"]:
        yield Finding(Rule.CSP, violation)


def _escaped(path: str) -> str:
    return path.replace("?", r"\?").replace("+", r"\+")


@contextmanager
def visit(
    tools: Tools, base_url: str, look: Look, *, memory: StorageState | None = None
) -> Iterator[Visitor]:
    """A visitor with a fresh window; whatever went wrong unseen is raised at the end.

    Args:
        tools: of the session.
        base_url: the house.
        look: how the visitor sees it.
        memory: cookies of an earlier visit (``Visitor.memory``); without it there are none.

    Raises:
        PageFaultError: if anything was heard after the last look.
    """
    context = tools.browser.new_context(
        viewport={"width": look.window.width, "height": look.window.height},
        locale="fa-IR" if look.language.value == "fa" else "en-GB",
        color_scheme="dark" if look.theme.value == "dark" else "light",
        # Colours are judged as they end up, not on their way there.
        reduced_motion="reduce",
        bypass_csp=False,
        storage_state=memory,
    )
    try:
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(page_scripts.WATCH_POLICY)
        visitor = Visitor(tools, base_url, look, context.new_page())
        yield visitor
        left = visitor.listener.take()
        if left:
            raise PageFaultError(f"{visitor.page.url} ({look})", left)
    finally:
        context.close()
