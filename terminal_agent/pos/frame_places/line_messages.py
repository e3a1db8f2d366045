"""Messages of Mohr's own line protocol, for masks."""

from __future__ import annotations

import re
import zlib
from typing import Final

from terminal_agent.pos.frame_places.finder import (
    FrameFinder,
    FrameSeen,
    Mask,
    Undecided,
    masked_beside,
)
from terminal_agent.pos.line_protocol.lines import LINE_BYTES_MAX, checked_text

#: Numbers stand without quotes, and only amounts and counts are numbers.
_NUMBERS: Final = re.compile(rb'"(?:points|[a-z]+_(?:minor|milli))"\s*:\s*([0-9]+)')


class LineFinder(FrameFinder):
    """Finds lines whose check holds; noise before the message belongs to its line."""

    def next_start(self, data: bytes, at: int, *, follows: bool) -> int:  # noqa: ARG002 - tells itself where it begins
        """See ``FrameFinder``."""
        begin = data.find(b"{", at)
        return len(data) if begin < 0 else begin

    def look(self, data: bytes, at: int, mask: Mask) -> FrameSeen | Undecided | None:
        """See ``FrameFinder``."""
        end = data.find(b"\n", at, at + LINE_BYTES_MAX)
        if end < 0:
            return Undecided.WAIT if len(data) - at < LINE_BYTES_MAX else None
        line = data[at:end].rstrip(b"\r")
        text = checked_text(line)
        if text is None or not line.startswith(text):
            return None
        kept = (number.span(1) for number in _NUMBERS.finditer(text))
        masked = masked_beside(text, kept, mask)
        behind = line[len(text) :] if masked == text else b"*%08x" % zlib.crc32(masked)
        return FrameSeen(end=at + len(line), masked=masked + behind)
