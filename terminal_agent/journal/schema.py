"""The journal's tables, made and changed by numbered migrations and by nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlite_utils import Database, Migrations


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """The tables of one kind of file.

    Attributes:
        migrations: what makes and changes them.
        names: every migration this version knows, oldest first.
    """

    migrations: Migrations
    names: tuple[str, ...]


migrations: Final = Migrations("mohr_journal")

#: Tables are STRICT, so that a number stored as text is an error here and not a surprise later.
#: ``state`` has one row: what must be known without reading through the envelopes, and what must
#: move in the same commit with them. ``envelopes.envelope`` becomes NULL when it is packed into
#: ``archive``; the row beside it stays, so that a receipt number still finds its sale.
_FIRST: Final = (
    """
    CREATE TABLE state (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        terminal TEXT NOT NULL,
        epoch INTEGER NOT NULL,
        key_id BLOB NOT NULL,
        genesis_hash BLOB NOT NULL,
        next_seq INTEGER NOT NULL CHECK (next_seq >= 1),
        last_hash BLOB NOT NULL,
        watermark INTEGER NOT NULL CHECK (watermark BETWEEN 0 AND next_seq - 1),
        offsite_watermark INTEGER NOT NULL CHECK (offsite_watermark BETWEEN 0 AND watermark),
        archived_seq INTEGER NOT NULL CHECK (archived_seq BETWEEN 0 AND watermark),
        dropped_seq INTEGER NOT NULL CHECK (dropped_seq BETWEEN 0 AND archived_seq),
        archive_bytes INTEGER NOT NULL CHECK (archive_bytes >= 0),
        clean INTEGER NOT NULL CHECK (clean IN (0, 1)),
        stopped TEXT
    ) STRICT
    """,
    """
    CREATE TABLE envelopes (
        seq INTEGER PRIMARY KEY,
        hash BLOB NOT NULL,
        envelope BLOB,
        kind TEXT NOT NULL,
        sale_key BLOB,
        receipt_number TEXT,
        accepted_at_ms INTEGER NOT NULL,
        rejected_reason TEXT,
        status TEXT,
        reason TEXT,
        points INTEGER,
        balance_points INTEGER
    ) STRICT
    """,
    "CREATE UNIQUE INDEX envelopes_hash ON envelopes (hash)",
    """
    CREATE INDEX envelopes_receipt_number ON envelopes (receipt_number, seq)
    WHERE receipt_number IS NOT NULL
    """,
    """
    CREATE INDEX envelopes_rejected ON envelopes (seq)
    WHERE rejected_reason IS NOT NULL
    """,
    """
    CREATE TABLE archive (
        first_seq INTEGER PRIMARY KEY,
        last_seq INTEGER NOT NULL CHECK (last_seq >= first_seq),
        packed BLOB NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE holds (
        hold_id BLOB PRIMARY KEY NOT NULL,
        sale_key BLOB NOT NULL,
        asked_at_ms INTEGER NOT NULL,
        expires_at_ms INTEGER NOT NULL,
        points INTEGER,
        amount_minor INTEGER
    ) STRICT
    """,
    """
    CREATE TABLE configuration (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        version INTEGER NOT NULL,
        envelope BLOB NOT NULL
    ) STRICT
    """,
)


@migrations()
def m001_first(db: Database) -> None:
    """Make the first tables."""
    for statement in _FIRST:
        # Not ``executescript``: that commits the transaction the migration runs in.
        db.conn.execute(statement)


JOURNAL_SCHEMA: Final = Schema(migrations=migrations, names=("m001_first",))
