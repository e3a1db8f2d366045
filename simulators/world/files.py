"""A process's database as others see it: what is durable in it, and what a dead process leaves."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_PARTS = ("", "-wal", "-shm")


@contextmanager
def left_as_they_are(database: Path) -> Iterator[None]:
    """Let nothing that happens inside reach the files: a dead process writes nothing more.

    Closing a connection in order moves SQLite's log into the database, and ours mark the file as
    closed. A killed process does neither; the kernel keeps what was written, synced or not. The
    index of the log (``-shm``) is not kept: SQLite makes it anew where nobody has the file open.
    """
    parts = [database.with_name(database.name + suffix) for suffix in _PARTS]
    kept = {part: part.read_bytes() for part in parts[:2] if part.exists()}
    try:
        yield
    finally:
        for part in parts:
            part.unlink(missing_ok=True)
        for part, content in kept.items():
            part.write_bytes(content)


def make_empty(database: Path, page_bytes: int) -> None:
    """Make a database with pages of this size and nothing in it.

    On small pages every transaction needs a new one, so that a full disk is felt at once.
    """
    connection = sqlite3.connect(database, isolation_level=None)
    try:
        connection.execute(f"PRAGMA page_size={page_bytes}")
        connection.execute("VACUUM")
    finally:
        connection.close()
    database.chmod(0o600)


class Eye:
    """Reads what is committed in a database that another connection writes, and nothing else."""

    def __init__(self, database: Path) -> None:
        """Look at a file; it must exist by the first question."""
        self._database = database
        self._connection: sqlite3.Connection | None = None

    def rows(self, sql: str, parameters: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        """Ask; every row is read, so that no read transaction stays open."""
        if self._connection is None:
            self._connection = sqlite3.connect(
                f"file:{self._database}?mode=ro", uri=True, isolation_level=None
            )
        return self._connection.execute(sql, parameters).fetchall()

    def close(self) -> None:
        """Let go of the file, so that its owner is the last to close it; a question opens it."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
