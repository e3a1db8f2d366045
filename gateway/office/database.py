"""The office's SQLite file: short reads, and one write at a time over all threads.

A rollback journal instead of a write-ahead log: the office is small and written seldom, and the
command line may write beside a running gateway without a log file being left between them.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, create_engine, event, exc
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from gateway.office.errors import OfficeError, OfficeFullError, OfficeVersionError
from gateway.office.schema import METADATA, SCHEMA_VERSION

BUSY_TIMEOUT_MS: Final = 10_000
_WRITER_PRAGMAS: Final = (
    f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",
    "PRAGMA foreign_keys=ON",
    # An entry of the trail must be on the disk before the change it tells of is made.
    "PRAGMA synchronous=FULL",
)
# None of these touches the file, so that a reader waits in its first statement and nowhere else.
_READER_PRAGMAS: Final = (f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}", "PRAGMA query_only=ON")
# SQLite's primary result codes (https://sqlite.org/rescode.html): no space, and a failed write or
# sync, which is what many file systems report when they are full.
_FULL_CODES: Final = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})


class Database:
    """Transactions on one office file. Every method may be called from any thread."""

    def __init__(self, path: Path) -> None:
        """Open the file, making it and the tables that are missing.

        All modules that declare tables must have been imported.

        Args:
            path: the file; its directory must exist.

        Raises:
            OfficeVersionError: if a newer version of Mohr made the file.
            OfficeError: if it cannot be opened or written.
        """
        self._reader = _engine(path, "BEGIN DEFERRED", read_only=True)
        self._writer = _engine(path, "BEGIN IMMEDIATE", read_only=False)
        self._turn = threading.Lock()
        if not path.exists():
            # Made before SQLite opens it: nobody but the owner may read it from the first byte on.
            _make_private(path)
        self._prepare(path)

    @contextmanager
    def reading(self, *, patience_ms: int = BUSY_TIMEOUT_MS) -> Iterator[Connection]:
        """A consistent view for the length of the block; keep it short, a writer waits for it.

        Args:
            patience_ms: how long to wait for a writer, who may himself wait for a backup.

        Raises:
            OfficeError: if the database fails, or a writer took longer.
        """
        with _translated_faults(), self._reader.connect() as connection:
            if patience_ms != BUSY_TIMEOUT_MS:
                # Before the transaction: the engine begins it with the first statement.
                cursor = connection.connection.cursor()
                cursor.execute(f"PRAGMA busy_timeout={patience_ms}")
                cursor.close()
            with connection.begin():
                yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that is durable when the block is left, and undone if it raises.

        Raises:
            OfficeFullError: if there is no space.
            OfficeError: if the database fails, or another write does not end.
        """
        if not self._turn.acquire(timeout=BUSY_TIMEOUT_MS / 1_000):
            raise OfficeError("the office's database is busy; try again")
        try:
            with _translated_faults(), self._writer.begin() as connection:
                yield connection
        finally:
            self._turn.release()

    def _prepare(self, path: Path) -> None:
        with self.writing() as connection:
            found = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
            if found > SCHEMA_VERSION:
                raise OfficeVersionError(
                    f"{path} was made by a newer Mohr (version {found} of its tables, this Mohr "
                    f"knows {SCHEMA_VERSION}): start the newer Mohr again"
                )
            METADATA.create_all(connection)
            if found != SCHEMA_VERSION:
                connection.exec_driver_sql(f"PRAGMA user_version={SCHEMA_VERSION}")


def _make_private(path: Path) -> None:
    try:
        path.touch(mode=0o600)
    except OSError as error:
        raise OfficeError(f"{path} cannot be made: {error}") from error


def _engine(path: Path, begin_statement: str, *, read_only: bool) -> Engine:
    # A connection for each use: none stays behind in a thread, and an open costs a fraction of a
    # millisecond. Readers are no ``mode=ro`` connections, which could not undo what a process that
    # was killed left half written.
    engine = create_engine(
        f"sqlite:///{path}", poolclass=NullPool, connect_args={"check_same_thread": False}
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in _READER_PRAGMAS if read_only else _WRITER_PRAGMAS:
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin_statement)

    return engine


@contextmanager
def _translated_faults() -> Iterator[None]:
    try:
        yield
    except exc.DBAPIError as error:
        code = getattr(error.orig, "sqlite_errorcode", None)
        if code is not None and (code & 0xFF) in _FULL_CODES:
            raise OfficeFullError(f"the office has no space: {error.orig}") from error
        raise OfficeError(f"the office's database failed: {error.orig}") from error
    except exc.SQLAlchemyError as error:
        raise OfficeError(f"the office's database failed: {error}") from error
