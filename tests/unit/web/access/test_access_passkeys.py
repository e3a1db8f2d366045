"""Passkeys against an authenticator in software: both ceremonies, and what goes wrong."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import cbor2
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.config import WebSettings
from gateway.office.roles import Role
from web_admin.access.passkeys import Site, site_of

#: What conftest.py makes: it cannot be imported, and has the types.
Fixture: TypeAlias = Any

PASSWORD = "correct horse battery"
ORIGIN = "http://localhost"
_PRESENT, _VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


@dataclass
class SoftAuthenticator:
    """Makes and uses one ES256 passkey as the standard says (WebAuthn level 3, section 6)."""

    origin: str = ORIGIN
    host: str = "localhost"
    flags: int = _PRESENT | _VERIFIED
    uses: int = 0
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    credential_id: bytes = b"c" * 16

    def _data(self, *, attested: bool) -> bytes:
        flags = self.flags | (_ATTESTED if attested else 0)
        head = hashlib.sha256(self.host.encode()).digest() + bytes([flags])
        head += self.uses.to_bytes(4, "big")
        if not attested:
            return head
        numbers = self.key.public_key().public_numbers()
        point = {-2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        cose = cbor2.dumps({1: 2, 3: -7, -1: 1, **point})
        return (
            head
            + bytes(16)
            + len(self.credential_id).to_bytes(2, "big")
            + self.credential_id
            + cose
        )

    def _client(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _answer(self, response: dict[str, str]) -> dict[str, Any]:
        name = _text(self.credential_id)
        return {
            "id": name,
            "rawId": name,
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {},
        }

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """Make the passkey."""
        attestation = {"fmt": "none", "attStmt": {}, "authData": self._data(attested=True)}
        return self._answer(
            {
                "clientDataJSON": _text(self._client("webauthn.create", options["challenge"])),
                "attestationObject": _text(cbor2.dumps(attestation)),
            }
        )

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        """Use the passkey."""
        self.uses += 1
        client = self._client("webauthn.get", options["challenge"])
        data = self._data(attested=False)
        signed = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            {
                "clientDataJSON": _text(client),
                "authenticatorData": _text(data),
                "signature": _text(signed),
            }
        )


def _post(browser: Fixture, path: str, content: Fixture, *, form: str = "/login") -> Fixture:
    headers = {"X-CSRFToken": browser.token(form), "Accept-Language": "en"}
    return browser.client.post(path, json=content, headers=headers)


def _enrol(desk: Fixture, device: SoftAuthenticator, role: Role = Role.OWNER) -> Fixture:
    browser = desk.inside(role)
    content = {"password": PASSWORD}
    options = _post(browser, "/account/passkeys/options", content, form="/account").json
    made = {"credential": device.create(options), "name": "My phone"}
    return _post(browser, "/account/passkeys", made, form="/account")


def _log_in(desk: Fixture, device: SoftAuthenticator, **more: Fixture) -> tuple[Fixture, Fixture]:
    browser = desk.browser()
    options = _post(browser, "/login/passkey/options", {}).json
    answer = _post(browser, "/login/passkey", {"credential": device.get(options), **more})
    return browser, answer


def test_a_passkey_is_made_and_logs_in(desk: Fixture) -> None:
    """The whole ceremony, twice over: it opens the account with no password and no code."""
    device = SoftAuthenticator()
    assert _enrol(desk, device).status_code == 200
    account_id = desk.accounts[Role.OWNER].account_id
    (kept,) = desk.office.passkeys.of_account(account_id)
    assert kept.name == "My phone"
    for _ in range(2):
        browser, answer = _log_in(desk, device, next="/trail")
        assert answer.json == {"next": "/trail"}
        assert browser.get("/account").status_code == 200
    assert "My phone" in browser.get("/account").text


def test_a_passkey_leads_nowhere_else(desk: Fixture) -> None:
    """Its ``next`` is judged like any other."""
    device = SoftAuthenticator()
    _enrol(desk, device)
    for target in ("https://evil.example", "//evil.example", 7, None):
        assert _log_in(desk, device, next=target)[1].json == {"next": "/"}


def test_an_answer_counts_once(desk: Fixture) -> None:
    """The same answer a second time is refused, its challenge being used up."""
    device = SoftAuthenticator()
    _enrol(desk, device)
    browser = desk.browser()
    options = _post(browser, "/login/passkey/options", {}).json
    answer = {"credential": device.get(options)}
    assert _post(browser, "/login/passkey", answer).status_code == 200
    assert _post(desk.browser(), "/login/passkey", answer).status_code == 422


def test_an_old_challenge_is_refused(desk: Fixture) -> None:
    """Five minutes are enough to lay a finger on a sensor."""
    device = SoftAuthenticator()
    _enrol(desk, device)
    browser = desk.browser()
    options = _post(browser, "/login/passkey/options", {}).json
    desk.clock.advance(5 * 60_000)
    answer = _post(browser, "/login/passkey", {"credential": device.get(options)})
    assert answer.status_code == 422


def test_a_copied_passkey_is_refused(desk: Fixture) -> None:
    """A count that does not go forward says that there are two of it."""
    device = SoftAuthenticator(uses=10)
    _enrol(desk, device)
    assert _log_in(desk, device)[1].status_code == 200
    device.uses = 5
    assert _log_in(desk, device)[1].status_code == 422


@pytest.mark.parametrize(
    "fault",
    [
        {"origin": "https://evil.example"},
        {"host": "evil.example"},
        {"flags": _PRESENT},
        {"flags": _VERIFIED},
        {"key": ec.generate_private_key(ec.SECP256R1())},
        {"credential_id": b"d" * 16},
    ],
    ids=["origin", "host", "not verified", "not present", "key", "credential"],
)
def test_a_wrong_answer_opens_nothing(desk: Fixture, fault: dict[str, Any]) -> None:
    """Another site's, an unverified, a foreign or an unknown passkey is refused, all alike."""
    device = SoftAuthenticator()
    _enrol(desk, device)
    for name, value in fault.items():
        setattr(device, name, value)
    browser, answer = _log_in(desk, device)
    assert answer.status_code == 422
    assert "not accepted" in answer.json["error"]
    assert browser.get("/account").status_code == 302


