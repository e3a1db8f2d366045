"""ZVT over TCP: APDUs one behind the other, without wrapper and check.

Nothing but the header tells where one ends. So a stream that was joined in the middle is passed
over until a control field that ZVT knows, and an APDU that does not go on is given up byte by byte:
one that is whole may stand within it.
"""

from __future__ import annotations

from typing import Final

from terminal_agent.pos.framers.held_framer import HeldFramer
from terminal_agent.pos.framers.zvt_apdu import (
    EXTENDED_HEADER_BYTES,
    ZvtApdu,
    apdu_bytes,
    read_apdu,
)

#: Second bytes of the control fields of revision 13.09, by their first byte.
_KNOWN: Final = {
    0x04: bytes.fromhex("01 0D 0E 0F FF"),
    0x05: b"\x01",
    0x06: bytes.fromhex(
        "00 01 02 03 04 05 06 09 0A 0B 0C 0F 10 12 18 1A 1B 1C 1E 20 21 22 23 24 25 26 30 31 50 51"
        "52 70 79 82 85 86 87 88 90 91 93 95 B0 C0 C1 C2 C3 C4 C5 C6 CE D1 D3 D4 D8 DB DD E0 E1 E2"
        "E3 E4 E5 E6 E7 E8"
    ),
    0x08: bytes.fromhex("01 02 10 11 12 13 14 20 21 22 23 24 30 31 32 33 40 50 51 52"),
    0x80: b"\x00",
    0x84: bytes(range(256)),
}


class ZvtTcpFramer(HeldFramer[ZvtApdu]):
    """Finds APDUs in one direction of a ZVT connection, or in both mixed together."""

    def _look(self, at: int) -> tuple[int, ZvtApdu | None] | None:
        held = self._held
        if not may_begin(held, at):
            self._tally.skipped += 1
            return 1, None
        length = apdu_bytes(held[at : at + EXTENDED_HEADER_BYTES])
        if length is None or at + length > len(held):
            return None
        apdu = read_apdu(bytes(held[at : at + length]))
        self._tally.malformed += not apdu.is_whole
        return length, apdu


def may_begin(data: bytes | bytearray, at: int) -> bool:
    """Whether the byte at ``at``, with the one behind it if it is there, may begin an APDU."""
    second = _KNOWN.get(data[at])
    if second is None:
        return False
    return at + 1 == len(data) or data[at + 1] in second
