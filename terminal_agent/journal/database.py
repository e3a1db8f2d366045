"""The journal's one connection: explicit transactions, full sync, and faults by name.

sqlite-utils commits every write by itself, and its ``atomic()`` begins a *deferred* transaction,
which can fail half-way with "database is locked" and no waiting. The journal therefore keeps the
driver in autocommit mode and begins and ends every write transaction itself.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlite_utils import Database

from gateway.durable import sync_directory
from terminal_agent.errors import JournalError, JournalFullError
from terminal_agent.journal.schema import JOURNAL_SCHEMA, Schema

#: Faults after which the connection's idea of the file may differ from the file itself. After a
#: failed fsync the kernel forgets what it could not write, so trying again proves nothing.
_FATAL: Final = frozenset(
    {
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
    }
)

Value = int | str | bytes | None
Row = tuple[Any, ...]


class JournalDatabase:
    """The only code of the journals that speaks to SQLite. One thread."""

    def __init__(self, path: Path, schema: Schema = JOURNAL_SCHEMA) -> None:
        """Open or make the file and bring its tables up to date.

        Args:
            path: where the file is.
            schema: whose tables it holds.

        Raises:
            JournalFullError: if there is no room for the tables.
            JournalError: if the file cannot be used.
        """
        self._path = path
        self._schema = schema
        self._failed: str | None = None
        try:
            is_new = _create_private(path)
            connection = sqlite3.connect(path, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            raise JournalError(f"cannot open the journal {path}: {error}") from error
        # Plug-ins of other programs' making have no business on this connection.
        self._db = Database(connection, execute_plugins=False)
        try:
            self._prepare()
            if is_new:
                sync_directory(path.parent)
        except sqlite3.Error as error:
            self._db.close()
            raise self._fault(error) from error
        except BaseException:
            self._db.close()
            raise

    def _prepare(self) -> None:
        mode = self._pragma("journal_mode=WAL")
        if mode != "wal":
            raise JournalError(f"{self._path.parent} cannot hold a write-ahead log (got {mode!r})")
        # FULL: in WAL mode, NORMAL does not sync at commit, and "accepted" would be a wish.
        self._db.conn.execute("PRAGMA synchronous=FULL")
        self._db.conn.execute("PRAGMA cell_size_check=ON")
        self._db.conn.execute("PRAGMA trusted_schema=OFF")
        # Bounds what a long backlog leaves behind in the log file after a checkpoint.
        self._db.conn.execute("PRAGMA journal_size_limit=8388608")
        if self._pragma("synchronous") != 2:
            raise JournalError("SQLite does not sync at commit here")
        migrations, known = self._schema.migrations, self._schema.names
        newer = [item.name for item in migrations.applied(self._db) if item.name not in known]
        if newer:
            raise JournalError(
                f"{self._path} was made by a newer version of Mohr ({newer[-1]}): update this one"
            )
        # ``apply`` makes the migrations' own table first and commits each migration by itself;
        # one transaction around it makes a new journal all or nothing.
        if migrations.pending(self._db):
            with self.transaction():
                migrations.apply(self._db)

    def _pragma(self, text: str) -> Any:  # noqa: ANN401 - each pragma has an answer of its own
        return self._db.conn.execute(f"PRAGMA {text}").fetchone()[0]

    @property
    def usable(self) -> bool:
        """Whether no fault has come between this connection and its file."""
        return self._failed is None

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self._path

    @contextmanager
    def transaction(self) -> Generator[None]:
        """One durable commit, or nothing at all.

        Raises:
            JournalFullError: if the disk has no room. The journal can still be used.
            JournalError: for any other fault of SQLite's.
        """
        self._check_usable()
        connection = self._db.conn
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            raise self._fault(error) from error
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        try:
            if self._db.conn.in_transaction:
                self._db.conn.execute("ROLLBACK")
        except sqlite3.Error as error:
            # The first fault is already on its way up; this one must still not be forgotten.
            self._failed = f"a transaction could not be rolled back ({error})"

    def execute(self, sql: str, parameters: Sequence[Value] = ()) -> int:
        """Run one write inside ``transaction`` and return how many rows it changed."""
        assert self._db.conn.in_transaction, "the journal writes inside a transaction only"
        return self._db.conn.execute(sql, tuple(parameters)).rowcount

    def rows(self, sql: str, parameters: Sequence[Value] = ()) -> list[Row]:
        """Read rows. The cursor is read out, so that no read keeps the log from shrinking.

        Raises:
            JournalError: if the file cannot be read.
        """
        self._check_usable()
        try:
            return self._db.conn.execute(sql, tuple(parameters)).fetchall()
        except sqlite3.Error as error:
            if self._db.conn.in_transaction:
                raise  # ``transaction`` names it
            raise self._fault(error) from error

    def row(self, sql: str, parameters: Sequence[Value] = ()) -> Row | None:
        """Read one row, or None."""
        found = self.rows(sql, parameters)
        return found[0] if found else None

    def free_bytes(self) -> int:
        """How much more this journal can hold: free disk, and free pages inside its own file.

        Raises:
            JournalError: if the file system cannot be asked.
        """
        try:
            disk = os.statvfs(self._path.parent)
        except OSError as error:
            raise JournalError(f"cannot ask {self._path.parent} for room: {error}") from error
        # Both answer from the file's first page, which is in memory.
        row = self.row(
            "SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size"
        )
        assert row is not None, "both pragmas always answer"
        return disk.f_bavail * disk.f_frsize + int(row[0])

    def close(self) -> None:
        """Close the connection, which also checkpoints the log."""
        self._db.close()

    def _check_usable(self) -> None:
        if self._failed is not None:
            raise JournalError(f"the journal must be closed and opened again: {self._failed}")

    def _fault(self, error: sqlite3.Error) -> JournalError:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code == sqlite3.SQLITE_FULL:
            return JournalFullError(f"no room is left for the journal {self._path}")
        if code in _FATAL:
            self._failed = str(error)
        return JournalError(f"the journal {self._path} failed: {error}")


def _create_private(path: Path) -> bool:
    """Make the file readable by its owner alone; SQLite gives its log the same mode."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        return False
    return True
