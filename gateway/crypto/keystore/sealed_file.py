"""Master keys in one file that a passphrase opens.

A backup is a file of the same kind: put in the store's place it is the store.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeAlias

from gateway.crypto.key_file import read_private
from gateway.crypto.keystore.held import Edit, HeldKeyStore, Versions
from gateway.crypto.keystore.key_version import KeyVersion, decode_versions, encode_versions
from gateway.crypto.keystore.turns import own_turn
from gateway.crypto.passphrase_box import open_with_passphrase, seal_with_passphrase
from gateway.durable import clear_asides, write_whole
from gateway.errors import CryptoError, KeyStoreError

#: 255 versions of six keys are a quarter of it.
BOX_BYTES_MAX: Final = 524_288

_PURPOSE: Final = b"mohr card keys 1"

#: Device, inode, time of change and length: another file, or the same one written anew.
_Identity: TypeAlias = tuple[int, int, int, int]


def write_box(path: Path, passphrase: str, versions: Iterable[KeyVersion]) -> None:
    """Seal versions into a new file, whole and synced or not at all. None is ever replaced.

    Raises:
        KeyStoreError: if the file exists, cannot be written, or the passphrase is too short.
    """
    box = seal_with_passphrase(encode_versions(versions), passphrase, _PURPOSE)
    try:
        write_whole(path, box)
    except FileExistsError as error:
        raise KeyStoreError(
            f"{path} already exists; keys are never overwritten: move it away first"
        ) from error
    except OSError as error:
        raise KeyStoreError(f"the card keys cannot be written to {path}: {error}") from error


def read_box(path: Path, passphrase: str, *, is_backup: bool = False) -> Versions:
    """Open a store's file or a backup.

    Args:
        path: where.
        passphrase: what it was sealed with.
        is_backup: a backup may lie on a disk that knows no owners, such as a memory stick. A
            store's file must be its owner's alone.

    Raises:
        KeyStoreError: if it cannot be read, is open to others, does not open or holds something
            else. The message says what to do.
    """
    try:
        box = _read_backup(path) if is_backup else read_private(path, BOX_BYTES_MAX)
    except FileNotFoundError as error:
        raise KeyStoreError(
            f"{path} is not there: make card keys with mohr key init, or bring a backup back with "
            "mohr key restore"
        ) from error
    except OSError as error:
        raise KeyStoreError(f"the card keys in {path} cannot be read: {error}") from error
    try:
        return decode_versions(open_with_passphrase(box, passphrase, _PURPOSE))
    except KeyStoreError as error:
        raise KeyStoreError(f"{path}: {error}") from error
    except CryptoError as error:
        raise KeyStoreError(
            f"{path} does not open: {error}. Try the passphrase that this file was made with; a "
            "backup has its own (docs/keys.md)"
        ) from error


def _read_backup(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(BOX_BYTES_MAX)


class SealedFileStore(HeldKeyStore):
    """Opens the file, holds its keys, and writes it anew for every change.

    The passphrase is held too: another process may have written the file since.
    """

    def __init__(self, path: Path, passphrase: str) -> None:
        """Open the file, which takes half a second on purpose (``passphrase_box``).

        Raises:
            KeyStoreError: as ``read_box`` does.
        """
        super().__init__()
        # The name may be a link to another disk; replacing the link would leave the file behind.
        self._path = path.resolve()
        self._passphrase = passphrase
        self._reading = threading.Lock()
        self._identity: _Identity | None = None
        self._versions: Versions = ()
        self._held()

    def close(self) -> None:
        """Forget keys and passphrase."""
        with self._reading:
            self._versions, self._identity, self._passphrase = (), None, ""

    def _held(self) -> Versions:
        with self._reading:
            identity = self._identity_now()
            if identity is None or identity != self._identity:
                self._versions = read_box(self._path, self._passphrase)
                self._identity = identity
            return self._versions

    def _change(self, edit: Edit) -> Versions:
        with self._changing():
            versions = edit(self._held())
            box = seal_with_passphrase(encode_versions(versions), self._passphrase, _PURPOSE)
            clear_asides(self._path)
            write_whole(self._path, box, replace=True)
            with self._reading:
                self._versions, self._identity = versions, self._identity_now()
            return versions

    @contextmanager
    def _changing(self) -> Iterator[None]:
        try:
            with own_turn(self._path.parent):
                yield
        except OSError as error:
            raise KeyStoreError(
                f"the card keys in {self._path} cannot be changed: {error}; nothing older is lost, "
                "and mohr key list shows what is kept"
            ) from error

    def _identity_now(self) -> _Identity | None:
        """What the file is now; None where it cannot be told, which reading it then says."""
        try:
            status = self._path.stat()
        except OSError:
            return None
        return (status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size)
