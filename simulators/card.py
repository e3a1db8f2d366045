"""Virtual cards: command bytes in, answer bytes out, and everything that can go wrong between.

The same object works in process (``simulators.reader``) and behind a real pcscd
(``simulators.vpcd``). It plays card *and* reader firmware: the pseudo-APDUs of PC/SC part 3
(``FF CA``, ``FF B0``), which a real reader answers itself, are answered here, because vpcd hands
them through.

Not modelled: radio timing, anticollision of several cards, bit errors, EEPROM wear.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from operator import xor
from typing import Final

from gateway.errors import MohrError, ValueRangeError, WireError
from gateway.readers.apdu import CommandApdu, ResponseApdu, StatusWord
from gateway.readers.cards.ndef_type2 import DATA_BLOCK, MAGIC
from gateway.readers.cards.ndef_type4 import CONTAINER_FILE, NDEF_APPLICATION
from gateway.readers.cards.storage import BLOCK_BYTES, READ_BYTES
from gateway.readers.cards.traits import (
    NAME_ULTRALIGHT,
    STANDARD_14443_2A,
    STANDARD_14443_3A,
)

NDEF_FILE: Final = 0xE104
#: The longest command data the simulated Type 4 tag takes, as its container says.
MLC_BYTES: Final = 52


class CardTornError(MohrError):
    """The card left the field in the middle of a command."""


class CardSilentError(MohrError):
    """The card is there and says nothing."""


def storage_atr(*, standard: int = STANDARD_14443_3A, name: int = NAME_ULTRALIGHT) -> bytes:
    """The ATR a reader makes up for a memory card (PC/SC part 3, 3.1.3.2.3.2)."""
    historical_bytes = bytes.fromhex("804f0ca000000306") + bytes((standard,)) + name.to_bytes(2)
    return _atr(historical_bytes + bytes(4))


def iso_14443_4_atr(historical_bytes: bytes = b"") -> bytes:
    """The ATR a reader makes up for an ISO/IEC 14443-4 card (PC/SC part 3, 3.1.3.2.3.1)."""
    return _atr(historical_bytes)


def _atr(historical_bytes: bytes) -> bytes:
    body = bytes((0x80 | len(historical_bytes), 0x80, 0x01)) + historical_bytes
    return b"\x3b" + body + bytes((reduce(xor, body),))


class VirtualCard(ABC):
    """A card that can be put in front of a reader.

    Attributes:
        atr: what the reader shows as its answer to reset.
    """

    atr: bytes

    @abstractmethod
    def power_on(self) -> None:
        """Forget what a card forgets without power."""

    @abstractmethod
    def transmit(self, command: bytes) -> bytes:
        """Execute a command.

        Raises:
            CardTornError: if the card leaves instead of answering.
            CardSilentError: if no answer will ever come.
        """


class UidCard(VirtualCard):
    """A card with a UID and no memory that a reader can address, such as an old access card."""

    def __init__(self, uid: bytes, *, atr: bytes | None = None) -> None:
        self.uid = uid
        self.atr = storage_atr(standard=STANDARD_14443_2A, name=0) if atr is None else atr

    def power_on(self) -> None:
        """Come up; there is nothing to forget."""

    def transmit(self, command: bytes) -> bytes:
        """Answer GET DATA; refuse the rest."""
        try:
            parsed = CommandApdu.from_bytes(command)
        except WireError:
            return ResponseApdu(status=StatusWord.WRONG_LENGTH).to_bytes()
        return self.execute(parsed).to_bytes()

    def execute(self, command: CommandApdu) -> ResponseApdu:
        """Execute a well-formed command."""
        if (command.cla, command.ins, command.p1, command.p2) == (0xFF, 0xCA, 0, 0):
            return ResponseApdu(data=self.uid, status=StatusWord.OK)
        return ResponseApdu(status=StatusWord.INSTRUCTION_NOT_SUPPORTED)


class Type2NdefCard(UidCard):
    """An NTAG213-like NFC Forum Type 2 tag.

    Args:
        uid: seven bytes.
        message: the NDEF message; empty for a formatted tag without one.
        data_bytes: size of the data area, a multiple of 8 (144 in an NTAG213).
        before: TLV blocks before the message, as they are.
        container: the capability container where it is not the usual one.
    """

    def __init__(
        self,
        uid: bytes,
        message: bytes,
        *,
        data_bytes: int = 144,
        before: bytes = b"",
        container: bytes | None = None,
    ) -> None:
        super().__init__(uid, atr=storage_atr())
        usual = bytes((MAGIC, 0x10, data_bytes // 8, 0x00))
        head = (uid + bytes(12))[:12] + (usual if container is None else container)
        area = before + _message_tlv(message) + b"\xfe"
        if len(area) > data_bytes:
            raise ValueRangeError(f"{len(area)} bytes of TLV do not fit into {data_bytes}")
        # Five pages of configuration follow the data area of an NTAG21x.
        self.memory = head + area.ljust(data_bytes, b"\x00") + bytes(5 * BLOCK_BYTES)

    def execute(self, command: CommandApdu) -> ResponseApdu:
        """Answer GET DATA, READ BINARY and UPDATE BINARY."""
        start = (command.p1 << 8 | command.p2) * BLOCK_BYTES
        if (command.cla, command.ins) == (0xFF, 0xD6):
            return ResponseApdu(status=self._write(start, command.data))
        if (command.cla, command.ins) != (0xFF, 0xB0):
            return super().execute(command)
        if start >= len(self.memory):
            return ResponseApdu(status=StatusWord.READ_FAILED)
        # The READ command of the tag rolls over to page 0 (NTAG213/215/216, 10.2).
        rolled = (self.memory + self.memory[:READ_BYTES])[start : start + READ_BYTES]
        return ResponseApdu(data=rolled[: command.expected or 0], status=StatusWord.OK)

    def _write(self, start: int, block: bytes) -> StatusWord:
        """WRITE one page: data and configuration; the UID, lock and container pages refuse.

        Real tags let lock and container bits be set and never cleared; not modelled.
        """
        writable = range(DATA_BLOCK * BLOCK_BYTES, len(self.memory))
        if len(block) != BLOCK_BYTES or start not in writable:
            return StatusWord.READ_FAILED
        self.memory = self.memory[:start] + block + self.memory[start + BLOCK_BYTES :]
        return StatusWord.OK


def _message_tlv(message: bytes) -> bytes:
    length = len(message)
    field = bytes((length,)) if length < 0xFF else b"\xff" + length.to_bytes(2)
    return b"\x03" + field + message


def page_address(data_offset: int) -> tuple[int, int]:
    """Page address and byte offset of a control TLV for a place in the data area, 16-byte pages."""
    return divmod(data_offset + DATA_BLOCK * BLOCK_BYTES, 16)


class Type4NdefCard(UidCard):
    """An NFC Forum Type 4 tag: an NDEF application with a container and one NDEF file.

    Args:
        uid: seven bytes, or four beginning with 08 for a phone.
        message: the NDEF message.
        mle: the longest answer the tag gives, as its container says.
        read_access: 00 for free reading.
        file_bytes: the size of the NDEF file, which then may be written; None for a file that is
            just long enough and may not.
    """

    def __init__(
        self,
        uid: bytes,
        message: bytes,
        *,
        mle: int = 59,
        read_access: int = 0x00,
        file_bytes: int | None = None,
    ) -> None:
        super().__init__(uid, atr=iso_14443_4_atr())
        self._mle = mle
        self._writable = file_bytes is not None
        size = len(message) + 2 if file_bytes is None else file_bytes
        file_control = bytes((0x04, 0x06)) + NDEF_FILE.to_bytes(2)
        file_control += size.to_bytes(2) + bytes((read_access, 0x00 if self._writable else 0xFF))
        container = (15).to_bytes(2) + b"\x20" + mle.to_bytes(2)
        container += MLC_BYTES.to_bytes(2) + file_control
        content = len(message).to_bytes(2) + message
        self.files = {CONTAINER_FILE: container, NDEF_FILE: content.ljust(size, b"\0")}
        self._application = False
        self._file: int | None = None

    def power_on(self) -> None:
        """Deselect everything."""
        self._application = False
        self._file = None

    def execute(self, command: CommandApdu) -> ResponseApdu:
        """Answer GET DATA, SELECT, READ BINARY and UPDATE BINARY."""
        if (command.cla, command.ins) == (0x00, 0xA4):
            return ResponseApdu(status=self._select(command))
        if (command.cla, command.ins) == (0x00, 0xB0):
            return self._read(command)
        if (command.cla, command.ins) == (0x00, 0xD6):
            return ResponseApdu(status=self._update(command))
        return super().execute(command)

    def _update(self, command: CommandApdu) -> StatusWord:
        if self._file != NDEF_FILE or not self._writable:
            return StatusWord.SECURITY_NOT_SATISFIED
        content, offset = self.files[NDEF_FILE], command.p1 << 8 | command.p2
        end = offset + len(command.data)
        if not 0 < len(command.data) <= MLC_BYTES or end > len(content):
            return StatusWord.WRONG_LENGTH
        self.files[NDEF_FILE] = content[:offset] + command.data + content[end:]
        return StatusWord.OK

    def _select(self, command: CommandApdu) -> StatusWord:
        if command.p1 == 0x04:
            self._application = command.data == NDEF_APPLICATION
            self._file = None
            return StatusWord.OK if self._application else StatusWord.FILE_NOT_FOUND
        wanted = int.from_bytes(command.data)
        if not self._application or wanted not in self.files:
            return StatusWord.FILE_NOT_FOUND
        self._file = wanted
        return StatusWord.OK

    def _read(self, command: CommandApdu) -> ResponseApdu:
        if self._file is None:
            return ResponseApdu(status=StatusWord.COMMAND_INCOMPATIBLE)
        content, offset = self.files[self._file], command.p1 << 8 | command.p2
        wanted = command.expected or 0
        if wanted > self._mle:
            return ResponseApdu(status=StatusWord.WRONG_LENGTH)
        if offset >= len(content):
            return ResponseApdu(status=StatusWord.OFFSET_OUTSIDE_FILE)
        return ResponseApdu(data=content[offset : offset + wanted], status=StatusWord.OK)


class CardFault(StrEnum):
    """What goes wrong at a command."""

    TEAR_BEFORE = "tear_before"
    TEAR_AFTER = "tear_after"
    SILENCE = "silence"


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongStatus:
    """The card answers with this status word instead of executing the command."""

    status: int


class FaultyCard(VirtualCard):
    """A card that misbehaves at chosen commands, counted from 0 over its whole life.

    ``TEAR_BEFORE`` leaves before executing the command, ``TEAR_AFTER`` executes it and leaves
    before answering: to a reader the two look the same.
    """

    def __init__(self, card: VirtualCard, faults: Mapping[int, CardFault | WrongStatus]) -> None:
        self.atr = card.atr
        self.card = card
        self.command_count = 0
        self._faults = dict(faults)

    def power_on(self) -> None:
        """Power the card inside."""
        self.card.power_on()

    def transmit(self, command: bytes) -> bytes:
        """Execute, unless this command's fault comes first."""
        fault = self._faults.get(self.command_count)
        self.command_count += 1
        match fault:
            case CardFault.TEAR_BEFORE:
                raise CardTornError("the card left before the command")
            case CardFault.SILENCE:
                raise CardSilentError("the card says nothing")
            case WrongStatus(status=status):
                return ResponseApdu(status=status).to_bytes()
        answer = self.card.transmit(command)
        if fault is CardFault.TEAR_AFTER:
            raise CardTornError("the card left before its answer")
        return answer
