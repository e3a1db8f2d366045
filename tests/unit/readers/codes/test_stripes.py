"""Magnetic stripes: tracks, check characters, our own numbers, and nothing else."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ValueRangeError, WireError
from gateway.model.card import Assurance, CardProfile
from gateway.readers.cards.dialogue import CardIdentity, CardProblem, OtherProfile
from gateway.readers.codes.payment import passes_luhn
from gateway.readers.codes.stripe import (
    StripeFormat,
    Track,
    judge_stripe,
    parse_tracks,
    track_lrc,
)
from gateway.readers.reader import CardTrouble

OWN = StripeFormat(prefix="9799", rest_min=4, rest_max=12)
DIGITS = "0123456789"


def track(number: int, data: str, *, lrc: bool = False) -> str:
    """A track as a reader sends it."""
    return f"{' %;+'[number]}{data}?{track_lrc(number, data) if lrc else ''}"


def named(text: str) -> CardIdentity:
    """Our member's stripe."""
    return CardIdentity(
        profile=CardProfile.STRIPE, identity=text.encode(), assurance=Assurance.IDENTIFIED
    )


def trouble(found: CardIdentity | CardProblem | OtherProfile) -> CardTrouble:
    """Of a stripe that was refused."""
    assert isinstance(found, CardProblem)
    return found.trouble


characters = {
    1: st.text(st.sampled_from([chr(value) for value in range(0x20, 0x60) if chr(value) != "?"])),
    2: st.text(st.sampled_from("0123456789:;<=>")),
}


@given(lines=st.tuples(characters[1], characters[2], characters[2]), lrc=st.booleans())
def test_tracks_read_back(lines: tuple[str, str, str], *, lrc: bool) -> None:
    """One to three tracks, with and without check characters."""
    tracks = [
        Track(number=number, data=data[:36]) for number, data in enumerate(lines, start=1) if data
    ]
    text = "".join(track(one.number, one.data, lrc=lrc) for one in tracks)
    assert parse_tracks(text, lrc=lrc) == tuple(tracks)


@given(text=st.text(max_size=120) | st.text("%;+?=^0123456789B", max_size=120))
def test_any_text_ends_as_a_value(text: str) -> None:
    """Garbage is no stripe, a misread one, a bank card, or one of ours; nothing is raised."""
    for lrc in (False, True):
        with suppress(WireError):
            parse_tracks(text, lrc=lrc)
    found = judge_stripe(text, OWN)
    if isinstance(found, CardIdentity):
        assert found.identity.decode("ascii") in text
    else:
        assert len(found.detail) < 80


def test_the_published_check_character_of_track_2() -> None:
    """By hand: track 2 counts characters from 0 and ; is 11, track 1 from blank and % is 5."""
    assert track_lrc(2, "123") == "4"
    assert track_lrc(1, "A") == chr(0x20 + (0x05 ^ 0x21 ^ 0x1F))
    assert track_lrc(3, "123") == "4"


def test_our_number_is_read_from_any_track_or_the_one_that_is_set() -> None:
    """Up to the first separator; what follows it is nobody's business."""
    on_two = track(2, "979900000042=991210100000")
    assert judge_stripe(on_two, OWN) == named("979900000042")
    assert judge_stripe(
        track(1, "9799000000AB^DOE/JO") + on_two, StripeFormat(prefix="9799", rest_max=12, track=2)
    ) == named("979900000042")
    assert judge_stripe(track(3, "97990042"), OWN) == named("97990042")
    assert isinstance(
        judge_stripe(on_two, StripeFormat(prefix="9799", rest_max=12, track=1)), OtherProfile
    )


def test_a_number_with_a_check_digit_is_checked() -> None:
    """A misread digit names nobody else."""
    own = StripeFormat(prefix="9799", rest_max=12, luhn=True)
    body = "979900000042"
    good = next(body + digit for digit in DIGITS if passes_luhn(body + digit))
    assert judge_stripe(track(2, good), own) == named(good)
    for digit in set(DIGITS) - {good[-1]}:
        assert isinstance(judge_stripe(track(2, body + digit), own), OtherProfile)


def test_a_wrong_check_character_is_a_misread() -> None:
    """The cashier swipes again."""
    own = StripeFormat(prefix="9799", rest_max=12, lrc=True)
    good = track(2, "979900000042", lrc=True)
    assert judge_stripe(good, own) == named("979900000042")
    wrong = good[:-1] + ("0" if good[-1] != "0" else "1")
    assert trouble(judge_stripe(wrong, own)) is CardTrouble.MISREAD
    assert trouble(judge_stripe(good[:-1], own)) is CardTrouble.MISREAD


def test_tracks_that_disagree_name_nobody() -> None:
    """Somebody wrote one of the tracks anew."""
    text = track(1, "979900000001") + track(2, "979900000002")
    assert trouble(judge_stripe(text, OWN)) is CardTrouble.BAD_RECORD


@pytest.mark.parametrize(
    "text",
    [
        ";97990000",
        ";9799A000?",
        ";" + "9" * 38 + "?",
        ";9799?;9799?;9799?",
        ";9799?%9799?",
        "%9799?x",
        "%97990000a?",
    ],
    ids=["no end", "letter", "long", "four", "order", "tail", "lower case"],
)
def test_half_a_stripe_is_a_misread(text: str) -> None:
    """Torn, too long, out of order, or in another alphabet."""
    assert trouble(judge_stripe(text, OWN)) is CardTrouble.MISREAD


@pytest.mark.parametrize(
    "text", ["", "97990000", "HELLO", ";9798000?", ";9799?", ";9799000000000000000?", "%C9799000?"]
)
def test_what_is_not_in_our_format_is_not_ours(text: str) -> None:
    """No sentinel, another prefix, too short, too long."""
    assert isinstance(judge_stripe(text, OWN), OtherProfile)
    assert isinstance(judge_stripe(text, None), OtherProfile)


@pytest.mark.parametrize(
    "wrong",
    [
        {"prefix": ""},
        {"prefix": "mohr"},
        {"prefix": "9799", "rest_min": 0},
        {"prefix": "9799", "rest_max": 49},
        {"prefix": "9799", "rest_min": 5, "rest_max": 4},
        {"prefix": "9799", "track": 4},
        {"prefix": "CLUB", "luhn": True},
        {"prefix": "4", "rest_max": 15},
        {"prefix": "603799", "rest_max": 10},
        {"prefix": "22", "rest_max": 14},
        {"prefix": "979", "rest_max": 13},
    ],
)
def test_a_format_that_bank_cards_could_have_is_refused(wrong: dict[str, object]) -> None:
    """A shop cannot set its terminals up so that bank cards are taken for its own."""
    with pytest.raises(ValueRangeError):
        StripeFormat(**wrong)  # type: ignore[arg-type]


def test_a_short_number_may_begin_like_a_bank_cards() -> None:
    """Eleven digits are no card number, whatever they begin with."""
    own = StripeFormat(prefix="60", rest_max=9)
    assert judge_stripe(";60379912345?", own) == named("60379912345")


def test_what_a_track_holds_stands_in_no_repr() -> None:
    """A track may be a bank card's before it is known."""
    assert "4111" not in repr(parse_tracks(";4111111111111111=2512101?"))
