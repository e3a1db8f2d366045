"""What a simulated DESFire does with a command once its secure messaging is off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from gateway.crypto.cards.blocks import crc32_desfire, xor
from gateway.crypto.cards.ev2_messages import CommMode
from gateway.errors import CryptoError
from gateway.readers.cards.desfire_card import PICC_AID
from gateway.readers.cards.desfire_creation import (
    AccessRights,
    FileSettings,
    TransactionMacKey,
)
from gateway.readers.cards.desfire_wire import DesfireStatus, Instruction
from simulators.cards import desfire_files as files
from simulators.cards.desfire_files import RefusedError, Transaction
from simulators.cards.desfire_secure import CardChannel, CardEv2, Shape
from simulators.cards.desfire_state import (
    AesKey,
    Application,
    DataFile,
    DesfireFile,
    DesfireState,
    Generation,
    TransactionMacFile,
    ValueFile,
)

#: Key settings: files may be made without the master key (MF2DL(H)x0, 11.3.2).
_FREE_CREATE: Final = 0x04
_MODES: Final = {0x00: CommMode.PLAIN, 0x01: CommMode.MAC, 0x03: CommMode.FULL}
_BATCH: Final = bytes.fromhex("CF3B54C900")
_WEEK_AND_YEAR: Final = bytes.fromhex("2126")
_MAC_BYTES: Final = 8

#: Bytes of plain parameters and of protected data, for commands that always have the same.
_SHAPES: Final = {
    Instruction.GET_VERSION: (0, 0, CommMode.MAC),
    Instruction.GET_CARD_UID: (0, 0, CommMode.FULL),
    Instruction.GET_KEY_VERSION: (1, 0, CommMode.MAC),
    Instruction.FORMAT_PICC: (0, 0, CommMode.MAC),
    Instruction.ABORT_TRANSACTION: (0, 0, CommMode.MAC),
    Instruction.CREATE_APPLICATION: (5, 0, CommMode.MAC),
    Instruction.CREATE_STANDARD_FILE: (7, 0, CommMode.MAC),
    Instruction.CREATE_BACKUP_FILE: (7, 0, CommMode.MAC),
    Instruction.CREATE_VALUE_FILE: (17, 0, CommMode.MAC),
    Instruction.CREATE_TRANSACTION_MAC_FILE: (5, 17, CommMode.FULL),
}
_FILE_SHAPES: Final = {
    Instruction.READ_DATA: (7, 0),
    Instruction.WRITE_DATA: (7, 0),
    Instruction.GET_VALUE: (1, 0),
    Instruction.CREDIT: (1, 4),
    Instruction.DEBIT: (1, 4),
}


class Execution:
    """The card's state, the selected application and the transaction open on it."""

    def __init__(self, state: DesfireState) -> None:
        self.state = state
        self.aid = PICC_AID
        self.transaction = Transaction()

    def select(self, aid: bytes) -> None:
        """SelectApplication."""
        self.abort()
        self.aid = PICC_AID
        if aid != PICC_AID and self.state.application(aid) is None:
            raise RefusedError(DesfireStatus.APPLICATION_NOT_FOUND)
        self.aid = aid

    def abort(self) -> None:
        """Drop what is open."""
        self.transaction = Transaction()

    @property
    def application(self) -> Application:
        """The selected application."""
        found = self.state.application(self.aid)
        if found is None:
            raise RefusedError(DesfireStatus.PERMISSION_DENIED)
        return found

    def key(self, number: int) -> AesKey:
        """A key of the selected application, or of the card."""
        if self.aid == PICC_AID:
            master = self.state.master_key
            keys: tuple[AesKey, ...] = () if master is None else (master,)
        else:
            keys = self.application.keys
        if number >= len(keys):
            raise RefusedError(DesfireStatus.NO_SUCH_KEY)
        return keys[number]

    def changed_key_ev1(self, head: bytes, plain: bytes, *, own: bool) -> bytes:
        """Check an EV1 cryptogram's sums and give the new key."""
        end = 21 if own else 25
        if plain[17:21] != crc32_desfire(head + plain[:17]) or any(plain[end:]):
            raise CryptoError("the key's checksum is wrong")
        return plain[:16] if own else self._unmixed(head[1], plain[:16], plain[21:25])

    def changed_key_ev2(self, number: int, plain: bytes, *, own: bool) -> bytes:
        """Check an EV2 cryptogram's sum and give the new key."""
        return plain[:16] if own else self._unmixed(number, plain[:16], plain[17:21])

    def _unmixed(self, number: int, mixed: bytes, checksum: bytes) -> bytes:
        new_key = xor(mixed, self.key(number).key)
        if crc32_desfire(new_key) != checksum:
            raise CryptoError("the key's checksum is wrong")
        return new_key

    def put_key(self, number: int, key: AesKey, key_number: int) -> None:
        """ChangeKey, allowed to the master key alone."""
        if key_number != 0:
            raise RefusedError(DesfireStatus.AUTHENTICATION_ERROR)
        if self.aid == PICC_AID:
            self.state = replace(self.state, master_key=key)
        else:
            self._keep(self.application.with_key(number, key))

    def run(self, instruction: int, header: bytes, data: bytes, key_number: int | None) -> bytes:
        """Execute a command in plain; its answer in plain."""
        handlers: dict[Instruction, Callable[[], bytes]] = {
            Instruction.GET_VERSION: self._version,
            Instruction.GET_CARD_UID: lambda: self._card_uid(key_number),
            Instruction.GET_KEY_VERSION: lambda: bytes((self.key(header[0]).version,)),
            Instruction.FORMAT_PICC: lambda: self._format(key_number),
            Instruction.ABORT_TRANSACTION: self._abort,
            Instruction.CREATE_APPLICATION: lambda: self._create_application(header),
            Instruction.READ_DATA: lambda: self._read(header, key_number),
            Instruction.WRITE_DATA: lambda: self._write(header, data, key_number),
            Instruction.GET_VALUE: lambda: self._get_value(header, key_number),
            Instruction.COMMIT_TRANSACTION: lambda: self._commit(header),
        }
        one = Instruction(instruction)
        if one in handlers:
            return handlers[one]()
        if one in {Instruction.CREDIT, Instruction.DEBIT}:
            files.change_value(
                self.application, self.transaction, bytes((one,)) + header, data, key_number
            )
            return b""
        return self._create_file(one, header, data, key_number)

    def _version(self) -> bytes:
        generation = int(self.state.generation)
        part = bytes((0x04, 0x01, 0x01, generation, 0x00, 0x1A, 0x05))
        uid = bytes(len(self.state.uid)) if self.state.random_uid else self.state.uid
        return part + part + uid + _BATCH + _WEEK_AND_YEAR

    def _card_uid(self, key_number: int | None) -> bytes:
        if key_number is None:
            raise RefusedError(DesfireStatus.AUTHENTICATION_ERROR)
        return self.state.uid

    def _format(self, key_number: int | None) -> bytes:
        if self.aid != PICC_AID or key_number != 0:
            raise RefusedError(DesfireStatus.AUTHENTICATION_ERROR)
        self.state = replace(self.state, applications=())
        return b""

    def _abort(self) -> bytes:
        if not self.transaction.changed and not self.transaction.collected:
            raise RefusedError(DesfireStatus.NO_CHANGES)
        self.abort()
        return b""

    def _create_application(self, header: bytes) -> bytes:
        if self.aid != PICC_AID:
            raise RefusedError(DesfireStatus.PERMISSION_DENIED)
        aid, key_settings, keys = header[:3], header[3], header[4]
        if aid == PICC_AID or self.state.application(aid) is not None:
            raise RefusedError(DesfireStatus.DUPLICATE_ERROR)
        if keys & 0xF0 != 0x80 or not 1 <= keys & 0x0F <= 14:
            raise RefusedError(DesfireStatus.PARAMETER_ERROR)
        made = Application(aid=aid, key_settings=key_settings, keys=(AesKey(),) * (keys & 0x0F))
        self.state = self.state.with_application(made)
        return b""

    def _create_file(
        self, instruction: Instruction, header: bytes, data: bytes, key_number: int | None
    ) -> bytes:
        application = self.application
        if key_number != 0 and not application.key_settings & _FREE_CREATE:
            raise RefusedError(DesfireStatus.AUTHENTICATION_ERROR)
        if application.file(header[0]) is not None:
            raise RefusedError(DesfireStatus.DUPLICATE_ERROR)
        self._keep(application.with_file(_new_file(instruction, header, data)))
        return b""

    def _read(self, header: bytes, key_number: int | None) -> bytes:
        return files.read(self.application, self.transaction, header, key_number)

    def _write(self, header: bytes, data: bytes, key_number: int | None) -> bytes:
        self._keep(files.write(self.application, self.transaction, header, data, key_number))
        return b""

    def _get_value(self, header: bytes, key_number: int | None) -> bytes:
        value = files.get_value(self.application, self.transaction, header[0], key_number)
        return value.to_bytes(4, "little", signed=True)

    def _commit(self, header: bytes) -> bytes:
        wants_mac = header == b"\x01"
        if wants_mac and self.application.transaction_mac_file is None:
            raise RefusedError(DesfireStatus.PARAMETER_ERROR)
        after, signed = files.commit(self.application, self.transaction, self.state.uid)
        # One assignment: a real card's commit is atomic too.
        self._keep(after)
        self.transaction = Transaction()
        return signed.content if wants_mac and signed is not None else b""

    def _keep(self, application: Application) -> None:
        self.state = self.state.with_application(application)


