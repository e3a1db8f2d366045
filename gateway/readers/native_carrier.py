"""The reader's end of ``gateway.readers.native``: taking a frame out of a command, and answering.

For readers of our own, which have the card on their antenna, and for simulated ones: a dialogue
speaks to them as to a PC/SC reader.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.readers.apdu import CommandApdu, ResponseApdu, StatusWord
from gateway.readers.native import (
    EXCHANGE,
    LAYER_3A,
    LIST_ANSWER,
    LIST_COMMAND,
    MANAGE_SESSION,
    READER_CLASS,
    SWITCH_PROTOCOL,
    TAG_ERROR,
    TAG_RESPONSE,
    TAG_RESPONSE_STATUS,
    TAG_TRANSCEIVE,
    TAG_VALID_BITS,
    THRU_ANSWER,
    THRU_COMMAND,
    THRU_CRC,
    THRU_OK,
    THRU_TIMEOUT,
    TRANSPARENT_INS,
    FrameStyle,
    split_objects,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedFrame:
    """What a pseudo-APDU asks of a reader: a frame to the card, or nothing but readiness.

    Attributes:
        style: how the answer must be wrapped.
        frame: what to send; None where nothing goes to the card's application.
        selects: whether the card is to be activated anew.
    """

    style: FrameStyle
    frame: bytes | None = None
    selects: bool = False


def carried_frame(command: CommandApdu) -> CarriedFrame | None:
    """Read a pseudo-APDU of ``exchange_frame`` and its companions; None for any other command."""
    head = (command.cla, command.ins, command.p1)
    if head == (READER_CLASS, TRANSPARENT_INS, 0):
        return _carried_transparently(command)
    if (*head, command.p2) != (READER_CLASS, 0, 0, 0):
        return None
    if command.data == LIST_COMMAND:
        return CarriedFrame(style=FrameStyle.ACR122, selects=True)
    if command.data[:2] == THRU_COMMAND:
        return CarriedFrame(style=FrameStyle.ACR122, frame=command.data[2:])
    return None


def _carried_transparently(command: CommandApdu) -> CarriedFrame | None:
    if command.p2 == MANAGE_SESSION:
        return CarriedFrame(style=FrameStyle.TRANSPARENT)
    if command.p2 == SWITCH_PROTOCOL and command.data == LAYER_3A:
        return CarriedFrame(style=FrameStyle.TRANSPARENT, selects=True)
    if command.p2 != EXCHANGE:
        return None
    frame = (split_objects(command.data) or {}).get(TAG_TRANSCEIVE)
    return None if frame is None else CarriedFrame(style=FrameStyle.TRANSPARENT, frame=frame)


def carry_nothing(carried: CarriedFrame) -> ResponseApdu:
    """Answer a pseudo-APDU without a frame: done."""
    listed = carried.selects and carried.style is FrameStyle.ACR122
    return ResponseApdu(data=LIST_ANSWER if listed else b"", status=StatusWord.OK)


def carry_answer(style: FrameStyle, answer: bytes | int | None) -> ResponseApdu:
    """Wrap what the card said to a frame as the reader must.

    Args:
        style: from ``carried_frame``.
        answer: a whole frame, the four bits of a short answer as a number, or None for silence.
    """
    if style is FrameStyle.ACR122:
        return ResponseApdu(data=THRU_ANSWER + _thru_body(answer), status=StatusWord.OK)
    if answer is None:
        return ResponseApdu(status=StatusWord.EXECUTION_ERROR)
    short = isinstance(answer, int)
    frame = bytes((answer,)) if isinstance(answer, int) else answer
    data = bytes((TAG_ERROR, 3, 0, 0x90, 0, TAG_VALID_BITS, 1, 4 if short else 0))
    data += bytes((TAG_RESPONSE_STATUS, 2, 0, 0, TAG_RESPONSE, len(frame)))
    return ResponseApdu(data=data + frame, status=StatusWord.OK)


def _thru_body(answer: bytes | int | None) -> bytes:
    if isinstance(answer, bytes):
        return bytes((THRU_OK,)) + answer
    return bytes((THRU_TIMEOUT if answer is None else THRU_CRC,))
