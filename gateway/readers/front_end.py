"""A contactless front end that carries APDUs and raw frames, made to look like a PC/SC reader.

Behind pcscd the reader's firmware makes up an answer to reset and answers the pseudo-APDUs of PC/SC
part 3. A chip that we drive ourselves does neither: it selects a card, and it carries what it is
given. This plays the firmware, so that every card dialogue runs unchanged. No I/O of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import xor
from typing import Final, Protocol

from gateway.errors import WireError
from gateway.readers.apdu import CommandApdu, ResponseApdu, StatusWord
from gateway.readers.cards.traits import (
    NAME_CLASSIC_1K,
    NAME_CLASSIC_4K,
    NAME_CLASSIC_MINI,
    NAME_PLUS_SL1_2K,
    NAME_PLUS_SL1_4K,
    NAME_ULTRALIGHT,
    STANDARD_14443_2A,
    STANDARD_14443_3A,
)
from gateway.readers.native_carrier import carried_frame, carry_answer, carry_nothing

#: Commands and the acknowledgement of NFC Forum Type 2 tags (T2T 1.1, 5).
READ_PAGES: Final = 0x30
WRITE_PAGE: Final = 0xA2
ACKNOWLEDGED: Final = 0x0A

#: At most 15 historical bytes fit into the T0 byte of an answer to reset.
_HISTORICAL_BYTES_MAX: Final = 15
_STORAGE_PREFIX: Final = bytes.fromhex("804f0ca000000306")

#: What an SAK without bit 6 (ISO/IEC 14443-4) says of a card: AN10833, section 3.2.
_NAMES_BY_SAK: Final = {
    0x00: (STANDARD_14443_3A, NAME_ULTRALIGHT),
    0x08: (STANDARD_14443_3A, NAME_CLASSIC_1K),
    0x88: (STANDARD_14443_3A, NAME_CLASSIC_1K),
    0x09: (STANDARD_14443_3A, NAME_CLASSIC_MINI),
    0x18: (STANDARD_14443_3A, NAME_CLASSIC_4K),
    0x10: (STANDARD_14443_3A, NAME_PLUS_SL1_2K),
    0x11: (STANDARD_14443_3A, NAME_PLUS_SL1_4K),
}

Said = bytes | int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFront:
    """What selecting a type A card shows.

    Attributes:
        uid: 4, 7 or 10 bytes from a card that keeps to the standard.
        sak: its last SAK.
        atqa: its ATQA, as ISO/IEC 14443-3 writes it.
        iso_dep: whether it was activated for ISO/IEC 14443-4, and so takes APDUs.
        historical: the historical bytes of its answer to select.
    """

    uid: bytes
    sak: int
    atqa: int = 0
    iso_dep: bool = False
    historical: bytes = b""


class FrontEnd(Protocol):
    """A chip with a card in its field. Each call may raise a ``ReaderError``."""

    def select(self) -> CardFront:
        """Select the card anew and say what it shows now."""

    def apdu(self, command: bytes) -> bytes:
        """Carry a command APDU to a card that was activated for them, and bring the answer."""

    def frame(self, frame: bytes) -> Said:
        """Carry a frame without its CRC: the card's frame, its four bits, or None for silence."""


def answer_to_reset(front: CardFront) -> bytes:
    """Make up what a PC/SC reader shows of this card (PC/SC part 3, 3.1.3.2.3)."""
    if front.iso_dep:
        historical = front.historical[:_HISTORICAL_BYTES_MAX]
    else:
        standard, name = _NAMES_BY_SAK.get(front.sak, (STANDARD_14443_2A, 0))
        historical = _STORAGE_PREFIX + bytes((standard,)) + name.to_bytes(2) + bytes(4)
    body = bytes((0x80 | len(historical), 0x80, 0x01)) + historical
    return b"\x3b" + body + bytes((reduce(xor, body),))


class PseudoReader:
    """Answers the pseudo-APDUs, and hands everything else through.

    Args:
        front_end: the chip.
        front: what it showed when it found the card.
    """

    def __init__(self, front_end: FrontEnd, front: CardFront) -> None:
        self._front_end = front_end
        self._front = front
        self._idle = False

    def transmit(self, command: bytes) -> bytes:
        """Answer a command as a PC/SC reader with this card does.

        Raises:
            ReaderError: whatever the front end raises.
        """
        try:
            parsed = CommandApdu.from_bytes(command)
        except WireError:
            return ResponseApdu(status=StatusWord.WRONG_LENGTH).to_bytes()
        if parsed.cla != 0xFF:
            return self._pass_on(command)
        return self._answer(parsed).to_bytes()

    def _pass_on(self, command: bytes) -> bytes:
        if not self._front.iso_dep:
            return ResponseApdu(status=StatusWord.INSTRUCTION_NOT_SUPPORTED).to_bytes()
        return self._front_end.apdu(command)

    def _answer(self, command: CommandApdu) -> ResponseApdu:
        if command.ins == 0xCA:
            return self._identify(command)
        carried = carried_frame(command)
        if carried is not None:
            if carried.selects:
                self._select()
            if carried.frame is None:
                return carry_nothing(carried)
            return carry_answer(carried.style, self._say(carried.frame))
        if command.ins in {0xB0, 0xD6} and command.p1 == 0 and not self._front.iso_dep:
            return self._memory(command)
        return ResponseApdu(status=StatusWord.INSTRUCTION_NOT_SUPPORTED)

    def _identify(self, command: CommandApdu) -> ResponseApdu:
        """GET DATA: the UID, from the card and never from memory, or the historical bytes."""
        if (command.p1, command.p2) == (0, 0):
            self._select()
            return ResponseApdu(data=self._front.uid, status=StatusWord.OK)
        if (command.p1, command.p2) == (1, 0) and self._front.iso_dep:
            return ResponseApdu(data=self._front.historical, status=StatusWord.OK)
        return ResponseApdu(status=StatusWord.FUNCTION_NOT_SUPPORTED)

    def _memory(self, command: CommandApdu) -> ResponseApdu:
        # A card that refused something hears nothing until it is selected again.
        if self._idle:
            self._select()
        if command.ins == 0xD6:
            said = self._say(bytes((WRITE_PAGE, command.p2)) + command.data)
            done = said == ACKNOWLEDGED
            return ResponseApdu(status=StatusWord.OK if done else StatusWord.READ_FAILED)
        said = self._say(bytes((READ_PAGES, command.p2)))
        if not isinstance(said, bytes):
            return ResponseApdu(status=StatusWord.READ_FAILED)
        return ResponseApdu(data=said[: command.expected or 0], status=StatusWord.OK)

    def _say(self, frame: bytes) -> Said:
        said = self._front_end.frame(frame)
        self._idle = not isinstance(said, bytes) and said != ACKNOWLEDGED
        return said

    def _select(self) -> None:
        self._front = self._front_end.select()
        self._idle = False
