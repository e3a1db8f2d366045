// Adds rows to the live page as the gateway writes them.
//
// A plain EventSource: the browser itself connects again and says which row it had last. Each row
// has an id, so one that comes twice is put in its old one's place. Where no stream is to be had
// (too many watch), htmx asks for the rows every ten seconds instead.
(() => {
  "use strict";

  const ROWS_MAX = 200;
  const WAITING_MAX = 500;
  const POLL_MS = 10_000;
  const TRY_AGAIN_MS = 30_000;
  const HIDDEN_MS = 30_000;

  const root = document.querySelector("[data-live]");
  const body = document.getElementById("live-rows");
  if (!root || !body) {
    return;
  }
  const pause = document.querySelector("[data-live-pause]");
  const waitingBadge = document.querySelector("[data-live-waiting]");
  const figures = new Intl.NumberFormat(document.documentElement.lang === "fa" ? "fa-IR" : "en");

  let source = null;
  let lastIndex = root.dataset.after;
  let paused = false;
  let waiting = [];
  let pollTimer = null;
  let againTimer = null;
  let hiddenTimer = null;
  let refused = false;

  const show = (state) => {
    for (const one of root.querySelectorAll("[data-live-state]")) {
      one.hidden = one.dataset.liveState !== state;
    }
  };

  const rowOf = (markup) => {
    const frame = document.createElement("template");
    frame.innerHTML = markup.trim();
    return frame.content.firstElementChild;
  };

  const add = (markup) => {
    const row = rowOf(markup);
    if (!row) {
      return;
    }
    const old = row.id ? document.getElementById(row.id) : null;
    if (old) {
      old.replaceWith(row);
      return;
    }
    if (row.dataset.more !== undefined) {
      body.querySelector("[data-more]")?.remove();
    }
    body.prepend(row);
    while (body.rows.length > ROWS_MAX) {
      body.lastElementChild.remove();
    }
    const empty = root.querySelector('[data-empty-of="live-rows"]');
    if (empty) {
      empty.hidden = true;
    }
  };

  const take = (markup) => {
    if (!paused) {
      add(markup);
      return;
    }
    waiting.push(markup);
    if (waiting.length > WAITING_MAX) {
      waiting.shift();
    }
    waitingBadge.textContent = figures.format(waiting.length);
  };

  const stopPolling = () => {
    clearInterval(pollTimer);
    clearTimeout(againTimer);
    pollTimer = againTimer = null;
  };

  const poll = () => {
    if (!paused) {
      refused = false;
      root.querySelector("[data-live-poll]").dispatchEvent(new CustomEvent("mohr:poll", { bubbles: true }));
    }
  };

  const startPolling = () => {
    if (pollTimer === null) {
      show(paused ? "paused" : "polling");
      pollTimer = setInterval(poll, POLL_MS);
      poll();
    }
    clearTimeout(againTimer);
    againTimer = setTimeout(connect, TRY_AGAIN_MS);
  };

  const disconnect = () => {
    if (source) {
      source.close();
      source = null;
    }
  };

  const connect = () => {
    disconnect();
    const address = new URL(root.dataset.stream, document.baseURI);
    address.searchParams.set("after", lastIndex);
    source = new EventSource(address);
    source.addEventListener("here", () => {
      stopPolling();
      show(paused ? "paused" : "live");
    });
    source.addEventListener("tap", (event) => {
      lastIndex = event.lastEventId || lastIndex;
      take(event.data);
    });
    source.addEventListener("more", (event) => take(event.data));
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) {
        // Refused for good: too many watch, or nobody is signed in any more.
        disconnect();
        startPolling();
      } else if (pollTimer === null) {
        show("connecting");
      }
    });
  };

  const resume = () => {
    for (const markup of waiting) {
      add(markup);
    }
    waiting = [];
    waitingBadge.textContent = "";
  };

  pause.hidden = false;
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    for (const one of pause.querySelectorAll("[data-when]")) {
      one.hidden = (one.dataset.when === "paused") !== paused;
    }
    if (!paused) {
      resume();
    }
    show(paused ? "paused" : pollTimer === null ? "live" : "polling");
  });

  document.addEventListener("visibilitychange", () => {
    clearTimeout(hiddenTimer);
    if (document.hidden) {
      // A tab that nobody looks at must not hold one of the gateway's threads.
      hiddenTimer = setTimeout(() => {
        stopPolling();
        disconnect();
      }, HIDDEN_MS);
    } else if (!source && pollTimer === null) {
      show("connecting");
      connect();
    }
  });
  window.addEventListener("pagehide", () => {
    stopPolling();
    disconnect();
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) {
      connect();
    }
  });
  // The names htmx 4 gives to an answer that is no page, and to none at all.
  for (const name of ["htmx:response:error", "htmx:error"]) {
    document.body.addEventListener(name, () => {
      if (pollTimer !== null) {
        refused = true;
        show("lost");
      }
    });
  }
  document.body.addEventListener("htmx:after:swap", () => {
    // It also follows an answer of which nothing was taken.
    if (refused) {
      return;
    }
    const newest = body.querySelector("[data-tap]");
    if (newest && Number(newest.dataset.tap) > Number(lastIndex)) {
      lastIndex = newest.dataset.tap;
    }
    if (pollTimer !== null) {
      show(paused ? "paused" : "polling");
    }
  });

  show("connecting");
  connect();
})();
