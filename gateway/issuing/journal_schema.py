"""The issuing journal's tables, made and changed by numbered migrations and by nothing else."""

from __future__ import annotations

from typing import Final

from sqlite_utils import Database, Migrations

migrations: Final = Migrations("mohr_issuing")

_FIRST: Final = (
    """
    CREATE TABLE card (
        chip BLOB PRIMARY KEY NOT NULL,
        profile TEXT NOT NULL,
        token BLOB NOT NULL,
        number TEXT NOT NULL,
        key_version INTEGER NOT NULL,
        random_uid INTEGER NOT NULL CHECK (random_uid IN (0, 1)),
        batch TEXT NOT NULL,
        member_id TEXT,
        replaces BLOB,
        command_id TEXT NOT NULL,
        stage TEXT NOT NULL,
        counter INTEGER,
        begun_at_ms INTEGER NOT NULL,
        changed_at_ms INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE UNIQUE INDEX card_number ON card (number)
    WHERE stage IN ('begun', 'made', 'issued')
    """,
    """
    CREATE TABLE intent (
        intent_id INTEGER PRIMARY KEY,
        chip BLOB NOT NULL,
        kind TEXT NOT NULL,
        key_number INTEGER NOT NULL,
        from_version INTEGER NOT NULL,
        to_version INTEGER NOT NULL,
        noted_at_ms INTEGER NOT NULL,
        settled_at_ms INTEGER,
        happened INTEGER CHECK (happened IN (0, 1))
    ) STRICT
    """,
    "CREATE INDEX intent_open ON intent (chip) WHERE settled_at_ms IS NULL",
    """
    CREATE TABLE audit (
        audit_id INTEGER PRIMARY KEY,
        at_ms INTEGER NOT NULL,
        actor TEXT NOT NULL,
        action TEXT NOT NULL,
        chip BLOB,
        number TEXT NOT NULL,
        result TEXT NOT NULL,
        detail TEXT NOT NULL
    ) STRICT
    """,
)

KNOWN: Final = ("m001_first",)


@migrations()
def m001_first(db: Database) -> None:
    """Make the first tables."""
    for statement in _FIRST:
        # Not ``executescript``: that commits the transaction the migration runs in.
        db.conn.execute(statement)
