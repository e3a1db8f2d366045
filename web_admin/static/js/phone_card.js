// A member's code on the member's phone: a new one whenever the old one's time is over. The gateway
// draws it; a code whose time is over is taken away at once, because no scanner takes it.

const card = document.querySelector("[data-phone-card]");
const picture = card.querySelector("[data-picture]");
const leftText = card.querySelector("[data-left-text]");

const ANSWER_MS = 5000;
const AGAIN_MS = 3000;
const TICK_MS = 250;

let endsAt = performance.now() + Number(card.dataset.left) * 1000;
let asking = false;
let askAfter = 0;

function show(name) {
  for (const one of ["shown", "offline", "gone"]) {
    card.querySelector(`[data-${one}]`).hidden = one !== name;
  }
}

async function ask() {
  asking = true;
  try {
    const answer = await fetch(card.dataset.source, { cache: "no-store", signal: AbortSignal.timeout(ANSWER_MS) });
    if (answer.status === 410 || answer.status === 404) {
      show("gone");
      clearInterval(ticking);
      return;
    }
    if (!answer.ok) throw new Error(String(answer.status));
    const code = await answer.json();
    picture.src = code.picture;
    endsAt = performance.now() + code.left_s * 1000;
    show("shown");
  } catch {
    show("offline");
    askAfter = performance.now() + AGAIN_MS;
  } finally {
    asking = false;
  }
}

function tick() {
  const left = Math.ceil((endsAt - performance.now()) / 1000);
  leftText.textContent = Math.max(left, 0).toLocaleString(document.documentElement.lang);
  if (left <= 0 && !asking && performance.now() >= askAfter) ask();
}

// A phone that slept may have stopped its clock: what it shows is of no known time.
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && !asking) ask();
});
addEventListener("online", () => {
  if (!asking) ask();
});

card.querySelector("[data-wait]").hidden = false;
const ticking = setInterval(tick, TICK_MS);
tick();
