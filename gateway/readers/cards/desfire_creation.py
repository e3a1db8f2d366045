"""Making a DESFire application and its files. Pure generators, as ``desfire_commands``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from gateway.crypto.cards.ev2_messages import CommMode
from gateway.model.checks import check_bytes, check_int
from gateway.readers.cards.desfire_card import AID_BYTES, DesfireCard, Steps, run
from gateway.readers.cards.desfire_commands import VALUE_MAX, VALUE_MIN
from gateway.readers.cards.desfire_session import NativeCommand
from gateway.readers.cards.desfire_wire import Instruction

#: Access right E: everybody, without authentication. F: nobody.
FREE: Final = 0x0E
NEVER: Final = 0x0F

_AES_KEYS: Final = 0x80
_KEYS_MAX: Final = 14
_FILE_NUMBER_MAX: Final = 0x1F
#: How a communication mode is written into a file's settings, and a Transaction MAC key's type.
_MODE_BITS: Final = {CommMode.PLAIN: 0x00, CommMode.MAC: 0x01, CommMode.FULL: 0x03}
_AES_TRANSACTION_KEY: Final = 0x02


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRights:
    """Which key number opens what; ``FREE`` and ``NEVER`` beside them.

    Attributes:
        read: read; of a value file also GetValue and Debit.
        write: write; of a value file also GetValue, Debit and LimitedCredit. Of a Transaction MAC
            file: who may commit a reader id.
        read_write: both; of a value file also Credit.
        change: change the file's settings.
    """

    read: int
    write: int
    read_write: int
    change: int

    def __post_init__(self) -> None:
        for name in ("read", "write", "read_write", "change"):
            check_int(name, getattr(self, name), 0, NEVER)

    def to_bytes(self) -> bytes:
        """Encode: four digits, LSB first (MF2DL(H)x0, 8.2.3.3)."""
        digits = self.read << 12 | self.write << 8 | self.read_write << 4 | self.change
        return digits.to_bytes(2, "little")

    @classmethod
    def from_bytes(cls, raw: bytes) -> AccessRights:
        """Decode two bytes."""
        digits = int.from_bytes(raw, "little")
        return cls(
            read=digits >> 12,
            write=digits >> 8 & 0x0F,
            read_write=digits >> 4 & 0x0F,
            change=digits & 0x0F,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSettings:
    """What every kind of file has.

    Attributes:
        number: 0 to 31.
        mode: how its contents travel.
        access: who may do what.
    """

    number: int
    mode: CommMode
    access: AccessRights

    def __post_init__(self) -> None:
        check_int("number", self.number, 0, _FILE_NUMBER_MAX)

    def to_bytes(self) -> bytes:
        """File number, mode and access rights, as every Create command begins."""
        return bytes((self.number, _MODE_BITS[self.mode])) + self.access.to_bytes()


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueLimits:
    """A value file's range and first value; a commit that would leave the range is refused."""

    lower: int
    upper: int
    value: int

    def __post_init__(self) -> None:
        for name in ("lower", "upper", "value"):
            check_int(name, getattr(self, name), VALUE_MIN, VALUE_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionMacKey:
    """The key that signs an application's transactions; known to card and owner alone."""

    key: bytes = field(repr=False)
    version: int

    def __post_init__(self) -> None:
        check_bytes("key", self.key, 16, 16)
        check_int("version", self.version, 0, 0xFF)


def create_application(
    card: DesfireCard, aid: bytes, *, key_settings: int, key_count: int
) -> Steps[None]:
    """Make an application of AES keys, all of them zeros, with the card itself selected.

    Args:
        card: with ``PICC_AID`` selected; on a new card nobody need authenticate.
        aid: three bytes as they travel.
        key_settings: who may change keys and files (MF2DL(H)x0, 11.3.2; AN12343).
        key_count: 1 to 14.

    Raises:
        DesfireRefusedError: DUPLICATE_ERROR where the application exists, or another status.
    """
    check_bytes("aid", aid, AID_BYTES, AID_BYTES)
    check_int("key_settings", key_settings, 0, 0xFF)
    check_int("key_count", key_count, 1, _KEYS_MAX)
    header = aid + bytes((key_settings, _AES_KEYS | key_count))
    yield from run(card, NativeCommand(instruction=Instruction.CREATE_APPLICATION, header=header))


def create_standard_file(card: DesfireCard, settings: FileSettings, size_bytes: int) -> Steps[None]:
    """Make a file whose writes count at once, filled with zeros. Raises as ``run``."""
    header = settings.to_bytes() + _size(size_bytes)
    yield from run(card, NativeCommand(instruction=Instruction.CREATE_STANDARD_FILE, header=header))


def create_backup_file(card: DesfireCard, settings: FileSettings, size_bytes: int) -> Steps[None]:
    """Make a file whose writes count at the commit, filled with zeros. Raises as ``run``."""
    header = settings.to_bytes() + _size(size_bytes)
    yield from run(card, NativeCommand(instruction=Instruction.CREATE_BACKUP_FILE, header=header))


def create_value_file(
    card: DesfireCard, settings: FileSettings, limits: ValueLimits
) -> Steps[None]:
    """Make a value file without limited credit. Raises as ``run``."""
    numbers = (limits.lower, limits.upper, limits.value)
    header = settings.to_bytes() + b"".join(
        number.to_bytes(4, "little", signed=True) for number in numbers
    )
    # The last byte would allow LimitedCredit and reading the value without a key.
    yield from run(
        card, NativeCommand(instruction=Instruction.CREATE_VALUE_FILE, header=header + b"\x00")
    )


def create_transaction_mac_file(
    card: DesfireCard, settings: FileSettings, key: TransactionMacKey
) -> Steps[None]:
    """Have every commit of the application signed and counted (EV2 and later). Raises as ``run``.

    The key travels enciphered, whatever mode the file has (MF2DL(H)x0, 11.7.6).
    """
    command = NativeCommand(
        instruction=Instruction.CREATE_TRANSACTION_MAC_FILE,
        header=settings.to_bytes() + bytes((_AES_TRANSACTION_KEY,)),
        data=key.key + bytes((key.version,)),
        mode=CommMode.FULL,
    )
    yield from run(card, command)


def _size(size_bytes: int) -> bytes:
    check_int("size_bytes", size_bytes, 1, 0xFFFFFF)
    return size_bytes.to_bytes(3, "little")
