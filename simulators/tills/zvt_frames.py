"""ZVT as the ends of the cable write and read it: APDUs, their bitmaps, and serial frames.

The reader here is a regular expression over a clean line and shares nothing with the terminal's
framer but the sum of the check: what one writes, the other must read.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from enum import Enum, auto
from typing import Final

from terminal_agent.pos.framers.checks import crc16_kermit

AUTHORISATION: Final = 0x0601
REVERSAL: Final = 0x0630
REFUND: Final = 0x0631
REPEAT_RECEIPT: Final = 0x0620
STATUS_INFORMATION: Final = 0x040F
INTERMEDIATE_STATUS: Final = 0x04FF
COMPLETION: Final = 0x060F
ABORT: Final = 0x061E
PRINT_LINE: Final = 0x06D1
DONE: Final = 0x8000
GOODS_REFUSED: Final = 0x8466
GOODS_NOT_YET: Final = 0x849C
GOODS_CHANGED: Final = 0x849D

_PASSWORD: Final = bytes.fromhex("000000")
_FRAME: Final = re.compile(rb"\x10\x02((?:[^\x10]|\x10\x10)*)\x10\x03([\x00-\xff]{2})", re.DOTALL)


class Signal(Enum):
    """What one side of a serial line says of the other's frame."""

    ACK = 0x06
    NAK = 0x15
    BAD_FRAME = auto()
    """A frame came whose check does not hold."""


def apdu(control_field: int, data: bytes = b"") -> bytes:
    """Write a command or an answer."""
    short = len(data) < 0xFF
    length = bytes((len(data),)) if short else b"\xff" + len(data).to_bytes(2, "little")
    return control_field.to_bytes(2, "big") + length + data


def bcd(number: int, digits: int) -> bytes:
    """Pack a number's digits two to a byte."""
    return bytes.fromhex(f"{number:0{digits}d}")


def amount(minor: int) -> bytes:
    """The bitmap of an amount in minor units."""
    return b"\x04" + bcd(minor, 12)


def currency(number: int = 978) -> bytes:
    """The bitmap of a currency by its number."""
    return b"\x49" + bcd(number, 4)


def var_field(bitmap: int, digits: int, data: bytes) -> bytes:
    """A bitmap whose length stands before it in digits: two (LLVAR) or three (LLLVAR)."""
    length = bytes(0xF0 | int(digit) for digit in f"{len(data):0{digits}d}")
    return bytes((bitmap,)) + length + data


def authorisation(amount_minor: int, *, currency_number: int = 978) -> bytes:
    """The till asks for a payment."""
    return apdu(AUTHORISATION, amount(amount_minor) + currency(currency_number))


def refund(amount_minor: int) -> bytes:
    """The till gives money back."""
    return apdu(REFUND, _PASSWORD + amount(amount_minor) + currency())


def reversal(receipt_number: int) -> bytes:
    """The till takes a payment back."""
    return apdu(REVERSAL, _PASSWORD + b"\x87" + bcd(receipt_number, 4))


def status_information(
    amount_minor: int, *, result: int = 0, receipt_number: int = 175, card: bytes = b""
) -> bytes:
    """The terminal says how a payment went, with all that real ones put into it.

    Args:
        amount_minor: how much.
        result: 0 is good.
        receipt_number: of the terminal.
        card: the packed card number; a masked one by default.
    """
    number = card or bytes.fromhex("EEEEEEEEEEEE4771")
    data = (
        bytes((0x27, result))
        + amount(amount_minor)
        + currency()
        + bytes.fromhex("0C093848 0D0425 0E2512 170001 1970")
        + var_field(0x22, 2, number)
        + b"\x87"
        + bcd(receipt_number, 4)
        + bytes.fromhex("0B613995 2960099914 8A02")
        + var_field(0x8B, 2, b"girocard\0")
        + var_field(0x3C, 3, b"GEN.NR.:611804")
        + bytes.fromhex("06 06 1F100100 4500")
    )
    return apdu(STATUS_INFORMATION, data)


def serial_frame(message: bytes, *, turned: int = 0) -> bytes:
    """Wrap an APDU for a serial line.

    Args:
        message: the APDU.
        turned: bits of the check to turn: 0 leaves it right.
    """
    check = crc16_kermit((0x03,), crc16_kermit(message)) ^ turned
    stuffed = message.replace(b"\x10", b"\x10\x10")
    return b"\x10\x02" + stuffed + b"\x10\x03" + check.to_bytes(2, "little")


class ZvtLink(ABC):
    """How APDUs travel."""

    #: What a side says when it has a frame, and when it could not use one.
    taken = not_taken = b""

    @abstractmethod
    def wrap(self, message: bytes, *, turned: int = 0) -> bytes:
        """Make an APDU ready to be sent; see ``serial_frame``."""

    @abstractmethod
    def feed(self, data: bytes) -> list[bytes | Signal]:
        """Take bytes; returns APDUs and signals, in order."""


class SerialLink(ZvtLink):
    """Frames with a check, each acknowledged by one byte."""

    taken = bytes((Signal.ACK.value,))
    not_taken = bytes((Signal.NAK.value,))

    def __init__(self) -> None:
        """Begin with nothing heard."""
        self._heard = b""

    def wrap(self, message: bytes, *, turned: int = 0) -> bytes:
        """See ``ZvtLink``."""
        return serial_frame(message, turned=turned)

    def feed(self, data: bytes) -> list[bytes | Signal]:
        """See ``ZvtLink``."""
        self._heard += data
        found: list[bytes | Signal] = []
        while self._heard and not b"\x10\x02".startswith(self._heard):
            frame = _FRAME.match(self._heard)
            if frame is not None:
                body = frame[1].replace(b"\x10\x10", b"\x10")
                whole = serial_frame(body) == frame[0]
                found.append(body if whole else Signal.BAD_FRAME)
                self._heard = self._heard[frame.end() :]
            elif self._heard.startswith(b"\x10\x02"):
                break
            else:
                if self._heard[0] in (Signal.ACK.value, Signal.NAK.value):
                    found.append(Signal(self._heard[0]))
                self._heard = self._heard[1:]
        return found


class TcpLink(ZvtLink):
    """Bare APDUs."""

    def __init__(self) -> None:
        """Begin with nothing heard."""
        self._heard = b""

    def wrap(self, message: bytes, *, turned: int = 0) -> bytes:
        """See ``ZvtLink``; there is no check to turn."""
        del turned
        return message

    def feed(self, data: bytes) -> list[bytes | Signal]:
        """See ``ZvtLink``."""
        self._heard += data
        found: list[bytes | Signal] = []
        while len(self._heard) >= 3:
            if self._heard[2] < 0xFF:
                end = 3 + self._heard[2]
            elif len(self._heard) < 5:
                break
            else:
                end = 5 + int.from_bytes(self._heard[3:5], "little")
            if end > len(self._heard):
                break
            found.append(self._heard[:end])
            self._heard = self._heard[end:]
        return found
