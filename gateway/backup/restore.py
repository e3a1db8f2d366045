"""Restores a backup into an empty folder, which then is a gateway's data directory."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from gateway.backup.archive import unpack
from gateway.backup.contents import KEYS_FILE, NEEDED_KEYS, PLAIN_FILES
from gateway.backup.errors import BackupError, BackupRefusedError
from gateway.backup.manifest import Manifest
from gateway.backup.sealed_keys import open_keys
from gateway.backup.verify import check_copies
from gateway.config import SETTINGS_FILE
from gateway.durable import sync_directory, write_durably


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """A backup that was restored.

    Attributes:
        manifest: what it said of itself.
        files: what was written, by name.
        keys_missing: keys that the gateway needs and the backup did not hold: they must be put
            there from a copy kept elsewhere before it can run.
    """

    manifest: Manifest
    files: tuple[str, ...]
    keys_missing: tuple[str, ...]


def restore(archive: Path, empty_dir: Path, passphrase: str | None = None) -> Restored:
    """Restore a backup; it is checked for damage first, and nothing appears where it has any.

    The settings are written last, so a directory whose restoring broke off starts no gateway.

    Args:
        archive: the backup.
        empty_dir: a folder that is new or empty; only its owner may enter it afterwards.
        passphrase: opens the keys.

    Raises:
        BackupRefusedError: if the folder is not empty, the backup is damaged, or it holds keys
            and no passphrase was given. Nothing was written.
        BackupFormatError: if the file is no whole backup.
        BackupSpaceError: if it does not fit.
        CryptoError: if the passphrase does not open the keys.
        BackupError: if something cannot be read or written.
    """
    try:
        empty_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(empty_dir.iterdir()):
            raise BackupRefusedError(f"{empty_dir} is not empty; a backup overwrites nothing")
        empty_dir.chmod(0o700)
        # Inside, so that what is unpacked has only to be renamed: the folder may be a disk's root.
        with tempfile.TemporaryDirectory(prefix=".mohr-restore-", dir=empty_dir) as name:
            return _restore_from(Path(name), archive, empty_dir, passphrase)
    except OSError as error:
        raise BackupError(f"{archive} cannot be restored to {empty_dir}: {error}") from error


def _restore_from(folder: Path, archive: Path, target: Path, passphrase: str | None) -> Restored:
    manifest, found = unpack(archive, folder)
    for finding in check_copies(manifest, found, folder):
        raise BackupRefusedError(
            f"the backup is damaged, nothing was restored: {finding.where}: {finding.what}"
        )
    if manifest.keys and passphrase is None:
        raise BackupRefusedError("the backup holds the gateway's keys: give their passphrase")
    keys = (
        open_keys((folder / KEYS_FILE).read_bytes(), passphrase)
        if manifest.keys and passphrase is not None
        else {}
    )
    for name, content in keys.items():
        write_durably(target / name, content)
    names = [file.name for file in manifest.files if file.name != KEYS_FILE]
    for name in sorted(names, key=_settings_last):
        (folder / name).rename(target / name)
    sync_directory(target)
    return Restored(
        manifest=manifest,
        files=(*keys, *names),
        keys_missing=tuple(name for name in NEEDED_KEYS if name not in keys),
    )


def _settings_last(name: str) -> tuple[bool, bool]:
    return (name == SETTINGS_FILE, name in PLAIN_FILES)
