"""Finds card numbers and track data in raw bytes. Pure; what is done with the places is not here.

Each finder is local: whether a byte is found depends on less than ``LEFT_BYTES`` before it and
``RIGHT_BYTES`` behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate
from typing import Final

from terminal_agent.pos.interpreters.folding import plain_numbers
from terminal_agent.pos.interpreters.pan import is_card_number, masked_digits

#: The longest track (track 1 of ISO/IEC 7813, 79 characters) behind the longest number, in UTF-16.
LEFT_BYTES: Final = 2 * (79 + 32)
RIGHT_BYTES: Final = 80

_CLEAR_TAIL: Final = 4
_TRACK_CHARACTERS_MAX: Final = 79
_RUN: Final = re.compile(rb"[0-9]{13,}")
#: As cards are printed and typed: groups of four and what is left over, or, of the cards that begin
#: with 3, four, six and the rest; one kind of sign between all of them. Looser than that, and every
#: row of amounts would be a card number now and then.
_GROUPED: Final = re.compile(
    rb"(?<![0-9])(?=([0-9]{4}([ .\xa0-])[0-9]{4}\2[0-9]{4}\2[0-9]{1,4}(?:\2[0-9]{1,3})?(?![0-9])"
    rb"|3[0-9]{3}([ .\xa0-])[0-9]{6}\3[0-9]{4,5}(?![0-9])))"
)
_TRACK_END: Final = re.compile(rb"[?\x00-\x1f]")
_TRACK_SIGNS: Final = b"=^"

_UTF16_DIGIT: Final = rb"(?:[0-9]\x00|[\x60-\x69\xf0-\xf9]\x06)"
_UTF16_SIGN: Final = rb"(?:[ .\xa0-]\x00)"
_UTF16_RUN: Final = re.compile(
    _UTF16_DIGIT + rb"(?:" + _UTF16_SIGN + rb"?" + _UTF16_DIGIT + rb"){12,}"
)

_UTF8_DIGIT: Final = rb"(?:\xd9[\xa0-\xa9]|\xdb[\xb0-\xb9])"
_UTF8_RUN: Final = re.compile(_UTF8_DIGIT + rb"(?:[ .-]?" + _UTF8_DIGIT + rb"){12,}")

#: Single-byte digits other than ASCII: those of Iran System; and what ASCII looks like where bit 7
#: is parity, which shows CP864's digits too.
_SIGNS: Final = b" .-=^?" + bytes(range(0x20))
_VIEWS: Final = (
    bytes(
        0x30 + byte - 0x80 if 0x80 <= byte <= 0x89 else byte if byte in _SIGNS else 0xFF
        for byte in range(256)
    ),
    bytes(byte & 0x7F for byte in range(256)),
)

#: Bytes of two packed digits, and those with a digit in one half only.
_BOTH: Final = bytes(high << 4 | low for high in range(10) for low in range(10))
_LOW_ONLY: Final = bytes(high << 4 | low for high in range(10, 16) for low in range(10))
_HIGH_ONLY: Final = bytes(high << 4 | low for high in range(10) for low in range(10, 16))


def _any_of(values: bytes) -> bytes:
    return b"[" + b"".join(b"\\x%02x" % value for value in values) + b"]"


_PACKED_RUN: Final = re.compile(
    _any_of(_LOW_ONLY) + b"?" + _any_of(_BOTH) + b"{6,}" + _any_of(_HIGH_ONLY) + b"?"
)
_DLE: Final = 0x10
#: A packed number has ten bytes at most, each of which may be doubled.
_DOUBLED_MAX: Final = 20
_PACKED_TRACK_NIBBLES_MAX: Final = 37
_PACKED_TRACK_SIGN: Final = 0xD

_TEXT_HELD: Final = re.compile(rb"[0-9][0-9 .\xa0-]*\Z")
_HELD: Final = (
    _TEXT_HELD,
    re.compile(rb"(?:" + _UTF8_DIGIT + rb"(?:[ .-]|" + _UTF8_DIGIT + rb")*)?[\xd9\xdb]?\Z"),
    # Also the first half of a digit, which may be all there is of a number so far.
    re.compile(
        rb"(?:"
        + _UTF16_DIGIT
        + rb"(?:"
        + _UTF16_DIGIT
        + rb"|"
        + _UTF16_SIGN
        + rb")*[\x00-\xff]?|[\x60-\x69\xf0-\xf9])\Z",
        re.DOTALL,
    ),
)
_PACKED_HELD: Final = re.compile(
    rb"(?:" + _any_of(_LOW_ONLY) + rb"|" + _any_of(_BOTH) + rb")" + _any_of(_BOTH) + rb"*\Z"
)


def text_places(data: bytes) -> set[int]:
    """Offsets of the bytes of text that must not be kept: single-byte digits, and UTF-8."""
    found = _ascii_places(data)
    for view in _VIEWS:
        found |= _ascii_places(data.translate(view))
    for run in _UTF8_RUN.finditer(data):
        narrow, offsets = _narrow_utf8(run.group())
        for index in _ascii_places(narrow):
            at, end = run.start() + offsets[index], run.start() + offsets[index + 1]
            found.update(range(at, end))
    return found


def _narrow_utf8(run: bytes) -> tuple[bytes, list[int]]:
    """A run of Persian or Arabic digits as ASCII ones, and where each character begins and ends."""
    characters = run.decode("utf-8")
    ends = accumulate(len(character.encode()) for character in characters)
    return plain_numbers(characters).encode("latin-1"), [0, *ends]


def _ascii_places(data: bytes) -> set[int]:
    found: set[int] = set()
    for run in _RUN.finditer(data):
        digits = [byte - 0x30 for byte in run.group()]
        found.update(run.start() + index for index in masked_digits(digits))
        if any(is_card_number(digits[-length:]) for length in range(13, 20)):
            found.update(_track_places(data, run.end()))
    for grouped in _GROUPED.finditer(data):
        found.update(_grouped_places(data, grouped.start(1), grouped.group(1)))
    return found


def _grouped_places(data: bytes, start: int, text: bytes) -> Iterator[int]:
    """Of the groups that begin at ``start``, the longest row that makes a card number."""
    ends = [index for index in range(len(text), 12, -1) if _ends_group(data, start + index)]
    for end in ends:
        at = [index for index in range(end) if text[index : index + 1].isdigit()]
        if is_card_number([text[index] - 0x30 for index in at]):
            yield from (start + index for index in at[:-_CLEAR_TAIL])
            yield from _track_places(data, start + end)
            return


def _ends_group(data: bytes, end: int) -> bool:
    return data[end - 1 : end].isdigit() and not data[end : end + 1].isdigit()


def _track_places(data: bytes, end: int) -> range:
    """What follows a number that stands on a track, to the track's end."""
    if data[end : end + 1] not in (b"=", b"^"):
        return range(0)
    limit = end + _TRACK_CHARACTERS_MAX
    stop = _TRACK_END.search(data, end + 1, limit)
    return range(end + 1, min(limit, len(data)) if stop is None else stop.start())


