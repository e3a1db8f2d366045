"""The ledger in SQLite, by SQLAlchemy Core: one connection alone writes and checkpoints."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

from sqlalchemy import Connection

from gateway.ledger.batch import LedgerBatch
from gateway.ledger.errors import StoreClosedError
from gateway.ledger.migrate import upgrade
from gateway.ledger.sql_batch import SqlBatch
from gateway.ledger.sqlite_engine import translated_faults, writing_engine
from gateway.ledger.store import LedgerStore


class SqlLedgerStore(LedgerStore):
    """A ledger in one SQLite file. Opening it brings the schema up to date.

    SQLite before 3.51.3 can lose commits where two connections write or checkpoint the same file
    at once (the WAL-reset bug). A process therefore opens one store for a file and everything that
    writes goes through it; readers use ``gateway.ledger.queries``, which cannot checkpoint.

    Args:
        path: the file; it is made where there is none.

    Raises:
        StoreVersionError: if a newer Mohr made the file.
        StoreFullError: if there is no space to make it.
        LedgerError: if it cannot be opened.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._lock = RLock()
        self._engine = writing_engine(self.path)
        self._connection: Connection | None = None
        with translated_faults():
            connection = self._engine.connect()
            try:
                with connection.begin():
                    upgrade(connection)
            except BaseException:
                connection.close()
                self._engine.dispose()
                raise
            self._connection = connection

    @contextmanager
    def batch(self) -> Iterator[LedgerBatch]:
        """See ``LedgerStore``."""
        with self._lock, translated_faults():
            connection = self._open_connection()
            with connection.begin():
                yield SqlBatch(connection)

    def close(self) -> None:
        """See ``LedgerStore``."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._engine.dispose()
                self._connection = None

    def _open_connection(self) -> Connection:
        if self._connection is None:
            raise StoreClosedError(f"the ledger {self.path.name} was closed")
        return self._connection
