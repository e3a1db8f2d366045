"""Card numbers and track data are taken out of raw bytes before those are kept anywhere.

Which way digits are written on a line depends on its protocol, so a mask is made for a dialect:
text on all lines (ASCII; UTF-16LE with Latin, Arabic or Persian digits), and two digits packed into
a byte where a dialect is not known to be text. In a printer's stream packed digits are not looked
for: there every picture would have some.

A card number is any 13 to 19 neighbouring digits with a good Luhn digit (ISO/IEC 7812-1), or groups
of digits as cards print them. All but the last four become ``*``, packed ones ``E``, which is how
ZVT writes digits that were taken out. What follows a number as its track does (ISO/IEC 7813: ``=``
or ``^``, packed ``D``) is blotted out to the track's end. A long number that is no card number may
lose digits as well, and a frame's check does not hold after that: the right side to err on.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from terminal_agent.pos.card_digits import (
    LEFT_BYTES,
    held_bytes,
    packed_places,
    text_places,
    utf16_places,
)
from terminal_agent.pos.profile import Dialect

#: Dialects that are text throughout. Every other one, also one not written yet, may pack digits.
_TEXT_DIALECTS: Final = frozenset(
    {
        "escpos",
        "star",
        "cd5220",
        "dm-d",
        "plain-display",
        "mohr-lines",
        "concert",
        "transbank",
        "ecr17",
        "caisse-ap",
        "sadad",
    }
)
_STAR: Final = 0x2A
_PACKED_MASK: Final = 0xE


def packs_digits(dialect: Dialect) -> bool:
    """Whether a dialect may carry two digits in a byte; True for those that nobody vouches for."""
    return dialect.value not in _TEXT_DIALECTS


class StreamMask:
    """Masks one direction of one line, in bounded memory.

    What comes out has as many bytes as went in, the same whatever the chunks. Up to 80 bytes are
    held back while they may still be the beginning of a card number.
    """

    def __init__(self, *, packed: bool) -> None:
        """Begin with nothing heard.

        Args:
            packed: whether to look for packed digits too.
        """
        self._packed = packed
        #: As they came: the last bytes that went out, then those held back.
        self._left = b""
        self._held = b""
        #: Bytes changed so far.
        self.masked_bytes = 0

    def feed(self, data: bytes) -> bytes:
        """Take bytes; returns those that are sure by now, masked."""
        waiting = self._held + data
        return self._release(waiting, len(waiting) - held_bytes(waiting, packed=self._packed))

    def end(self) -> bytes:
        """Nothing follows: return what was held back, masked."""
        return self._release(self._held, len(self._held))

    def _release(self, waiting: bytes, count: int) -> bytes:
        # What is held back is looked at too: a number may begin among what goes out now.
        seen = self._left + waiting
        begin, end = len(self._left), len(self._left) + count
        masked = mask_bytes(seen, packed=self._packed)[begin:end]
        self.masked_bytes += sum(
            new != old for new, old in zip(masked, seen[begin:end], strict=True)
        )
        self._left, self._held = seen[:end][-LEFT_BYTES:], waiting[count:]
        return masked


class TimedMask:
    """A ``StreamMask`` that knows when each byte came: held bytes come out under their own time."""

    def __init__(self, *, packed: bool) -> None:
        """Begin with nothing heard; ``packed`` as for ``StreamMask``."""
        self._mask = StreamMask(packed=packed)
        self._times: deque[tuple[int, int]] = deque()

    def feed(self, data: bytes, at_ms: int) -> list[tuple[int, bytes]]:
        """Take bytes read at a time; returns what is sure by now, in pieces with their times."""
        self._times.append((at_ms, len(data)))
        return self._timed(self._mask.feed(data))

    def end(self) -> list[tuple[int, bytes]]:
        """Nothing follows: return what was held back."""
        return self._timed(self._mask.end())

    def _timed(self, masked: bytes) -> list[tuple[int, bytes]]:
        pieces: list[tuple[int, bytes]] = []
        while masked:
            at_ms, count = self._times.popleft()
            pieces.append((at_ms, masked[:count]))
            if count > len(masked):
                self._times.appendleft((at_ms, count - len(masked)))
            masked = masked[count:]
        return pieces


def mask_bytes(data: bytes, *, packed: bool) -> bytes:
    """Mask bytes that are all there is."""
    masked = bytearray(data)
    for at in text_places(data):
        masked[at] = _STAR
    utf16 = sorted(utf16_places(data))
    for low, high in zip(utf16[::2], utf16[1::2], strict=True):
        masked[low], masked[high] = _STAR, 0
    if packed:
        for place in packed_places(data):
            at, half = divmod(place, 2)
            keep = masked[at] & 0xF0 if half else masked[at] & 0x0F
            masked[at] = keep | (_PACKED_MASK if half else _PACKED_MASK << 4)
    return bytes(masked)
