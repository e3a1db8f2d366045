"""Which public keys speak for which terminal: a value that is replaced whole, never changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gateway.crypto.public_key import PublicKey
from gateway.ledger.rows_intake import TerminalKey
from gateway.model.ids import KeyId, TerminalId


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredKey:
    """One terminal's key. Whether it is valid at a given seq is the writer's question."""

    terminal: TerminalId
    epoch: int
    key: PublicKey


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRing:
    """Every registered key by its id. Threads read one ring while the next is being made."""

    keys: Mapping[KeyId, RegisteredKey]
    terminals: frozenset[TerminalId]

    @classmethod
    def of(cls, registered: Iterable[TerminalKey]) -> KeyRing:
        """Build a ring from the ledger's keys.

        Args:
            registered: the keys, at most one for each key id.

        Returns:
            the ring.

        Raises:
            KeyStoreError: if a stored key is damaged.
        """
        keys = {
            one.key_id: RegisteredKey(
                terminal=one.terminal,
                epoch=one.epoch,
                key=PublicKey.from_cose_key(one.cose_key),
            )
            for one in registered
        }
        terminals = frozenset(one.terminal for one in keys.values())
        return cls(keys=MappingProxyType(keys), terminals=terminals)

    def find(self, key_id: KeyId) -> RegisteredKey | None:
        """The key with this id, or None where nobody registered it."""
        return self.keys.get(key_id)

    def is_newest(self, key_id: KeyId) -> bool:
        """Whether a key is the one of its terminal's newest epoch."""
        key = self.keys.get(key_id)
        return key is not None and all(
            one.epoch <= key.epoch for one in self.keys.values() if one.terminal == key.terminal
        )

    def knows(self, terminal: TerminalId) -> bool:
        """Whether any key of ``terminal`` is registered."""
        return terminal in self.terminals
