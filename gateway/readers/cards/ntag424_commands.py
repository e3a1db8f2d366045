"""What can be done with an NTAG 424 DNA, one generator per command; issuing puts them in order.

Each yields APDUs, checks the answer's MAC where there is a session, and returns a value together
with the session for the next command. A refusal is a ``CardRefusedError``: after any of them the
card has ended the session. Source: NT4H2421Gx data sheet rev. 3.0, section 10.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Final, TypeVar

from gateway.crypto.cards.ev2 import (
    Ev2Session,
    accept_first,
    accept_non_first,
    challenge_answer,
    change_other_key_data,
    change_own_key_data,
)
from gateway.crypto.cards.ev2_messages import CommMode
from gateway.crypto.cards.handshake import RANDOM_BYTES
from gateway.errors import CryptoError, WireError
from gateway.readers.apdu import CommandApdu, ResponseApdu, StatusWord
from gateway.readers.cards.ntag424_settings import FileInformation, FileSettings
from gateway.readers.cards.ntag424_wire import (
    NTAG424_APPLICATION,
    Answered,
    InSession,
    Instruction,
    NativeCommand,
    NativeStatus,
    Ntag424RefusedError,
    check_answer,
    native,
    protect,
    send,
    send_either,
    unwrap,
)
from gateway.readers.errors import AnswerNotGenuineError

UID_BYTES: Final = 7
SIGNATURE_BYTES: Final = 56
MASTER_KEY: Final = 0

_SELECT: Final = 0xA4
#: PCD capabilities: none are told (data sheet, table 25).
_NO_CAPABILITIES: Final = b"\x00"
_VERSION_PART_BYTES: Final = 7
_VERSION_BYTES: Final = frozenset({28, 29})
_COUNTER_ANSWER_BYTES: Final = 5
#: SetConfiguration: option, and the one bit that turns random UIDs on (data sheet, table 50).
_PICC_CONFIGURATION: Final = 0x00
_USE_RANDOM_UID: Final = b"\x02"

Result = TypeVar("Result")
Talk = Generator[CommandApdu, ResponseApdu, Result]
Session = Talk[Ev2Session]
RandomBytes = Callable[[int], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionInformation:
    """What GetVersion says (data sheet, 10.5.2).

    Attributes:
        hardware: vendor, type, subtype, major, minor, storage size, protocol: 7 bytes.
        software: the same 7 of the software.
        uid: 7 bytes; all zero on a card that shows random ones.
        batch: batch number, production week and year: 7 bytes, or 8 with a key id.
    """

    hardware: bytes
    software: bytes
    uid: bytes
    batch: bytes

    @property
    def is_ntag424(self) -> bool:
        """Whether NXP made it as NTAG 424 DNA: vendor 04, type 04, hardware major 30."""
        return (self.hardware[0], self.hardware[1], self.hardware[3]) == (0x04, 0x04, 0x30)


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePlace:
    """Bytes of a file.

    Attributes:
        file_number: 1 to 3.
        offset: the first byte.
        length: how many; 0 means to the end, in reading.
        mode: how the file's settings want them to travel.
    """

    file_number: int
    offset: int = 0
    length: int = 0
    mode: CommMode = CommMode.PLAIN

    def header(self) -> bytes:
        """The parameters of ReadData and WriteData."""
        offset, length = (one.to_bytes(3, "little") for one in (self.offset, self.length))
        return bytes((self.file_number,)) + offset + length


def select_ntag424() -> Talk[None]:
    """Select the application by its DF name; the card forgets any session.

    Raises:
        Ntag424RefusedError: if there is no such application.
    """
    # The card has no file control information; 0C saves it the search (data sheet, 10.9.1).
    response = yield CommandApdu(
        cla=0x00, ins=_SELECT, p1=0x04, p2=0x0C, data=NTAG424_APPLICATION, expected=256
    )
    if response.status != StatusWord.OK:
        raise Ntag424RefusedError(_SELECT, response.status)


def authenticate_first(key_number: int, key: bytes, random_bytes: RandomBytes) -> Session:
    """AuthenticateEV2First: prove to each other that both hold a key, and open a session.

    Raises:
        Ntag424RefusedError: if the card refuses. With AUTHENTICATION_ERROR it holds another key
            and has counted a failure; never repeat that blindly.
        AnswerNotGenuineError: if the card does not hold the key, or talks nonsense.
    """
    body = bytes((key_number,)) + _NO_CAPABILITIES
    rnd_a, rnd_b, answer = yield from _challenge(
        Instruction.AUTHENTICATE_EV2_FIRST, body, key, random_bytes
    )
    try:
        return accept_first(key, rnd_a, rnd_b, answer)
    except CryptoError as error:
        raise AnswerNotGenuineError(str(error)) from error


def authenticate_non_first(
    session: Ev2Session, key_number: int, key: bytes, random_bytes: RandomBytes
) -> Session:
    """AuthenticateEV2NonFirst: go on under another key, in the same transaction.

    Raises:
        Ntag424RefusedError: as ``authenticate_first``; the old session is over too.
        AnswerNotGenuineError: as ``authenticate_first``.
    """
    rnd_a, rnd_b, answer = yield from _challenge(
        Instruction.AUTHENTICATE_EV2_NON_FIRST, bytes((key_number,)), key, random_bytes
    )
    try:
        return accept_non_first(session, key, rnd_a, rnd_b, answer)
    except CryptoError as error:
        raise AnswerNotGenuineError(str(error)) from error


def _challenge(
    instruction: Instruction, body: bytes, key: bytes, random_bytes: RandomBytes
) -> Talk[tuple[bytes, bytes, bytes]]:
    challenge = yield from native(instruction, body, NativeStatus.ADDITIONAL_FRAME)
    rnd_a = random_bytes(RANDOM_BYTES)
    try:
        cryptogram, rnd_b = challenge_answer(key, rnd_a, challenge)
    except CryptoError as error:
        raise AnswerNotGenuineError(str(error)) from error
    answer = yield from native(Instruction.ADDITIONAL_FRAME, cryptogram)
    return rnd_a, rnd_b, answer


def get_version(
    session: Ev2Session | None = None,
) -> Talk[tuple[VersionInformation, Ev2Session | None]]:
    """GetVersion: three frames; inside a session one MAC at the end covers them all."""
    command = NativeCommand(
        instruction=Instruction.GET_VERSION, mode=CommMode.MAC, answer_bytes=None
    )
    body, after = (b"", None) if session is None else protect(session, command)
    more, go_on = NativeStatus.ADDITIONAL_FRAME, Instruction.ADDITIONAL_FRAME
    answer = yield from native(Instruction.GET_VERSION, body, more)
    answer += yield from native(go_on, b"", more)
    answer += yield from native(go_on, b"")
    data = answer if after is None else unwrap(after, command, answer)
    if len(data) not in _VERSION_BYTES:
        raise AnswerNotGenuineError(f"command 60 was answered by {len(data)} bytes")
    first, second = data[:_VERSION_PART_BYTES], data[_VERSION_PART_BYTES:][:_VERSION_PART_BYTES]
    rest = data[2 * _VERSION_PART_BYTES :]
    version = VersionInformation(
        hardware=first, software=second, uid=rest[:UID_BYTES], batch=rest[UID_BYTES:]
    )
    return version, after


def get_card_uid(session: Ev2Session) -> InSession:
    """GetCardUID: the real UID, 7 bytes, also of a card that shows random ones."""
    return send(
        session,
        NativeCommand(
            instruction=Instruction.GET_CARD_UID, mode=CommMode.FULL, answer_bytes=UID_BYTES
        ),
    )


def read_file(session: Ev2Session | None, place: FilePlace) -> Answered:
    """ReadData; without a session only what anybody may read."""
    command = NativeCommand(
        instruction=Instruction.READ_DATA,
        header=place.header(),
        mode=place.mode,
        answer_bytes=place.length or None,
    )
    return send_either(session, command)


def write_file(session: Ev2Session | None, place: FilePlace, data: bytes) -> Answered:
    """WriteData in one frame, which tearing cannot cut in half; ``place.length`` is not looked at.

    Raises:
        ValueRangeError: if the data do not fit into one frame.
    """
    whole = FilePlace(file_number=place.file_number, offset=place.offset, length=len(data))
    command = NativeCommand(
        instruction=Instruction.WRITE_DATA, header=whole.header(), data=data, mode=place.mode
    )
    return send_either(session, command)


def change_file_settings(session: Ev2Session, file_number: int, settings: FileSettings) -> Session:
    """ChangeFileSettings. Turning dynamic messaging on sets the read counter back to 0."""
    command = NativeCommand(
        instruction=Instruction.CHANGE_FILE_SETTINGS,
        header=bytes((file_number,)),
        data=settings.to_bytes(),
        mode=CommMode.FULL,
    )
    _, after = yield from send(session, command)
    return after


def get_file_settings(
    session: Ev2Session | None, file_number: int
) -> Talk[tuple[FileInformation, Ev2Session | None]]:
    """GetFileSettings."""
    command = NativeCommand(
        instruction=Instruction.GET_FILE_SETTINGS,
        header=bytes((file_number,)),
        mode=CommMode.MAC,
        answer_bytes=None,
    )
    data, after = yield from send_either(session, command)
    try:
        return FileInformation.from_bytes(data), after
    except WireError as error:
        raise AnswerNotGenuineError(str(error)) from error


def get_file_counters(
    session: Ev2Session | None, file_number: int
) -> Talk[tuple[int, Ev2Session | None]]:
    """GetFileCounters: SDMReadCtr, without counting up."""
    command = NativeCommand(
        instruction=Instruction.GET_FILE_COUNTERS,
        header=bytes((file_number,)),
        mode=CommMode.FULL,
        answer_bytes=_COUNTER_ANSWER_BYTES,
    )
    data, after = yield from send_either(session, command)
    return int.from_bytes(data[:3], "little"), after


def change_other_key(
    session: Ev2Session, key_number: int, old_key: bytes, new_key: bytes, version: int
) -> Session:
    """ChangeKey for keys 1 to 4, in a session of key 0: the card checks that the old one fits."""
    data = change_other_key_data(old_key, new_key, version)
    _, after = yield from send(session, _change_key(key_number, data))
    return after


def change_own_key(session: Ev2Session, new_key: bytes, version: int) -> Talk[None]:
    """ChangeKey for key 0, in its own session, which ends with it: the answer has no MAC."""
    command = _change_key(MASTER_KEY, change_own_key_data(new_key, version))
    body, _ = protect(session, command)
    check_answer(command, (yield from native(Instruction.CHANGE_KEY, body)))


def _change_key(key_number: int, data: bytes) -> NativeCommand:
    return NativeCommand(
        instruction=Instruction.CHANGE_KEY,
        header=bytes((key_number,)),
        data=data,
        mode=CommMode.FULL,
    )


def get_key_version(
    session: Ev2Session | None, key_number: int
) -> Talk[tuple[int, Ev2Session | None]]:
    """GetKeyVersion; without a session anybody may ask, and nothing proves the answer."""
    command = NativeCommand(
        instruction=Instruction.GET_KEY_VERSION,
        header=bytes((key_number,)),
        mode=CommMode.MAC,
        answer_bytes=1,
    )
    data, after = yield from send_either(session, command)
    return data[0], after


def set_configuration(session: Ev2Session, option: int, data: bytes) -> Session:
    """SetConfiguration, in a session of key 0."""
    command = NativeCommand(
        instruction=Instruction.SET_CONFIGURATION,
        header=bytes((option,)),
        data=data,
        mode=CommMode.FULL,
    )
    _, after = yield from send(session, command)
    return after


def enable_random_uid(session: Ev2Session) -> Session:
    """Show another UID at each activation from now on. This cannot be undone."""
    return set_configuration(session, _PICC_CONFIGURATION, _USE_RANDOM_UID)


def read_signature(session: Ev2Session | None = None) -> Answered:
    """Read_Sig: NXP's signature over the UID, 56 bytes; copyable, so no proof of presence."""
    command = NativeCommand(
        instruction=Instruction.READ_SIGNATURE,
        header=b"\x00",
        mode=CommMode.FULL,
        answer_bytes=SIGNATURE_BYTES,
        wanted=NativeStatus.SIGNATURE_OK,
    )
    return send_either(session, command)
