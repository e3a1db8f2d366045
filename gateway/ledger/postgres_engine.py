"""PostgreSQL connections as the ledger needs them: durable, patient for so long, and one writer.

The writing connection holds an advisory lock for its whole life, so that a second gateway on the
same database finds it taken. Every batch takes the same lock again within its transaction: behind a
pooler that spreads transactions over sessions, a batch would then wait for itself and fail, where
it could otherwise write beside somebody else.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, TypeAlias

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool, QueuePool

from gateway.errors import LedgerError
from gateway.ledger.errors import StoreInUseError
from gateway.ledger.place import PostgresPlace
from gateway.ledger.postgres_fitness import SettingsRow, unfit
from gateway.ledger.postgres_types import ledger_types, question_types

_Driver: TypeAlias = psycopg.Connection[tuple[Any, ...]]

#: Advisory locks belong to a database, and a database holds one ledger. The bytes say "MohrLedg".
WRITER_LOCK: Final = 0x4D6F_6872_4C65_6467
#: A gateway that vanished leaves its session behind until the server notices: at once where its
#: process was killed, and after the keep-alives below where its machine or network was.
LOCK_PATIENCE_S: Final = 30.0
_LOCK_RETRY_S: Final = 0.05

#: Readers beside the writer: so many connections stay open, and so many may be at once.
_READERS_KEPT: Final = 4
_READERS_MORE: Final = 12
_READER_PATIENCE_S: Final = 10

# What the URL says of these counts. A server that vanished is noticed within half a minute.
_CONNECTING: Final[dict[str, str | int]] = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
_WRITER_SESSION: Final = (
    # A commit may be named by a receipt, so it must be on the disk whatever the server's default.
    "SET synchronous_commit = on",
    "SET lock_timeout = '10s'",
    "SET statement_timeout = '60s'",
    # The server, too, must notice that a gateway's machine vanished: it holds the writer's lock.
    "SET tcp_keepalives_idle = 10",
    "SET tcp_keepalives_interval = 5",
    "SET tcp_keepalives_count = 3",
)
_READER_SESSION: Final = (
    "SET default_transaction_read_only = on",
    "SET lock_timeout = '10s'",
    "SET statement_timeout = '300s'",
)
_SETTINGS: Final = """
    SELECT current_setting('server_version_num')::int, pg_is_in_recovery(),
        current_setting('server_encoding'),
        (SELECT datcollate FROM pg_database WHERE datname = current_database()),
        current_setting('fsync'), current_setting('full_page_writes')
"""


def writing_engine(place: PostgresPlace) -> Engine:
    """Make the engine behind the one connection that writes.

    Its connections raise StoreInUseError where another gateway has the database, and LedgerError
    where the database is not one that a ledger may be kept in.
    """

    def connect() -> _Driver:
        driver = _connect(place, "mohr gateway", _WRITER_SESSION)
        try:
            _check(driver)
            _take_lock(driver, place)
        except BaseException:
            driver.close()
            raise
        driver.autocommit = False
        return driver

    engine = _engine(connect, poolclass=NullPool)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")

    return engine


@lru_cache(maxsize=8)
def reading_engine(place: PostgresPlace) -> Engine:
    """The engine whose connections can only read; the same one for everybody who reads there."""

    def connect() -> _Driver:
        driver = _connect(place, "mohr reader", _READER_SESSION)
        question_types(driver.adapters)
        driver.autocommit = False
        return driver

    return _engine(
        connect,
        poolclass=QueuePool,
        pool_size=_READERS_KEPT,
        max_overflow=_READERS_MORE,
        pool_timeout=_READER_PATIENCE_S,
        # A server that was restarted must not cost the next question its answer.
        pool_pre_ping=True,
    )


def _engine(connect: Callable[[], _Driver], **pool: Any) -> Engine:  # noqa: ANN401 - SQLAlchemy's own options
    return create_engine(
        "postgresql+psycopg://",
        creator=connect,
        # Rows go to the driver as tuples, so parameters are known by their place.
        paramstyle="format",
        isolation_level="REPEATABLE READ",
        use_native_hstore=False,
        **pool,
    )


def _connect(place: PostgresPlace, name: str, session: tuple[str, ...]) -> _Driver:
    """Open a connection that is outside of transactions still."""
    given = psycopg.conninfo.conninfo_to_dict(place.url)
    told: dict[str, Any] = {"application_name": name, **_CONNECTING, **given}
    driver: _Driver = psycopg.connect(psycopg.conninfo.make_conninfo(**told), autocommit=True)
    ledger_types(driver.adapters)
    driver.execute("; ".join(session))
    return driver


def _check(driver: _Driver) -> None:
    row = driver.execute(_SETTINGS).fetchone()
    assert row is not None, "a SELECT without FROM has one row"
    reason = unfit(SettingsRow(*row))
    if reason is not None:
        raise LedgerError(reason)


def _take_lock(driver: _Driver, place: PostgresPlace) -> None:
    until_s = time.monotonic() + LOCK_PATIENCE_S
    while True:
        row = driver.execute(f"SELECT pg_try_advisory_lock({WRITER_LOCK})").fetchone()
        if row == (True,):
            return
        if time.monotonic() > until_s:
            raise StoreInUseError(
                f"another gateway writes the ledger in {place}: one database has one gateway"
            )
        time.sleep(_LOCK_RETRY_S)
