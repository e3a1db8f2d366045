"""The ledger in SQL, by SQLAlchemy Core: one connection alone writes, to SQLite or PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

from sqlalchemy import Connection

from gateway.ledger.batch import LedgerBatch
from gateway.ledger.engines import writing_engine
from gateway.ledger.errors import StoreClosedError
from gateway.ledger.migrate import upgrade
from gateway.ledger.place import LedgerPlace
from gateway.ledger.sql_batch import SqlBatch
from gateway.ledger.sql_faults import translated_faults
from gateway.ledger.store import LedgerStore


class SqlLedgerStore(LedgerStore):
    """A ledger in one SQLite file or one PostgreSQL database. Opening it updates the schema.

    SQLite before 3.51.3 can lose commits where two connections write or checkpoint the same file
    at once (the WAL-reset bug). A process therefore opens one store for a file and everything that
    writes goes through it; readers use ``gateway.ledger.queries``, which cannot checkpoint.
    On PostgreSQL the store holds a lock that a second one, anywhere, waits for in vain. Where the
    connection is lost, the next batch makes a new one.

    Args:
        place: the file, which is made where there is none, or the database, which is not.

    Raises:
        StoreVersionError: if a newer Mohr made it.
        StoreInUseError: if another store has the database.
        StoreUnavailableError: if the database does not answer.
        StoreFullError: if there is no space to make it.
        LedgerError: if it cannot be opened.
    """

    def __init__(self, place: LedgerPlace | str) -> None:
        self.place: LedgerPlace = Path(place) if isinstance(place, str) else place
        self._lock = RLock()
        self._closed = False
        self._connection: Connection | None = None
        self._engine = writing_engine(self.place)
        with translated_faults():
            try:
                self._open_connection()
            except BaseException:
                self._engine.dispose()
                raise

    @contextmanager
    def batch(self) -> Iterator[LedgerBatch]:
        """See ``LedgerStore``."""
        with self._lock, translated_faults():
            connection = self._open_connection()
            try:
                with connection.begin():
                    yield SqlBatch(connection)
            finally:
                if connection.invalidated:
                    self._connection = None
                    connection.close()

    def close(self) -> None:
        """See ``LedgerStore``."""
        with self._lock:
            self._closed = True
            if self._connection is not None:
                self._connection.close()
                self._connection = None
            self._engine.dispose()

    def _open_connection(self) -> Connection:
        """The one connection; a new one where there is none yet, or none any more."""
        if self._closed:
            raise StoreClosedError(f"the ledger {self.place} was closed")
        if self._connection is None:
            connection = self._engine.connect()
            try:
                with connection.begin():
                    upgrade(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection
