"""The card keys and issuers that a terminal knows: none at first, then what it is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

from gateway.crypto.cards.purpose import KeyPurpose
from gateway.crypto.public_key import PublicKey
from gateway.readers.cards.keys import CardKeys, SharedCardKeys


class HeldCardKeys(CardKeys):
    """Card keys that may be exchanged while a reader asks for them.

    The reader's threads ask and the agent's thread exchanges. Each question looks at one whole set,
    the old or the new one, because a single attribute is replaced.
    """

    def __init__(self) -> None:
        self._held = SharedCardKeys(organisation=bytes(8), masters={})

    def exchange(self, held: SharedCardKeys) -> None:
        """Take over what a configuration brought."""
        self._held = held

    def versions(self, purpose: KeyPurpose) -> tuple[int, ...]:
        """See ``CardKeys.versions``."""
        return self._held.versions(purpose)

    def key(
        self, purpose: KeyPurpose, version: int, uid: bytes, aid: bytes, key_number: int
    ) -> bytes | None:
        """See ``CardKeys.key``."""
        return self._held.key(purpose, version, uid, aid, key_number)


class HeldIssuers(Sequence[PublicKey]):
    """Issuers that may be exchanged while a reader looks at them: those set up, and those told."""

    def __init__(self, set_up: Sequence[PublicKey] = ()) -> None:
        self._set_up = tuple(set_up)
        self._all = self._set_up

    def exchange(self, told: Sequence[PublicKey]) -> None:
        """Take over what a configuration brought."""
        self._all = (*self._set_up, *told)

    @overload
    def __getitem__(self, index: int) -> PublicKey: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[PublicKey]: ...

    def __getitem__(self, index: int | slice) -> PublicKey | Sequence[PublicKey]:
        """One of them, or some."""
        return self._all[index]

    def __len__(self) -> int:
        """How many there are now."""
        return len(self._all)