@pytest.mark.parametrize(
    "fault",
    [{"origin": "https://evil.example"}, {"host": "evil.example"}, {"flags": _PRESENT}],
    ids=["origin", "host", "not verified"],
)
def test_a_wrong_passkey_is_not_kept(desk: Fixture, fault: dict[str, Any]) -> None:
    """A passkey of another site, or one that checks nobody, is not taken."""
    assert _enrol(desk, SoftAuthenticator(**fault)).status_code == 422
    assert desk.office.passkeys.of_account(desk.accounts[Role.OWNER].account_id) == []


def test_a_challenge_belongs_to_its_account(desk: Fixture) -> None:
    """What one account asked for, another cannot answer."""
    owner, cashier = desk.inside(Role.OWNER), desk.inside(Role.CASHIER)
    content = {"password": PASSWORD}
    options = _post(owner, "/account/passkeys/options", content, form="/account").json
    made = {"credential": SoftAuthenticator().create(options), "name": "x"}
    assert _post(cashier, "/account/passkeys", made, form="/account").status_code == 422


def test_making_a_passkey_needs_the_password(desk: Fixture) -> None:
    """A borrowed browser cannot leave a key behind."""
    browser = desk.inside(Role.OWNER)
    for content in ({}, {"password": "wrong password"}, {"password": 7}, {"password": "\ud800"}):
        answer = _post(browser, "/account/passkeys/options", content, form="/account")
        assert answer.status_code == 422


def test_a_disabled_account_has_no_passkey(desk: Fixture) -> None:
    """Its passkeys open nothing while it is disabled."""
    device = SoftAuthenticator()
    _enrol(desk, device, Role.CASHIER)
    desk.office.accounts.set_disabled(desk.accounts[Role.CASHIER].account_id, disabled=True)
    assert _log_in(desk, device)[1].status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"7",
        b"{",
        b"[" * 5_000,
        b'{"credential": 7}',
        b'{"credential": {"rawId": 7}}',
        b'{"credential": {"response": {"clientDataJSON": "%%%"}}}',
        b'{"credential": {"rawId": "a", "response": {"clientDataJSON": "e30"}}}',
        b'{"credential": {"rawId": "\\ud800", "response": {"clientDataJSON": "\\ud800"}}}',
        b"\xff\xfe",
        b"x" * 40_000,
    ],
)
def test_strange_answers_are_wrong_answers(desk: Fixture, body: bytes) -> None:
    """Whatever is sent, it is refused without a fault."""
    browser = desk.browser()
    headers = {"X-CSRFToken": browser.token(), "Content-Type": "application/json"}
    answer = browser.client.post("/login/passkey", data=body, headers=headers)
    assert answer.status_code in (400, 413, 422)


def test_passkeys_are_renamed_and_removed(desk: Fixture) -> None:
    """By their owner; a removed one opens nothing; a strange name is harmless."""
    device = SoftAuthenticator()
    _enrol(desk, device)
    browser = desk.inside(Role.OWNER)
    rename = "/account/passkeys/1/rename"
    assert browser.send(rename, form="/account", name="<script>x</script>").status_code == 303
    page = browser.get("/account").text
    assert "<script>x" not in page
    assert "&lt;script&gt;x" in page
    assert desk.inside(Role.CASHIER).send(rename, form="/account", name="x").status_code == 404
    assert browser.send("/account/passkeys/1/remove", form="/account").status_code == 303
    assert _log_in(desk, device)[1].status_code == 422


def test_an_address_in_digits_has_no_passkeys(open_desk: Fixture) -> None:
    """There the pages offer none, and the routes are not there."""
    browser = open_desk().browser(base_url="http://127.0.0.1:8080")
    assert "passkey" not in browser.get("/login").text
    headers = {"X-CSRFToken": browser.token()}
    answer = browser.client.post(
        "/login/passkey/options", json={}, headers=headers, base_url="http://127.0.0.1:8080"
    )
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("scheme", "authority", "public_url", "site"),
    [
        ("http", "localhost:8080", None, Site(host="localhost", origin="http://localhost:8080")),
        ("http", "127.0.0.1:8080", None, None),
        ("http", "shop.example", None, None),
        ("http", "shop.example", "http://shop.example", None),
        (
            "http",
            "shop.example",
            "https://shop.example",
            Site(host="shop.example", origin="https://shop.example"),
        ),
        ("https", "other.example", "https://shop.example", None),
        ("https", "192.0.2.1", "https://192.0.2.1", None),
        (
            "https",
            "shop.example:8443",
            "https://Shop.example:8443",
            Site(host="shop.example", origin="https://shop.example:8443"),
        ),
    ],
)
def test_where_there_can_be_passkeys(
    scheme: str, authority: str, public_url: str | None, site: Site | None
) -> None:
    """On localhost, and on the public name under HTTPS; nowhere else."""
    assert site_of(scheme, authority, WebSettings(public_url=public_url)) == site
