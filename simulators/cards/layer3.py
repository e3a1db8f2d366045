"""A type A memory card that speaks ISO/IEC 14443-3 frames, and the reader in front of it.

The card answers frames; around it this plays the reader's firmware: its own READ and UPDATE
BINARY, and both ways of carrying raw frames. As in the field, a card that refuses a frame falls
idle and hears nothing until the reader selects it again; the reader does so before commands of
its own and when asked, never before a raw frame.

Not modelled: timing, CRC errors, a reader that selects again by itself in mid-session.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Final

from gateway.readers.apdu import CommandApdu, ResponseApdu, StatusWord
from gateway.readers.cards.storage import BLOCK_BYTES, READ_BYTES
from gateway.readers.native_carrier import carried_frame, carry_answer, carry_nothing
from simulators.card import UidCard

#: Four-bit answers of Ultralight and NTAG.
ACK: Final = 0x0A
NAK_ARGUMENT: Final = 0x00
NAK_AUTHENTICATION: Final = 0x04

READ: Final = 0x30
WRITE: Final = 0xA2

#: What a card says to a frame: a frame, four bits, or nothing.
Said = bytes | int | None


def read_rolled(memory: bytes, page: int) -> bytes:
    """Four pages from ``page`` on; reading rolls over to page 0."""
    start = page * BLOCK_BYTES
    return (memory + memory[:READ_BYTES])[start : start + READ_BYTES]


def written(memory: bytes, page: int, block: bytes) -> bytes:
    """The memory after one page was written."""
    start = page * BLOCK_BYTES
    return memory[:start] + block + memory[start + BLOCK_BYTES :]


def page_of(memory: bytes, page: int) -> bytes:
    """One page."""
    return memory[page * BLOCK_BYTES : (page + 1) * BLOCK_BYTES]


class Layer3Card(UidCard):
    """A card that answers frames; a subclass says how."""

    def __init__(self, uid: bytes, *, atr: bytes) -> None:
        super().__init__(uid, atr=atr)
        self._idle = False

    @abstractmethod
    def answer(self, frame: bytes) -> Said:
        """Answer a frame as the card in its active state does."""

    @abstractmethod
    def deselect(self) -> None:
        """Forget the session, as a card that is selected anew."""

    def power_on(self) -> None:
        """Come up selected."""
        self._idle = False
        self.deselect()

    def send(self, frame: bytes) -> Said:
        """Send a frame over the air; one that the card refuses silences it."""
        if self._idle:
            return None
        said = self.answer(frame)
        if not isinstance(said, bytes) and said != ACK:
            self._idle = True
            self.deselect()
        return said

    def execute(self, command: CommandApdu) -> ResponseApdu:
        """Play the reader: GET DATA, READ and UPDATE BINARY, and raw frames."""
        carried = carried_frame(command)
        if carried is not None:
            if carried.selects:
                self.power_on()
            if carried.frame is None:
                return carry_nothing(carried)
            return carry_answer(carried.style, self.send(carried.frame))
        if command.cla == 0xFF and command.ins in {0xB0, 0xD6} and command.p1 == 0:
            return self._memory_command(command)
        return super().execute(command)

    def _memory_command(self, command: CommandApdu) -> ResponseApdu:
        if self._idle:
            self.power_on()
        if command.ins == 0xD6:
            said = self.send(bytes((WRITE, command.p2)) + command.data)
            done = said == ACK
            return ResponseApdu(status=StatusWord.OK if done else StatusWord.READ_FAILED)
        said = self.send(bytes((READ, command.p2)))
        if not isinstance(said, bytes):
            return ResponseApdu(status=StatusWord.READ_FAILED)
        return ResponseApdu(data=said[: command.expected or 0], status=StatusWord.OK)