def shape_of(
    execution: Execution, instruction: int, body: bytes, channel: CardChannel | None
) -> Shape:
    """How to read a command's parameters; files are looked up for their modes."""
    if instruction in _FILE_SHAPES:
        return _file_shape(execution, Instruction(instruction), body, channel)
    if instruction == Instruction.CHANGE_KEY:
        own = channel is not None and body[:1] == bytes((channel.key_number,))
        header_bytes, data_bytes, mode = 1, 17 if own else 21, CommMode.FULL
    elif instruction == Instruction.COMMIT_TRANSACTION:
        option = len(body) - (_MAC_BYTES if isinstance(channel, CardEv2) else 0)
        header_bytes, data_bytes, mode = min(max(option, 0), 1), 0, CommMode.MAC
    elif instruction in _SHAPES:
        header_bytes, data_bytes, mode = _SHAPES[Instruction(instruction)]
    else:
        raise RefusedError(DesfireStatus.ILLEGAL_COMMAND)
    is_new = instruction == Instruction.CREATE_TRANSACTION_MAC_FILE
    if is_new and execution.state.generation is Generation.EV1:
        raise RefusedError(DesfireStatus.ILLEGAL_COMMAND)
    if mode is CommMode.FULL and channel is None:
        raise RefusedError(DesfireStatus.AUTHENTICATION_ERROR)
    return Shape(
        instruction=instruction, header_bytes=header_bytes, data_bytes=data_bytes, mode=mode
    )


