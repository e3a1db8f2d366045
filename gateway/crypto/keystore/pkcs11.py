"""Master keys in a token behind PKCS #11 (version 2.40): an HSM, a smart card, or SoftHSM.

The token makes the keys and derives with them; those that no terminal may hold can never be read
out of it. ``pkcs11_objects`` says how they lie there, ``pkcs11_session`` speaks to the token.

Needs the extra ``mohr[pkcs11]``: import this module only where a token is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import pkcs11
from pkcs11 import Attribute, MechanismFlag

from gateway.clock import Clock
from gateway.crypto.cards.purpose import CardKeyName, KeyPurpose
from gateway.crypto.keystore.key_store import KeyStore, VersionState, check_state_change
from gateway.crypto.keystore.key_version import CHECK_MESSAGE, KeyVersion
from gateway.crypto.keystore.pkcs11_objects import (
    Mark,
    create_key,
    free_number,
    generate_key,
    key_cmac,
    mark_id,
    mark_template,
    master_id,
    master_template,
    objects_called,
    one_master,
    read_states,
)
from gateway.crypto.keystore.pkcs11_session import TokenPlace, TokenSession
from gateway.crypto.keystore.turns import own_turn
from gateway.errors import KeyStoreError

#: How old what is known of the versions may be: another process sees a new one so much later.
FRESH_MS: Final = 1_000

Answer = TypeVar("Answer")


class Pkcs11KeyStore(KeyStore):
    """Keeps handles of keys, and for a moment which versions there are."""

    def __init__(self, place: TokenPlace, pin: str, clock: Clock, folder: Path) -> None:
        """Log in to the token.

        Args:
            place: which token.
            pin: the user's PIN.
            clock: says how old is what we know.
            folder: processes of this machine that change the token take turns by it. Versions
                are to be added from one machine only.

        Raises:
            KeyStoreError: if there is no such module or token, or the PIN is wrong; the message
                says what to do.
        """
        self._clock = clock
        self._folder = folder
        self._session = TokenSession(place, pin)
        self._handles: dict[tuple[int, CardKeyName], pkcs11.SecretKey] = {}
        self._states: tuple[VersionState, ...] = ()
        self._read_at_ms: int | None = None

    def states(self) -> tuple[VersionState, ...]:
        """See ``KeyStore.states``. What another process did is seen after ``FRESH_MS`` at most."""
        now_ms = self._clock.monotonic_ms()
        if self._read_at_ms is None or now_ms - self._read_at_ms >= FRESH_MS:
            self._states = self._session.ask(read_states)
            self._read_at_ms = now_ms
        return self._states

    def add_version(self) -> int:
        """See ``KeyStore.add_version``. The keys are made inside the token."""

        def make(session: pkcs11.Session) -> int:
            version = free_number(session)
            for purpose in KeyPurpose:
                name = CardKeyName(purpose=purpose, version=version)
                generate_key(session, master_template(name), self._use())
            self._finish(session, version)
            return version

        return self._change(make)

    def export_versions(self) -> tuple[KeyVersion, ...]:
        """See ``KeyStore.export_versions``.

        Raises:
            KeyStoreError: always: that they cannot be taken out is what a token is for.
        """
        raise KeyStoreError(
            "the keys in a token cannot be exported: back the token up by its vendor's own means, "
            "or make the keys in a file, export them there, and restore them into the token "
            "(docs/keys.md)"
        )

    def close(self) -> None:
        """See ``KeyStore.close``."""
        self._session.close()
        self._handles.clear()

    def _mac(self, name: CardKeyName, message: bytes) -> bytes:
        return self._session.ask(lambda session: key_cmac(self._master(session, name), message))

    def _shared_master(self, name: CardKeyName) -> bytes:
        return self._session.ask(
            lambda session: bytes(self._master(session, name)[Attribute.VALUE])
        )

    def _set_retired(self, version: int, *, retired: bool) -> None:
        def change(session: pkcs11.Session) -> None:
            check_state_change(read_states(session), version, retired=retired)
            marks = objects_called(session, mark_id(Mark.RETIRED, version))
            if retired and not marks:
                generate_key(session, mark_template(Mark.RETIRED, version), self._use())
            for mark in [] if retired else marks:
                mark.destroy()

        self._change(change)

    def _take(self, keys: KeyVersion) -> None:
        def put(session: pkcs11.Session) -> None:
            if keys.version in {one.version for one in read_states(session)}:
                raise KeyStoreError(f"another process just made version {keys.version}")
            for purpose, master in keys.masters.items():
                name = CardKeyName(purpose=purpose, version=keys.version)
                # What a killed process left of this very version: nobody ever used it.
                for leftover in objects_called(session, master_id(name)):
                    leftover.destroy()
                create_key(session, master_template(name), self._use(), master)
            if keys.retired:
                generate_key(session, mark_template(Mark.RETIRED, keys.version), self._use())
            self._finish(session, keys.version)

        self._change(put)

    def _finish(self, session: pkcs11.Session, version: int) -> None:
        """Say that a version is there, once each of its keys has computed something."""
        for purpose in KeyPurpose:
            name = CardKeyName(purpose=purpose, version=version)
            key_cmac(one_master(session, name), CHECK_MESSAGE)
        generate_key(session, mark_template(Mark.VERSION, version), self._use())

    def _master(self, session: pkcs11.Session, name: CardKeyName) -> pkcs11.SecretKey:
        handle = (self._session.generation, name)
        if handle not in self._handles:
            self._handles[handle] = one_master(session, name)
        return self._handles[handle]

    def _use(self) -> MechanismFlag:
        # One use for a key: a CMAC key that also encrypted could be asked for its subkeys.
        return MechanismFlag.SIGN if self._session.has_cmac else MechanismFlag.ENCRYPT

    def _change(self, change: Callable[[pkcs11.Session], Answer]) -> Answer:
        """Change something while no other process of this machine does."""
        try:
            with own_turn(self._folder):
                # First, so that a session that was lost is not found out about half-way.
                self._session.ask(read_states)
                changed = self._session.change(change)
        except OSError as error:
            raise KeyStoreError(f"{self._folder} cannot be used: {error}") from error
        finally:
            self._read_at_ms = None
        return changed
