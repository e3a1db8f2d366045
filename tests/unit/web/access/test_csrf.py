"""Form tokens on everything that changes something."""

from __future__ import annotations

from typing import Any, TypeAlias

import pytest

from gateway.office.roles import Role

#: What conftest.py makes: it cannot be imported, and has the types.
Fixture: TypeAlias = Any

_UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


def _changing(desk: Fixture) -> list[tuple[str, str]]:
    """A method and an address for every rule that changes something."""
    found = []
    adapter = desk.app.url_map.bind("localhost")
    for rule in desk.app.url_map.iter_rules():
        for method in set(_UNSAFE) & rule.methods:
            values = {
                name: 1 if type(converter).__name__ == "IntegerConverter" else "x"
                for name, converter in rule._converters.items()
            }
            found.append((method, adapter.build(rule.endpoint, values, method=method)))
    return found


def test_nothing_changes_without_a_token(desk: Fixture) -> None:
    """Every changing request of an owner is refused without a token and with a wrong one."""
    browser = desk.inside(Role.OWNER)
    addresses = _changing(desk)
    assert len(addresses) > 15
    for method, path in addresses:
        for data in ({}, {"csrf_token": "made-up"}):
            answer = browser.client.open(path, method=method, data=data)
            assert answer.status_code == 400, (method, path)
    entries = desk.office.trail.entries()
    assert list(entries) == []


def test_json_needs_a_token_too(desk: Fixture) -> None:
    """A request that is no form is no way around."""
    answer = desk.inside(Role.OWNER).client.post("/account/passkeys/options", json={})
    assert answer.status_code == 400


def test_a_token_belongs_to_its_browser(desk: Fixture) -> None:
    """A token of one browser is worth nothing in another."""
    other = desk.inside(Role.OWNER).token("/account")
    answer = desk.inside(Role.OWNER).client.post(
        "/account/language", data={"csrf_token": other, "language": "fa"}
    )
    assert answer.status_code == 400


def test_the_refusal_says_what_to_do(desk: Fixture) -> None:
    """The page says that it was open for too long, and to load it anew."""
    data = {"login": "owner", "password": "x"}
    answer = desk.browser().client.post("/login", data=data, headers={"Accept-Language": "en"})
    assert answer.status_code == 400
    assert "load the page anew" in answer.text


def test_tokens_come_from_the_same_site(open_desk: Fixture) -> None:
    """Under HTTPS a form of another site is refused even with a token."""
    desk = open_desk(public_url="https://shop.example")
    browser = desk.browser(base_url="https://shop.example")
    token = browser.token()
    data = {"csrf_token": token, "login": "owner", "password": "correct horse battery"}
    for referer, status in (("https://evil.example/", 400), ("https://shop.example/login", 303)):
        answer = browser.client.post(
            "/login", data=data, base_url="https://shop.example", headers={"Referer": referer}
        )
        assert answer.status_code == status


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_changes_nothing(desk: Fixture, method: str) -> None:
    """A logout, an ended session, a disabled account: none of it by a link."""
    browser = desk.inside(Role.OWNER)
    for path in ("/logout", "/accounts/1/disable", "/account/sessions/end-others"):
        assert browser.client.open(path, method=method).status_code == 405
