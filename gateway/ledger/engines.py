"""Which engine a ledger needs, by where it lives. PostgreSQL's driver is loaded for nobody else."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from sqlalchemy import Engine

from gateway.errors import LedgerError
from gateway.ledger import sqlite_engine
from gateway.ledger.place import LedgerPlace


def writing_engine(place: LedgerPlace) -> Engine:
    """Make the engine behind the one connection that writes.

    Raises:
        LedgerError: if the database's driver is not installed.
    """
    if isinstance(place, Path):
        return sqlite_engine.writing_engine(place)
    try:
        from gateway.ledger import postgres_engine  # noqa: PLC0415 - an extra brings its driver
    except ImportError as error:
        raise _missing(error) from error
    return postgres_engine.writing_engine(place)


def reading_engine(place: LedgerPlace) -> Engine:
    """The engine whose connections can only read.

    Raises:
        LedgerError: if there is no such file, or the database's driver is not installed.
    """
    if isinstance(place, Path):
        if not place.exists():
            raise LedgerError(f"there is no ledger at {place}")
        return _reading_file(place)
    try:
        from gateway.ledger import postgres_engine  # noqa: PLC0415 - an extra brings its driver
    except ImportError as error:
        raise _missing(error) from error
    return postgres_engine.reading_engine(place)


@lru_cache(maxsize=8)
def _reading_file(path: Path) -> Engine:
    # Making an engine costs more than most questions. It keeps no connection open.
    return sqlite_engine.reading_engine(path)


def _missing(error: ImportError) -> LedgerError:
    return LedgerError(
        f"a ledger in PostgreSQL needs {error.name or 'psycopg'}: install mohr[postgres]"
    )
