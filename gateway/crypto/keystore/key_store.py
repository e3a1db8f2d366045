"""The ``KeyStore`` port: it holds the master keys of cards and says what may be done with them.

Which keys may leave, which versions are good, and which messages are derived from is decided here,
once for every store. A store itself only keeps keys and computes CMACs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from gateway.crypto.cards.diversify import (
    AES_128_CONSTANT,
    MESSAGE_BYTES_MAX,
    MESSAGE_BYTES_MIN,
)
from gateway.crypto.cards.purpose import CardKeyName, KeyPurpose
from gateway.crypto.keystore.key_version import CHECK_MESSAGE, KeyVersion, check_value_of
from gateway.errors import KeyStoreError

#: Masters that a programme may share with terminals. No other leaves the store.
SHAREABLE: Final = frozenset({KeyPurpose.SDM_META, KeyPurpose.TERMINAL})


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionState:
    """What is known of a version without its keys.

    Attributes:
        version: 1 to 255.
        retired: whether cards with it are turned away.
    """

    version: int
    retired: bool


class KeyStore(ABC):
    """Master keys of cards, by purpose and version: in a file, or in a token.

    A store may be used by several threads, and by several processes at once: each sees what the
    others add. Versions count upwards and no number is used twice. A version is there with all
    its keys or not at all, also when whoever added it was killed.
    """

    @abstractmethod
    def states(self) -> tuple[VersionState, ...]:
        """Every version, oldest first, also the retired ones.

        Raises:
            KeyStoreError: if the store cannot be read now.
        """

    def versions(self) -> tuple[int, ...]:
        """The versions that cards may have, oldest first.

        Raises:
            KeyStoreError: if the store cannot be read now.
        """
        return tuple(state.version for state in self.states() if not state.retired)

    @property
    def current_version(self) -> int:
        """The version that new cards get: the newest that is not retired.

        Raises:
            KeyStoreError: if there is none, or the store cannot be read now.
        """
        return current_of(self.states())

    def derive(self, name: CardKeyName, message: bytes) -> bytes:
        """Compute a card's own key (AN10922, 2.2.1: AES-128).

        Args:
            name: which master.
            message: 16 to 31 bytes that name the card, by ``diversification_message``. For shorter
                ones plain CMAC would give another key than the note does.

        Returns:
            16 bytes, AES-CMAC(master, 01 ‖ message).

        Raises:
            KeyStoreError: if the version is unknown or retired, the message has another length,
                the key is one for a whole batch, or the store cannot be used now.
        """
        if name.purpose is KeyPurpose.SDM_META:
            raise KeyStoreError(
                "the key that decrypts a SUN message is the same on all cards of a batch: take it "
                "by share"
            )
        if not MESSAGE_BYTES_MIN <= len(message) <= MESSAGE_BYTES_MAX:
            raise KeyStoreError(
                f"a card's key is derived from {MESSAGE_BYTES_MIN} to {MESSAGE_BYTES_MAX} bytes, "
                f"not from {len(message)}"
            )
        self._check_usable(name.version)
        return self._mac(name, AES_128_CONSTANT + message)

    def share(self, name: CardKeyName) -> bytes:
        """Hand out a master that terminals may hold.

        Returns:
            16 bytes. They belong in sealed configuration and in no log.

        Raises:
            KeyStoreError: for every purpose but ``SDM_META`` and ``TERMINAL``, if the version is
                unknown or retired, or if the store cannot be used now.
        """
        if name.purpose not in SHAREABLE:
            raise KeyStoreError(f"the master key {name.purpose} never leaves the gateway")
        self._check_usable(name.version)
        return self._shared_master(name)

    def check_value(self, version: int) -> str:
        """What two people compare to know that two places hold the same keys.

        Returns:
            eight hexadecimal digits, also for a retired version.

        Raises:
            KeyStoreError: if the version is unknown, or the store cannot be used now.
        """
        check_known(self.states(), version)
        return check_value_of(
            self._mac(CardKeyName(purpose=purpose, version=version), CHECK_MESSAGE)
            for purpose in KeyPurpose
        )

    @abstractmethod
    def add_version(self) -> int:
        """Make new master keys for every purpose; they become the current version.

        Returns:
            its number, when it is kept safely.

        Raises:
            KeyStoreError: if it cannot be kept; everything older is as it was.
        """

    def retire(self, version: int) -> None:
        """Turn cards with this version away from now on. Its keys are kept; see ``reinstate``.

        Raises:
            KeyStoreError: if the version is unknown or the current one, or the store cannot be
                changed now.
        """
        self._set_retired(version, retired=True)

    def reinstate(self, version: int) -> None:
        """Take back that a version was retired.

        Raises:
            KeyStoreError: if the version is unknown, or the store cannot be changed now.
        """
        self._set_retired(version, retired=False)

    def import_version(self, keys: KeyVersion) -> bool:
        """Put in a version that was made elsewhere, such as one from a backup.

        Returns:
            False where the store holds these very keys already; then nothing is changed.

        Raises:
            KeyStoreError: if it holds other keys under this number, or cannot be changed now.
        """
        if keys.version not in {state.version for state in self.states()}:
            self._take(keys)
            return True
        if self.check_value(keys.version) != keys.check_value:
            raise KeyStoreError(
                f"version {keys.version} is here with other keys: this is the backup of another "
                "store; nothing was changed"
            )
        return False

    @abstractmethod
    def export_versions(self) -> tuple[KeyVersion, ...]:
        """Every version with its keys, for a backup.

        Raises:
            KeyStoreError: if the store never gives its keys away, or cannot be read now.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of the keys; the store cannot be used afterwards. Twice does no harm."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @abstractmethod
    def _mac(self, name: CardKeyName, message: bytes) -> bytes:
        """AES-CMAC under a master of a version that is there."""

    @abstractmethod
    def _shared_master(self, name: CardKeyName) -> bytes:
        """The 16 bytes of a master of ``SHAREABLE``."""

    @abstractmethod
    def _set_retired(self, version: int, *, retired: bool) -> None:
        """Change a version's state, after ``check_state_change``."""

    @abstractmethod
    def _take(self, keys: KeyVersion) -> None:
        """Put in a version; one that came in meanwhile is a ``KeyStoreError``."""

    def _check_usable(self, version: int) -> None:
        states = self.states()
        check_known(states, version)
        if VersionState(version=version, retired=True) in states:
            raise KeyStoreError(f"key version {version} is retired: the card needs a new one")


def current_of(states: Sequence[VersionState]) -> int:
    """The newest version that is not retired.

    Raises:
        KeyStoreError: if there is none.
    """
    versions = [state.version for state in states if not state.retired]
    if not versions:
        raise KeyStoreError("the key store holds no keys yet: run mohr key init")
    return max(versions)


def check_known(states: Sequence[VersionState], version: int) -> None:
    """Refuse a version that is not there.

    Raises:
        KeyStoreError: naming those that are.
    """
    known = [state.version for state in states]
    if version not in known:
        there = ", ".join(map(str, known)) or "none"
        raise KeyStoreError(f"there is no key version {version} (there: {there})")


def check_state_change(states: Sequence[VersionState], version: int, *, retired: bool) -> None:
    """Refuse to retire what new cards get.

    Raises:
        KeyStoreError: if the version is unknown, or is the current one and to be retired.
    """
    check_known(states, version)
    if retired and version == current_of(states):
        raise KeyStoreError(
            f"version {version} is the one that new cards get: add a version first (mohr key add)"
        )
