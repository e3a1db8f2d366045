"""Frames of Sadad PcPos, for masks."""

from __future__ import annotations

from typing import Final

from terminal_agent.pos.frame_places.finder import (
    FrameFinder,
    FrameSeen,
    Mask,
    Ranges,
    Undecided,
    masked_beside,
)
from terminal_agent.pos.framers.checks import xor_lrc
from terminal_agent.pos.framers.sadad import HEAD_BYTES, message_bytes, paid_bytes

_STX: Final = b"\x02"


class SadadFinder(FrameFinder):
    """Finds what ``SadadFramer`` would read."""

    def next_start(self, data: bytes, at: int, *, follows: bool) -> int:  # noqa: ARG002 - tells itself where it begins
        """See ``FrameFinder``."""
        begin = data.find(_STX, at)
        return len(data) if begin < 0 else begin

    def look(self, data: bytes, at: int, mask: Mask) -> FrameSeen | Undecided | None:
        """See ``FrameFinder``."""
        length = message_bytes(data, at)
        if length == 0:
            return None
        if length is None or at + length > len(data):
            return Undecided.WAIT
        message = data[at : at + length]
        if message[-2] != 3 or xor_lrc(message[1:-1]) != message[-1]:
            return None
        kept: Ranges = ((0, HEAD_BYTES), *paid_bytes(message), (length - 2, length))
        masked = bytearray(masked_beside(message, kept, mask))
        masked[-1] = xor_lrc(masked[1:-1])
        return FrameSeen(end=at + length, masked=bytes(masked))
