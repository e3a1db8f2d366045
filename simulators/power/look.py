"""Looks at a database with SQLite alone, on a copy, before the product touches it."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from simulators.power.disk_log import Files

EMPTY: Final = "empty"
"""The fingerprint of a database without tables, and of none."""


def lay_out(files: Files, folder: Path) -> None:
    """Put files into a folder in place of all that was there; it is made if missing."""
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    for name, content in files.items():
        (folder / name).write_bytes(content)


@contextmanager
def looking(files: Files, database: str, folder: Path) -> Iterator[sqlite3.Connection]:
    """Open a copy of the files as a restarted process would, log and all."""
    lay_out(files, folder)
    with closing(sqlite3.connect(folder / database, isolation_level=None)) as connection:
        yield connection


def integrity_faults(connection: sqlite3.Connection) -> list[str]:
    """What SQLite's own checks of pages, indexes, constraints and references find."""
    found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(5)")]
    faults = [] if found == ["ok"] else found
    broken = connection.execute("PRAGMA foreign_key_check").fetchall()
    return faults + [f"row {row[1]} of {row[0]} refers to nothing in {row[2]}" for row in broken]


def tables(connection: sqlite3.Connection) -> list[str]:
    """The names of all tables, sorted."""
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    return [str(row[0]) for row in rows]


def fingerprint(connection: sqlite3.Connection) -> str:
    """Stands for every row of every table, and for the schema, however the pages lie."""
    names = tables(connection)
    if not names:
        return EMPTY
    digest = hashlib.sha256()
    for row in connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2"):
        digest.update(repr(row).encode())
    for name in names:
        digest.update(name.encode())
        quoted = name.replace('"', '""')
        rows = connection.execute(f'SELECT * FROM "{quoted}"')  # noqa: S608 - a name from the schema
        for text in sorted(map(repr, rows)):
            digest.update(text.encode())
    return digest.hexdigest()
