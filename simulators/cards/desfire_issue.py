"""Ready-made DESFire cards of ours, without the conversations that make a real one."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.crypto.cards.ev2_messages import CommMode
from gateway.crypto.cards.purpose import KeyPurpose
from gateway.errors import KeyStoreError
from gateway.readers.cards.desfire_commands import VALUE_MAX
from gateway.readers.cards.desfire_creation import FileSettings, TransactionMacKey
from gateway.readers.cards.desfire_layout import (
    HISTORY_BYTES,
    HISTORY_FILE,
    KEY_NUMBERS,
    KEY_SETTINGS,
    MEMBERSHIP_ACCESS,
    MEMBERSHIP_FILE,
    MOHR_AID,
    PURSE_ACCESS,
    PURSE_FILE,
    TRANSACTION_MAC_ACCESS,
    TRANSACTION_MAC_FILE,
    CardMembership,
)
from gateway.readers.cards.keys import CardKeys
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


@dataclass(frozen=True, slots=True, kw_only=True)
class PurseTerms:
    """A purse to be put on a card.

    Attributes:
        value: what is in it.
        upper: the most that it holds.
        transaction_mac_key: signs its transactions on EV2 and later; EV1 leaves it out.
    """

    value: int = 0
    upper: int = VALUE_MAX
    transaction_mac_key: TransactionMacKey


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedCard:
    """A card to be made.

    Attributes:
        uid: the real UID, 7 bytes.
        membership: what file 1 says.
        version: the version of all its keys.
        generation: EV1, EV2 or EV3.
        random_uid: whether it hides its UID.
        purse: None for a card without one.
    """

    uid: bytes
    membership: CardMembership
    version: int = 1
    generation: Generation = Generation.EV3
    random_uid: bool = False
    purse: PurseTerms | None = None


def issued_state(card: IssuedCard, keys: CardKeys) -> DesfireState:
    """The state of a card as personalisation leaves it.

    Raises:
        KeyStoreError: if ``keys`` does not hold all purposes in the card's version.
    """
    files: list[DesfireFile] = [
        DataFile(
            settings=FileSettings(
                number=MEMBERSHIP_FILE, mode=CommMode.FULL, access=MEMBERSHIP_ACCESS
            ),
            content=card.membership.to_bytes(),
        )
    ]
    if card.purse is not None:
        files.extend(_purse_files(card.purse, card.generation))
    application = Application(
        aid=MOHR_AID,
        key_settings=KEY_SETTINGS,
        keys=tuple(
            AesKey(key=_key(keys, purpose, card, number), version=card.version)
            for purpose, number in sorted(KEY_NUMBERS.items(), key=lambda item: item[1])
        ),
        files=tuple(files),
    )
    return DesfireState(
        uid=card.uid,
        generation=card.generation,
        random_uid=card.random_uid,
        applications=(application,),
    )


def _purse_files(terms: PurseTerms, generation: Generation) -> list[DesfireFile]:
    purse = FileSettings(number=PURSE_FILE, mode=CommMode.FULL, access=PURSE_ACCESS)
    history = FileSettings(number=HISTORY_FILE, mode=CommMode.FULL, access=PURSE_ACCESS)
    files: list[DesfireFile] = [
        ValueFile(settings=purse, lower=0, upper=terms.upper, value=terms.value),
        DataFile(settings=history, content=bytes(HISTORY_BYTES), backup=True),
    ]
    if generation is not Generation.EV1:
        settings = FileSettings(
            number=TRANSACTION_MAC_FILE, mode=CommMode.FULL, access=TRANSACTION_MAC_ACCESS
        )
        files.append(TransactionMacFile(settings=settings, key=terms.transaction_mac_key))
    return files


def _key(keys: CardKeys, purpose: KeyPurpose, card: IssuedCard, number: int) -> bytes:
    key = keys.key(purpose, card.version, card.uid, MOHR_AID, number)
    if key is None:
        raise KeyStoreError(f"there is no {purpose} master of version {card.version}")
    return key
