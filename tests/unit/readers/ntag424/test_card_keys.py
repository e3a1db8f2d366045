"""The keys that card dialogues ask for: from shared masters, and from a key store."""

from __future__ import annotations

import pytest

from gateway.crypto.cards.diversify import diversification_message, diversified_key
from gateway.crypto.cards.purpose import CardKeyName, KeyPurpose
from gateway.errors import CryptoError
from gateway.readers.cards.keys import CardKeys, SharedCardKeys, StoredCardKeys
from gateway.readers.cards.ntag424_wire import KEY_NUMBERS, NTAG424_APPLICATION
from simulators.memory_keys import MemoryKeyStore

ORGANISATION = b"ORGANISA"
UID = bytes.fromhex("04a1b2c3d4e5f6")
SHARED = (KeyPurpose.SDM_META, KeyPurpose.TERMINAL)


def of_card(keys: CardKeys, purpose: KeyPurpose, version: int, uid: bytes = UID) -> bytes | None:
    """One card's key."""
    return keys.key(purpose, version, uid, NTAG424_APPLICATION, KEY_NUMBERS[purpose])


def store_and_terminal() -> tuple[StoredCardKeys, SharedCardKeys, MemoryKeyStore]:
    """A key store of two versions, and a terminal with what the store shares of them."""
    store = MemoryKeyStore.from_seed(1, versions=2)
    names = [
        CardKeyName(purpose=purpose, version=version)
        for purpose in SHARED
        for version in store.versions()
    ]
    terminal = SharedCardKeys(
        organisation=ORGANISATION, masters={name: store.share(name) for name in names}
    )
    return StoredCardKeys(organisation=ORGANISATION, store=store), terminal, store


def test_terminal_and_store_come_to_the_same_keys() -> None:
    """For every version and purpose that is shared; of the others the terminal has none."""
    stored, terminal, _ = store_and_terminal()
    for version in (1, 2):
        for purpose in KEY_NUMBERS:
            held = of_card(terminal, purpose, version)
            whole = of_card(stored, purpose, version)
            assert whole is not None
            assert held == (whole if purpose in SHARED else None)


def test_versions_are_told_newest_first() -> None:
    """A new card is found at the first attempt; a retired version is not told at all."""
    stored, terminal, store = store_and_terminal()
    for purpose in SHARED:
        assert stored.versions(purpose) == terminal.versions(purpose) == (2, 1)
    assert terminal.versions(KeyPurpose.ADMIN) == ()
    store.retire(1)
    assert stored.versions(KeyPurpose.SDM_META) == (2,)
    assert of_card(stored, KeyPurpose.TERMINAL, 1) is None


def test_each_card_number_and_version_has_its_own_key() -> None:
    """And each organisation; only the key that finds the UID is one for a whole batch."""
    stored, terminal, store = store_and_terminal()
    other = StoredCardKeys(organisation=b"SOMEBODY", store=store)
    uids = [number.to_bytes(7) for number in range(5)]
    keys = {
        of_card(keys, purpose, version, uid)
        for keys in (stored, other)
        for purpose in KEY_NUMBERS
        for version in (1, 2)
        for uid in uids
        if purpose is not KeyPurpose.SDM_META
    }
    assert len(keys) == 2 * 4 * 2 * len(uids)
    batch = {of_card(terminal, KeyPurpose.SDM_META, 1, uid) for uid in [*uids, b""]}
    assert len(batch) == 1


def test_a_key_is_derived_as_the_application_note_says() -> None:
    """AN10922 for AES-128, over UID, application, organisation, number and version."""
    _, terminal, store = store_and_terminal()
    master = store.share(CardKeyName(purpose=KeyPurpose.TERMINAL, version=2))
    message = diversification_message(UID, NTAG424_APPLICATION, ORGANISATION, 3, 2)
    assert message == UID + NTAG424_APPLICATION + ORGANISATION + b"\x03\x02"
    assert of_card(terminal, KeyPurpose.TERMINAL, 2) == diversified_key(master, message)


def test_a_version_that_is_not_held_has_no_key() -> None:
    """Neither a terminal nor a store makes one up; a UID of no length known is an error."""
    stored, terminal, _ = store_and_terminal()
    for keys in (stored, terminal):
        assert of_card(keys, KeyPurpose.TERMINAL, 7) is None
        assert of_card(keys, KeyPurpose.SDM_META, 7) is None
        with pytest.raises(CryptoError):
            of_card(keys, KeyPurpose.TERMINAL, 1, b"123")
