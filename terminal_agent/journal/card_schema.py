"""The tables of the card journal, made and changed by numbered migrations and by nothing else."""

from __future__ import annotations

from typing import Final

from sqlite_utils import Database, Migrations

from terminal_agent.journal.schema import Schema

migrations: Final = Migrations("mohr_card_journal")

#: ``result`` is NULL until it is certain. An unknown outcome is not certain, and stays open.
_FIRST: Final = (
    """
    CREATE TABLE operations (
        operation_id BLOB PRIMARY KEY NOT NULL,
        card BLOB NOT NULL,
        amount INTEGER NOT NULL CHECK (amount <> 0),
        value_before INTEGER NOT NULL,
        moves_before INTEGER NOT NULL CHECK (moves_before >= 0),
        recent_before BLOB NOT NULL,
        intended_at_ms INTEGER NOT NULL,
        result TEXT CHECK (result IN ('done', 'not_done')),
        detail TEXT NOT NULL,
        mac_counter INTEGER,
        mac_value BLOB,
        CHECK ((mac_counter IS NULL) = (mac_value IS NULL))
    ) STRICT
    """,
    "CREATE INDEX operations_open ON operations (card) WHERE result IS NULL",
)


@migrations()
def m001_first(db: Database) -> None:
    """Make the first tables."""
    for statement in _FIRST:
        db.conn.execute(statement)


CARD_SCHEMA: Final = Schema(migrations=migrations, names=("m001_first",))
