"""Read-only connections to a ledger, wherever it lives, beside the one that writes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from gateway.ledger.engines import reading_engine
from gateway.ledger.place import LedgerPlace
from gateway.ledger.sql_faults import translated_faults


@contextmanager
def reading(place: LedgerPlace) -> Iterator[Connection]:
    """One read-only state of a ledger; keep it short, as long as it lasts its log cannot shrink.

    Args:
        place: where the ledger lives.

    Raises:
        StoreUnavailableError: if the database does not answer.
        LedgerError: if there is no ledger, or the database fails.
    """
    with translated_faults(), reading_engine(place).connect() as connection, connection.begin():
        yield connection
