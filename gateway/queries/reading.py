"""Read-only connections to a ledger, for the queries of this package.

One engine for each file is kept, because making one costs more than most questions; it keeps no
connection open (``gateway.ledger.sqlite_engine`` says why).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from gateway.errors import LedgerError
from gateway.ledger.row import Row
from gateway.ledger.row_codec import CODECS
from gateway.ledger.sqlite_engine import reading_engine, translated_faults


@lru_cache(maxsize=8)
def _engine(path: Path) -> Engine:
    return reading_engine(path)


@contextmanager
def reading(path: Path) -> Iterator[Connection]:
    """One read-only state of a ledger; keep it short, as long as it lasts its log cannot shrink.

    Args:
        path: the ledger's file.

    Raises:
        LedgerError: if there is no such file, or the database fails.
    """
    if not path.exists():
        raise LedgerError(f"there is no ledger at {path}")
    with translated_faults(), _engine(path).connect() as connection, connection.begin():
        yield connection


def columns_of(row_type: type[Row]) -> dict[str, Any]:
    """The SQL columns of a kind of row, by name."""
    return dict(CODECS[row_type].table.columns)
