"""The organisation as people see it: kept whole, and nothing in it that a page could not bear."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors import ValueRangeError
from gateway.formatting.numbers import Language, MoneyUnit
from gateway.office.database import Database
from gateway.office.logo import (
    LOGO_BYTES_MAX,
    Logo,
    LogoKind,
    LogoProblem,
    judge_logo,
)
from gateway.office.organisation import Organisation, Organisations, is_time_zone

CAFE = Organisation(
    name="کافه مهر",
    colour="#aa5500",
    language=Language.EN,
    time_zone="Europe/Berlin",
    money_unit=MoneyUnit.CURRENCY,
)


def png(width: int, height: int) -> bytes:
    """The head of a PNG file of a size."""
    size = width.to_bytes(4) + height.to_bytes(4)
    return b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR" + size + bytes((8, 6, 0, 0, 0)) + bytes(4)


def jpeg(width: int, height: int, *before: bytes) -> bytes:
    """The head of a JPEG file of a size, with segments before its frame."""
    frame = b"\xff\xc2\x00\x11\x08" + height.to_bytes(2) + width.to_bytes(2) + bytes(10)
    return b"\xff\xd8" + b"".join(before) + frame


@pytest.fixture
def book(tmp_path: Path) -> Organisations:
    """A new office."""
    return Organisations(Database(tmp_path / "office.db"))


def test_a_new_office_has_an_organisation(book: Organisations) -> None:
    """Pages have something to show before anybody said anything."""
    assert book.read() == Organisation()
    assert book.logo() is None


def test_what_is_saved_is_read_back(book: Organisations, tmp_path: Path) -> None:
    """Every field comes back, also in the next process, and each change counts."""
    book.save(Organisation())
    book.save(CAFE)
    again = Organisations(Database(tmp_path / "office.db")).read()
    assert again == Organisation(
        name=CAFE.name,
        colour=CAFE.colour,
        language=CAFE.language,
        time_zone=CAFE.time_zone,
        money_unit=CAFE.money_unit,
        revision=2,
    )
    assert str(again.zone) == "Europe/Berlin"


def test_the_logo_has_a_life_of_its_own(book: Organisations) -> None:
    """Setting it leaves the words alone, saving the words leaves it alone, and it can go again."""
    logo = Logo(kind=LogoKind.PNG, content=png(32, 16))
    book.set_logo(logo)
    assert book.read().name == Organisation().name
    book.save(CAFE)
    assert (book.logo(), book.read().has_logo, book.read().revision) == (logo, True, 2)
    book.set_logo(None)
    assert (book.logo(), book.read().has_logo, book.read().name) == (None, False, CAFE.name)


@pytest.mark.parametrize(
    "field",
    [
        {"name": ""},
        {"name": "x" * 65},
        {"name": "bell\x07"},
        {"colour": "red"},
        {"colour": "#AA5500"},
        {"colour": "#aa5500;}"},
        {"time_zone": "Mars/Olympus"},
        {"time_zone": "../../etc/passwd"},
        {"time_zone": "/etc/passwd"},
        {"time_zone": ""},
    ],
)
def test_what_cannot_be_shown_is_refused(field: dict[str, str]) -> None:
    """No colour that ends the style sheet, no time zone that is a path, no control characters."""
    with pytest.raises(ValueRangeError):
        Organisation(**field)  # type: ignore[arg-type]  # only texts are given


def test_time_zones_are_those_of_the_machine() -> None:
    """Known names are known; folders of the database are none."""
    assert [is_time_zone(name) for name in ("Asia/Tehran", "UTC", "Asia", "a/b/c/d")] == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (png(1, 1), LogoKind.PNG),
        (png(4_096, 10), LogoKind.PNG),
        (jpeg(300, 200), LogoKind.JPEG),
        (jpeg(300, 200, b"\xff\xe0\x00\x04ab", b"\xff\xff\xfe\x00\x05abc"), LogoKind.JPEG),
    ],
)
def test_pictures_are_told_by_their_bytes(content: bytes, kind: LogoKind) -> None:
    """PNG and JPEG are taken, whatever stands before a JPEG's frame."""
    assert judge_logo(content) == Logo(kind=kind, content=content)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", LogoProblem.NOT_A_PICTURE),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", LogoProblem.NOT_A_PICTURE),
        (b"GIF89a" + bytes(20), LogoProblem.NOT_A_PICTURE),
        (png(0, 5), LogoProblem.NOT_A_PICTURE),
        (png(5, 5)[:20], LogoProblem.NOT_A_PICTURE),
        (jpeg(5, 5)[:10], LogoProblem.NOT_A_PICTURE),
        (b"\xff\xd8\xff\xda\x00\x02", LogoProblem.NOT_A_PICTURE),
        (b"\xff\xd8\xff\xe0\x00\x00" + bytes(40), LogoProblem.NOT_A_PICTURE),
        (png(4_097, 1), LogoProblem.TOO_LARGE),
        (jpeg(1, 65_535), LogoProblem.TOO_LARGE),
        (png(1, 1) + bytes(LOGO_BYTES_MAX), LogoProblem.TOO_LONG),
    ],
)
def test_what_is_no_logo_is_named(content: bytes, problem: LogoProblem) -> None:
    """Programs, other formats, halves of pictures and giants are refused, each with its reason."""
    assert judge_logo(content) is problem
