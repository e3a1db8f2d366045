"""The switch in the top bar: for visitors, for accounts, and never for a way out of the site."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from gateway.office.roles import Role
from simulators.quiet_house import QuietHouse
from web_admin.tongues import LANGUAGE_COOKIE

ClientAs = Callable[..., FlaskClient]


def _root(client: FlaskClient, path: str = "/account") -> str:
    return client.get(path, headers={"Accept-Language": "en"}).text.partition("<head>")[0]


def test_a_visitor_changes_the_language_of_this_browser(app: Flask, client_as: ClientAs) -> None:
    """The cookie is kept, scripts cannot read it, and the next page is in the other language."""
    client_as(Role.OWNER)
    client = app.test_client()
    assert 'lang="en"' in _root(client, "/login")
    answer = client.post("/language", data={"language": "fa", "next": "/login?next=%2Fmembers"})
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/login?next=%2Fmembers"
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"{LANGUAGE_COOKIE}=fa;")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert 'lang="fa" dir="rtl"' in _root(client, "/login")


def test_an_account_keeps_its_language(client_as: ClientAs, quiet: QuietHouse) -> None:
    """Whoever is logged in changes their account with it, and the trail has who and what."""
    client = client_as(Role.CASHIER)
    assert 'lang="en"' in _root(client)
    client.post("/language", data={"language": "fa", "next": "/account"})
    client.delete_cookie(LANGUAGE_COOKIE)
    assert 'lang="fa"' in _root(client)
    (entry,) = quiet.office.trail.entries(action="account.language")
    assert (entry.before, entry.after) == ({"language": "en"}, {"language": "fa"})


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x", ""]
)
def test_the_way_back_stays_on_this_site(client_as: ClientAs, target: str) -> None:
    """A ``next`` that names anything but a path of ours leads to the start page."""
    answer = client_as(Role.OWNER).post("/language", data={"language": "fa", "next": target})
    assert answer.headers["Location"] == "/"


@pytest.mark.parametrize("language", ["", "de", "fa\n", "FA"])
def test_only_the_houses_languages_are_taken(client_as: ClientAs, language: str) -> None:
    """Anything else is a bad request, and nothing is kept."""
    answer = client_as(Role.OWNER).post("/language", data={"language": language})
    assert answer.status_code == 400
    assert LANGUAGE_COOKIE not in answer.headers.get("Set-Cookie", "")


def test_another_site_cannot_use_the_switch(app: Flask, client_as: ClientAs) -> None:
    """Without the form's token nothing changes."""
    client = client_as(Role.OWNER)
    app.config["WTF_CSRF_ENABLED"] = True
    answer = client.post("/language", data={"language": "fa", "next": "/"})
    assert answer.status_code == 400
    assert 'lang="en"' in _root(client)
