"""Stores that hold the master keys in this process's memory while they are open."""

from __future__ import annotations

import secrets
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from gateway.crypto.cards.cmac import aes_cmac
from gateway.crypto.cards.purpose import CardKeyName
from gateway.crypto.keystore.key_store import KeyStore, VersionState, check_state_change
from gateway.crypto.keystore.key_version import KeyVersion, new_key_version, next_version
from gateway.errors import KeyStoreError

Versions: TypeAlias = tuple[KeyVersion, ...]
Edit: TypeAlias = Callable[[Versions], Versions]


class HeldKeyStore(KeyStore):
    """What such stores share: everything but where the keys come from and where changes go."""

    def __init__(self, random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> None:
        """Take what new keys are made of."""
        self._random_bytes = random_bytes

    @abstractmethod
    def _held(self) -> Versions:
        """Every version as it is now, oldest first."""

    @abstractmethod
    def _change(self, edit: Edit) -> Versions:
        """Keep what ``edit`` makes of the versions as they are now, with no other change between.

        Returns:
            what is kept, when it is.
        """

    def states(self) -> tuple[VersionState, ...]:
        """See ``KeyStore.states``."""
        return _states(self._held())

    def add_version(self) -> int:
        """See ``KeyStore.add_version``."""

        def edit(versions: Versions) -> Versions:
            number = next_version(one.version for one in versions)
            return (*versions, new_key_version(number, self._random_bytes))

        return self._change(edit)[-1].version

    def export_versions(self) -> Versions:
        """See ``KeyStore.export_versions``."""
        return self._held()

    def _mac(self, name: CardKeyName, message: bytes) -> bytes:
        return aes_cmac(self._master(name), message)

    def _shared_master(self, name: CardKeyName) -> bytes:
        return self._master(name)

    def _master(self, name: CardKeyName) -> bytes:
        for one in self._held():
            if one.version == name.version:
                return one.masters[name.purpose]
        raise KeyStoreError(f"key version {name.version} was there and is gone")

    def _set_retired(self, version: int, *, retired: bool) -> None:
        def edit(versions: Versions) -> Versions:
            check_state_change(_states(versions), version, retired=retired)
            return tuple(
                replace(one, retired=retired) if one.version == version else one for one in versions
            )

        self._change(edit)

    def _take(self, keys: KeyVersion) -> None:
        def edit(versions: Versions) -> Versions:
            if keys.version in {one.version for one in versions}:
                raise KeyStoreError(f"another process just made version {keys.version}")
            return tuple(sorted((*versions, keys), key=lambda one: one.version))

        self._change(edit)


def _states(versions: Versions) -> tuple[VersionState, ...]:
    return tuple(VersionState(version=one.version, retired=one.retired) for one in versions)
