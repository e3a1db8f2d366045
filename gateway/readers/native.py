"""Raw frames to a card that speaks no APDUs, through the two pseudo-APDUs that readers have.

Ultralight AES, Ultralight C and NTAG21x answer ISO/IEC 14443-3 frames of their makers: one byte of
command, no class and no length. PC/SC part 3 (v2.02) carries them by *transparent
exchange*; the ACR122 knows only its chip's own *InCommunicateThru*. The reader adds and checks
CRC_A both ways, so a frame here is without it.

Pure: which way a reader takes follows from its name, a dialogue yields the pseudo-APDUs, and
whatever comes back is the card's frame or a named fault. ``native_carrier`` is the other end.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.readers.apdu import (
    SHORT_EXPECTED_MAX,
    CommandApdu,
    ResponseApdu,
    StatusWord,
    describe_status,
    exchange,
)

#: The longest frame carried; an Ultralight's longest is 33 bytes, a FIFO of most chips 64.
FRAME_BYTES_MAX: Final = 64
#: Long enough for the slowest command of these cards (a write of 10 ms), short for a customer.
FRAME_TIMEOUT_US: Final = 50_000

READER_CLASS: Final = 0xFF
TRANSPARENT_INS: Final = 0xC2
MANAGE_SESSION, EXCHANGE, SWITCH_PROTOCOL = 0x00, 0x01, 0x02
_START_SESSION: Final = bytes.fromhex("8100")
_END_SESSION: Final = bytes.fromhex("8200")
#: ISO/IEC 14443 type A, layer 3: activates the card and leaves out RATS.
LAYER_3A: Final = bytes.fromhex("8f020003")

_TAG_TIMER: Final = 0x5F46
TAG_VALID_BITS: Final = 0x92
TAG_TRANSCEIVE: Final = 0x95
TAG_RESPONSE_STATUS: Final = 0x96
TAG_RESPONSE: Final = 0x97
TAG_ERROR: Final = 0xC0

#: PN532 user manual, 7.3.9: host to chip, InCommunicateThru; the answer's code is one higher.
THRU_COMMAND: Final = bytes.fromhex("d442")
THRU_ANSWER: Final = bytes.fromhex("d543")
_THRU_STATUS_MASK: Final = 0x3F
THRU_OK, THRU_TIMEOUT, THRU_CRC = 0x00, 0x01, 0x02

#: PN532 user manual, 7.3.5: InListPassiveTarget, one target, type A at 106 kbit/s.
LIST_COMMAND: Final = bytes.fromhex("d44a0100")
LIST_ANSWER: Final = bytes.fromhex("d54b01")

_ACR122_NAMES: Final = ("ACR122", "ACR 122", "TOUCHATAG", "TIKITAG")

_UNKNOWN_TO_READER: Final = frozenset(
    {
        StatusWord.FUNCTION_NOT_SUPPORTED,
        StatusWord.INSTRUCTION_NOT_SUPPORTED,
        StatusWord.CLASS_UNKNOWN,
        StatusWord.CLASS_NOT_SUPPORTED,
        StatusWord.WRONG_P1_P2,
        StatusWord.WRONG_LENGTH,
    }
)


#: Part 3 says 6401 where the card's time has run out; some readers say 6400.
_NO_ANSWER: Final = frozenset({StatusWord.EXECUTION_ERROR, 0x6401})


class FrameStyle(StrEnum):
    """How a reader takes raw frames."""

    NONE = "none"
    TRANSPARENT = "transparent"
    ACR122 = "acr122"


class FrameTrouble(StrEnum):
    """Why a frame brought no frame back."""

    #: The reader carries no raw frames.
    UNSUPPORTED = "unsupported"
    #: The card said nothing in time.
    SILENT = "silent"
    #: The card answered four bits: with these cards a refusal, where data is expected.
    SHORT = "short"
    #: What came back is no frame.
    GARBLED = "garbled"


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameFault:
    """No frame, and why; ``detail`` is for the log."""

    trouble: FrameTrouble
    detail: str


FrameAnswer = bytes | FrameFault
FrameExchange = Generator[CommandApdu, ResponseApdu, FrameAnswer]


def frame_style(reader_name: str) -> FrameStyle:
    """Choose by the reader's name as PC/SC lists it.

    A reader unknown here is taken at the standard's word: one that does not keep it says so at
    the first frame, and the card is then read without.
    """
    upper = reader_name.upper()
    if any(name in upper for name in _ACR122_NAMES):
        return FrameStyle.ACR122
    return FrameStyle.TRANSPARENT


def open_frames(style: FrameStyle) -> Generator[CommandApdu, ResponseApdu, FrameFault | None]:
    """Make the reader ready for frames; None where it is."""
    if style is FrameStyle.NONE:
        return FrameFault(trouble=FrameTrouble.UNSUPPORTED, detail="no raw frames on this reader")
    if style is FrameStyle.ACR122:
        return None
    started = yield from exchange(_transparent(MANAGE_SESSION, _START_SESSION))
    if not started.ok:
        return _refusal(started)
    yield from select_again(style)
    return None


def select_again(style: FrameStyle) -> Generator[CommandApdu, ResponseApdu, None]:
    """Activate the card anew: these cards fall silent after a command that they refuse.

    A reader that cannot do so has nothing to lose by it; a card that is not there shows that at
    the next frame. So the answer is not looked at.
    """
    if style is FrameStyle.TRANSPARENT:
        yield from exchange(_transparent(SWITCH_PROTOCOL, LAYER_3A))
    elif style is FrameStyle.ACR122:
        yield from exchange(CommandApdu(cla=READER_CLASS, ins=0x00, data=LIST_COMMAND))


def close_frames(style: FrameStyle) -> Generator[CommandApdu, ResponseApdu, None]:
    """Give the card back to the reader; what it answers to this changes nothing."""
    if style is FrameStyle.TRANSPARENT:
        yield from exchange(_transparent(MANAGE_SESSION, _END_SESSION))


def exchange_frame(style: FrameStyle, frame: bytes) -> FrameExchange:
    """Send one frame and bring the card's answer, or say why there is none.

    Raises:
        ValueRangeError: if the frame is longer than 248 bytes, which none of ours is.
    """
    if style is FrameStyle.TRANSPARENT:
        response = yield from exchange(_transparent(EXCHANGE, _exchange_objects(frame)))
        return _refusal(response) if not response.ok else _read_objects(response.data)
    if style is FrameStyle.ACR122:
        response = yield from exchange(
            CommandApdu(cla=READER_CLASS, ins=0x00, data=THRU_COMMAND + frame)
        )
        return _refusal(response) if not response.ok else _read_thru(response.data)
    return FrameFault(trouble=FrameTrouble.UNSUPPORTED, detail="no raw frames on this reader")


def _transparent(function: int, objects: bytes) -> CommandApdu:
    return CommandApdu(
        cla=READER_CLASS,
        ins=TRANSPARENT_INS,
        p2=function,
        data=objects,
        expected=SHORT_EXPECTED_MAX,
    )


def _exchange_objects(frame: bytes) -> bytes:
    timer = _TAG_TIMER.to_bytes(2) + b"\x04" + FRAME_TIMEOUT_US.to_bytes(4, "little")
    return timer + bytes((TAG_TRANSCEIVE, len(frame))) + frame


def _refusal(response: ResponseApdu) -> FrameFault:
    detail = describe_status(response.status)
    if response.status in _UNKNOWN_TO_READER:
        return FrameFault(trouble=FrameTrouble.UNSUPPORTED, detail=detail)
    if response.status in _NO_ANSWER:
        return FrameFault(trouble=FrameTrouble.SILENT, detail=detail)
    return FrameFault(trouble=FrameTrouble.GARBLED, detail=detail)


def _read_objects(raw: bytes) -> FrameAnswer:
    """Read the data objects of a transparent exchange (PC/SC part 3)."""
    objects = split_objects(raw)
    if objects is None:
        return FrameFault(trouble=FrameTrouble.GARBLED, detail="the reader's answer is no BER-TLV")
    error = objects.get(TAG_ERROR, b"\x00\x90\x00")
    if error != b"\x00\x90\x00":
        return _object_error(error)
    status = objects.get(TAG_RESPONSE_STATUS, b"")
    # The low nibble of the first byte: CRC, collision, parity and framing.
    if status[:1] and status[0] & 0x0F:
        return FrameFault(trouble=FrameTrouble.GARBLED, detail=f"response status {status.hex()}")
    frame = objects.get(TAG_RESPONSE, b"")
    if not frame:
        return FrameFault(trouble=FrameTrouble.SILENT, detail="the exchange brought no answer")
    if objects.get(TAG_VALID_BITS, b"\x00")[-1:] not in {b"\x00", b"\x08", b""}:
        return FrameFault(trouble=FrameTrouble.SHORT, detail=f"a short answer {frame.hex()}")
    return _whole(frame)


def _object_error(error: bytes) -> FrameFault:
    if len(error) != 3:
        return FrameFault(trouble=FrameTrouble.GARBLED, detail=f"error object {error.hex()}")
    return _refusal(ResponseApdu(status=int.from_bytes(error[1:])))


def split_objects(raw: bytes) -> dict[int, bytes] | None:
    """Split simple objects of one or two tag bytes; None where they do not fit or one repeats."""
    objects: dict[int, bytes] = {}
    position = 0
    while position < len(raw):
        tag_bytes = 2 if raw[position] & 0x1F == 0x1F else 1
        tag = int.from_bytes(raw[position : position + tag_bytes])
        length, start = _object_length(raw, position + tag_bytes)
        if length is None or start + length > len(raw) or tag in objects:
            return None
        objects[tag] = raw[start : start + length]
        position = start + length
    return objects


def _object_length(raw: bytes, position: int) -> tuple[int | None, int]:
    first = raw[position : position + 1]
    if not first:
        return None, position
    if first[0] < 0x80:
        return first[0], position + 1
    longer = raw[position + 1 : position + 2]
    if first[0] != 0x81 or not longer:
        return None, position
    return longer[0], position + 2


def _read_thru(raw: bytes) -> FrameAnswer:
    """Read the PN532's answer (user manual, 7.3.9): D5 43, status, the card's frame."""
    if raw[:2] != THRU_ANSWER or len(raw) < 3:
        return FrameFault(trouble=FrameTrouble.GARBLED, detail=f"no InCommunicateThru: {raw.hex()}")
    status = raw[2] & _THRU_STATUS_MASK
    if status == THRU_TIMEOUT:
        return FrameFault(trouble=FrameTrouble.SILENT, detail="PN532 status 01")
    if status == THRU_CRC:
        # The chip expects a CRC where four bits came: it cannot tell a refusal from noise.
        return FrameFault(trouble=FrameTrouble.SHORT, detail="PN532 status 02")
    if status != THRU_OK:
        return FrameFault(trouble=FrameTrouble.GARBLED, detail=f"PN532 status {status:02x}")
    if len(raw) == 3:
        return FrameFault(trouble=FrameTrouble.SILENT, detail="the exchange brought no answer")
    return _whole(raw[3:])


def _whole(frame: bytes) -> FrameAnswer:
    if len(frame) > FRAME_BYTES_MAX:
        return FrameFault(trouble=FrameTrouble.GARBLED, detail=f"{len(frame)} bytes are no frame")
    return frame
