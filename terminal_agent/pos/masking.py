"""Card numbers and track data are taken out of raw bytes before those are kept anywhere.

Which way digits are written on a line depends on its protocol, so a mask is made for a dialect:
text on all lines (ASCII; UTF-16LE with Latin, Arabic or Persian digits), and two digits packed into
a byte where a dialect is not known to be text. In a printer's stream packed digits are not looked
for: there every picture would have some.

A card number is any 13 to 19 neighbouring digits with a good Luhn digit (ISO/IEC 7812-1), or groups
of digits as cards print them. All but the last four become ``*``, packed ones ``E``, which is how
ZVT writes digits that were taken out. What follows a number as its track does (ISO/IEC 7813: ``=``
or ``^``, packed ``D``) is blotted out to the track's end.

In a whole frame whose check holds, what says what is paid is not looked at: an amount beside a date
makes a card number now and then. The frame's check is put right behind the mask, so a recording
reads as the line did. Outside frames a long number that is no card number may lose digits as well:
the right side to err on.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import Final

from terminal_agent.pos.card_digits import (
    LEFT_BYTES,
    held_bytes,
    packed_places,
    text_places,
    utf16_places,
)
from terminal_agent.pos.frame_finders import frame_finder
from terminal_agent.pos.frame_places.finder import FrameFinder, FrameSeen, Undecided
from terminal_agent.pos.profile import Dialect, ShopProfile

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


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskRule:
    """What a mask knows of a line.

    Attributes:
        packed: digits may be packed two to a byte.
        frames: finds the line's frames; None where it has none.
    """

    packed: bool = False
    frames: FrameFinder | None = None


def mask_rule(profile: ShopProfile) -> MaskRule:
    """How a profile's line is masked."""
    return MaskRule(packed=packs_digits(profile.dialect), frames=frame_finder(profile))


class StreamMask:
    """Masks one direction of one line, in bounded memory.

    What comes out is the same whatever the chunks. Outside frames up to 80 bytes are held back
    while they may still be the beginning of a card number, and a frame is held until it is whole.
    """

    def __init__(self, rule: MaskRule) -> None:
        """Begin with nothing heard."""
        self._frames = rule.frames
        self._between = _LooseMask(packed=rule.packed)
        packs_digits = rule.frames is not None and rule.frames.packs_digits
        self._mask_frame = partial(mask_bytes, packed=packs_digits)
        self._waiting = b""
        #: The last byte that went by was a frame's last.
        self._follows = False

    def feed(self, data: bytes) -> bytes:
        """Take bytes; returns those that are sure by now, masked."""
        return b"".join(masked for masked, _ in self.pieces(data))

    def end(self) -> bytes:
        """Nothing follows: return what was held back, masked."""
        return b"".join(masked for masked, _ in self.last_pieces())

    def pieces(self, data: bytes) -> list[tuple[bytes, int]]:
        """Take bytes; returns those that are sure, in order, each piece with how many it was.

        A masked frame may be shorter than it was: a serial ZVT frame has fewer doubled bytes.
        """
        self._waiting += data
        return self._cut(last=False)

    def last_pieces(self) -> list[tuple[bytes, int]]:
        """The same for what was held back, when nothing follows."""
        found = self._cut(last=True)
        rest = self._between.end()
        return [*found, (rest, len(rest))]

    def _cut(self, *, last: bool) -> list[tuple[bytes, int]]:
        found: list[tuple[bytes, int]] = []
        if self._frames is None:
            loose, self._waiting = self._between.feed(self._waiting), b""
            return [(loose, len(loose))]
        done = at = 0
        while at < len(self._waiting):
            begin = self._frames.next_start(self._waiting, at, follows=self._follows and at == done)
            seen = None
            if begin < len(self._waiting):
                seen = self._frames.look(self._waiting, begin, self._mask_frame)
            if seen is Undecided.WAIT and not last:
                at = begin
                break
            if isinstance(seen, FrameSeen):
                found += self._loose(self._waiting[done:begin], whole=True)
                found.append((seen.masked, seen.end - begin))
                done = at = seen.end
                self._follows = True
            else:
                at = min(begin + 1, len(self._waiting))
        found += self._loose(self._waiting[done:at], whole=False)
        self._waiting = self._waiting[at:]
        return found

    def _loose(self, data: bytes, *, whole: bool) -> list[tuple[bytes, int]]:
        """Mask what is no frame; ``whole``: a frame follows, so nothing of it is held back."""
        if data:
            self._follows = False
        masked = self._between.feed(data) + (self._between.end() if whole else b"")
        return [(masked, len(masked))] if masked else []


class _LooseMask:
    """Masks bytes that belong to no frame; as many come out as went in."""

    def __init__(self, *, packed: bool) -> None:
        self._packed = packed
        #: As they came: the last bytes that went out, then those held back.
        self._left = b""
        self._held = b""

    def feed(self, data: bytes) -> bytes:
        """Take bytes; returns those that are sure by now, masked."""
        waiting = self._held + data
        return self._release(waiting, len(waiting) - held_bytes(waiting, packed=self._packed))

    def end(self) -> bytes:
        """Nothing follows, or nothing that belongs to it: return what was held back, masked."""
        rest = self._release(self._held, len(self._held))
        self._left = b""
        return rest

    def _release(self, waiting: bytes, count: int) -> bytes:
        # What is held back is looked at too: a number may begin among what goes out now.
        seen = self._left + waiting
        begin, end = len(self._left), len(self._left) + count
        masked = mask_bytes(seen, packed=self._packed)[begin:end]
        self._left, self._held = seen[:end][-LEFT_BYTES:], waiting[count:]
        return masked


class TimedMask:
    """A ``StreamMask`` that knows when each byte came: held bytes come out under their own time."""

    def __init__(self, rule: MaskRule) -> None:
        """Begin with nothing heard."""
        self._mask = StreamMask(rule)
        self._times: deque[tuple[int, int]] = deque()

    def feed(self, data: bytes, at_ms: int) -> list[tuple[int, bytes]]:
        """Take bytes read at a time; returns what is sure by now, in pieces with their times."""
        self._times.append((at_ms, len(data)))
        return self._timed(self._mask.pieces(data))

    def end(self) -> list[tuple[int, bytes]]:
        """Nothing follows: return what was held back."""
        return self._timed(self._mask.last_pieces())

    def _timed(self, pieces: list[tuple[bytes, int]]) -> list[tuple[int, bytes]]:
        timed: list[tuple[int, bytes]] = []
        for masked, taken in pieces:
            rest, left = masked, taken
            while left:
                at_ms, count = self._times.popleft()
                used = min(count, left)
                if rest[:used]:
                    timed.append((at_ms, rest[:used]))
                rest, left = rest[used:], left - used
                if used < count:
                    self._times.appendleft((at_ms, count - used))
        return timed


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
