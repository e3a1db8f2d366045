"""Issuing a DESFire card, and giving an issued one new keys. Both go on where they were torn.

The application, its files, keys 1 to 4, key 0, then the membership, which is read back under the
key of a tap; last the card's own master key, so that nobody formats the card. What a torn card
already has it says itself: files by refusing to be made twice, keys by their versions. So no key
is ever tried out, and doing it all again ends the same.

Factory keys are zeros, so issuing belongs into a trusted room.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from gateway.crypto.cards.ev2_messages import CommMode
from gateway.crypto.cards.purpose import KeyPurpose
from gateway.errors import WireError
from gateway.model.checks import check_bytes, check_int
from gateway.readers.cards.desfire import read_membership
from gateway.readers.cards.desfire_card import (
    PICC_AID,
    DesfireCard,
    Steps,
    authenticate,
    select_application,
)
from gateway.readers.cards.desfire_commands import change_key, get_key_version, write_data
from gateway.readers.cards.desfire_creation import (
    FileSettings,
    TransactionMacKey,
    ValueLimits,
    create_application,
    create_backup_file,
    create_standard_file,
    create_transaction_mac_file,
    create_value_file,
)
from gateway.readers.cards.desfire_factory import FACTORY_RND_A_BYTES, take_over
from gateway.readers.cards.desfire_layout import (
    HISTORY_BYTES,
    HISTORY_FILE,
    KEY_NUMBERS,
    KEY_SETTINGS,
    MEMBERSHIP_ACCESS,
    MEMBERSHIP_BYTES,
    MEMBERSHIP_FILE,
    MOHR_AID,
    PURSE_ACCESS,
    PURSE_FILE,
    TRANSACTION_MAC_ACCESS,
    TRANSACTION_MAC_FILE,
    CardMembership,
)
from gateway.readers.cards.desfire_session import KeyChange
from gateway.readers.cards.desfire_wire import DesfireRefusedError, DesfireStatus
from gateway.readers.cards.writing import WriteDone, WriteRefused, WriteUnknown, Writing
from gateway.readers.errors import CardRefusedError

RandomBytes = Callable[[int], bytes]

KEY_COUNT: Final = len(KEY_NUMBERS)
_ADMIN: Final = KEY_NUMBERS[KeyPurpose.ADMIN]
_WRITE: Final = KEY_NUMBERS[KeyPurpose.WRITE]
_TERMINAL: Final = KEY_NUMBERS[KeyPurpose.TERMINAL]
_RND_A_BYTES: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class DesfireKeySet:
    """All keys of our application on one card.

    Attributes:
        version: the version of all of them; 0 is the factory's.
        keys: by key number, 16 bytes each.
    """

    version: int
    keys: tuple[bytes, ...] = field(repr=False)

    def __post_init__(self) -> None:
        check_int("version", self.version, 0, 0xFF)
        check_int("keys", len(self.keys), KEY_COUNT, KEY_COUNT)
        for key in self.keys:
            check_bytes("key", key, 16, 16)


FACTORY_KEYS: Final = DesfireKeySet(version=0, keys=(bytes(16),) * KEY_COUNT)


@dataclass(frozen=True, slots=True, kw_only=True)
class PurseIssue:
    """A purse to be made.

    Attributes:
        upper: the most that it holds; it begins with nothing.
        transaction_mac_key: signs its commits; None for EV1, which cannot.
    """

    upper: int
    transaction_mac_key: TransactionMacKey | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DesfireIssue:
    """What one card is to become.

    Attributes:
        membership: file 1.
        keys: the application's keys.
        master_key: the card's own key, with the keys' version; None leaves the factory's there.
        purse: None for a card without one.
    """

    membership: CardMembership
    keys: DesfireKeySet
    master_key: bytes | None = field(default=None, repr=False)
    purse: PurseIssue | None = None


def issue_desfire(issue: DesfireIssue, random_bytes: RandomBytes) -> Writing:
    """Issue a card, or go on with one that was torn away while it was being issued.

    Args:
        issue: what it is to become.
        random_bytes: a source of secret random bytes.
    """
    card = DesfireCard()
    try:
        yield from select_application(card, PICC_AID)
    except CardRefusedError as error:
        return WriteRefused(detail=str(error))
    try:
        yield from _make_application(card)
        yield from _make_files(card, issue, random_bytes)
        yield from change_keys(card, FACTORY_KEYS, issue.keys, random_bytes)
        yield from _write_membership(card, issue, random_bytes)
        if issue.master_key is not None:
            yield from _secure_card(card, issue.master_key, issue.keys.version, random_bytes)
    except (CardRefusedError, WireError) as error:
        return WriteUnknown(detail=str(error))
    return WriteDone()


def rekey_desfire(
    before: DesfireKeySet, after: DesfireKeySet, random_bytes: RandomBytes
) -> Writing:
    """Give an issued card new keys, or go on with one that was torn away meanwhile.

    Args:
        before: the keys it was issued with.
        after: its new ones, of another version.
        random_bytes: a source of secret random bytes.
    """
    card = DesfireCard()
    try:
        yield from select_application(card, MOHR_AID)
    except CardRefusedError as error:
        return WriteRefused(detail=str(error))
    try:
        yield from change_keys(card, before, after, random_bytes)
        yield from _log_in(card, _TERMINAL, after.keys[_TERMINAL], random_bytes)
    except CardRefusedError as error:
        return WriteUnknown(detail=str(error))
    return WriteDone()


def change_keys(
    card: DesfireCard, before: DesfireKeySet, after: DesfireKeySet, random_bytes: RandomBytes
) -> Steps[None]:
    """Change keys 1 to 4, then key 0, leaving those alone that are changed already.

    Raises:
        CardRefusedError: if the card refuses, or holds a key of neither version.
    """
    admin = yield from _log_in_as_admin(card, (before, after), random_bytes)
    for number in range(KEY_COUNT):
        if number == _ADMIN:
            continue
        held = yield from _held(card, number, (before, after))
        if held.version != after.version:
            change = KeyChange(
                number=number,
                new_key=after.keys[number],
                new_version=after.version,
                old_key=held.keys[number],
            )
            yield from change_key(card, change)
    if admin.version != after.version:
        own = KeyChange(number=_ADMIN, new_key=after.keys[_ADMIN], new_version=after.version)
        yield from change_key(card, own)


def _held(card: DesfireCard, number: int, sets: tuple[DesfireKeySet, ...]) -> Steps[DesfireKeySet]:
    version = yield from get_key_version(card, number)
    for one in sets:
        if one.version == version:
            return one
    raise CardRefusedError(f"key {number} is of version {version}, which is not ours")


def _log_in(card: DesfireCard, number: int, key: bytes, random_bytes: RandomBytes) -> Steps[None]:
    yield from select_application(card, MOHR_AID)
    yield from authenticate(card, number, key, random_bytes(_RND_A_BYTES))


def _log_in_as_admin(
    card: DesfireCard, sets: tuple[DesfireKeySet, ...], random_bytes: RandomBytes
) -> Steps[DesfireKeySet]:
    yield from select_application(card, MOHR_AID)
    held = yield from _held(card, _ADMIN, sets)
    yield from authenticate(card, _ADMIN, held.keys[_ADMIN], random_bytes(_RND_A_BYTES))
    return held


def _make_application(card: DesfireCard) -> Steps[None]:
    yield from _unless_there(
        create_application(card, MOHR_AID, key_settings=KEY_SETTINGS, key_count=KEY_COUNT)
    )


def _make_files(card: DesfireCard, issue: DesfireIssue, random_bytes: RandomBytes) -> Steps[None]:
    for making in _files(card, issue):
        # A refusal ends the session, and a file that is there already is refused.
        if not card.is_authenticated:
            yield from _log_in_as_admin(card, (FACTORY_KEYS, issue.keys), random_bytes)
        yield from _unless_there(making)


def _files(card: DesfireCard, issue: DesfireIssue) -> list[Steps[None]]:
    membership = FileSettings(number=MEMBERSHIP_FILE, mode=CommMode.FULL, access=MEMBERSHIP_ACCESS)
    files = [create_standard_file(card, membership, MEMBERSHIP_BYTES)]
    if issue.purse is None:
        return files
    purse = FileSettings(number=PURSE_FILE, mode=CommMode.FULL, access=PURSE_ACCESS)
    limits = ValueLimits(lower=0, upper=issue.purse.upper, value=0)
    history = FileSettings(number=HISTORY_FILE, mode=CommMode.FULL, access=PURSE_ACCESS)
    files.append(create_value_file(card, purse, limits))
    files.append(create_backup_file(card, history, HISTORY_BYTES))
    key = issue.purse.transaction_mac_key
    if key is not None:
        signed = FileSettings(
            number=TRANSACTION_MAC_FILE, mode=CommMode.FULL, access=TRANSACTION_MAC_ACCESS
        )
        files.append(create_transaction_mac_file(card, signed, key))
    return files


def _unless_there(making: Steps[None]) -> Steps[None]:
    try:
        yield from making
    except DesfireRefusedError as error:
        if error.status != DesfireStatus.DUPLICATE_ERROR:
            raise


def _write_membership(
    card: DesfireCard, issue: DesfireIssue, random_bytes: RandomBytes
) -> Steps[None]:
    yield from _log_in(card, _WRITE, issue.keys.keys[_WRITE], random_bytes)
    content = issue.membership.to_bytes()
    yield from write_data(card, MEMBERSHIP_FILE, 0, content, CommMode.FULL)
    yield from _log_in(card, _TERMINAL, issue.keys.keys[_TERMINAL], random_bytes)
    if (yield from read_membership(card)) != issue.membership:
        raise CardRefusedError("the membership reads otherwise than it was written")


def _secure_card(
    card: DesfireCard, master_key: bytes, version: int, random_bytes: RandomBytes
) -> Steps[None]:
    try:
        yield from take_over(card, master_key, version, random_bytes(FACTORY_RND_A_BYTES))
    except DesfireRefusedError as error:
        if error.status != DesfireStatus.AUTHENTICATION_ERROR:
            raise
    # Taken over now or before: the card must hold our key.
    yield from select_application(card, PICC_AID)
    yield from authenticate(card, 0, master_key, random_bytes(_RND_A_BYTES))
