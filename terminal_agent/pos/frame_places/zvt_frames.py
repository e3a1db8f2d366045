"""APDUs of ZVT on serial lines and over TCP, for masks."""

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
from terminal_agent.pos.framers.checks import crc16_kermit
from terminal_agent.pos.framers.zvt_apdu import EXTENDED_HEADER_BYTES, apdu_bytes, paid_bytes
from terminal_agent.pos.framers.zvt_tcp import may_begin

#: Payments stay far below; what is longer prints, and is masked as if it were no frame.
_APDU_BYTES_MAX: Final = 4_096
_START: Final = b"\x10\x02"
_UNIT: Final = rb"(?:[^\x10]|\x10\x10)"
_FRAME: Final = re.compile(
    rb"\x10\x02(%b{3,%d})\x10\x03([\x00-\xff]{2})" % (_UNIT, _APDU_BYTES_MAX)
)
_BEGUN: Final = re.compile(
    rb"\x10(?:\x02%b{0,%d}(?:\x10(?:\x03[\x00-\xff]?)?)?)?\Z" % (_UNIT, _APDU_BYTES_MAX)
)
_FRAME_BYTES_MAX: Final = 2 * _APDU_BYTES_MAX + 6


class ZvtSerialFinder(FrameFinder):
    """Finds what ``ZvtSerialFramer`` would read."""

    packs_digits = True

    def next_start(self, data: bytes, at: int, *, follows: bool) -> int:  # noqa: ARG002 - tells itself where it begins
        """See ``FrameFinder``."""
        begin = data.find(_START, at)
        if begin >= 0:
            return begin
        # The first half of a beginning may be all there is of it.
        return max(at, len(data) - data.endswith(_START[:1]))

    def look(self, data: bytes, at: int, mask: Mask) -> FrameSeen | Undecided | None:
        """See ``FrameFinder``."""
        near = data[at : at + _FRAME_BYTES_MAX]
        frame = _FRAME.match(near)
        if frame is None:
            return Undecided.WAIT if _BEGUN.match(near) else None
        apdu, check = frame[1].replace(b"\x10\x10", b"\x10"), frame[2]
        if apdu_bytes(apdu[:EXTENDED_HEADER_BYTES]) != len(apdu) or _check(apdu) != check:
            return None
        masked = _masked(apdu, mask)
        doubled = masked.replace(b"\x10", b"\x10\x10")
        whole = _START + doubled + b"\x10\x03" + _check(masked)
        return FrameSeen(end=at + frame.end(), masked=whole)


class ZvtTcpFinder(FrameFinder):
    """Finds what ``ZvtTcpFramer`` would read."""

    packs_digits = True

    def next_start(self, data: bytes, at: int, *, follows: bool) -> int:  # noqa: ARG002 - tells itself where it begins
        """See ``FrameFinder``."""
        return next((place for place in range(at, len(data)) if may_begin(data, place)), len(data))

    def look(self, data: bytes, at: int, mask: Mask) -> FrameSeen | Undecided | None:
        """See ``FrameFinder``."""
        length = apdu_bytes(data[at : at + EXTENDED_HEADER_BYTES])
        if length is not None and length > _APDU_BYTES_MAX:
            return None
        if length is None or at + length > len(data):
            return Undecided.WAIT
        return FrameSeen(end=at + length, masked=_masked(data[at : at + length], mask))


def _check(apdu: bytes) -> bytes:
    return crc16_kermit(b"\x03", crc16_kermit(apdu)).to_bytes(2, "little")


def _masked(apdu: bytes, mask: Mask) -> bytes:
    # Behind a length that was sent wrong, digits of a card may seem to be a field's beginning.
    return masked_beside(apdu, paid_bytes(apdu), mask, across=True)
