"""Magnetic stripes: tracks 1 to 3 as readers send them, and the loyalty number on one of them.

A reader sends each track between its start sentinel and ``?``, one after the other (ISO/IEC 7811-6
and 7813): ``%`` track 1, ``;`` track 2, and for track 3 ``;`` again or one of ``+ _ ! #``, as
keyboard readers do to tell it from track 2. The check character (LRC) after ``?`` is the exclusive
or of all characters' values before it; most readers check it themselves and keep it.

A bank card is recognised first, whatever else is on the stripe, and refused without a trace. A
stripe is copied by anybody with a reader: what it names is worth ``identified``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import reduce
from operator import xor
from typing import Final

from gateway.errors import ValueRangeError, WireError
from gateway.model.card import Assurance, CardProfile
from gateway.model.checks import check_int
from gateway.readers.cards.dialogue import CardIdentity, CardProblem, OtherProfile
from gateway.readers.codes.payment import (
    PAN_DIGITS_MIN,
    is_payment,
    may_become_payment,
    passes_luhn,
)
from gateway.readers.reader import CardTrouble

START_SENTINELS: Final = "%;+_!#"
END_SENTINEL: Final = "?"
_PREFIX: Final = re.compile("[0-9A-Z]{1,16}")
_NUMBER_MAX: Final = 48
#: Characters of a track with its sentinels and LRC (ISO/IEC 7811-6, 7813 and 4909).
_CHARACTERS_MAX: Final = {1: 79, 2: 40, 3: 107}
#: A track's characters are numbered from this one on: 6 bits on track 1, 4 on the others.
_FIRST: Final = {1: " ", 2: "0", 3: "0"}
_LAST: Final = {1: "_", 2: "?", 3: "?"}
_SEPARATORS: Final = re.compile(r"[=^]")


@dataclass(frozen=True, slots=True, kw_only=True)
class StripeFormat:
    """How the programme's own stripes look, and what the reader sends.

    Attributes:
        prefix: what the number on the stripe begins with, digits and capital letters; it says that
            the card is ours, and bank cards must not begin so.
        rest_min: at least so many digits or letters follow it, up to the end or a separator.
        rest_max: at most so many.
        track: on which track; None takes any.
        luhn: whether the number's last digit is Luhn's check digit; then it holds digits alone.
        lrc: whether the reader sends each track's LRC after its end sentinel.

    Raises:
        ValueRangeError: if a part is outside its range, or a bank card's number could be one of
            these.
    """

    prefix: str
    rest_min: int = 1
    rest_max: int = 16
    track: int | None = None
    luhn: bool = False
    lrc: bool = False

    def __post_init__(self) -> None:
        if _PREFIX.fullmatch(self.prefix) is None:
            raise ValueRangeError("a stripe's prefix must be 1 to 16 of 0-9 and A-Z")
        check_int("rest_min", self.rest_min, 1, _NUMBER_MAX)
        check_int("rest_max", self.rest_max, self.rest_min, _NUMBER_MAX)
        if self.track is not None:
            check_int("track", self.track, 1, 3)
        if self.luhn and not self.prefix.isdigit():
            raise ValueRangeError("a stripe's number with a check digit must begin with digits")
        long = len(self.prefix) + self.rest_max >= PAN_DIGITS_MIN
        if long and may_become_payment(self.prefix):
            raise ValueRangeError(
                f"numbers that begin with {self.prefix} and have {PAN_DIGITS_MIN} digits or more"
                " are bank cards; take another prefix, or a shorter number"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One track: 1 to 3, and what stands between its sentinels."""

    number: int
    data: str = field(repr=False)


def parse_tracks(text: str, *, lrc: bool = False) -> tuple[Track, ...]:
    """Part what a reader sent into its tracks.

    Args:
        text: one swipe, in upper case.
        lrc: whether an LRC follows each end sentinel.

    Raises:
        WireError: if it is not whole tracks one after the other, each in its own alphabet, or an
            LRC is wrong. The message holds nothing of the text.
    """
    tracks: list[Track] = []
    rest = text
    while rest:
        number = _track_number(rest[0], tracks)
        data, ended, after = rest[1:].partition(END_SENTINEL)
        if not ended:
            raise WireError(f"track {number} has no end sentinel")
        _check_alphabet(number, data)
        if lrc:
            if after[:1] != track_lrc(number, data):
                raise WireError(f"track {number} was misread: its LRC is wrong")
            after = after[1:]
        tracks.append(Track(number=number, data=data))
        rest = after
    return tuple(tracks)


def track_lrc(number: int, data: str) -> str:
    """The check character of a track, from the characters between its sentinels."""
    first = ord(_FIRST[number])
    start = "%" if number == 1 else ";"
    values = (ord(character) - first for character in f"{start}{data}{END_SENTINEL}")
    return chr(reduce(xor, values) + first)


def judge_stripe(text: str, own: StripeFormat | None) -> CardIdentity | CardProblem | OtherProfile:
    """Say whose stripe it is, or why it does not count.

    Args:
        text: what was read, in upper case; it need not be a stripe at all.
        own: how our stripes look; None where there are none.

    Returns:
        ``OtherProfile`` for what is no stripe of ours. No value holds anything of the text, save
        the identity of a stripe in our own format.
    """
    if is_payment(text):
        return CardProblem(trouble=CardTrouble.PAYMENT_CARD, detail="a bank card was refused")
    if not text or text[0] not in START_SENTINELS:
        return OtherProfile(detail=f"{len(text)} characters are no stripe")
    try:
        tracks = parse_tracks(text, lrc=own is not None and own.lrc)
    except WireError as error:
        return CardProblem(trouble=CardTrouble.MISREAD, detail=str(error))
    numbers = set() if own is None else {_own_number(track, own) for track in tracks} - {None}
    if len(numbers) > 1:
        return CardProblem(
            trouble=CardTrouble.BAD_RECORD, detail="the stripe's tracks name different numbers"
        )
    for number in numbers:
        assert number is not None
        return CardIdentity(
            profile=CardProfile.STRIPE,
            identity=number.encode("ascii"),
            assurance=Assurance.IDENTIFIED,
        )
    return OtherProfile(detail=f"none of {len(tracks)} tracks is in our format")


def _own_number(track: Track, own: StripeFormat) -> str | None:
    if own.track not in {None, track.number}:
        return None
    number = _SEPARATORS.split(track.data, maxsplit=1)[0]
    rest = number.removeprefix(own.prefix)
    fits = own.rest_min <= len(rest) <= own.rest_max and rest.isascii() and rest.isalnum()
    if rest == number or not fits:
        return None
    if own.luhn and not (number.isdigit() and passes_luhn(number)):
        return None
    return number


def _track_number(sentinel: str, before: list[Track]) -> int:
    """Which track a start sentinel begins, after those read so far."""
    number = {"%": 1, ";": 2}.get(sentinel, 3)
    if sentinel == ";" and any(track.number == 2 for track in before):
        number = 3
    if sentinel not in START_SENTINELS:
        raise WireError("a stripe's track has no start sentinel")
    if before and number <= before[-1].number:
        raise WireError("a stripe's tracks come twice or out of order")
    return number


def _check_alphabet(number: int, data: str) -> None:
    if len(data) + 3 > _CHARACTERS_MAX[number]:
        raise WireError(f"track {number} is longer than {_CHARACTERS_MAX[number]} characters")
    first, last = _FIRST[number], _LAST[number]
    if not all(first <= character <= last for character in data):
        raise WireError(f"track {number} holds characters that its alphabet has not")
