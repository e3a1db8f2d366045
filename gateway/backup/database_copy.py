"""Consistent copies of SQLite files that somebody else is writing, without touching them.

``VACUUM INTO`` reads one state over a connection that can only read, so it neither writes nor
checkpoints the original: SQLite before 3.51.3 may lose commits where two connections do (its
WAL-reset bug). The writer goes on meanwhile; its log grows by what it commits in that time. The
copy is compact, so what was erased from the original (a member's name) is not in its free pages.

The office has no write-ahead log, so its writers wait for the moment that the copy takes. If a
process was killed while it wrote, whoever opens the office next undoes what was half written, and
that may be us: only the ledger must never be written here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

from gateway.backup.errors import BackupError, BackupSpaceError

_BUSY_TIMEOUT_S: Final = 30.0
_LISTED_MAX: Final = 20
_FULL_CODES: Final = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})


def copy_database(source: Path, target: Path, *, read_only: bool) -> None:
    """Copy one state of a database into a new file.

    Args:
        source: may be written by another connection meanwhile.
        target: must not exist.
        read_only: the original has a write-ahead log, and must not be written by any means.

    Raises:
        BackupSpaceError: if there is no space for the copy.
        BackupError: if the original cannot be read.
    """
    mode = "ro" if read_only else "rw"
    with (
        _translated(f"{source.name} cannot be copied"),
        closing(_open(source, mode)) as connection,
    ):
        connection.execute("VACUUM INTO ?", (str(target),))


def damage(path: Path) -> tuple[str, ...]:
    """Say what SQLite finds wrong with a database file; nothing is good news.

    Reads every page, checks every index against its table, and then every reference.
    """
    try:
        with closing(_open(path, "ro")) as connection:
            rows = connection.execute(f"PRAGMA integrity_check({_LISTED_MAX})").fetchall()
            wrong = [str(text) for (text,) in rows if text != "ok"]
            for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check"):
                if len(wrong) >= _LISTED_MAX:
                    break
                wrong.append(f"row {row} of {table} names a missing row of {parent}")
    except sqlite3.DatabaseError as error:
        return (str(error),)
    return tuple(wrong)


def schema_revision(path: Path) -> str:
    """The revision that a ledger's schema has, as its migrations noted it.

    Raises:
        BackupError: if the file is no ledger.
    """
    with _translated(f"{path.name} is no ledger"), closing(_open(path, "ro")) as connection:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    if row is None:
        raise BackupError(f"{path.name} is no ledger: its schema has no revision")
    return str(row[0])


def _open(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?mode={mode}",
        uri=True,
        isolation_level=None,
        timeout=_BUSY_TIMEOUT_S,
    )


@contextmanager
def _translated(what: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        if code is not None and (code & 0xFF) in _FULL_CODES:
            raise BackupSpaceError(f"{what}, there is no space: {error}") from error
        raise BackupError(f"{what}: {error}") from error
