"""How far a printer command reaches: what the command tables of every dialect are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

#: Pictures of real tills stay far below; a longer claim is garbage that would deafen us for minutes
#: (1 MiB takes 18 minutes at 9600 baud).
SKIP_BYTES_MAX: Final = 1 << 20
_TAB_STOPS_MAX: Final = 32
_STORED_IMAGE_BYTES_MAX: Final = 0xFFFF


@dataclass(frozen=True, slots=True)
class Span:
    """Extent of one command.

    Attributes:
        head: bytes to hand over, the prefix included.
        skip: bytes after them that are passed over unkept (picture and other bulk data).
        known: whether any table holds the command.
    """

    head: int
    skip: int = 0
    known: bool = True


UNKNOWN_LETTER: Final = Span(2, known=False)
UNKNOWN_BYTE: Final = Span(1, known=False)

#: Measures the command at a position, or gives None where more bytes are needed.
Measure = Callable[[bytearray, int], Span | None]


def by_arguments(table: dict[int, bytes], prefix: int = 2) -> dict[int, Span]:
    """Spans by letter, from letters by their number of arguments behind ``prefix`` bytes."""
    return {letter: Span(prefix + count) for count, letters in table.items() for letter in letters}


def settled(data: bytearray, at: int, span: Span) -> Span | None:
    """The span if its head is all there, None while it is not; a claim beyond reason is unknown."""
    if span.skip > SKIP_BYTES_MAX:
        return UNKNOWN_LETTER
    return span if len(data) - at >= span.head else None


def unlisted(letter: int) -> Span:
    """The span of a command that no table holds.

    A control byte behind a lost prefix may itself begin a command: it is left where it is.
    """
    return UNKNOWN_BYTE if letter < 0x20 else UNKNOWN_LETTER


def word(data: bytearray, at: int) -> int:
    """The 16 bits at ``at``, low byte first."""
    return data[at] | data[at + 1] << 8


def tab_stops(data: bytearray, at: int) -> Span | None:
    """``ESC D n… NUL``; a stop that does not grow ends the list too and is data again."""
    last = 0
    for index in range(_TAB_STOPS_MAX + 1):
        position = at + 2 + index
        if position >= len(data):
            return None
        stop = data[position]
        if stop == 0:
            return Span(3 + index)
        if stop <= last or index == _TAB_STOPS_MAX:
            return Span(2 + index)
        last = stop
    return UNKNOWN_LETTER


def stored_images(data: bytearray, at: int, counted_at: int) -> Span | None:
    """``q n`` and n times xL xH yL yH and 8xy bytes: walked, the data being kept till then.

    Stored logos are sent at set-up, not with receipts; one that does not fit the framer's buffer
    is given up as unknown rather than guessed.

    Args:
        data: the bytes at hand.
        at: where the command starts.
        counted_at: where n stands.
    """
    if len(data) <= counted_at:
        return None
    position, images = counted_at + 1, data[counted_at]
    for index in range(images):
        if position + 4 > len(data):
            return None
        count = 8 * word(data, position) * word(data, position + 2)
        if index == images - 1:
            return Span(position + 4 - at, skip=count)
        position += 4 + count
        if position - at > _STORED_IMAGE_BYTES_MAX:
            return UNKNOWN_LETTER
    return Span(position - at)
