"""Data fields of ZVT: the lengths of its bitmaps (BMP), and how a command's data is cut by them.

The table is that of the ZVT protocol, revision 13.09 (PA00P015). A bitmap's length is fixed, or it
stands before the data as two or three digits in the low halves of as many bytes (LLVAR F1 F4 = 14),
or, for the TLV container 06, as in BER.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

AMOUNT: Final = 0x04
TLV_CONTAINER: Final = 0x06
TRACE_NUMBER: Final = 0x0B
TIME: Final = 0x0C
DATE: Final = 0x0D
RESULT: Final = 0x27
CURRENCY: Final = 0x49
RECEIPT_NUMBER: Final = 0x87
DATE_WITH_YEAR: Final = 0xAA

_LLVAR: Final = -2
_LLLVAR: Final = -3
_BER: Final = -1

_ONE_BYTE: Final = (
    *(0x01, 0x02, 0x03, 0x05, 0x19, 0x27, 0x72, 0x73, 0x74, 0x75, 0x8A, 0x8C, 0xA0, 0xD0, 0xD2),
    *(0xD3, 0xE0, 0xE9, 0xEA, 0xF0, 0xF9, 0xFA, 0xFB, 0xFC, 0xFD),
)
_LLVARS: Final = (
    *(0x22, 0x23, 0x2D, 0x8B, 0xA7, 0xD1),
    *range(0xE1, 0xE9),
    *range(0xF1, 0xF9),
)
_LLLVARS: Final = (0x24, 0x2E, 0x3C, 0x60, 0x92, 0x9A, 0xAF)
_LENGTHS: Final = {
    **dict.fromkeys(_ONE_BYTE, 1),
    **dict.fromkeys((0x0D, 0x0E, 0x17, 0x3A, 0x49, 0x87), 2),
    **dict.fromkeys((0x0B, 0x0C, 0x37, 0x3D, 0x88, 0xAA), 3),
    **dict.fromkeys((0x29, 0x70, 0x71), 4),
    0xBA: 5,
    0x04: 6,
    **dict.fromkeys((0x3B, 0xEB), 8),
    0x2A: 15,
    **dict.fromkeys(_LLVARS, _LLVAR),
    **dict.fromkeys(_LLLVARS, _LLLVAR),
    TLV_CONTAINER: _BER,
}

Fields = tuple[tuple[int, bytes], ...]


def read_fields(data: bytes) -> tuple[Fields, bool]:
    """Cut a command's data into its bitmaps.

    Args:
        data: of the command, from its first bitmap on.

    Returns:
        the bitmaps in order, and whether they are all: behind one that the table does not know, or
        that is longer than the data, nothing can be told. A single NUL at the end, which some
        terminals add, is let pass.
    """
    places, is_whole = field_places(data)
    return tuple((data[at], data[start:end]) for at, start, end in places), is_whole


def field_places(data: bytes) -> tuple[tuple[tuple[int, int, int], ...], bool]:
    """Where each bitmap of a command's data, its own data, and the end of that are.

    Returns:
        the places in order, and whether they are all: see ``read_fields``.
    """
    places: list[tuple[int, int, int]] = []
    at = 0
    while at < len(data):
        if at == len(data) - 1 and data[at] == 0:
            break
        place = _place(data, at)
        if place is None:
            return tuple(places), False
        places.append((at, *place))
        at = place[1]
    return tuple(places), True


def bcd_digits(data: bytes) -> str | None:
    """The digits packed two to a byte; None if a half is none."""
    digits = data.hex()
    return digits if digits.isdecimal() else None


def _place(data: bytes, at: int) -> tuple[int, int] | None:
    """Where the data of the bitmap at ``at`` begins and ends."""
    length = _LENGTHS.get(data[at])
    if length is None:
        return None
    at += 1
    if length >= 0:
        places = iter([(at, at + length)])
    elif length == _BER:
        places = _ber_places(data, at)
    else:
        places = _var_places(data, at, -length)
    return next((place for place in places if place[1] <= len(data)), None)


def _var_places(data: bytes, at: int, digits: int) -> Iterator[tuple[int, int]]:
    header = data[at : at + digits]
    halves = [byte & 0x0F for byte in header]
    if len(header) == digits and all(half <= 9 for half in halves):
        start = at + digits
        yield start, start + int("".join(map(str, halves)))


def _ber_places(data: bytes, at: int) -> Iterator[tuple[int, int]]:
    """Readings of a TLV length; two of a long one, as both orders of its bytes are in use."""
    first = data[at] if at < len(data) else 0x80
    if first < 0x80:
        yield at + 1, at + 1 + first
    elif first == 0x81 and at + 1 < len(data):
        yield at + 2, at + 2 + data[at + 1]
    elif first == 0x82 and at + 2 < len(data):
        length = data[at + 1 : at + 3]
        ends = [at + 3 + int.from_bytes(length, order) for order in ("big", "little")]
        # The container stands last in every command: a reading that ends with the data is right.
        for end in sorted(ends, key=lambda end: end != len(data)):
            yield at + 3, end
