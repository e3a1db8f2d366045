"""What a simulated DESFire card keeps without power: a frozen value, so that a copy is a clone."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import IntEnum

from gateway.model.checks import check_bytes
from gateway.readers.cards.desfire_commands import SIGNATURE_BYTES, UID_BYTES
from gateway.readers.cards.desfire_creation import FileSettings, TransactionMacKey


class Generation(IntEnum):
    """A generation, as the major hardware version says it (AN10833; AN12753)."""

    EV1 = 0x01
    EV2 = 0x12
    EV3 = 0x33


@dataclass(frozen=True, slots=True, kw_only=True)
class AesKey:
    """An AES key and its version, as the card holds them."""

    key: bytes = field(default=bytes(16), repr=False)
    version: int = 0

    def __post_init__(self) -> None:
        check_bytes("key", self.key, 16, 16)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFile:
    """A standard file, or with ``backup`` one that changes at the commit."""

    settings: FileSettings
    content: bytes
    backup: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueFile:
    """A value file."""

    settings: FileSettings
    lower: int
    upper: int
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionMacFile:
    """The Transaction MAC file: its key, and counter and MAC of the last commit."""

    settings: FileSettings
    key: TransactionMacKey
    counter: int = 0
    mac: bytes = bytes(8)

    @property
    def content(self) -> bytes:
        """What ReadData shows."""
        return self.counter.to_bytes(4, "little") + self.mac


DesfireFile = DataFile | ValueFile | TransactionMacFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """One application: its keys by number, and its files."""

    aid: bytes
    key_settings: int
    keys: tuple[AesKey, ...]
    files: tuple[DesfireFile, ...] = ()

    def file(self, number: int) -> DesfireFile | None:
        """The file of this number."""
        return next((one for one in self.files if one.settings.number == number), None)

    @property
    def transaction_mac_file(self) -> TransactionMacFile | None:
        """The one Transaction MAC file there can be."""
        found = (one for one in self.files if isinstance(one, TransactionMacFile))
        return next(found, None)

    def with_file(self, file: DesfireFile) -> Application:
        """This application with a file added, or put in its namesake's place."""
        number = file.settings.number
        others = (one for one in self.files if one.settings.number != number)
        return replace(self, files=(*others, file))

    def with_key(self, number: int, key: AesKey) -> Application:
        """This application with another key."""
        return replace(self, keys=(*self.keys[:number], key, *self.keys[number + 1 :]))


@dataclass(frozen=True, slots=True, kw_only=True)
class DesfireState:
    """A whole card.

    Attributes:
        uid: the real UID, 7 bytes.
        generation: what it understands.
        random_uid: whether it shows another UID at each tap.
        master_key: the card's own AES key; None for the factory key of a new card.
        applications: in order of their making.
        signature: NXP's over the UID, 56 bytes, from EV2 on; a real one cannot be simulated.
    """

    uid: bytes
    generation: Generation = Generation.EV3
    random_uid: bool = False
    master_key: AesKey | None = None
    applications: tuple[Application, ...] = ()
    signature: bytes = bytes(SIGNATURE_BYTES)

    def __post_init__(self) -> None:
        check_bytes("uid", self.uid, UID_BYTES, UID_BYTES)
        check_bytes("signature", self.signature, SIGNATURE_BYTES, SIGNATURE_BYTES)

    def application(self, aid: bytes) -> Application | None:
        """The application of this name."""
        return next((one for one in self.applications if one.aid == aid), None)

    def with_application(self, application: Application) -> DesfireState:
        """This card with an application added, or put in its namesake's place."""
        others = tuple(one for one in self.applications if one.aid != application.aid)
        return replace(self, applications=(*others, application))
