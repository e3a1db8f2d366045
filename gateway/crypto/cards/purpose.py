"""What a card key is for. One purpose, one master key per version: none can stand for another."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.model.checks import check_int

KEY_VERSION_MIN: Final = 1
KEY_VERSION_MAX: Final = 255


class KeyPurpose(StrEnum):
    """What a key of a card opens, and who may hold its master.

    ``SDM_META`` and ``TERMINAL`` may be shared with terminals, if the programme's policy says so.
    The others never leave the gateway's key store.
    """

    #: Decrypts the UID and counter of a SUN message. One for a whole batch, not diversified: who
    #: decrypts does not know the UID yet. NTAG 424 DNA: application key 1.
    SDM_META = "sdm_meta"
    #: Makes the MAC of a SUN message. NTAG 424 DNA: application key 2.
    SDM_FILE = "sdm_file"
    #: Mutual authentication at the counter, and reading the membership file. Application key 3.
    TERMINAL = "terminal"
    #: Writes the files. NTAG 424 DNA: application key 4.
    WRITE = "write"
    #: Changes keys and settings. Application key 0.
    ADMIN = "admin"
    #: Credits and debits the value file of a DESFire card.
    VALUE = "value"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardKeyName:
    """Names a master key without being one.

    Attributes:
        purpose: what it is for.
        version: 1 to 255, what the card answers to GetKeyVersion. 0 is a factory key.

    Raises:
        ValueRangeError: if the version is outside its range.
    """

    purpose: KeyPurpose
    version: int

    def __post_init__(self) -> None:
        check_int("version", self.version, KEY_VERSION_MIN, KEY_VERSION_MAX)
