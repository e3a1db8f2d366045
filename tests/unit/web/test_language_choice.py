"""Which language, direction and clock a visitor gets."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from flask import Flask, render_template_string
from flask_babel import gettext, lazy_gettext

from web_admin.reader import current_zone
from web_admin.tongues import LANGUAGE_COOKIE, Readers, install_language

PAGE = "{{ lang }} {{ dir }} {{ _('Save') }} {{ languages|length }}"
PERSIAN = "fa rtl ذخیره 2"
ENGLISH = "en ltr Save 2"


def _app(
    account: str | None = None,
    languages: tuple[str, ...] = ("fa", "en"),
    default: str = "fa",
    zone: str | None = None,
) -> Flask:
    app = Flask(__name__)
    install_language(
        app,
        Readers(
            languages=lambda: languages,
            default=lambda: default,
            account_language=lambda: account,
            zone=lambda: None if zone is None else ZoneInfo(zone),
        ),
    )

    @app.get("/")
    def page() -> str:
        return render_template_string(PAGE)

    @app.get("/zone")
    def zone_name() -> str:
        return str(current_zone())

    return app


@pytest.mark.parametrize(
    ("account", "cookie", "accepted", "page"),
    [
        ("en", "fa", "fa", ENGLISH),
        (None, "en", "fa", ENGLISH),
        (None, None, "en-GB,en;q=0.9,fa;q=0.1", ENGLISH),
        (None, None, "fa-IR", PERSIAN),
        (None, None, "de", PERSIAN),
        (None, None, "", PERSIAN),
        (None, "xx", "en", ENGLISH),
        ("xx", None, "en", ENGLISH),
    ],
)
def test_who_decides(account: str | None, cookie: str | None, accepted: str, page: str) -> None:
    """The account's language comes first, then the cookie, the browser's wish, the default."""
    client = _app(account).test_client()
    if cookie is not None:
        client.set_cookie(LANGUAGE_COOKIE, cookie)
    assert client.get("/", headers={"Accept-Language": accepted}).text == page


def test_a_house_of_one_language_speaks_it() -> None:
    """A language that the house does not offer is given to nobody."""
    client = _app("fa", languages=("en",), default="en").test_client()
    client.set_cookie(LANGUAGE_COOKIE, "fa")
    assert client.get("/", headers={"Accept-Language": "fa"}).text == "en ltr Save 1"


@pytest.mark.parametrize(
    ("default", "zone", "name"),
    [("fa", None, "Asia/Tehran"), ("en", None, "UTC"), ("fa", "Europe/Paris", "Europe/Paris")],
)
def test_the_clock_of_the_house(default: str, zone: str | None, name: str) -> None:
    """A house's own zone is used; without one, Tehran for a Persian house and UTC otherwise."""
    assert _app(default=default, zone=zone).test_client().get("/zone").text == name


def test_outside_a_request_texts_are_english() -> None:
    """A form class that is made at import has no visitor yet, and no fault either."""
    assert str(lazy_gettext("Save")) == "Save"
    with _app().test_request_context(headers={"Accept-Language": "fa"}):
        assert gettext("Save") == "ذخیره"
