"""Sadad PcPos as the ends of the cable write it: messages, requests, responses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from terminal_agent.pos.framers.checks import xor_lrc

INITIALISE: Final = 0xF1
REQUEST: Final = 0x19
RESPONSE: Final = 0x1A
ACKNOWLEDGED: Final = 0x06
NOT_ACKNOWLEDGED: Final = 0x15
CANCEL: Final = 0x04


def message(kind: int, data: bytes = b"", *, version: str = "000", turned: int = 0) -> bytes:
    """Write a message.

    Args:
        kind: its type.
        data: behind the type.
        version: three digits.
        turned: bits of the check to turn: 0 leaves it right.
    """
    counted = version.encode("ascii") + bytes((kind,)) + data + b"\x03"
    covered = b"%03d" % (len(counted) + 1) + counted
    return b"\x02" + covered + bytes((xor_lrc(covered) ^ turned,))


def message_v002(kind: int, data: str, *, function: str = "0001") -> bytes:
    """Write a request or response of version 002."""
    said = f"{function}{len(data):03d}{data}"
    return message(kind, said.encode("ascii"), version="002")


def request(amount: int, *, processing: str = "000000", order: str = "") -> bytes:
    """The data of a version 000 request.

    Args:
        amount: in rials.
        processing: processing code; six zeros are a sale.
        order: the till's own number, an optional field.
    """
    fixed = f"{amount!s:\0<13}{'':10}{'':4}0200{processing}".encode("ascii")
    if not order:
        return fixed + b"\x00"
    return fixed + b"\x10" + f"{len(order):03d}{order}".encode("ascii")


@dataclass(frozen=True, slots=True, kw_only=True)
class SadadAnswer:
    """The contents of a version 000 response.

    Attributes:
        amount: in rials.
        code: two zeros are done.
        card: the card's number, in clear as real terminals send it.
        processing: processing code.
        transaction: number of the payment on the terminal.
        reference: number of the payment at the bank.
        moment: year, month, weekday, day, hour, minute, second, millisecond; Jalali.
    """

    amount: int
    code: str = "00"
    card: str = "6037991234567893"
    processing: str = "000000"
    transaction: str = "000471"
    reference: str = "904711223344"
    moment: tuple[int, ...] = (1404, 2, 3, 17, 18, 5, 9, 0)

    def data(self) -> bytes:
        """Write it."""
        before = _characters(
            (self.code, 4), (str(self.amount), 13), (self.card, 17), (self.processing, 7),
            (self.transaction, 7), ("", 6),
        )  # fmt: skip
        moment = b"".join((number + 24).to_bytes(2, "little") for number in self.moment)
        behind = _characters(
            (self.reference, 13), ("", 7), ("21098765", 9), ("000000123456789", 16), ("", 30)
        )
        return before + moment + behind


def _characters(*fields: tuple[str, int]) -> bytes:
    return "".join(f"{text:\0<{width}}" for text, width in fields).encode("utf-16-le")
