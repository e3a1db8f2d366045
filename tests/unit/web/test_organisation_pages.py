"""The organisation's own page, and the colour and logo that every page shows."""

from __future__ import annotations

import io
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from gateway.formatting.colours import (
    BLACK,
    CONTRAST_MIN,
    WHITE,
    Rgb,
    contrast,
    mixed_until_readable,
    read_colour,
    readable_on,
)
from gateway.formatting.numbers import Language, MoneyUnit
from gateway.office.logo import LogoProblem
from gateway.office.roles import Role
from simulators.quiet_house import QuietHouse
from web_admin.pages.brand import style_of
from web_admin.pages.organisation import words_of_problem

PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR"
    + (32).to_bytes(4)
    + (16).to_bytes(4)
    + bytes((8, 6, 0, 0, 0))
)
LOOK = {
    "name": "کافه مینا",
    "colour": "#AA5500",
    "time_zone": "Europe/Berlin",
    "language": "en",
    "money_unit": "currency",
}
colours = st.builds(Rgb, *[st.integers(0, 255)] * 3)


def owner_of(client_as: object) -> FlaskClient:
    """Somebody who may change it."""
    assert callable(client_as)
    found = client_as(Role.OWNER)
    assert isinstance(found, FlaskClient)
    return found


def test_a_change_is_kept_and_written_down(client_as: object, quiet: QuietHouse) -> None:
    """What the form says is what pages show from then on; the trail has before and after."""
    client = owner_of(client_as)
    assert client.get("/organisation").status_code == 200
    assert client.post("/organisation", data=LOOK).location == "/organisation"
    found = quiet.office.organisation.read()
    assert (found.name, found.colour, found.time_zone) == (
        LOOK["name"],
        "#aa5500",
        "Europe/Berlin",
    )
    assert (found.language, found.money_unit) == (Language.EN, MoneyUnit.CURRENCY)
    (entry,) = quiet.office.trail.entries(action="organisation.change")
    assert (entry.before["name"], entry.after["name"]) == ("Mohr", LOOK["name"])
    page = client.get("/organisation").text
    assert LOOK["name"] in page
    assert "/brand.css?revision=" in page


def test_a_logo_comes_and_goes(client_as: object, app: Flask, quiet: QuietHouse) -> None:
    """It is served as the picture that it is, to everybody, and can be removed."""
    client = owner_of(client_as)
    assert client.get("/brand/logo").status_code == 404
    sent = LOOK | {"logo": (io.BytesIO(PNG), "logo.svg")}
    assert client.post("/organisation", data=sent).status_code == 303
    served = app.test_client().get("/brand/logo")
    assert (served.data, served.headers["Content-Type"]) == (PNG, "image/png")
    assert served.headers["X-Content-Type-Options"] == "nosniff"
    assert client.post("/organisation", data=LOOK).status_code == 303
    assert quiet.office.organisation.read().has_logo
    client.post("/organisation", data=LOOK | {"remove_logo": "y"})
    assert not quiet.office.organisation.read().has_logo


@pytest.mark.parametrize(
    "content",
    [b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a", PNG[:20], PNG + bytes(200_001)],
)
def test_what_is_no_logo_is_refused(client_as: object, quiet: QuietHouse, content: bytes) -> None:
    """The reason stands at the field, and nothing of the form is kept."""
    client = owner_of(client_as)
    sent = LOOK | {"logo": (io.BytesIO(content), "logo.png")}
    assert client.post("/organisation", data=sent).status_code == 422
    assert quiet.office.organisation.read().revision == 0


@pytest.mark.parametrize(
    "change", [{"name": ""}, {"colour": "#12"}, {"time_zone": "x"}, {"language": "de"}]
)
def test_what_cannot_be_shown_is_refused(
    client_as: object, quiet: QuietHouse, change: dict[str, str]
) -> None:
    """A form with a mistake changes nothing."""
    client = owner_of(client_as)
    assert client.post("/organisation", data=LOOK | change).status_code == 422
    assert quiet.office.organisation.read().revision == 0


def test_a_hostile_name_is_only_a_name(client_as: object, quiet: QuietHouse) -> None:
    """Markup is text on every page, and direction marks are taken out of it."""
    client = owner_of(client_as)
    name = "<script>alert(1)</script>\u202e{{ 7 * 7 }}"
    assert client.post("/organisation", data=LOOK | {"name": name}).status_code == 303
    assert quiet.office.organisation.read().name == name.replace("\u202e", "")
    page = client.get("/organisation").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


@given(colours, colours)
def test_contrast_is_the_one_of_the_standard(one: Rgb, other: Rgb) -> None:
    """It is the same both ways, 21 for black on white, and what is chosen can be read."""
    assert contrast(one, other) == contrast(other, one)
    assert contrast(BLACK, WHITE) == pytest.approx(21)
    assert contrast(readable_on(one), one) >= CONTRAST_MIN
    assert contrast(mixed_until_readable(one, other), other) >= CONTRAST_MIN
    assert read_colour(one.css) == one


@given(colours)
def test_a_brand_is_readable_by_day_and_by_night(colour: Rgb) -> None:
    """The style sheet holds nothing but colours, for light and for dark pages."""
    style = style_of(colour.css)
    found = re.findall(r"--mohr-brand[a-z-]*:light-dark\((#[0-9a-f]{6}),(#[0-9a-f]{6})\);", style)
    assert len(found) == 3
    (area, written, _) = found
    for ground, text in zip(area, written, strict=True):
        assert contrast(read_colour(ground), read_colour(text)) >= CONTRAST_MIN
    assert style.count("{") == style.count("}") == 1


def test_every_reason_has_words(app: Flask) -> None:
    """Whoever sends a wrong file is told why in a sentence."""
    with app.test_request_context():
        for problem in LogoProblem:
            assert str(words_of_problem(problem)).endswith(".")
