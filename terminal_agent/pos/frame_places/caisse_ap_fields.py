"""Fields of Caisse-AP, for masks: each by itself, because nothing says where a message ends."""

from __future__ import annotations

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

#: No card number is as short.
_PLAIN_BYTES_MAX = 12


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
        if BEGIN.match(data, at):
            end = at + BEGIN_BYTES
            return FrameSeen(end=end, masked=data[at:end])
        head = data[at : at + FIELD_HEAD_BYTES]
        field = FIELD.fullmatch(head)
        if field is None:
            return Undecided.WAIT
        end = at + FIELD_HEAD_BYTES + int(field[2])
        if end > len(data):
            return Undecided.WAIT
        is_plain = field[1] in KEPT and int(field[2]) <= _PLAIN_BYTES_MAX
        kept = ((0, end - at if is_plain else FIELD_HEAD_BYTES),)
        return FrameSeen(end=end, masked=masked_beside(data[at:end], kept, mask))
