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
        if end < 0 and len(data) - at < LINE_BYTES_MAX:
            return Undecided.WAIT
        end = end if end >= 0 else at + LINE_BYTES_MAX
        line = data[at:end].rstrip(b"\r")
        text = checked_text(line)
        if text is None:
            # Each line is looked at once: no message begins further inside this one.
            return FrameSeen(end=end, masked=mask(data[at:end]))
        begin = line.rindex(text)
        kept = (number.span(1) for number in _NUMBERS.finditer(text))
        masked = masked_beside(text, kept, mask)
        check = line[begin + len(text) :] if masked == text else b"*%08x" % zlib.crc32(masked)
        return FrameSeen(end=at + len(line), masked=mask(line[:begin]) + masked + check)
