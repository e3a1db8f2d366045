"""Fields of Caisse-AP, for masks: each by itself, because nothing says where a message ends."""

from __future__ import annotations

import re
from typing import Final

from terminal_agent.pos.frame_places.finder import (
    FrameFinder,
    FrameSeen,
    Mask,
    Undecided,
    masked_beside,
)
from terminal_agent.pos.framers.caisse_ap import (
    BEGIN,
    BEGIN_BYTES,
    FIELD,
    FIELD_HEAD_BYTES,
    FIELD_START,
    KEPT,
    unfinished_beginning,
)

#: What may stand behind a field.
_FOLLOWS: Final = re.compile(rb"[A-Z\r\n\0 ]")
#: No card number is as short.
_PLAIN_BYTES_MAX: Final = 12


class CaisseApFinder(FrameFinder):
    """Finds the version that begins a message, and fields as long as one follows the other."""

    def next_start(self, data: bytes, at: int, *, follows: bool) -> int:
        """See ``FrameFinder``."""
        if follows and at < len(data):
            head = data[at : at + FIELD_HEAD_BYTES]
            if FIELD.fullmatch(head) or FIELD_START.fullmatch(head):
                return at
        begin = BEGIN.search(data, at)
        if begin is not None:
            return begin.start()
        return max(at, len(data) - unfinished_beginning(data))

    def look(self, data: bytes, at: int, mask: Mask) -> FrameSeen | Undecided | None:
        """See ``FrameFinder``."""
        begin, head = BEGIN.match(data, at), data[at : at + FIELD_HEAD_BYTES]
        field = FIELD.fullmatch(head)
        end = at + BEGIN_BYTES if begin else at + FIELD_HEAD_BYTES + int(field[2] if field else 0)
        if field is None or end >= len(data):
            # The last field waits as well: what follows it tells whether its length was right.
            return Undecided.WAIT
        if _FOLLOWS.match(data, end) is None:
            return None
        is_plain = begin or (field[1] in KEPT and int(field[2]) <= _PLAIN_BYTES_MAX)
        kept = ((0, end - at if is_plain else FIELD_HEAD_BYTES),)
        return FrameSeen(end=end, masked=masked_beside(data[at:end], kept, mask))
