"""MIFARE DESFire's native commands inside ISO/IEC 7816-4 APDUs: frames, their chaining, statuses.

A native command ``ins ‖ parameters`` travels as ``90 ins 00 00 Lc parameters 00``; the answer's
status word is ``91`` and the native status. What does not fit into one frame goes on with AF, in
both directions (MF2DL(H)x0 data sheet, section 8.4; the same in all generations).
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from gateway.readers.apdu import (
    SHORT_EXPECTED_MAX,
    CommandApdu,
    ResponseApdu,
    describe_status,
)
from gateway.readers.errors import CardRefusedError

NATIVE_CLASS: Final = 0x90
NATIVE_SW1: Final = 0x91
#: A frame has 60 bytes in every generation; six of them are the APDU's own.
FRAME_BYTES_MAX: Final = 54
#: A card that says "more" for ever must not keep a lane busy. Nothing of ours takes four frames.
FRAMES_MAX: Final = 32


class Instruction(IntEnum):
    """Native commands (MF2DL(H)x0 data sheet, table 22; the older ones are the same in EV1)."""

    ADDITIONAL_FRAME = 0xAF
    AUTHENTICATE_ISO = 0x1A
    AUTHENTICATE_AES = 0xAA
    AUTHENTICATE_EV2_FIRST = 0x71
    SELECT_APPLICATION = 0x5A
    CREATE_APPLICATION = 0xCA
    FORMAT_PICC = 0xFC
    GET_VERSION = 0x60
    GET_CARD_UID = 0x51
    READ_SIGNATURE = 0x3C
    GET_KEY_VERSION = 0x64
    CHANGE_KEY = 0xC4
    CREATE_STANDARD_FILE = 0xCD
    CREATE_BACKUP_FILE = 0xCB
    CREATE_VALUE_FILE = 0xCC
    CREATE_TRANSACTION_MAC_FILE = 0xCE
    READ_DATA = 0xBD
    WRITE_DATA = 0x3D
    GET_VALUE = 0x6C
    CREDIT = 0x0C
    DEBIT = 0xDC
    COMMIT_TRANSACTION = 0xC7
    ABORT_TRANSACTION = 0xA7


class DesfireStatus(IntEnum):
    """Native statuses (MF2DL(H)x0 data sheet, table 23)."""

    OK = 0x00
    NO_CHANGES = 0x0C
    OUT_OF_MEMORY = 0x0E
    ILLEGAL_COMMAND = 0x1C
    INTEGRITY_ERROR = 0x1E
    NO_SUCH_KEY = 0x40
    LENGTH_ERROR = 0x7E
    #: The answer to READ_SIGNATURE, and no error.
    SIGNATURE_OK = 0x90
    PERMISSION_DENIED = 0x9D
    PARAMETER_ERROR = 0x9E
    APPLICATION_NOT_FOUND = 0xA0
    AUTHENTICATION_ERROR = 0xAE
    ADDITIONAL_FRAME = 0xAF
    BOUNDARY_ERROR = 0xBE
    COMMAND_ABORTED = 0xCA
    DUPLICATE_ERROR = 0xDE
    MEMORY_ERROR = 0xEE
    FILE_NOT_FOUND = 0xF0


_STATUS_NAMES: Final = {int(one): one.name.lower().replace("_", " ") for one in DesfireStatus}


class DesfireRefusedError(CardRefusedError):
    """The card answered a command with a native status other than OK.

    Attributes:
        status: the native status; see ``DesfireStatus``.
    """

    def __init__(self, instruction: int, status: int) -> None:
        self.status = status
        name = _STATUS_NAMES.get(status, "unknown status")
        super().__init__(f"command {instruction:02X}: 91{status:02X} {name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeAnswer:
    """One native answer: the status, and the data of all its frames."""

    status: int
    data: bytes


Native = Generator[CommandApdu, ResponseApdu, NativeAnswer]


def send_frame(instruction: int, data: bytes = b"") -> Native:
    """Send one frame and take its answer, whatever its native status.

    Raises:
        CardRefusedError: if the status word is none of a native answer: the card is no DESFire.
    """
    response = yield CommandApdu(
        cla=NATIVE_CLASS, ins=int(instruction), data=data, expected=SHORT_EXPECTED_MAX
    )
    if response.status >> 8 != NATIVE_SW1:
        raise CardRefusedError(f"command {instruction:02X}: {describe_status(response.status)}")
    return NativeAnswer(status=response.status & 0xFF, data=response.data)


def send_native(instruction: int, body: bytes) -> Native:
    """Send a command in as many frames as it takes and collect its answer's frames.

    Raises:
        CardRefusedError: as ``send_frame``, or if the card's answer does not end.
    """
    answer = yield from send_frame(instruction, body[:FRAME_BYTES_MAX])
    for start in range(FRAME_BYTES_MAX, len(body), FRAME_BYTES_MAX):
        if answer.status != DesfireStatus.ADDITIONAL_FRAME:
            return answer
        part = body[start : start + FRAME_BYTES_MAX]
        answer = yield from send_frame(Instruction.ADDITIONAL_FRAME, part)
    collected = answer.data
    for _ in range(FRAMES_MAX):
        if answer.status != DesfireStatus.ADDITIONAL_FRAME:
            return NativeAnswer(status=answer.status, data=collected)
        answer = yield from send_frame(Instruction.ADDITIONAL_FRAME)
        collected += answer.data
    raise CardRefusedError(f"command {instruction:02X}: the answer does not end")
