"""ZVT on a serial line: ``10 02`` APDU ``10 03`` CRC, every 10 of the APDU sent twice.

The check is CRC-16/KERMIT over the APDU without the doubling and the 03, low byte first. Between
frames each side answers with one byte: 06, or 15 for a frame it could not use.

A frame ends where its doubled bytes and its length say, never where an 03 happens to stand: length
bytes and checks look like that. What turns out to be no frame costs only itself: a frame may begin
within it, and does so by one of two ways. An odd number of 10 before an 02 is always a beginning.
An even one is data, unless what came before was noise that happened to end in 10; such places are
remembered, and tried when the frame that seemed to hold them proves to be none.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from terminal_agent.pos.framers.checks import crc16_kermit
from terminal_agent.pos.framers.timed_framer import TimedFramer
from terminal_agent.pos.framers.zvt_apdu import (
    EXTENDED_HEADER_BYTES,
    HEADER_BYTES,
    ZvtApdu,
    apdu_bytes,
    read_apdu,
)

_DLE: Final = 0x10
_STX: Final = 0x02
_ETX: Final = 0x03
_ACK: Final = 0x06
_NAK: Final = 0x15
#: Beginnings remembered at once. More is noise; the work per byte stays bounded.
_BEGINNINGS_MAX: Final = 8


class _State(Enum):
    OUTSIDE = auto()
    OUTSIDE_DLE = auto()
    INSIDE = auto()
    INSIDE_DLE = auto()
    CHECK_LOW = auto()
    CHECK_HIGH = auto()


class ZvtSerialFramer(TimedFramer[ZvtApdu]):
    """Finds checked APDUs in one direction of a serial ZVT line, or in both mixed together."""

    def __init__(self, *, character_timeout_ms: int, frame_timeout_ms: int) -> None:
        """Begin outside any frame; the times are those of ``TimedFramer``."""
        super().__init__(
            character_timeout_ms=character_timeout_ms, frame_timeout_ms=frame_timeout_ms
        )
        self._state = _State.OUTSIDE
        #: The APDU so far, without the doubling.
        self._body = bytearray()
        #: Where in the body a frame may have begun; the first one is at 0.
        self._beginnings: list[int] = []
        #: The body may grow to so many bytes before the first beginning is looked at again.
        self._enough = HEADER_BYTES - 1
        #: How many doubled 10 the body ends with.
        self._dles = 0
        self._check_low = 0

    def _take(self, data: bytes) -> list[ZvtApdu]:
        apdus: list[ZvtApdu] = []
        for byte in data:
            self._take_byte(byte, apdus)
        return apdus

    def _give_up(self) -> list[ZvtApdu]:
        self._tally.abandoned += 1
        self._forget()
        return []

    def _is_open(self) -> bool:
        return self._state is not _State.OUTSIDE

    def _take_byte(self, byte: int, apdus: list[ZvtApdu]) -> None:
        match self._state:
            case _State.OUTSIDE:
                self._outside(byte)
            case _State.OUTSIDE_DLE:
                self._outside_dle(byte)
            case _State.INSIDE:
                self._inside(byte)
            case _State.INSIDE_DLE:
                self._inside_dle(byte)
            case _State.CHECK_LOW:
                self._check_low, self._state = byte, _State.CHECK_HIGH
            case _State.CHECK_HIGH:
                self._end(byte, apdus)

    def _outside(self, byte: int) -> None:
        if byte == _DLE:
            self._state = _State.OUTSIDE_DLE
            self._another_began()
        elif byte not in (_ACK, _NAK):
            self._tally.skipped += 1

    def _outside_dle(self, byte: int) -> None:
        if byte == _STX:
            self._begin()
        elif byte == _DLE:
            self._tally.skipped += 1
        else:
            self._tally.skipped += 2
            self._state = _State.OUTSIDE

    def _begin(self) -> None:
        """Nothing before this place can be part of a frame that is still whole."""
        self._body.clear()
        self._beginnings = [0]
        self._enough = HEADER_BYTES - 1
        self._dles = 0
        self._state = _State.INSIDE
        self._another_began()

    def _inside(self, byte: int) -> None:
        if byte == _DLE:
            self._state = _State.INSIDE_DLE
            return
        self._body.append(byte)
        if byte == _STX and self._dles:
            if len(self._beginnings) == _BEGINNINGS_MAX:
                del self._beginnings[1]
            self._beginnings.append(len(self._body))
        self._dles = 0
        self._drop_overrun()

    def _inside_dle(self, byte: int) -> None:
        if byte == _DLE:
            self._body.append(byte)
            self._dles += 1
            self._state = _State.INSIDE
            self._drop_overrun()
            if self._state is _State.OUTSIDE:
                # What seemed to be doubled stands behind noise: its second half may begin a frame.
                self._outside(byte)
        elif byte == _STX:
            self._tally.skipped += len(self._body) + 2
            self._begin()
        elif byte == _ETX:
            self._state = _State.CHECK_LOW
        else:
            # Neither doubled nor a beginning nor an end: no frame holds this.
            self._tally.skipped += len(self._body) + 2
            self._forget()

    def _drop_overrun(self) -> None:
        """Let go of beginnings whose APDU would have been over by now, and of what is theirs."""
        while len(self._body) > self._enough:
            length = apdu_bytes(self._body[:EXTENDED_HEADER_BYTES])
            if length is None:
                self._enough = EXTENDED_HEADER_BYTES - 1
            elif len(self._body) <= length:
                self._enough = length
            else:
                self._drop_first()
        if not self._beginnings:
            self._forget()

    def _drop_first(self) -> None:
        del self._beginnings[0]
        first = self._beginnings[0] if self._beginnings else len(self._body)
        self._tally.skipped += first
        del self._body[:first]
        self._beginnings = [start - first for start in self._beginnings]
        self._enough = HEADER_BYTES - 1

    def _end(self, check_high: int, apdus: list[ZvtApdu]) -> None:
        check_low, check = self._check_low, self._check_low | check_high << 8
        of_length = [start for start in self._beginnings if self._is_whole(start)]
        for start in of_length:
            body = bytes(self._body[start:])
            if crc16_kermit((_ETX,), crc16_kermit(body)) == check:
                apdu = read_apdu(body)
                self._tally.malformed += not apdu.is_whole
                apdus.append(apdu)
                self._forget()
                return
        self._tally.bad_checks += bool(of_length)
        self._tally.skipped += len(self._body)
        self._forget()
        # What was taken for the check may be the beginning of the next frame.
        self._outside(check_low)
        if self._state is _State.OUTSIDE_DLE:
            self._outside_dle(check_high)
        else:
            self._outside(check_high)

    def _is_whole(self, start: int) -> bool:
        length = apdu_bytes(self._body[start : start + EXTENDED_HEADER_BYTES])
        return length is not None and len(self._body) - start == length >= HEADER_BYTES

    def _forget(self) -> None:
        self._state = _State.OUTSIDE
        self._body.clear()
        self._beginnings.clear()
        self._dles = 0
