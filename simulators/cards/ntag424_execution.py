"""What an NTAG 424 DNA does with each native command (data sheet, 10.5 to 10.8). Pure.

Not modelled: LRP, the SetConfiguration options but random UIDs and the failure counters (refused
as wrong parameters), and writes that take more than one frame.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from gateway.crypto.cards.blocks import crc32_desfire, xor
from gateway.crypto.cards.ev2_messages import CommMode, open_command, protect_response
from gateway.errors import CryptoError, WireError
from gateway.readers.cards.ntag424_settings import NEVER, FileInformation, FileSettings
from gateway.readers.cards.ntag424_wire import NDEF_FILE, Instruction, NativeStatus
from simulators.cards.ntag424_login import OpenSession
from simulators.cards.ntag424_rules import (
    NativeRefusal,
    check_settings,
    reading_mode,
    single_mode,
    writing_mode,
)
from simulators.cards.ntag424_state import KEY_COUNT, CardFile, KeySlot, Ntag424State

#: An answer with its MAC has no more bytes (short Le).
ANSWER_BYTES_MAX: Final = 256
MASTER_KEY: Final = 0
_FILE_NUMBERS: Final = range(1, 4)
_HARDWARE: Final = bytes.fromhex("04040230001105")
_SOFTWARE: Final = bytes.fromhex("04040201021105")
_BATCH: Final = bytes.fromhex("CF3BA3A4C05021")
_KEY_BYTES: Final = 16
#: Read_Sig's status for a card with random UIDs that nobody has authenticated to (table 95).
_NOT_FOUND: Final = 0x0B
_RANDOM_UID_ON: Final = b"\x02"
#: SetConfiguration: PICC configuration, and failed authentication counters (table 50).
_OPTION_FAILURES: Final = 0x0A
_OPTION_BYTES: Final[Mapping[int, int]] = {0x00: 1, _OPTION_FAILURES: 5}

Mode = Callable[[Ntag424State, bytes, int | None], CommMode]
Run = Callable[[Ntag424State, bytes, bytes], tuple[Ntag424State, bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """How one native command is executed.

    Attributes:
        header_bytes: the parameters that always travel in plain.
        mode: how it travels under a session's key, None for no session; refuses what is not
            allowed.
        run: does it, with header and data in plain.
        status: what success is called.
        on_picc: whether it works without the application selected.
    """

    header_bytes: int
    mode: Mode
    run: Run
    status: int = NativeStatus.OK
    on_picc: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Executed:
    """What came of a command: the card after it, its session if any, and the answer."""

    state: Ntag424State
    opened: OpenSession | None
    status: int
    data: bytes


def execute(
    state: Ntag424State, opened: OpenSession | None, instruction: int, body: bytes
) -> Executed:
    """Execute a command of one frame.

    Raises:
        NativeRefusal: with the status the card answers; nothing is changed, the session is over.
    """
    command = COMMANDS.get(instruction)
    if command is None:
        raise NativeRefusal(NativeStatus.ILLEGAL_COMMAND)
    size = command.header_bytes
    if len(body) < size:
        raise NativeRefusal(NativeStatus.LENGTH_ERROR)
    mode = command.mode(state, body[:size], None if opened is None else opened.key_number)
    if opened is None:
        state, answer = command.run(state, body[:size], body[size:])
        return Executed(state=state, opened=None, status=command.status, data=answer)
    try:
        header, data = open_command(opened.session, mode, instruction, size, body)
        after = opened.session.next()
    except CryptoError as error:
        raise NativeRefusal(NativeStatus.INTEGRITY_ERROR) from error
    state, answer = command.run(state, header, data)
    if instruction == Instruction.CHANGE_KEY and header[0] == MASTER_KEY:
        # The session's own key is gone: no MAC can follow.
        return Executed(state=state, opened=None, status=command.status, data=b"")
    sent = protect_response(after, mode, command.status, answer)
    if len(sent) > ANSWER_BYTES_MAX:
        raise NativeRefusal(NativeStatus.LENGTH_ERROR)
    session = replace(opened, session=after)
    return Executed(state=state, opened=session, status=command.status, data=sent)


def stored_file(state: Ntag424State, header: bytes) -> CardFile:
    """The file that a header's first byte names.

    Raises:
        NativeRefusal: if there is none.
    """
    if header[0] not in _FILE_NUMBERS:
        raise NativeRefusal(NativeStatus.FILE_NOT_FOUND)
    return state.file(header[0])


def _span(header: bytes) -> tuple[int, int]:
    return int.from_bytes(header[1:4], "little"), int.from_bytes(header[4:7], "little")


def _no_data(data: bytes) -> None:
    if data:
        raise NativeRefusal(NativeStatus.LENGTH_ERROR)


def _read_data(state: Ntag424State, header: bytes, data: bytes) -> tuple[Ntag424State, bytes]:
    _no_data(data)
    content = stored_file(state, header).content
    offset, length = _span(header)
    end = offset + length if length else len(content)
    if offset >= len(content) or end > len(content):
        raise NativeRefusal(NativeStatus.BOUNDARY_ERROR)
    return state, content[offset:end]


def _write_data(state: Ntag424State, header: bytes, data: bytes) -> tuple[Ntag424State, bytes]:
    stored = stored_file(state, header)
    offset, length = _span(header)
    if not data or len(data) != length:
        raise NativeRefusal(NativeStatus.LENGTH_ERROR)
    return state.with_file(header[0], written(stored, offset, data)), b""


def written(stored: CardFile, offset: int, data: bytes) -> CardFile:
    """A file after a write, all of it or none.

    Raises:
        NativeRefusal: if it would go beyond the file's end.
    """
    end = offset + len(data)
    if end > len(stored.content):
        raise NativeRefusal(NativeStatus.BOUNDARY_ERROR)
    return replace(stored, content=stored.content[:offset] + data + stored.content[end:])


def _change_settings(state: Ntag424State, header: bytes, data: bytes) -> tuple[Ntag424State, bytes]:
    stored = stored_file(state, header)
    try:
        settings = FileSettings.from_bytes(data)
    except WireError as error:
        raise NativeRefusal(NativeStatus.PARAMETER_ERROR) from error
    check_settings(state, header[0], settings)
    if settings.sdm is not None and stored.settings.sdm is None:
        state = replace(state, read_counter=0)
    return state.with_file(header[0], replace(stored, settings=settings)), b""


def _get_settings(state: Ntag424State, header: bytes, data: bytes) -> tuple[Ntag424State, bytes]:
    _no_data(data)
    stored = stored_file(state, header)
    information = FileInformation(size_bytes=len(stored.content), settings=stored.settings)
    return state, information.to_bytes()


def _get_counters(state: Ntag424State, header: bytes, data: bytes) -> tuple[Ntag424State, bytes]:
    _no_data(data)
    assert header[0] == NDEF_FILE
    return state, state.read_counter.to_bytes(3, "little") + bytes(2)


def _get_version(state: Ntag424State, _header: bytes, data: bytes) -> tuple[Ntag424State, bytes]:
    _no_data(data)
    uid = bytes(len(state.uid)) if state.random_uid else state.uid
    return state, _HARDWARE + _SOFTWARE + uid + _BATCH


def _get_uid(state: Ntag424State, _header: bytes, data: bytes) -> tuple[Ntag424State, bytes]:
    _no_data(data)
    return state, state.uid


def _get_key_version(state: Ntag424State, header: bytes, data: bytes) -> tuple[Ntag424State, bytes]:
    _no_data(data)
    if header[0] >= KEY_COUNT:
        raise NativeRefusal(NativeStatus.NO_SUCH_KEY)
    return state, bytes((state.keys[header[0]].version,))


def _change_key(state: Ntag424State, header: bytes, data: bytes) -> tuple[Ntag424State, bytes]:
    number = header[0]
    if number >= KEY_COUNT:
        raise NativeRefusal(NativeStatus.NO_SUCH_KEY)
    value, version, checksum = data[:_KEY_BYTES], data[_KEY_BYTES : _KEY_BYTES + 1], data[17:]
    if len(data) != _KEY_BYTES + 1 + (0 if number == MASTER_KEY else 4):
        raise NativeRefusal(NativeStatus.LENGTH_ERROR)
    if number != MASTER_KEY:
        value = xor(value, state.keys[number].value)
        if crc32_desfire(value) != checksum:
            raise NativeRefusal(NativeStatus.INTEGRITY_ERROR)
    # A new key begins with all its failures forgiven.
    return state.with_key(number, KeySlot(value=value, version=version[0])), b""


def _configure(state: Ntag424State, header: bytes, data: bytes) -> tuple[Ntag424State, bytes]:
    size = _OPTION_BYTES.get(header[0])
    if size is None:
        raise NativeRefusal(NativeStatus.PARAMETER_ERROR)
    if len(data) != size:
        raise NativeRefusal(NativeStatus.LENGTH_ERROR)
    if header[0] == _OPTION_FAILURES:
        return _with_failure_counters(state, data), b""
    if data != _RANDOM_UID_ON:
        raise NativeRefusal(NativeStatus.PARAMETER_ERROR)
    return replace(state, random_uid=True), b""


def _with_failure_counters(state: Ntag424State, data: bytes) -> Ntag424State:
    if not data[0] & 1:
        return replace(state, counts_failures=False)
    limit, decrement = (int.from_bytes(data[at : at + 2], "little") for at in (1, 3))
    if limit == 0:
        raise NativeRefusal(NativeStatus.PARAMETER_ERROR)
    return replace(state, counts_failures=True, failure_limit=limit, failure_decrement=decrement)


def _read_signature(state: Ntag424State, header: bytes, data: bytes) -> tuple[Ntag424State, bytes]:
    _no_data(data)
    if header != b"\0":
        raise NativeRefusal(NativeStatus.PARAMETER_ERROR)
    return state, state.signature


def _always(mode: CommMode) -> Mode:
    return lambda _state, _header, _key: mode


def _as_read(state: Ntag424State, header: bytes, key: int | None) -> CommMode:
    return reading_mode(stored_file(state, header), key)


def _as_written(state: Ntag424State, header: bytes, key: int | None) -> CommMode:
    return writing_mode(stored_file(state, header), key)


def _as_changed(state: Ntag424State, header: bytes, key: int | None) -> CommMode:
    return single_mode(stored_file(state, header).settings.access.change, key)


def _as_counted(state: Ntag424State, header: bytes, key: int | None) -> CommMode:
    sdm = stored_file(state, header).settings.sdm
    return single_mode(NEVER if sdm is None else sdm.counter_return, key)


def _by_master(_state: Ntag424State, _header: bytes, key: int | None) -> CommMode:
    if key != MASTER_KEY:
        raise NativeRefusal(NativeStatus.AUTHENTICATION_ERROR)
    return CommMode.FULL


def _by_any_key(_state: Ntag424State, _header: bytes, key: int | None) -> CommMode:
    if key is None:
        raise NativeRefusal(NativeStatus.AUTHENTICATION_ERROR)
    return CommMode.FULL


def _as_signed(state: Ntag424State, _header: bytes, key: int | None) -> CommMode:
    if key is None and state.random_uid:
        raise NativeRefusal(_NOT_FOUND)
    return CommMode.FULL


_MAC: Final = _always(CommMode.MAC)
COMMANDS: Final[Mapping[int, Command]] = {
    Instruction.READ_DATA: Command(header_bytes=7, mode=_as_read, run=_read_data),
    Instruction.WRITE_DATA: Command(header_bytes=7, mode=_as_written, run=_write_data),
    Instruction.CHANGE_FILE_SETTINGS: Command(
        header_bytes=1, mode=_as_changed, run=_change_settings
    ),
    Instruction.GET_FILE_SETTINGS: Command(header_bytes=1, mode=_MAC, run=_get_settings),
    Instruction.GET_FILE_COUNTERS: Command(header_bytes=1, mode=_as_counted, run=_get_counters),
    Instruction.GET_VERSION: Command(header_bytes=0, mode=_MAC, run=_get_version, on_picc=True),
    Instruction.GET_CARD_UID: Command(header_bytes=0, mode=_by_any_key, run=_get_uid),
    Instruction.GET_KEY_VERSION: Command(header_bytes=1, mode=_MAC, run=_get_key_version),
    Instruction.CHANGE_KEY: Command(header_bytes=1, mode=_by_master, run=_change_key),
    Instruction.SET_CONFIGURATION: Command(header_bytes=1, mode=_by_master, run=_configure),
    Instruction.READ_SIGNATURE: Command(
        header_bytes=1,
        mode=_as_signed,
        run=_read_signature,
        status=NativeStatus.SIGNATURE_OK,
        on_picc=True,
    ),
}