def _file_shape(
    execution: Execution, instruction: Instruction, body: bytes, channel: CardChannel | None
) -> Shape:
    header_bytes, data_bytes = _FILE_SHAPES[instruction]
    if len(body) < header_bytes:
        raise RefusedError(DesfireStatus.LENGTH_ERROR)
    if instruction is Instruction.WRITE_DATA:
        data_bytes = int.from_bytes(body[4:7], "little")
        if data_bytes == 0:
            raise RefusedError(DesfireStatus.LENGTH_ERROR)
    file = files.find_file(execution.application, body[0])
    mode = CommMode.PLAIN if channel is None else file.settings.mode
    return Shape(
        instruction=instruction, header_bytes=header_bytes, data_bytes=data_bytes, mode=mode
    )


def _new_file(instruction: Instruction, header: bytes, data: bytes) -> DesfireFile:
    if header[1] not in _MODES or header[0] > 0x1F:
        raise RefusedError(DesfireStatus.PARAMETER_ERROR)
    settings = FileSettings(
        number=header[0],
        mode=_MODES[header[1]],
        access=AccessRights.from_bytes(header[2:4]),
    )
    if instruction is Instruction.CREATE_TRANSACTION_MAC_FILE:
        key = TransactionMacKey(key=data[:16], version=data[16])
        return TransactionMacFile(settings=settings, key=key)
    if instruction is Instruction.CREATE_VALUE_FILE:
        lower, upper, value = (
            int.from_bytes(header[start : start + 4], "little", signed=True) for start in (4, 8, 12)
        )
        if not lower <= value <= upper:
            raise RefusedError(DesfireStatus.BOUNDARY_ERROR)
        return ValueFile(settings=settings, lower=lower, upper=upper, value=value)
    size = int.from_bytes(header[4:7], "little")
    if not 1 <= size <= 0x2000:
        raise RefusedError(DesfireStatus.OUT_OF_MEMORY)
    backup = instruction is Instruction.CREATE_BACKUP_FILE
    return DataFile(settings=settings, content=bytes(size), backup=backup)
