"""A key store that keeps nothing: for simulated cards, and for tests of those who ask a store.

It does not model a store that fails, is slow, or is used by two processes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from random import Random

from gateway.crypto.keystore.held import Edit, HeldKeyStore, Versions


class MemoryKeyStore(HeldKeyStore):
    """Holds its keys in memory, one version to begin with."""

    def __init__(self, random_bytes: Callable[[int], bytes], versions: int = 1) -> None:
        """Make the keys.

        Args:
            random_bytes: what they are made of; from a seed, two stores are alike.
            versions: how many there are at first.
        """
        super().__init__(random_bytes)
        self._changing = threading.Lock()
        self._versions: Versions = ()
        for _ in range(versions):
            self.add_version()

    @classmethod
    def from_seed(cls, seed: int, versions: int = 1) -> MemoryKeyStore:
        """A store whose keys follow from a seed, and are therefore no secret."""
        return cls(Random(seed).randbytes, versions)

    def close(self) -> None:
        """Forget the keys."""
        self._versions = ()

    def _held(self) -> Versions:
        return self._versions

    def _change(self, edit: Edit) -> Versions:
        with self._changing:
            self._versions = edit(self._versions)
            return self._versions
