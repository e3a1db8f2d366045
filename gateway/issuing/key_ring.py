"""One card's keys by version, the factory's among them, and which may be tried on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.crypto.cards.purpose import KeyPurpose
from gateway.issuing.errors import IssuingError
from gateway.issuing.protocol import FACTORY_KEY, FACTORY_VERSION
from gateway.readers.cards.keys import CardKeys


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRing:
    """The keys of one application of one card.

    Attributes:
        keys: what the issuing desk holds.
        uid: the card's real UID.
        aid: the application's name.
        purposes: what each key number is for.
    """

    keys: CardKeys = field(repr=False)
    uid: bytes
    aid: bytes
    purposes: Mapping[int, KeyPurpose]

    def holds(self, version: int) -> bool:
        """Whether this version's keys are at hand."""
        return version == FACTORY_VERSION or version in self.keys.versions(KeyPurpose.ADMIN)

    def key(self, number: int, version: int) -> bytes:
        """A key's 16 bytes.

        Raises:
            IssuingError: if this version is not held.
        """
        if version == FACTORY_VERSION:
            return FACTORY_KEY
        found = self.keys.key(self.purposes[number], version, self.uid, self.aid, number)
        if found is None:
            raise IssuingError(f"key {number} of version {version} is not held here")
        return found

    def candidates(self, told: int, new: int, old: int) -> tuple[int, ...]:
        """Which versions of the card's master key are worth a try, at most two.

        The version that the card tells comes first: it is right but for a card that lies, or that
        another system gave keys of its own. A wrong try counts against the card's life, so there
        is no third.

        Args:
            told: what GetKeyVersion says, without proof.
            new: the version that the card is to have, or may have got already.
            old: the version that it had before.
        """
        ordered = dict.fromkeys((told, new, old))
        return tuple(one for one in ordered if self.holds(one))[:2]
