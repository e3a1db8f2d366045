"""PostgreSQL and SoftHSM for the contract suites: a database or a token for each test that asks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from gateway.ledger.place import PostgresPlace
from gateway.ledger.postgres_engine import reading_engine
from gateway.ledger.sql_store import SqlLedgerStore
from simulators.postgres_server import PostgresServer, missing_postgres
from simulators.softhsm import (
    CONFIGURATION_VARIABLE,
    MODULE,
    make_configuration,
    make_token,
    missing_softhsm,
)

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


@pytest.fixture
def new_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], str]]:
    """Makes an empty SoftHSM token with this PIN, and tells its label."""
    needed = missing_softhsm()
    if needed is not None:
        if os.environ.get("MOHR_ALLOW_SKIPS") == "1":
            pytest.skip(needed)
        pytest.fail(f"{needed} (or set MOHR_ALLOW_SKIPS=1)")
    # Where SoftHSM is there, so is what speaks to it.
    import pkcs11  # noqa: PLC0415 - the extra may be missing where tests may be skipped

    configuration = make_configuration(tmp_path / "softhsm")
    monkeypatch.setenv(CONFIGURATION_VARIABLE, str(configuration))
    numbers = count(1)

    def make(pin: str) -> str:
        label = f"mohr {next(numbers)}"
        make_token(configuration, label, pin)
        # The library looks for tokens where it is initialised, and that once in a process.
        pkcs11.unload(str(MODULE))
        return label

    yield make
    pkcs11.unload(str(MODULE))
