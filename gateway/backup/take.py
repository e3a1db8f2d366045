"""Takes a backup of a gateway's data directory while the gateway runs."""

from __future__ import annotations

import errno
import fcntl
import os
import platform
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

from gateway.backup.archive import describe, write_archive
from gateway.backup.contents import (
    ARCHIVED,
    DATABASES,
    KEYS_FILE,
    LEDGER_FILE,
    PLAIN_FILES,
    SMALL_FILE_BYTES_MAX,
    backup_name,
    is_passing,
)
from gateway.backup.database_copy import copy_database, schema_revision
from gateway.backup.errors import BackupBusyError, BackupError, BackupSpaceError
from gateway.backup.manifest import LedgerState, Manifest
from gateway.backup.sealed_keys import present_keys, seal_keys
from gateway.config import SETTINGS_FILE, load_settings
from gateway.crypto.passphrase_box import check_passphrase
from gateway.durable import sync_directory, write_durably
from gateway.ledger.queries import LedgerReader

#: Left free beside what a backup may need, because the ledger often lives on the same disk and
#: must never be the one that finds it full.
RESERVE_BYTES: Final = 64 * 1024 * 1024
_PART_PREFIX: Final = ".mohr-backup-"
_LOCK_FILE: Final = ".lock"
_FULL_ERRNOS: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A backup that was taken.

    Attributes:
        path: the file.
        size_bytes: its length.
        manifest: what it says of itself.
        keys_left_out: keys of the gateway that it does not hold. Without them a restored gateway
            needs copies kept elsewhere, or every terminal must be set up again and no card finds
            its member.
    """

    path: Path
    size_bytes: int
    manifest: Manifest
    keys_left_out: tuple[str, ...]


def take(data_dir: Path, destination: Path, now_ms: int, passphrase: str | None = None) -> Taken:
    """Take a backup: one file that appears whole and synced, or not at all.

    The ledger and the office are each copied as of one moment, a little apart from each other.

    Args:
        data_dir: of a gateway, which may be running.
        destination: a folder for backups; made if missing. It needs room for a copy of the
            databases beside the finished file.
        now_ms: Unix time; names the backup.
        passphrase: encrypts the keys into the backup; without one they are left out.

    Raises:
        BackupSpaceError: if there is not enough space. Nothing half is left behind.
        BackupBusyError: if another backup is being made there.
        BackupError: if something cannot be read, one of this second's name exists, or the ledger
            is in PostgreSQL.
        KeyStoreError: if the passphrase is too short or too long.
    """
    if passphrase is not None:
        check_passphrase(passphrase)
    for name in (SETTINGS_FILE, LEDGER_FILE):
        if not (data_dir / name).is_file():
            raise BackupError(_why_missing(data_dir, name))
    with _faults_of(destination):
        destination.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(destination):
            _clear_leftovers(destination)
            _check_space(data_dir, destination)
            part = destination / f"{_PART_PREFIX}{now_ms}.part"
            part.mkdir(mode=0o700)
            try:
                return _take_into(part, data_dir, destination, now_ms, passphrase)
            finally:
                shutil.rmtree(part, ignore_errors=True)


def _why_missing(data_dir: Path, name: str) -> str:
    settings = data_dir / SETTINGS_FILE
    if settings.is_file() and load_settings(data_dir).ledger.url is not None:
        return (
            "this gateway's ledger is in PostgreSQL: back that up with pg_dump or by archiving its "
            "log, and this folder beside it (docs/production.md)"
        )
    return f"{data_dir} is no gateway's data directory: {name} is missing"


def _take_into(
    part: Path, data_dir: Path, destination: Path, now_ms: int, passphrase: str | None
) -> Taken:
    keys = present_keys(data_dir)
    manifest = _gather(part, data_dir, now_ms, keys, passphrase)
    archive = part / backup_name(now_ms)
    write_archive(archive, manifest, part)
    final = destination / archive.name
    try:
        # Unlike a rename, a hard link fails where the name is taken.
        os.link(archive, final)
    except FileExistsError as error:
        raise BackupError(f"{final.name} exists already: try again in a second") from error
    sync_directory(destination)
    return Taken(
        path=final,
        size_bytes=final.stat().st_size,
        manifest=manifest,
        keys_left_out=() if passphrase is not None else keys,
    )


def _gather(
    part: Path, data_dir: Path, now_ms: int, keys: tuple[str, ...], passphrase: str | None
) -> Manifest:
    """Put a copy of everything that goes into the archive side by side."""
    names: list[str] = []
    for name in (*DATABASES, *PLAIN_FILES):
        source = data_dir / name
        if not source.is_file():
            continue
        if name in DATABASES:
            copy_database(source, part / name, read_only=name == LEDGER_FILE)
        else:
            write_durably(part / name, _read_small(source))
        names.append(name)
    if passphrase is not None and keys:
        write_durably(part / KEYS_FILE, seal_keys(data_dir, keys, passphrase))
        names.append(KEYS_FILE)
    inside = {*names, *(keys if passphrase is not None else ())}
    return Manifest(
        made_at_ms=now_ms,
        mohr=version("mohr"),
        python=platform.python_version(),
        sqlite=sqlite3.sqlite_version,
        ledger=ledger_state(part / LEDGER_FILE),
        files=tuple(describe(part / name) for name in names),
        keys=keys if passphrase is not None else (),
        left_out=tuple(
            sorted(
                path.name
                for path in data_dir.iterdir()
                if path.name not in inside and not is_passing(path.name)
            )
        ),
    )


def ledger_state(ledger: Path) -> LedgerState:
    """Say where a ledger file ends.

    Raises:
        MohrError: if it is no ledger or cannot be read.
    """
    revision = schema_revision(ledger)
    with LedgerReader(ledger).batch() as batch:
        head = batch.head()
    # An empty ledger's clock stands before all time; a manifest counts from 0.
    return LedgerState(
        journal_index=head.journal_index,
        recorded_at_ms=max(head.recorded_at_ms, 0),
        revision=revision,
    )


def needed_bytes(data_dir: Path) -> int:
    """How much free space taking a backup asks for, beside the reserve.

    Once for the copies, and once more for the archive, should nothing in them compress.
    """
    sizes = [
        path.stat().st_size
        for path in data_dir.iterdir()
        if path.name in ARCHIVED or path.name.startswith(DATABASES)
    ]
    return 2 * sum(sizes)


def _check_space(data_dir: Path, destination: Path) -> None:
    wanted = needed_bytes(data_dir) + RESERVE_BYTES
    free = shutil.disk_usage(destination).free
    if free < wanted:
        raise BackupSpaceError(
            f"a backup needs {wanted} bytes free at {destination} and there are {free}: delete "
            "old backups, or name another folder"
        )


def _read_small(source: Path) -> bytes:
    with source.open("rb") as file:
        content = file.read(SMALL_FILE_BYTES_MAX + 1)
    if len(content) > SMALL_FILE_BYTES_MAX:
        raise BackupError(f"{source.name} is far too long for what it is")
    return content


@contextmanager
def _alone(destination: Path) -> Iterator[None]:
    """Hold a lock on the folder; the kernel frees it even when the process dies."""
    lock = os.open(destination / _LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BackupBusyError(f"another backup is being made in {destination}") from error
        yield
    finally:
        os.close(lock)


def _clear_leftovers(destination: Path) -> None:
    """Remove what a backup that was killed left behind; the lock says that none is being made."""
    for leftover in destination.glob(f"{_PART_PREFIX}*.part"):
        shutil.rmtree(leftover, ignore_errors=True)


@contextmanager
def _faults_of(destination: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _FULL_ERRNOS:
            raise BackupSpaceError(f"there is no space left at {destination}: {error}") from error
        raise BackupError(f"the backup cannot be written to {destination}: {error}") from error
