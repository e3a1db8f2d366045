// Passkeys: asks the browser for one and hands its answer to the server. Nothing secret stays here.
const { browserSupportsWebAuthn, startAuthentication, startRegistration } = window.SimpleWebAuthnBrowser;

async function post(address, token, content) {
  const answer = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token },
    body: JSON.stringify(content),
  });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(said.error || "");
  return said;
}

// The server's own sentence where it gave one, otherwise the one that the page brought.
function say(box, error, fromServer) {
  const place = box.querySelector("[data-failed]");
  place.textContent = (fromServer && error.message) || place.dataset.failedText;
}

async function run(box, steps) {
  let fromServer = true;
  const place = box.querySelector("[data-failed]");
  place.textContent = "";
  try {
    const options = await post(box.dataset.options, box.dataset.csrf, steps.ask());
    fromServer = false;
    const credential = await steps.browser({ optionsJSON: options });
    fromServer = true;
    const done = await post(box.dataset.finish, box.dataset.csrf, steps.tell(credential));
    window.location.assign(done.next);
  } catch (error) {
    say(box, error, fromServer);
  }
}

function prepareLogin(box) {
  box.hidden = false;
  box.querySelector("button").addEventListener("click", () => run(box, {
    ask: () => ({}),
    browser: startAuthentication,
    tell: (credential) => ({ credential, next: box.dataset.next }),
  }));
}

function prepareAdding(form) {
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run(form, {
      ask: () => ({ password: form.elements.password.value }),
      browser: startRegistration,
      tell: (credential) => ({ credential, name: form.elements.name.value }),
    });
  });
}

if (browserSupportsWebAuthn()) {
  document.querySelectorAll("[data-passkey-login]").forEach(prepareLogin);
  document.querySelectorAll("[data-passkey-add]").forEach(prepareAdding);
}
