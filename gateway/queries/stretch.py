"""Which rows of the journal were recorded in a stretch of time."""

from __future__ import annotations

from sqlalchemy import Connection

from gateway.ledger.queries import LedgerReader
from gateway.queries.counting import read_cuts
from gateway.queries.live import head_index
from gateway.queries.reading import reading


def stretch_between(
    connection: Connection, from_ms: int | None, until_ms: int | None
) -> tuple[int, int]:
    """Find a stretch by its ends; recording times rise with the index, so it is halved, not read.

    Args:
        connection: one state of the ledger.
        from_ms: recorded at this time or later, Unix time in milliseconds; None for the beginning.
        until_ms: recorded before this time; None for the end.

    Returns:
        The first row, and the one behind the last.
    """
    head = head_index(connection)
    asked = [(at, ms) for at, ms in enumerate((from_ms, until_ms)) if ms is not None]
    cuts = read_cuts(connection, asked, head) if asked and head else {}
    return cuts.get(0, 1), cuts.get(1, head + 1)


def rows_between(ledger: LedgerReader, from_ms: int | None, until_ms: int | None) -> int:
    """How many rows the journal has in a stretch of time; found without reading them.

    Raises:
        LedgerError: if the ledger cannot be read.
    """
    with reading(ledger.place) as connection:
        first, end = stretch_between(connection, from_ms, until_ms)
    return max(0, end - first)
