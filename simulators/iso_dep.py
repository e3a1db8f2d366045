"""The card's end of ISO/IEC 14443-4: an answer to select, blocks, chaining and repetition. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

#: FSCI 7 (frames of 128 bytes), FWI 7 (38.7 ms); then the historical bytes.
_ATS_HEAD: Final = bytes.fromhex("77807002")
#: A block is PCB, data and two bytes of CRC, which the chip adds.
_READER_FRAME_BYTES: Final = 256
_CHUNK_BYTES: Final = _READER_FRAME_BYTES - 3
_MORE: Final = 0x10


class IsoDepCard:
    """One activated card.

    Args:
        transmit: executes a command APDU.
        historical: bytes of its answer to select.
    """

    def __init__(self, transmit: Callable[[bytes], bytes], historical: bytes = b"") -> None:
        self._transmit = transmit
        self._ats = bytes((1 + len(_ATS_HEAD) + len(historical),)) + _ATS_HEAD + historical
        self._command = b""
        self._answer = b""
        self._last = b""

    def answer(self, block: bytes) -> bytes:
        """Answer a block; empty for silence.

        Raises:
            CardTornError, CardSilentError: as ``transmit`` does.
        """
        control = block[0] if block else 0
        if control == 0xE0:
            return self._ats
        if control & 0xE2 == 0x02:
            self._last = self._take(control, block[1:])
        elif control & 0xF6 == 0xB2:
            # R(NAK): our last block again, or that we are here and heard nothing.
            if not self._last or (self._last[0] ^ control) & 1:
                return bytes((0xA2 | (control & 1 ^ 1),))
        elif control & 0xF6 == 0xA2:
            self._last = self._next(control)
        elif control == 0xC2:
            return b"\xc2"
        else:
            return b""
        return self._last

    def _take(self, control: int, data: bytes) -> bytes:
        self._command += data
        if control & _MORE:
            return bytes((0xA2 | control & 1,))
        command, self._command = self._command, b""
        self._answer = self._transmit(command)
        return self._next(control)

    def _next(self, control: int) -> bytes:
        chunk, self._answer = self._answer[:_CHUNK_BYTES], self._answer[_CHUNK_BYTES:]
        return bytes((0x02 | (_MORE if self._answer else 0) | control & 1,)) + chunk
