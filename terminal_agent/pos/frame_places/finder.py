"""What a mask asks of a protocol: where a whole frame is, what in it is no card, and its check."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

#: Begin and end of each, counted from the frame's first byte.
Ranges = tuple[tuple[int, int], ...]
#: Masks bytes that are all there is; as many come out as went in.
Mask = Callable[[bytes], bytes]

#: Neither a digit nor part of a track, packed or written: the finders of card numbers stop at it.
_NO_DIGIT = 0xFF


class Undecided(Enum):
    """A frame may begin here; more bytes will tell."""

    WAIT = "wait"


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameSeen:
    """One whole frame whose check holds.

    Attributes:
        end: offset behind its last byte.
        masked: the frame as it may be kept, its check right again; never longer than it was.
    """

    end: int
    masked: bytes


class FrameFinder(ABC):
    """Finds the frames of one protocol, left to right; a frame found is never given up again."""

    #: Whether digits may be packed two to a byte within a frame.
    packs_digits: bool = False

    @abstractmethod
    def next_start(self, data: bytes, at: int, *, follows: bool) -> int:
        """Where a frame may begin at or behind ``at``; ``len(data)`` where none does.

        Args:
            data: the bytes at hand.
            at: where to look from.
            follows: what stands before ``at`` was a frame to its last byte.
        """

    @abstractmethod
    def look(self, data: bytes, at: int, mask: Mask) -> FrameSeen | Undecided | None:
        """Look at a place that ``next_start`` gave; None where no frame begins.

        Args:
            data: the bytes at hand.
            at: where the frame may begin.
            mask: takes card numbers out of what does not say what is paid.
        """


def masked_beside(
    data: bytes, kept: Iterable[tuple[int, int]], mask: Mask, *, across: bool = False
) -> bytes:
    """Mask bytes, but neither look at the kept ranges nor change them.

    Args:
        data: the bytes.
        kept: begin and end of each range; digits on either side of one are no neighbours.
        mask: takes card numbers out.
        across: what is beside the ranges is masked as well where it makes a number together with
            them. For data that may not be cut where it seems to be.
    """
    ranges = list(kept)
    looked_at = mask(data) if across else data
    blank = bytearray(looked_at)
    for begin, end in ranges:
        blank[begin:end] = bytes((_NO_DIGIT,)) * len(blank[begin:end])
    masked = bytearray(mask(bytes(blank)))
    for begin, end in ranges:
        masked[begin:end] = data[begin:end]
    return bytes(masked)
