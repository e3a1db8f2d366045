"""SQLite connections as the ledger needs them: durable, strict, and with their own BEGIN.

Python's driver begins transactions by itself, deferred and only before some statements. The
engines here switch that off and say ``BEGIN IMMEDIATE`` themselves, so that a batch holds the
write lock from its first read on and DDL is part of the transaction too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, NullPool, StaticPool

BUSY_TIMEOUT_MS: Final = 10_000
_WRITER_PRAGMAS: Final = (
    "PRAGMA journal_mode=WAL",
    # FULL: in WAL mode NORMAL would let a power cut undo a commit that a receipt already names.
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",
    "PRAGMA cache_size=-65536",
    # A checkpoint writes each page that changed once, however often it changed, and then syncs
    # the database file. Customers who come at random change pages all over: with 64 MiB of log
    # far fewer are written than with 16, and reading that much after a crash takes a moment.
    "PRAGMA wal_autocheckpoint=16000",
)


def writing_engine(path: Path) -> Engine:
    """Make the engine behind the one connection that writes and checkpoints."""
    engine = create_engine(
        f"sqlite:///{path}", poolclass=StaticPool, connect_args={"check_same_thread": False}
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in _WRITER_PRAGMAS:
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def reading_engine(path: Path) -> Engine:
    """Make an engine whose connections can only read, and are closed after each use.

    A reader that stays open keeps SQLite from reusing its log, which then grows without bound.
    """
    engine = create_engine(
        f"sqlite:///file:{quote(str(path.absolute()))}?mode=ro&uri=true",
        poolclass=NullPool,
        connect_args={"check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN DEFERRED")

    return engine
