"""What card dialogues ask for keys: which versions are held, and one card's own key.

A dialogue knows neither masters nor where they live. A terminal answers from the few masters that
the programme's policy shares with it, the gateway and the issuing desk from their key store.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from gateway.crypto.cards.diversify import diversification_message, diversified_key
from gateway.crypto.cards.purpose import CardKeyName, KeyPurpose
from gateway.crypto.keystore.key_store import KeyStore


class CardKeys(Protocol):
    """The card keys that this end holds."""

    def versions(self, purpose: KeyPurpose) -> tuple[int, ...]:
        """The key versions held for a purpose, newest first; empty where none is held."""

    def key(
        self, purpose: KeyPurpose, version: int, uid: bytes, aid: bytes, key_number: int
    ) -> bytes | None:
        """One card's key, 16 bytes, or None where this end does not hold it.

        Args:
            purpose: what the key is for.
            version: which generation, 1 to 255.
            uid: the card's real UID. ``SDM_META`` is one key for a whole batch, because who
                decrypts the UID does not know it yet: there the three last arguments are not
                looked at.
            aid: the application's name on the card, 3 or 7 bytes.
            key_number: the key's number in that application.

        Raises:
            CryptoError: if a part has a length that no card of ours has.
        """


def is_diversified(purpose: KeyPurpose) -> bool:
    """Whether each card has its own key for this purpose."""
    return purpose is not KeyPurpose.SDM_META


def versions_of(names: Mapping[CardKeyName, bytes], purpose: KeyPurpose) -> tuple[int, ...]:
    """The versions among ``names`` that serve a purpose, newest first."""
    held = (name.version for name in names if name.purpose is purpose)
    return tuple(sorted(held, reverse=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedCardKeys:
    """Card keys from masters that are at hand: what a terminal holds.

    Attributes:
        organisation: the 8 bytes that go into every derivation.
        masters: the masters shared with this end, 16 bytes each. Never shown.
    """

    organisation: bytes
    masters: Mapping[CardKeyName, bytes] = field(repr=False)

    def versions(self, purpose: KeyPurpose) -> tuple[int, ...]:
        """See ``CardKeys.versions``."""
        return versions_of(self.masters, purpose)

    def key(
        self, purpose: KeyPurpose, version: int, uid: bytes, aid: bytes, key_number: int
    ) -> bytes | None:
        """See ``CardKeys.key``; AN10922 for AES-128."""
        master = self.masters.get(CardKeyName(purpose=purpose, version=version))
        if master is None or not is_diversified(purpose):
            return master
        message = diversification_message(uid, aid, self.organisation, key_number, version)
        return diversified_key(master, message)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCardKeys:
    """Card keys from a key store: what the gateway and the issuing desk hold.

    Attributes:
        organisation: the 8 bytes that go into every derivation.
        store: derives the keys; masters of single cards never leave it.
    """

    organisation: bytes
    store: KeyStore = field(repr=False)

    def versions(self, purpose: KeyPurpose) -> tuple[int, ...]:
        """See ``CardKeys.versions``: a store has every purpose in every version."""
        del purpose
        return tuple(reversed(self.store.versions()))

    def key(
        self, purpose: KeyPurpose, version: int, uid: bytes, aid: bytes, key_number: int
    ) -> bytes | None:
        """See ``CardKeys.key``.

        Raises:
            KeyStoreError: if the store cannot be used now.
        """
        if version not in self.store.versions():
            return None
        name = CardKeyName(purpose=purpose, version=version)
        if not is_diversified(purpose):
            return self.store.share(name)
        message = diversification_message(uid, aid, self.organisation, key_number, version)
        return self.store.derive(name, message)
