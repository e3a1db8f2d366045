"""A simulated NTAG 424 DNA with its real cryptography, for a reader in process or behind vpcd.

It executes the native commands, and the ISO/IEC 7816-4 ones with which phones read file 2, keeps
the read counter and the failure counters as the data sheet says, and loses its session where the
real card does. Sources: NT4H2421Gx data sheet rev. 3.0; AN12196 rev. 1.8.

Not modelled: what ``simulators.card`` does not, LRP, more than one frame per write, and a tear
inside a command (``FaultyCard`` tears before or after it).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from gateway.crypto.cards.sdm import PICC_PADDING_BYTES, READ_COUNTER_MAX
from gateway.readers.apdu import CommandApdu, ResponseApdu, StatusWord
from gateway.readers.cards.ntag424_commands import RandomBytes
from gateway.readers.cards.ntag424_wire import (
    NATIVE_CLASS,
    NATIVE_SW1,
    NDEF_FILE,
    NTAG424_APPLICATION,
    Instruction,
    NativeStatus,
)
from gateway.readers.cards.uid import RANDOM_UID_FIRST
from simulators.card import UidCard, iso_14443_4_atr
from simulators.cards.ntag424_execution import COMMANDS, execute, stored_file, written
from simulators.cards.ntag424_login import Login, OpenSession, begin, finish
from simulators.cards.ntag424_mirror import mirrored
from simulators.cards.ntag424_rules import NativeRefusal, reading_mode, writing_mode
from simulators.cards.ntag424_state import Ntag424State

_PICC_NAME: Final = bytes.fromhex("D2760000850100")
_PICC_FILE: Final = 0x3F00
_APPLICATION_FILE: Final = 0xE110
_FILES: Final[Mapping[int, int]] = {0xE103: 1, 0xE104: 2, 0xE105: 3}
_SHORT_FILES: Final[Mapping[int, int]] = {0x03: 1, 0x04: 2, 0x05: 3}
_READ_BINARY: Final = 0xB0
_AUTHENTICATIONS: Final = frozenset(
    {Instruction.AUTHENTICATE_EV2_FIRST, Instruction.AUTHENTICATE_EV2_NON_FIRST}
)
_VERSION_FRAME_BYTES: Final = 7
_NO_FILE_STATUS: Final = StatusWord.CONDITIONS_NOT_SATISFIED


@dataclass(frozen=True, slots=True, kw_only=True)
class _Volatile:
    """What the card forgets without power.

    Attributes:
        in_application: whether the application is selected, or the whole card.
        file_number: the file that ISO SELECT chose.
        opened: the session.
        login: an authentication whose second part is awaited.
        frames: what is left of a GetVersion.
        run: the kind of reading that goes on, and what it shows: it counts once.
    """

    in_application: bool = False
    file_number: int | None = None
    opened: OpenSession | None = None
    login: Login | None = None
    frames: tuple[bytes, ...] = ()
    run: tuple[int, bytes] | None = None


class Ntag424Card(UidCard):
    """One card; ``state`` is all that it keeps without power.

    Args:
        state: the card to begin with: a new one, an issued one, a copy of another.
        random_bytes: the card's dice; None for ones that fall the same for each UID.
    """

    def __init__(self, state: Ntag424State, random_bytes: RandomBytes | None = None) -> None:
        super().__init__(state.uid, atr=iso_14443_4_atr(b"\x80"))
        self.state = state
        seeded = Random(int.from_bytes(state.uid))
        self._random_bytes = seeded.randbytes if random_bytes is None else random_bytes
        self._now = _Volatile()

    def power_on(self) -> None:
        """Forget the session; show another UID, where that was chosen."""
        self._now = _Volatile()
        self.uid = self.state.uid
        if self.state.random_uid:
            self.uid = bytes((RANDOM_UID_FIRST,)) + self._random_bytes(3)

    def execute(self, command: CommandApdu) -> ResponseApdu:
        """Execute a well-formed command."""
        if command.cla == 0xFF:
            return super().execute(command)
        if command.cla == NATIVE_CLASS:
            return self._native(command)
        if command.cla != 0x00:
            return ResponseApdu(status=StatusWord.CLASS_UNKNOWN)
        if self._now.login is not None or self._now.frames:
            self._now = replace(self._now, login=None, frames=(), opened=None)
            return ResponseApdu(status=StatusWord.CONDITIONS_NOT_SATISFIED)
        return self._iso(command)

    # Native commands.

    def _native(self, command: CommandApdu) -> ResponseApdu:
        if command.p1 or command.p2:
            return _native_answer(NativeStatus.PARAMETER_ERROR)
        before = self._now
        # Whatever comes next, a pending second part is used up and any other run of readings ends.
        keeps_run = command.ins == Instruction.READ_DATA
        run = before.run if keeps_run else None
        self._now = replace(before, login=None, frames=(), run=run)
        try:
            if command.ins == Instruction.ADDITIONAL_FRAME:
                return self._go_on(before, command.data)
            _check_nothing_pending(before)
            if command.ins in _AUTHENTICATIONS:
                return self._begin_login(command)
            return self._run(command.ins, command.data)
        except NativeRefusal as refusal:
            # Every refusal ends the session.
            self._now = replace(self._now, opened=None, run=None)
            return _native_answer(refusal.status)

    def _begin_login(self, command: CommandApdu) -> ResponseApdu:
        if not self._now.in_application:
            raise NativeRefusal(NativeStatus.PERMISSION_DENIED)
        first = command.ins == Instruction.AUTHENTICATE_EV2_FIRST
        if not first and self._now.opened is None:
            raise NativeRefusal(NativeStatus.PERMISSION_DENIED)
        self.state, login, challenge = begin(
            self.state, command.ins, command.data, self._random_bytes
        )
        if login is None:
            raise NativeRefusal(NativeStatus.AUTHENTICATION_DELAY)
        self._now = replace(self._now, login=login)
        return _native_answer(NativeStatus.ADDITIONAL_FRAME, challenge)

    def _go_on(self, before: _Volatile, body: bytes) -> ResponseApdu:
        if before.frames:
            if body:
                raise NativeRefusal(NativeStatus.LENGTH_ERROR)
            return self._show_frames(before.frames)
        if before.login is None:
            raise NativeRefusal(NativeStatus.ILLEGAL_COMMAND)
        self.state, opened, answer = finish(
            self.state, before.login, body, before.opened, self._random_bytes
        )
        if opened is None:
            raise NativeRefusal(NativeStatus.AUTHENTICATION_ERROR)
        self._now = replace(self._now, opened=opened)
        return _native_answer(NativeStatus.OK, answer)

    def _show_frames(self, frames: tuple[bytes, ...]) -> ResponseApdu:
        self._now = replace(self._now, frames=frames[1:])
        more = NativeStatus.ADDITIONAL_FRAME if frames[1:] else NativeStatus.OK
        return _native_answer(more, frames[0])

    def _run(self, instruction: int, body: bytes) -> ResponseApdu:
        known = COMMANDS.get(instruction)
        if known is not None and not known.on_picc and not self._now.in_application:
            raise NativeRefusal(NativeStatus.PERMISSION_DENIED)
        done = execute(self.state, self._now.opened, instruction, body)
        if instruction == Instruction.READ_DATA:
            if body[0] == NDEF_FILE and self._now.opened is None:
                seen = self._seen(instruction)
                done = execute(seen, None, instruction, body)
        else:
            self.state = done.state
        self._now = replace(self._now, opened=done.opened)
        if instruction == Instruction.GET_VERSION:
            size = _VERSION_FRAME_BYTES
            return self._show_frames(
                (done.data[:size], done.data[size : 2 * size], done.data[2 * size :])
            )
        return _native_answer(done.status, done.data)

    def _seen(self, kind: int) -> Ntag424State:
        """The card as a reading of file 2 shows it; counts, if a new run begins.

        Raises:
            NativeRefusal: if the counter's limit is reached.
        """
        stored = self.state.file(NDEF_FILE)
        sdm = stored.settings.sdm
        if sdm is None:
            return self.state
        if self._now.run is None or self._now.run[0] != kind:
            limit = sdm.read_counter_limit
            if limit is not None and self.state.read_counter >= limit:
                raise NativeRefusal(NativeStatus.PERMISSION_DENIED)
            if self.state.read_counter == READ_COUNTER_MAX:
                raise NativeRefusal(NativeStatus.INTEGRITY_ERROR)
            self.state = replace(self.state, read_counter=self.state.read_counter + 1)
            content = mirrored(self.state, self._random_bytes(PICC_PADDING_BYTES))
            self._now = replace(self._now, run=(kind, content))
        assert self._now.run is not None
        return self.state.with_file(NDEF_FILE, replace(stored, content=self._now.run[1]))

    # ISO/IEC 7816-4 commands.

    def _iso(self, command: CommandApdu) -> ResponseApdu:
        if command.ins != _READ_BINARY:
            self._now = replace(self._now, run=None)
        try:
            match command.ins:
                case 0xA4:
                    return ResponseApdu(status=self._select(command))
                case 0xB0:
                    return self._read_binary(command)
                case 0xD6:
                    return ResponseApdu(status=self._update_binary(command))
        except NativeRefusal as refusal:
            self._now = replace(self._now, opened=None)
            return ResponseApdu(status=_iso_status(refusal.status))
        return ResponseApdu(status=StatusWord.INSTRUCTION_NOT_SUPPORTED)

    def _select(self, command: CommandApdu) -> StatusWord:
        if command.p1 not in {0x00, 0x01, 0x02, 0x04} or command.p2 not in {0x00, 0x0C}:
            return StatusWord.WRONG_P1_P2
        if command.p1 == 0x04:
            return self._select_name(command.data)
        if len(command.data) not in {0, 2}:
            return StatusWord.WRONG_LENGTH
        wanted = int.from_bytes(command.data) or _PICC_FILE
        if wanted == _PICC_FILE:
            self._now = _Volatile()
        elif wanted == _APPLICATION_FILE:
            self._now = _Volatile(in_application=True)
        elif self._now.in_application and wanted in _FILES:
            self._now = replace(self._now, file_number=_FILES[wanted])
        else:
            return StatusWord.FILE_NOT_FOUND
        return StatusWord.OK

    def _select_name(self, name: bytes) -> StatusWord:
        if name not in {NTAG424_APPLICATION, _PICC_NAME}:
            return StatusWord.FILE_NOT_FOUND
        self._now = _Volatile(in_application=name == NTAG424_APPLICATION)
        return StatusWord.OK

    def _addressed(self, command: CommandApdu) -> tuple[int | None, int]:
        """Which file a binary command means, and the offset in it."""
        if not command.p1 & 0x80:
            return self._now.file_number, command.p1 << 8 | command.p2
        short = command.p1 & 0x1F
        if short and self._now.in_application:
            self._now = replace(self._now, file_number=_SHORT_FILES.get(short))
        return self._now.file_number, command.p2

    def _read_binary(self, command: CommandApdu) -> ResponseApdu:
        number, offset = self._addressed(command)
        if number is None:
            return ResponseApdu(status=_NO_FILE_STATUS)
        stored = stored_file(self.state, bytes((number,)))
        if self._now.opened is not None:
            raise NativeRefusal(NativeStatus.AUTHENTICATION_ERROR)
        reading_mode(stored, None)
        if offset >= len(stored.content):
            return ResponseApdu(status=StatusWord.WRONG_P1_P2)
        if number == NDEF_FILE:
            stored = self._seen(_READ_BINARY).file(number)
        wanted = stored.content[offset : offset + (command.expected or 256)]
        return ResponseApdu(data=wanted, status=StatusWord.OK)

    def _update_binary(self, command: CommandApdu) -> StatusWord:
        number, offset = self._addressed(command)
        if number is None:
            return _NO_FILE_STATUS
        stored = stored_file(self.state, bytes((number,)))
        if self._now.opened is not None:
            raise NativeRefusal(NativeStatus.AUTHENTICATION_ERROR)
        writing_mode(stored, None)
        self.state = self.state.with_file(number, written(stored, offset, command.data))
        return StatusWord.OK


def _check_nothing_pending(before: _Volatile) -> None:
    if before.login is not None or before.frames:
        raise NativeRefusal(NativeStatus.COMMAND_ABORTED)


def _native_answer(status: int, data: bytes = b"") -> ResponseApdu:
    return ResponseApdu(data=data, status=NATIVE_SW1 << 8 | status)


def _iso_status(native: int) -> StatusWord:
    if native == NativeStatus.BOUNDARY_ERROR:
        return StatusWord.WRONG_P1_P2
    return StatusWord.SECURITY_NOT_SATISFIED
