"""Security headers on every answer, and host names that are not ours."""

from __future__ import annotations

from typing import Any, TypeAlias

import pytest

from gateway.config import WebSettings
from gateway.office.roles import Role
from web_admin.access.hosts import own_host

#: What conftest.py makes: it cannot be imported, and has the types.
Fixture: TypeAlias = Any

POLICY = (
    "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'self'; object-src 'none'"
)


def _paths(desk: Fixture) -> list[str]:
    """An address for every rule that answers GET; numbers and names are made up."""
    found = []
    with desk.app.test_request_context():
        adapter = desk.app.url_map.bind("localhost")
        for rule in desk.app.url_map.iter_rules():
            if "GET" in rule.methods:
                values = {
                    name: 7 if type(converter).__name__ == "IntegerConverter" else "x"
                    for name, converter in rule._converters.items()
                }
                found.append(adapter.build(rule.endpoint, values, method="GET"))
    return found


def test_every_answer_has_the_headers(desk: Fixture) -> None:
    """Pages, faults, files and redirects, for visitors and for an owner."""
    for browser in (desk.browser(), desk.inside(Role.OWNER)):
        paths = [*_paths(desk), "/no-such-page", "/static/x/no-such-file"]
        assert len(paths) > 10
        for path in paths:
            if path == "/live/stream":
                # It does not end; its first answer has its own test.
                continue
            answer = browser.get(path)
            headers = answer.headers
            assert headers["Content-Security-Policy"] == POLICY, path
            assert headers["X-Content-Type-Options"] == "nosniff", path
            assert headers["Referrer-Policy"] == "same-origin", path
            assert headers["Cross-Origin-Opener-Policy"] == "same-origin", path
            assert "camera=()" in headers["Permissions-Policy"], path
            assert "Cache-Control" in headers, path
            assert "Strict-Transport-Security" not in headers, path
            assert "Server" not in headers, path


def test_pages_with_data_are_never_stored(desk: Fixture) -> None:
    """No page of people's data is left in a cache; the pages' own files are."""
    browser = desk.inside(Role.OWNER)
    for path in ("/account", "/accounts", "/trail", "/login"):
        assert browser.get(path).headers["Cache-Control"] == "no-store"


def test_https_is_remembered_where_there_is_https(open_desk: Fixture) -> None:
    """A browser is told to use HTTPS alone only where the public address has it."""
    desk = open_desk(public_url="https://shop.example")
    answer = desk.browser(base_url="https://shop.example").get("/login")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    plain = open_desk(public_url="http://shop.example")
    answer = plain.browser(base_url="http://shop.example").get("/login")
    assert "Strict-Transport-Security" not in answer.headers


@pytest.mark.parametrize(
    ("authority", "own"),
    [
        ("localhost", True),
        ("localhost:8080", True),
        ("LOCALHOST:8080", True),
        ("127.0.0.1:8080", True),
        ("[::1]:8080", True),
        ("192.168.1.20", True),
        ("shop.example", True),
        ("shop.example:443", True),
        ("shop.example.", True),
        ("evil.example", False),
        ("shop.example.evil.example", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("user@evil.example", False),
        ("[::1", False),
        ("", False),
        ("x" * 10_000, False),
    ],
)
def test_only_own_names_are_answered(authority: str, own: bool) -> None:  # noqa: FBT001 - a table
    """Our public name, this machine, and addresses in digits; nothing else."""
    settings = WebSettings(host="127.0.0.1", public_url="https://shop.example")
    assert own_host(authority, settings) is own


def test_a_strange_host_gets_nothing(desk: Fixture) -> None:
    """A request under another name is refused before anything is looked up, headers and all."""
    answer = desk.browser(base_url="http://evil.example").get("/login")
    assert answer.status_code == 421
    assert "public_url" in answer.text
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert "Set-Cookie" not in answer.headers
