"""The issuing journal's connection: explicit transactions, full sync, and faults by name.

Several desks may issue at once, so this file has a rollback journal and no write-ahead log:
SQLite before 3.51.3 can lose a log that two processes write (docs/adr). A commit is on the disk,
the directory's entry included (``synchronous=EXTRA``), before the command that it speaks of goes
out to a card.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlite_utils import Database

from gateway.durable import PRIVATE, sync_directory
from gateway.issuing.errors import JournalFaultError
from gateway.issuing.journal_schema import KNOWN, migrations

_BUSY_TIMEOUT_MS: Final = 10_000

Value = int | str | bytes | None
Row = tuple[Any, ...]


class IssuingDatabase:
    """The only code of the issuing journal that speaks to SQLite. One thread."""

    def __init__(self, path: Path) -> None:
        """Open or make the file and bring its tables up to date.

        Raises:
            JournalFaultError: if the file cannot be used, or a newer version of Mohr made it.
        """
        self._path = path
        try:
            is_new = _create_private(path)
            connection = sqlite3.connect(path, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            raise JournalFaultError(f"cannot open the issuing journal {path}: {error}") from error
        # Plug-ins of other programs' making have no business on this connection.
        self._db = Database(connection, execute_plugins=False)
        try:
            self._prepare()
            if is_new:
                sync_directory(path.parent)
        except (OSError, sqlite3.Error) as error:
            self._db.close()
            raise self._fault(error) from error
        except BaseException:
            self._db.close()
            raise

    def _prepare(self) -> None:
        for pragma in (
            f"busy_timeout={_BUSY_TIMEOUT_MS}",
            "journal_mode=DELETE",
            "synchronous=EXTRA",
            "trusted_schema=OFF",
        ):
            self._db.conn.execute(f"PRAGMA {pragma}")
        newer = [one.name for one in migrations.applied(self._db) if one.name not in KNOWN]
        if newer:
            raise JournalFaultError(
                f"{self._path} was made by a newer version of Mohr ({newer[-1]}): update this one"
            )
        if migrations.pending(self._db):
            with self.transaction():
                # Another desk may have been first.
                if migrations.pending(self._db):
                    migrations.apply(self._db)

    @contextmanager
    def transaction(self) -> Generator[None]:
        """One durable commit, or nothing at all.

        Raises:
            JournalFaultError: for any fault of SQLite's but a broken constraint, which passes.
        """
        connection = self._db.conn
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield
            connection.execute("COMMIT")
        except sqlite3.IntegrityError:
            self._roll_back()
            raise
        except sqlite3.Error as error:
            self._roll_back()
            raise self._fault(error) from error
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        if self._db.conn.in_transaction:
            self._db.conn.execute("ROLLBACK")

    def execute(self, sql: str, parameters: Sequence[Value] = ()) -> int:
        """Run one write inside ``transaction`` and return how many rows it changed."""
        assert self._db.conn.in_transaction, "the journal writes inside a transaction only"
        return self._db.conn.execute(sql, tuple(parameters)).rowcount

    def rows(self, sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
        """Read rows.

        Raises:
            JournalFaultError: if the file cannot be read.
        """
        try:
            return self._db.conn.execute(sql, tuple(parameters)).fetchall()
        except sqlite3.Error as error:
            if self._db.conn.in_transaction:
                raise  # ``transaction`` names it
            raise self._fault(error) from error

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def _fault(self, error: Exception) -> JournalFaultError:
        return JournalFaultError(f"the issuing journal {self._path} failed: {error}")


def _create_private(path: Path) -> bool:
    """Make the file readable by its owner alone; SQLite gives its journal the same mode."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE))
    except FileExistsError:
        return False
    return True
