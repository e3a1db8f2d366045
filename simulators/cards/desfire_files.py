"""Files of a simulated DESFire application, and the transaction that is open on them.

Backup and value files show a change only after the commit. The commit replaces the application as
a whole, so it happens or it does not; without power the open transaction is forgotten.

Not modelled: records, limited credit, committed reader ids, the file system's memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from gateway.crypto.cards.transaction_mac import transaction_mac
from gateway.errors import MohrError
from gateway.readers.cards.desfire_creation import FREE, AccessRights
from gateway.readers.cards.desfire_tmi import data_input, value_input
from gateway.readers.cards.desfire_wire import DesfireStatus, Instruction
from simulators.cards.desfire_state import (
    Application,
    DataFile,
    DesfireFile,
    TransactionMacFile,
    ValueFile,
)


class RefusedError(MohrError):
    """The card refuses a command with a native status."""

    def __init__(self, status: DesfireStatus) -> None:
        super().__init__(status.name)
        self.status = status


@dataclass(slots=True, kw_only=True)
class Transaction:
    """What has been asked of an application's files since the last commit.

    Attributes:
        changed: backup and value files as they would be after the commit, by number.
        collected: the Transaction MAC input.
    """

    changed: dict[int, DesfireFile] = field(default_factory=dict)
    collected: bytes = b""


def find_file(application: Application, number: int) -> DesfireFile:
    """A file that must be there."""
    file = application.file(number)
    if file is None:
        raise RefusedError(DesfireStatus.FILE_NOT_FOUND)
    return file


def check_access(file: DesfireFile, key_number: int | None, *wanted: str) -> None:
    """Let a command pass if any of the wanted rights is free or the session's own."""
    access: AccessRights = file.settings.access
    rights = {getattr(access, name) for name in wanted}
    if FREE not in rights and (key_number is None or key_number not in rights):
        raise RefusedError(DesfireStatus.AUTHENTICATION_ERROR)


def read(
    application: Application, transaction: Transaction, header: bytes, key_number: int | None
) -> bytes:
    """ReadData: what the last commit left."""
    file = find_file(application, header[0])
    if isinstance(file, ValueFile):
        raise RefusedError(DesfireStatus.PARAMETER_ERROR)
    check_access(file, key_number, "read", "read_write")
    offset, count = _place(header)
    count = count or len(file.content) - offset
    if count < 1 or offset + count > len(file.content):
        raise RefusedError(DesfireStatus.BOUNDARY_ERROR)
    data = file.content[offset : offset + count]
    if isinstance(file, DataFile):
        part = data_input(Instruction.READ_DATA, header[0], offset, data)
        _collect(application, transaction, part)
    return data


def write(
    application: Application,
    transaction: Transaction,
    header: bytes,
    data: bytes,
    key_number: int | None,
) -> Application:
    """WriteData: at once into a standard file, at the commit into a backup file."""
    file = find_file(application, header[0])
    if not isinstance(file, DataFile):
        raise RefusedError(DesfireStatus.PARAMETER_ERROR)
    check_access(file, key_number, "write", "read_write")
    offset, _ = _place(header)
    if offset + len(data) > len(file.content):
        raise RefusedError(DesfireStatus.BOUNDARY_ERROR)
    current = transaction.changed.get(header[0], file)
    assert isinstance(current, DataFile)
    content = current.content[:offset] + data + current.content[offset + len(data) :]
    part = data_input(Instruction.WRITE_DATA, header[0], offset, data)
    _collect(application, transaction, part)
    if file.backup:
        transaction.changed[header[0]] = replace(file, content=content)
        return application
    return application.with_file(replace(file, content=content))


def get_value(
    application: Application, transaction: Transaction, number: int, key_number: int | None
) -> int:
    """GetValue: what the last commit left."""
    file = _value_file(application, number)
    check_access(file, key_number, "read", "write", "read_write")
    _collect(application, transaction, value_input(Instruction.GET_VALUE, number, file.value))
    return file.value


def change_value(
    application: Application,
    transaction: Transaction,
    header: bytes,
    data: bytes,
    key_number: int | None,
) -> None:
    """Credit or Debit, at the commit; ``header`` is instruction and file number."""
    instruction, number = Instruction(header[0]), header[1]
    amount = int.from_bytes(data, "little", signed=True)
    file = _value_file(application, number)
    credits_value = instruction is Instruction.CREDIT
    wanted = ("read_write",) if credits_value else ("read", "write", "read_write")
    check_access(file, key_number, *wanted)
    if amount < 0:
        raise RefusedError(DesfireStatus.PARAMETER_ERROR)
    current = transaction.changed.get(number, file)
    assert isinstance(current, ValueFile)
    value = current.value + (amount if credits_value else -amount)
    if not file.lower <= value <= file.upper:
        raise RefusedError(DesfireStatus.BOUNDARY_ERROR)
    _collect(application, transaction, value_input(instruction, number, amount))
    transaction.changed[number] = replace(file, value=value)


def commit(
    application: Application, transaction: Transaction, uid: bytes
) -> tuple[Application, TransactionMacFile | None]:
    """All open changes at once, with counter and MAC where the application keeps them."""
    if not transaction.changed and not transaction.collected:
        raise RefusedError(DesfireStatus.NO_CHANGES)
    after = application
    for file in transaction.changed.values():
        after = after.with_file(file)
    signed = application.transaction_mac_file
    if signed is None or not transaction.collected:
        return after, None
    counter = signed.counter + 1
    mac = transaction_mac(signed.key.key, uid, counter, transaction.collected)
    signed = replace(signed, counter=counter, mac=mac)
    return after.with_file(signed), signed


def _value_file(application: Application, number: int) -> ValueFile:
    file = find_file(application, number)
    if not isinstance(file, ValueFile):
        raise RefusedError(DesfireStatus.PARAMETER_ERROR)
    return file


def _place(header: bytes) -> tuple[int, int]:
    return int.from_bytes(header[1:4], "little"), int.from_bytes(header[4:7], "little")


def _collect(application: Application, transaction: Transaction, part: bytes) -> None:
    if application.transaction_mac_file is not None:
        transaction.collected += part
