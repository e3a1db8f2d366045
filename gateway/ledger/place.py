"""Where a ledger lives: a SQLite file in the gateway's data directory, or a PostgreSQL database."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class PostgresPlace:
    """A PostgreSQL database that holds one ledger and nothing else.

    Attributes:
        url: libpq's connection URL. It never holds a password: libpq finds that in its own
            password file, so that nothing of ours can write it into a log.
    """

    url: str

    def __str__(self) -> str:
        return self.url


LedgerPlace: TypeAlias = Path | PostgresPlace
"""Where a ledger lives."""


def ledger_place(url: str | None, file: Path) -> LedgerPlace:
    """Say where a gateway's ledger lives.

    Args:
        url: what the settings name; None for the file.
        file: the SQLite file in the data directory.
    """
    return file if url is None else PostgresPlace(url)
