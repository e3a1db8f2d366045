"""What the queries of this package share: where they read, and the columns they name."""

from __future__ import annotations

from typing import Any

from gateway.ledger.row import Row
from gateway.ledger.row_codec import CODECS
from gateway.ledger.sql_reading import reading

__all__ = ["columns_of", "reading"]


def columns_of(row_type: type[Row]) -> dict[str, Any]:
    """The SQL columns of a kind of row, by name."""
    return dict(CODECS[row_type].table.columns)
