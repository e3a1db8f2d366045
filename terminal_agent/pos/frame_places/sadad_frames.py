"""Frames of Sadad PcPos, for masks."""

from __future__ import annotations

from typing import Final

from terminal_agent.pos.frame_places.finder import (
    FrameFinder,
    FrameSeen,
    Mask,
    Ranges,
    Undecided,
    masked_beside,
)
from terminal_agent.pos.framers.checks import xor_lrc
from terminal_agent.pos.framers.sadad import (
    FUNCTION_HEAD_BYTES,
    HEAD_BYTES,
    VERSION_002,
    SadadType,
    message_bytes,
)
from terminal_agent.pos.framers.sadad_fields import (
    REQUEST_PAID,
    RESPONSE_PAID,
    SALE,
    V002_AMOUNT,
    V002_CARD,
    V002_REQUEST_PAID,
    code_widths_v002,
)
from terminal_agent.pos.interpreters.pan import is_card_number

_STX: Final = b"\x02"


class SadadFinder(FrameFinder):
    """Finds what ``SadadFramer`` would read."""

    def next_start(self, data: bytes, at: int, *, follows: bool) -> int:  # noqa: ARG002 - tells itself where it begins
        """See ``FrameFinder``."""
        begin = data.find(_STX, at)
        return len(data) if begin < 0 else begin

    def look(self, data: bytes, at: int, mask: Mask) -> FrameSeen | Undecided | None:
        """See ``FrameFinder``."""
        length = message_bytes(data, at)
        if length == 0:
            return None
        if length is None or at + length > len(data):
            return Undecided.WAIT
        message = data[at : at + length]
        if message[-2] != 3 or xor_lrc(message[1:-1]) != message[-1]:
            return None
        kept: Ranges = ((0, HEAD_BYTES), *_paid_bytes(message), (length - 2, length))
        masked = bytearray(masked_beside(message, kept, mask))
        masked[-1] = xor_lrc(masked[1:-1])
        return FrameSeen(end=at + length, masked=bytes(masked))


def _paid_bytes(message: bytes) -> Ranges:
    """Begin and end of what in a checked message's data says what is paid."""
    version, kind, data = message[4:7].decode("ascii"), message[7], message[HEAD_BYTES:-2]
    begin = HEAD_BYTES
    places: Ranges = RESPONSE_PAID
    if version == VERSION_002:
        begin, data = begin + FUNCTION_HEAD_BYTES, data[FUNCTION_HEAD_BYTES:]
        paid = V002_REQUEST_PAID if kind == SadadType.REQUEST else _response_paid_v002(data)
        places = ((-FUNCTION_HEAD_BYTES, 0), *paid)
    elif kind == SadadType.REQUEST:
        places = REQUEST_PAID
    return tuple((begin + start, begin + min(end, len(data))) for start, end in places)


def _response_paid_v002(data: bytes) -> Ranges:
    """Among several readings the card tells which is right.

    Where it does not, only what no reading takes for the card is vouched for.
    """
    text = data.decode("latin-1")
    cards = [width + V002_AMOUNT for width in code_widths_v002(data)]
    told = [at for at in cards if _is_card(text[at : at + V002_CARD])]
    if len(told) != 1:
        return ((0, min(cards)),) if cards else ()
    behind = told[0] + V002_CARD
    return ((0, told[0]), (behind, behind + len(SALE)))


def _is_card(written: str) -> bool:
    """Whether sixteen characters are a card number, in clear or with its middle blotted out."""
    if written.isdecimal():
        return is_card_number([int(digit) for digit in written])
    return (written[:6] + written[-4:]).isdecimal() and not set(written[6:12]) & set("0123456789")
