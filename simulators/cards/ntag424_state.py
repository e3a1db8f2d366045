"""What an NTAG 424 DNA keeps without power, as one frozen value: copy it and you have a clone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Final

from gateway.crypto.cards.ev2_messages import CommMode
from gateway.crypto.cards.purpose import KeyPurpose
from gateway.errors import WireError
from gateway.readers.cards.keys import CardKeys
from gateway.readers.cards.ntag424_layout import PRIVATE_FILE_SETTINGS, sun_file_settings
from gateway.readers.cards.ntag424_settings import (
    FREE,
    AccessRights,
    FileSettings,
)
from gateway.readers.cards.ntag424_wire import (
    KEY_NUMBERS,
    NDEF_FILE,
    NTAG424_APPLICATION,
    PRIVATE_FILE,
)
from gateway.readers.cards.sun import sun_template

FACTORY_KEY: Final = bytes(16)
KEY_COUNT: Final = 5
#: Data sheet, table 50.
FAILURE_LIMIT: Final = 1000
FAILURE_DECREMENT: Final = 10

_CONTAINER: Final = bytes.fromhex(
    "001720010000FF0406E104010000000506E10500808283000000000000000000"
)
_PRIVATE: Final = bytes.fromhex("007E").ljust(128, b"\0")
_ONLY_MASTER: Final = AccessRights(read=FREE, write=0, read_write=0, change=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySlot:
    """One of the card's five keys.

    Attributes:
        value: 16 bytes.
        version: what GetKeyVersion answers.
        failures_in_a_row: SeqFailCtr; from 50 on the card delays.
        failures: TotFailCtr; at the limit the key is locked for ever.
        delay: how many more attempts are answered AUTHENTICATION_DELAY before one counts.
    """

    value: bytes = field(default=FACTORY_KEY, repr=False)
    version: int = 0
    failures_in_a_row: int = 0
    failures: int = 0
    delay: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFile:
    """One of the card's three files."""

    content: bytes
    settings: FileSettings


def _factory_files() -> tuple[CardFile, CardFile, CardFile]:
    open_to_all = AccessRights(read=FREE, write=FREE, read_write=FREE, change=0)
    guarded = AccessRights(read=2, write=3, read_write=3, change=0)
    plain, full = CommMode.PLAIN, CommMode.FULL
    return (
        CardFile(content=_CONTAINER, settings=FileSettings(mode=plain, access=_ONLY_MASTER)),
        CardFile(content=bytes(256), settings=FileSettings(mode=plain, access=open_to_all)),
        CardFile(content=_PRIVATE, settings=FileSettings(mode=full, access=guarded)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ntag424State:
    """A whole card; by default as it leaves the factory.

    Attributes:
        uid: seven bytes.
        keys: five.
        files: files 1 to 3.
        read_counter: SDMReadCtr of file 2.
        random_uid: whether another UID is shown at each activation.
        counts_failures: whether wrong keys are counted at all.
        failure_limit: how many lock a key.
        failure_decrement: how many a good authentication forgives.
        signature: what Read_Sig answers, 56 bytes; NXP's own cannot be simulated.
    """

    uid: bytes
    keys: tuple[KeySlot, ...] = (KeySlot(),) * KEY_COUNT
    files: tuple[CardFile, ...] = field(default_factory=_factory_files)
    read_counter: int = 0
    random_uid: bool = False
    counts_failures: bool = True
    failure_limit: int = FAILURE_LIMIT
    failure_decrement: int = FAILURE_DECREMENT
    signature: bytes = bytes(56)

    def file(self, number: int) -> CardFile:
        """File 1, 2 or 3."""
        return self.files[number - 1]

    def with_key(self, number: int, slot: KeySlot) -> Ntag424State:
        """The same card with another key."""
        return replace(self, keys=(*self.keys[:number], slot, *self.keys[number + 1 :]))

    def with_file(self, number: int, changed: CardFile) -> Ntag424State:
        """The same card with another file."""
        return replace(self, files=(*self.files[: number - 1], changed, *self.files[number:]))

    def to_json(self) -> str:
        """Save the card, keys and all: for test cards only."""
        saved = asdict(self) | {
            "uid": self.uid.hex(),
            "signature": self.signature.hex(),
            "keys": [asdict(slot) | {"value": slot.value.hex()} for slot in self.keys],
            "files": [
                {"content": one.content.hex(), "settings": one.settings.to_bytes().hex()}
                for one in self.files
            ],
        }
        return json.dumps(saved, indent=1, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Ntag424State:
        """Take a saved card up again.

        Raises:
            WireError: if the text is no saved card.
        """
        try:
            saved = json.loads(text)
            changed = {
                "uid": bytes.fromhex(saved["uid"]),
                "signature": bytes.fromhex(saved["signature"]),
                "keys": tuple(_slot(one) for one in saved["keys"]),
                "files": tuple(_file(one) for one in saved["files"]),
            }
            return cls(**(saved | changed))
        except (KeyError, TypeError, ValueError) as error:
            raise WireError(f"this is no saved NTAG 424 DNA: {error}") from error


def _slot(saved: Mapping[str, object]) -> KeySlot:
    return KeySlot(**{**saved, "value": bytes.fromhex(str(saved["value"]))})  # type: ignore[arg-type]


def _file(saved: Mapping[str, str]) -> CardFile:
    settings = FileSettings.from_bytes(bytes.fromhex(saved["settings"]))
    return CardFile(content=bytes.fromhex(saved["content"]), settings=settings)


def issued_state(
    uid: bytes,
    keys: CardKeys,
    version: int,
    address: str,
    *,
    random_uid: bool = False,
    membership: bytes = b"",
) -> Ntag424State:
    """A card as issuing leaves it, in one step: for tests and for the tray of test cards.

    Args:
        uid: seven bytes.
        keys: all five keys must be held.
        version: of the keys.
        address: what phones open; see ``sun_template``.
        random_uid: whether it shows random UIDs.
        membership: what file 3 holds, at most 128 bytes.
    """
    slots = [KeySlot()] * KEY_COUNT
    for purpose, number in KEY_NUMBERS.items():
        value = keys.key(purpose, version, uid, NTAG424_APPLICATION, number)
        assert value is not None, f"the key for {KeyPurpose(purpose)} is not held"
        slots[number] = KeySlot(value=value, version=version)
    template = sun_template(address)
    blank = Ntag424State(uid=uid, keys=tuple(slots), random_uid=random_uid)
    sun = CardFile(content=template.content.ljust(256, b"\0"), settings=sun_file_settings(template))
    private = CardFile(content=membership.ljust(128, b"\0"), settings=PRIVATE_FILE_SETTINGS)
    return blank.with_file(NDEF_FILE, sun).with_file(PRIVATE_FILE, private)
