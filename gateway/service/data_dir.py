"""Where a gateway keeps its files, and the lock that makes it the only one to write them."""

from __future__ import annotations

import fcntl
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from gateway.config import SETTINGS_FILE, GatewaySettings
from gateway.crypto.card_token import CARD_KEY_BYTES
from gateway.crypto.rotating_code import SECRET_BYTES
from gateway.durable import write_durably
from gateway.errors import ConfigError, KeyStoreError
from gateway.ledger.place import LedgerPlace, ledger_place

if TYPE_CHECKING:
    from types import TracebackType


@dataclass(frozen=True, slots=True)
class DataDir:
    """The layout of a gateway's data directory (mode 0700).

    Attributes:
        path: the directory.
    """

    path: Path

    @property
    def settings(self) -> Path:
        """The settings (``gateway.config``)."""
        return self.path / SETTINGS_FILE

    @property
    def signing_key(self) -> Path:
        """The key that seals receipts; losing it means visiting every terminal."""
        return self.path / "gateway.key"

    @property
    def card_key(self) -> Path:
        """The key that turns card names into tokens; losing it orphans every card."""
        return self.path / "card.key"

    @property
    def phone_key(self) -> Path:
        """The master of codes on phones; losing it means handing all of them out anew."""
        return self.path / "phone.key"

    @property
    def card_keys(self) -> Path:
        """The master keys of cards, sealed, unless the settings name a token."""
        return self.path / "card-keys.box"

    @property
    def codes(self) -> Path:
        """Codes that nobody's phone is sent, where the settings say so; for trying out."""
        return self.path / "codes"

    @property
    def issuing_journal(self) -> Path:
        """What was about to be done to which card (``gateway.issuing``)."""
        return self.path / "issuing.db"

    @property
    def issuer_key(self) -> Path:
        """The Ed25519 key that vouches for printed codes and signed tags."""
        return self.path / "issuer.key"

    @property
    def identity(self) -> Path:
        """The public identity that terminals are set up with."""
        return self.path / "gateway.json"

    @property
    def programme(self) -> Path:
        """The programme file that ``init`` wrote."""
        return self.path / "programme.toml"

    @property
    def ledger(self) -> Path:
        """The ledger, unless the settings name a database."""
        return self.path / "ledger.db"

    def ledger_place(self, settings: GatewaySettings) -> LedgerPlace:
        """Where the ledger is: the file above, or the database that the settings name.

        Raises:
            ConfigError: if there are both: one of them is not the ledger that terminals know.
        """
        if settings.ledger.url is not None and self.ledger.exists():
            raise ConfigError(
                f"the settings name a database, and {self.ledger} holds a ledger too: take one of "
                "them away (docs/production.md)"
            )
        return ledger_place(settings.ledger.url, self.ledger)

    @property
    def lock(self) -> Path:
        """Held by whichever process may write the ledger."""
        return self.path / "gateway.lock"

    @property
    def socket(self) -> Path:
        """Where the running gateway takes administration commands."""
        return self.path / "admin.sock"


class DataInUseError(ConfigError):
    """Another process has the directory; it may be a gateway that is just starting."""


class DataLock:
    """An exclusive lock on a data directory, freed by the kernel even when the process dies."""

    def __init__(self, data_dir: DataDir) -> None:
        """Take the lock.

        Raises:
            DataInUseError: if another process holds it.
            ConfigError: if the directory cannot be written.
        """
        try:
            self._descriptor = os.open(data_dir.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ConfigError(f"{data_dir.path} cannot be used: {error}") from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._descriptor)
            raise DataInUseError(f"another mohr process is using {data_dir.path}") from error

    def release(self) -> None:
        """Give the lock back; once is enough, and twice does no harm."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def write_private(path: Path, content: bytes) -> None:
    """Write a new file that only its owner may read, durably.

    Raises:
        ConfigError: if it exists already or cannot be written.
    """
    try:
        write_durably(path, content)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error}") from error


def read_card_key(data_dir: DataDir) -> bytes:
    """Read the programme's card key.

    Raises:
        KeyStoreError: if it is missing, open to others, or not 32 bytes.
    """
    return _read_key(data_dir.card_key, CARD_KEY_BYTES)


def open_phone_key(data_dir: DataDir) -> bytes:
    """Read the master of rotating codes; make it where a directory has none yet.

    Raises:
        KeyStoreError: if it cannot be made or read, is open to others, or is not 32 bytes.
    """
    path = data_dir.phone_key
    if not path.exists():
        try:
            write_private(path, secrets.token_bytes(SECRET_BYTES))
        except ConfigError as error:
            # Another thread may have made it in this very moment.
            if not path.exists():
                raise KeyStoreError(str(error)) from error
    return _read_key(path, SECRET_BYTES)


def _read_key(path: Path, length_bytes: int) -> bytes:
    try:
        if path.stat().st_mode & 0o077:
            raise KeyStoreError(f"{path} is readable by others: chmod 600 {path}")
        key = path.read_bytes()
    except OSError as error:
        raise KeyStoreError(f"{path} cannot be read: {error}") from error
    if len(key) != length_bytes:
        raise KeyStoreError(f"{path} is damaged: such a key has {length_bytes} bytes")
    return key
