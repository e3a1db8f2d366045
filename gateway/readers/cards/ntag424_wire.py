"""NTAG 424 DNA's native commands inside ISO/IEC 7816-4 APDUs, with and without a session.

A native command travels as ``90 ins 00 00 Lc parameters 00``; the answer's status word is ``91``
and the native status (NT4H2421Gx data sheet rev. 3.0, sections 10.2 and 10.3). Every command and
answer of ours fits into one frame.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType
from typing import Final

from gateway.crypto.cards.ev2 import Ev2Session
from gateway.crypto.cards.ev2_messages import CommMode, open_response, protect_command
from gateway.crypto.cards.purpose import KeyPurpose
from gateway.errors import CryptoError
from gateway.readers.apdu import (
    SHORT_EXPECTED_MAX,
    CommandApdu,
    ResponseApdu,
    describe_status,
)
from gateway.readers.errors import AnswerNotGenuineError, CardRefusedError

NATIVE_CLASS: Final = 0x90
NATIVE_SW1: Final = 0x91
#: The DF name of the only application; it goes into every key derivation as it is.
NTAG424_APPLICATION: Final = bytes.fromhex("D2760000850101")

#: Which of the application's five keys serves which purpose on our cards.
KEY_NUMBERS: Final[Mapping[KeyPurpose, int]] = MappingProxyType(
    {
        KeyPurpose.ADMIN: 0,
        KeyPurpose.SDM_META: 1,
        KeyPurpose.SDM_FILE: 2,
        KeyPurpose.TERMINAL: 3,
        KeyPurpose.WRITE: 4,
    }
)

CONTAINER_FILE: Final = 1
NDEF_FILE: Final = 2
PRIVATE_FILE: Final = 3


class Instruction(IntEnum):
    """Native commands (data sheet, table 22)."""

    ADDITIONAL_FRAME = 0xAF
    AUTHENTICATE_EV2_FIRST = 0x71
    AUTHENTICATE_EV2_NON_FIRST = 0x77
    CHANGE_FILE_SETTINGS = 0x5F
    CHANGE_KEY = 0xC4
    GET_CARD_UID = 0x51
    GET_FILE_COUNTERS = 0xF6
    GET_FILE_SETTINGS = 0xF5
    GET_KEY_VERSION = 0x64
    GET_VERSION = 0x60
    READ_DATA = 0xAD
    READ_SIGNATURE = 0x3C
    SET_CONFIGURATION = 0x5C
    WRITE_DATA = 0x8D


class NativeStatus(IntEnum):
    """Native statuses (data sheet, tables 23 and 95)."""

    OK = 0x00
    ILLEGAL_COMMAND = 0x1C
    INTEGRITY_ERROR = 0x1E
    NO_SUCH_KEY = 0x40
    LENGTH_ERROR = 0x7E
    #: Read_Sig alone says OK by this one.
    SIGNATURE_OK = 0x90
    PERMISSION_DENIED = 0x9D
    PARAMETER_ERROR = 0x9E
    AUTHENTICATION_DELAY = 0xAD
    AUTHENTICATION_ERROR = 0xAE
    ADDITIONAL_FRAME = 0xAF
    BOUNDARY_ERROR = 0xBE
    COMMAND_ABORTED = 0xCA
    MEMORY_ERROR = 0xEE
    FILE_NOT_FOUND = 0xF0


_STATUS_NAMES: Final = {int(one): one.name.lower().replace("_", " ") for one in NativeStatus}


class Ntag424RefusedError(CardRefusedError):
    """The card answered a command with another status than was asked for: it did nothing.

    Attributes:
        status: the whole status word; see ``NativeStatus`` for 91xx.
    """

    def __init__(self, instruction: int, status: int) -> None:
        self.status = status
        native = _STATUS_NAMES.get(status & 0xFF) if status >> 8 == NATIVE_SW1 else None
        words = f"{status:04X} {native}" if native else describe_status(status)
        super().__init__(f"command {instruction:02X}: {words}")

    def says(self, status: NativeStatus) -> bool:
        """Whether the card answered with this native status."""
        return self.status == NATIVE_SW1 << 8 | status


Sent = Generator[CommandApdu, ResponseApdu, bytes]


def native(instruction: Instruction, body: bytes, wanted: int = NativeStatus.OK) -> Sent:
    """Send one frame; its answer's data.

    Args:
        instruction: what to do.
        body: the command's data field as it travels.
        wanted: the native status without which there is no answer.

    Raises:
        Ntag424RefusedError: if the card answers with another status.
    """
    response = yield CommandApdu(
        cla=NATIVE_CLASS, ins=int(instruction), data=body, expected=SHORT_EXPECTED_MAX
    )
    if response.status != NATIVE_SW1 << 8 | wanted:
        raise Ntag424RefusedError(instruction, response.status)
    return response.data


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeCommand:
    """A command of one frame before a session has wrapped it.

    Attributes:
        instruction: what to do.
        header: the parameters that always travel in plain.
        data: what the mode protects.
        mode: how data and answer travel inside a session.
        answer_bytes: how many bytes the answer must have in plain; None where that varies.
        wanted: the native status that means success.
    """

    instruction: Instruction
    header: bytes = b""
    data: bytes = field(default=b"", repr=False)
    mode: CommMode
    answer_bytes: int | None = 0
    wanted: int = NativeStatus.OK


Answered = Generator[CommandApdu, ResponseApdu, tuple[bytes, Ev2Session | None]]
InSession = Generator[CommandApdu, ResponseApdu, tuple[bytes, Ev2Session]]


def protect(session: Ev2Session, command: NativeCommand) -> tuple[bytes, Ev2Session]:
    """Wrap a command: what travels, and the session that opens the answer.

    Raises:
        AnswerNotGenuineError: if the session's counter has run out.
    """
    try:
        body = protect_command(
            session, command.mode, command.instruction, command.header, command.data
        )
        return body, session.next()
    except CryptoError as error:
        raise AnswerNotGenuineError(str(error)) from error


def unwrap(after: Ev2Session, command: NativeCommand, answer: bytes) -> bytes:
    """Check an answer; its data in plain.

    Raises:
        AnswerNotGenuineError: if its MAC, cipher or length is wrong.
    """
    try:
        data = open_response(after, command.mode, command.wanted, answer)
    except CryptoError as error:
        raise AnswerNotGenuineError(f"command {command.instruction:02X}: {error}") from error
    check_answer(command, data)
    return data


def send(session: Ev2Session, command: NativeCommand) -> InSession:
    """Send a command inside a session and check its answer.

    Returns:
        The answer's data in plain, and the session for the next command.

    Raises:
        Ntag424RefusedError: if the card refuses. The session is over with that.
        AnswerNotGenuineError: if the answer is not the card's, or the session's counter has run
            out.
    """
    body, after = protect(session, command)
    answer = yield from native(command.instruction, body, command.wanted)
    return unwrap(after, command, answer), after


def send_plain(command: NativeCommand) -> Sent:
    """Send a command without a session; only the answer's length can be checked.

    Raises:
        Ntag424RefusedError: if the card refuses.
        AnswerNotGenuineError: if the answer has another length.
    """
    answer = yield from native(command.instruction, command.header + command.data, command.wanted)
    check_answer(command, answer)
    return answer


def send_either(session: Ev2Session | None, command: NativeCommand) -> Answered:
    """Send a command inside the session, where there is one."""
    if session is None:
        return (yield from send_plain(command)), None
    return (yield from send(session, command))


def check_answer(command: NativeCommand, data: bytes) -> None:
    """Refuse an answer of another length than the data sheet says.

    Raises:
        AnswerNotGenuineError: naming both lengths.
    """
    if command.answer_bytes is not None and len(data) != command.answer_bytes:
        raise AnswerNotGenuineError(
            f"command {command.instruction:02X} was answered by {len(data)} bytes,"
            f" not {command.answer_bytes}"
        )
