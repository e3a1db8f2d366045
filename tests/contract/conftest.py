"""A PostgreSQL server for the contract suites, and a database in it for each test that asks."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from gateway.ledger.place import PostgresPlace
from gateway.ledger.postgres_engine import reading_engine
from gateway.ledger.sql_store import SqlLedgerStore
from simulators.postgres_server import PostgresServer, missing_postgres

_TEMPLATE = "empty_ledger"
_DATABASE = "ledger"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server for the whole session, with an empty ledger to copy."""
    needed = missing_postgres()
    if needed is not None:
        if os.environ.get("MOHR_ALLOW_SKIPS") == "1":
            pytest.skip(needed)
        pytest.fail(f"{needed} (or set MOHR_ALLOW_SKIPS=1)")
    with PostgresServer() as server:
        SqlLedgerStore(server.make_database(_TEMPLATE)).close()
        yield server


@pytest.fixture
def postgres_place(postgres_server: PostgresServer) -> Iterator[PostgresPlace]:
    """A database with an empty ledger, for one test."""
    place = postgres_server.make_database(_DATABASE, template=_TEMPLATE)
    yield place
    # Readers keep connections for those who read next.
    reading_engine(place).dispose()
    postgres_server.drop_database(_DATABASE)
