"""Frames of STX, body, ETX and a check byte, for masks."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from terminal_agent.pos.frame_places.finder import (
    FrameFinder,
    FrameSeen,
    Mask,
    Ranges,
    Undecided,
    masked_beside,
)
from terminal_agent.pos.framers.stx_settings import ETB, ETX, STX, FrameSettings

_SEVEN_BITS: Final = bytes(value & 0x7F for value in range(256))

#: What a mask writes, and what may stand for it.
_STAR: Final = b"*"
_OTHER_STAR: Final = b"#"

#: The columns of a body, counted from 0, that say what is paid.
PaidColumns = Callable[[str], Ranges]


def no_columns(body: str) -> Ranges:  # noqa: ARG001 - as PaidColumns has it
    """For protocols whose fields cannot be taken for a card: each is short and ends at a bar."""
    return ()


class StxFinder(FrameFinder):
    """Finds what ``StxFramer`` would read by the same settings; its bodies are text."""

    def __init__(self, settings: FrameSettings, paid: PaidColumns) -> None:
        """Prepare.

        Args:
            settings: of the line.
            paid: what in a body must stay.
        """
        self._settings = settings
        self._paid = paid
        ends = bytes((ETX, ETB) if settings.ends_with_etb else (ETX,))
        body = rb"[\x20-\xff" + re.escape(settings.separators) + rb"]"
        most = settings.body_bytes_max
        self._frame = re.compile(
            rb"\x02(%b{1,%d})([%b])([\x00-\xff])" % (body, most, re.escape(ends))
        )
        self._begun = re.compile(rb"\x02(?:%b{1,%d}[%b]?)?\Z" % (body, most, re.escape(ends)))

    def next_start(self, data: bytes, at: int, *, follows: bool) -> int:  # noqa: ARG002 - tells itself where it begins
        """See ``FrameFinder``."""
        begin = self._seen(data).find(bytes((STX,)), at)
        return len(data) if begin < 0 else begin

    def look(self, data: bytes, at: int, mask: Mask) -> FrameSeen | Undecided | None:
        """See ``FrameFinder``."""
        # A pattern's start does not make bytes beyond the longest frame worth looking at.
        near = self._seen(data[at : at + self._settings.body_bytes_max + 3])
        frame = self._frame.match(near)
        if frame is None:
            return Undecided.WAIT if self._begun.match(near) else None
        body, end, check = frame[1], frame[2][0], frame[3][0]
        if self._settings.lrc(body, end) != check:
            return self._broken(body, end, check, at, mask)
        masked = masked_beside(body, self._paid(body.decode("latin-1")), mask)
        whole = bytearray(data[at : at + frame.end()])
        for place, (old, new) in enumerate(zip(body, masked, strict=True), 1):
            whole[place] = whole[place] if old == new else new
        if masked != body:
            whole[-1] = self._settings.lrc(masked, end)
        return FrameSeen(end=at + frame.end(), masked=bytes(whole))

    def _broken(self, body: bytes, end: int, check: int, at: int, mask: Mask) -> FrameSeen:
        """A frame whose check is wrong: it may not become right by what its mask takes out."""
        masked = mask(body)
        if self._settings.lrc(masked, end) == check:
            masked = masked.replace(_STAR, _OTHER_STAR, 1)
        return FrameSeen(end=at + len(body) + 1, masked=bytes((STX, *masked)))

    def _seen(self, data: bytes) -> bytes:
        return data.translate(_SEVEN_BITS) if self._settings.seven_bits else data
