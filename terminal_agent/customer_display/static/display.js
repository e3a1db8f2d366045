// Draws the picture that the agent sends, and says so when the agent has fallen silent.
"use strict";

// Three beats (terminal_agent/customer_display/page_requests.py) without a sign of life.
const SILENCE_MS = 12000;
const TRY_AGAIN_MS = 2000;
// What gives way to long words, in this order, and how far: the small words only at last.
const ROOM = { "--disc": 0.6, "--fit": 0.45, "--least": 0.5 };

const at = (id) => document.getElementById(id);
let heard = performance.now();
let version = null;
let drawn = null;

// What was filled in stands between isolates (U+2068, U+2069): it becomes an element of its own,
// so that a name of other letters turns no sentence around. Nothing is ever read as markup.
function write(parent, text) {
  const parts = text.split(/\u2068([^\u2069]*)\u2069/);
  parent.replaceChildren(...parts.map((part, place) => (place % 2 ? isolated(part) : part)));
}

function isolated(text) {
  const made = document.createElement("bdi");
  made.translate = false;
  made.textContent = text;
  return made;
}

function rows(parent, items, make) {
  parent.replaceChildren(...items.map(make));
  parent.hidden = items.length === 0;
}

function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  if (text !== undefined) write(made, text);
  return made;
}

function fact(item) {
  const made = element("div", "fact");
  made.append(element("dt", "", item.label), element("dd", "", item.value));
  return made;
}

function notice(text) {
  const made = element("p", "notice");
  const mark = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  mark.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", "#mark-note");
  mark.append(use);
  made.append(mark, element("span", "", text));
  return made;
}

function draw(picture) {
  const body = document.body;
  const another = drawn === null || drawn.screen !== picture.screen;
  drawn = picture;
  body.dataset.screen = picture.screen;
  body.dataset.tone = picture.tone;
  body.dataset.mark = picture.mark;
  at("mark").setAttribute("href", `#mark-${picture.mark}`);
  write(at("title"), picture.title);
  at("hero").hidden = picture.hero === null;
  if (picture.hero !== null) {
    write(at("hero-value"), picture.hero.value);
    write(at("hero-unit"), picture.hero.unit ?? "");
    at("hero").dataset.long = String(picture.hero.value.length > 8);
  }
  rows(at("lines"), picture.lines, (line) => element("p", "", line));
  rows(at("facts"), picture.facts, fact);
  rows(at("notices"), picture.notices, notice);
  at("progress").hidden = picture.progress === null;
  if (picture.progress !== null) {
    write(at("progress-text"), picture.progress.text);
    write(at("progress-hint"), picture.progress.hint);
    at("track").setAttribute("aria-valuenow", String(picture.progress.percent));
    at("fill").style.setProperty("--percent", String(picture.progress.percent));
  }
  body.dataset.claim = String(picture.claim !== null);
  at("claim").toggleAttribute("hidden", picture.claim === null);
  at("claim-text").hidden = picture.claim === null;
  if (picture.claim !== null) {
    const { side, path } = picture.claim.code;
    at("claim").setAttribute("viewBox", `0 0 ${side} ${side}`);
    at("claim-modules").setAttribute("d", path);
    write(at("claim-text"), picture.claim.text);
  }
  if (another) {
    const stage = at("stage");
    stage.classList.remove("enter");
    void stage.offsetWidth; // the animation begins anew
    stage.classList.add("enter");
  }
  fit();
}

// Long words on a small screen become smaller; nothing is ever cut off or scrolled to.
function fit() {
  const stage = at("stage");
  const words = at("words");
  const root = document.documentElement;
  for (const name of Object.keys(ROOM)) root.style.setProperty(name, "1");
  for (const one of hugged()) one.style.inlineSize = "";
  const tooHigh = () =>
    stage.scrollHeight > stage.clientHeight + 1 || root.scrollHeight > window.innerHeight + 1;
  const tooWide = () => words.scrollWidth > words.clientWidth + 1;
  const row = getComputedStyle(stage).flexDirection === "row";
  for (const [name, smallest] of Object.entries(ROOM)) {
    // A disc above the words takes of their height and not of their width; one beside them stays.
    if (row && name === "--disc") continue;
    const tooBig = () => tooHigh() || (name !== "--disc" && tooWide());
    for (let scale = 1; tooBig() && scale > smallest; ) {
      scale -= 0.04;
      root.style.setProperty(name, scale.toFixed(2));
    }
  }
  for (const one of hugged()) if (row || one !== words) hug(one);
}

function hugged() {
  return [at("words"), ...document.querySelectorAll(".notice span")];
}

// Words that wrap keep a box as wide as there is room; made as wide as their longest line, they
// stand in the middle together with their drawing. Of boxes with a width of their own the edges count.
function hug(words) {
  const boxes = [...words.querySelectorAll(".fact, .track")].map((one) => one.getBoundingClientRect());
  const texts = document.createTreeWalker(words, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const range = document.createRange();
    range.selectNode(texts.currentNode);
    boxes.push(...range.getClientRects());
  }
  const seen = boxes.filter((box) => box.width > 0);
  if (seen.length === 0) return;
  const left = Math.min(...seen.map((box) => box.left));
  const right = Math.max(...seen.map((box) => box.right));
  words.style.inlineSize = `${Math.ceil(right - left) + 1}px`;
}

function sign() {
  heard = performance.now();
  at("lost").hidden = true;
}

function listen() {
  const source = new EventSource("/events");
  source.addEventListener("page", (event) => {
    if (version !== null && version !== event.data) location.reload();
    version = event.data;
  });
  source.addEventListener("picture", (event) => {
    sign();
    draw(JSON.parse(event.data));
  });
  source.addEventListener("beat", sign);
  source.addEventListener("error", () => {
    // A lost connection is tried again by the browser, a refused one only by us.
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, TRY_AGAIN_MS);
  });
}

setInterval(() => {
  if (performance.now() - heard > SILENCE_MS) at("lost").hidden = false;
}, 1000);
window.addEventListener("resize", fit);
document.fonts.ready.then(fit);
listen();