def utf16_places(data: bytes) -> set[int]:
    """The same for UTF-16LE text, with Latin, Arabic or Persian digits; offsets of both bytes."""
    found: set[int] = set()
    for parity in {run.start() % 2 for run in _UTF16_RUN.finditer(data)}:
        text = _narrow(data[parity:])
        for index in _ascii_places(text):
            found.update((parity + 2 * index, parity + 2 * index + 1))
    return found


def _narrow(data: bytes) -> bytes:
    """UTF-16LE as one byte a character: digits as ASCII ones, what is not Latin-1 as 0xFF."""
    return bytes(
        low
        if high == 0
        else 0x30 + (low & 0x0F)
        if high == 0x06 and low >> 4 in (0x6, 0xF) and low & 0x0F <= 9
        else 0xFF
        for low, high in zip(data[::2], data[1::2], strict=False)
    )


def packed_places(data: bytes) -> set[int]:
    """Nibbles (twice a byte's offset, one more for its low half) of packed numbers and tracks."""
    found: set[int] = set()
    for run in _PACKED_RUN.finditer(data):
        whole = range(run.start(), run.end())
        readings = [list(whole)]
        without = _without_doubles(data, whole)
        if len(without) < len(whole):
            readings.append(without)
        for offsets in readings:
            found.update(_packed_in(data, offsets))
    return found


def _without_doubles(data: bytes, offsets: range) -> list[int]:
    """The offsets as a serial frame means them: every DLE in it is sent twice (ZVT)."""
    kept: list[int] = []
    index = 0
    while index < len(offsets):
        length = 0
        while index + length < len(offsets) and data[offsets[index + length]] == _DLE:
            length += 1
        step = 2 if 2 <= length <= _DOUBLED_MAX else 1
        kept.extend(offsets[index : index + max(length, 1) : step])
        index += max(length, 1)
    return kept


def _packed_in(data: bytes, offsets: list[int]) -> Iterator[int]:
    nibbles = [
        (2 * offset + half, data[offset] >> 4 if half == 0 else data[offset] & 0x0F)
        for offset in offsets
        for half in (0, 1)
    ]
    numbers = [(place, value) for place, value in nibbles if value <= 9]
    digits = [value for _, value in numbers]
    yield from (numbers[index][0] for index in masked_digits(digits))
    if any(is_card_number(digits[-length:]) for length in range(13, 20)):
        yield from _packed_track(data, numbers[-1][0] + 1)


def _packed_track(data: bytes, place: int) -> Iterator[int]:
    def nibble(at: int) -> int:
        byte = data[at // 2] if at // 2 < len(data) else 0xFF
        return byte & 0x0F if at % 2 else byte >> 4

    if nibble(place) != _PACKED_TRACK_SIGN:
        return
    for at in range(place + 1, place + _PACKED_TRACK_NIBBLES_MAX):
        if nibble(at) > 9:
            return
        yield at


def held_bytes(data: bytes, *, packed: bool) -> int:
    """How many bytes at the end may still turn out to be part of something, at most RIGHT_BYTES."""
    tail = data[-RIGHT_BYTES:]
    starts = [match.start() for held in _HELD if (match := held.search(tail))]
    views = (_TEXT_HELD.search(tail.translate(view)) for view in _VIEWS)
    starts += [match.start() for match in views if match]
    if packed and (match := _PACKED_HELD.search(tail)):
        starts.append(match.start())
    return len(tail) - min(starts, default=len(tail))
