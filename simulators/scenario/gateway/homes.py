"""Where a scenario's ledger lives, and what a power cut leaves of it."""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from contextlib import ExitStack
from enum import StrEnum
from functools import lru_cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from types import TracebackType
from typing import Self

from gateway.ledger.memory_store import MemoryLedgerStore
from gateway.ledger.place import PostgresPlace
from gateway.ledger.schema import METADATA
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.ledger.store import LedgerStore
from simulators.postgres_server import PostgresServer


class StoreKind(StrEnum):
    """The kinds of ledger that a scenario can be played on."""

    MEMORY = "memory"
    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


class Home(ABC):
    """A ledger's place. It is opened, may lose its power, and is cleared away in the end."""

    @abstractmethod
    def open(self) -> LedgerStore:
        """Open the ledger that is there; an empty one the first time."""

    @abstractmethod
    def cut(self) -> None:
        """Lose the power: nobody closes anything, and only what was durable is there again."""

    @abstractmethod
    def close(self) -> None:
        """Clear everything away."""


class MemoryHome(Home):
    """A ledger in memory. What a commit has applied stands for what is durable."""

    def __init__(self) -> None:
        self._store = MemoryLedgerStore()

    def open(self) -> LedgerStore:
        """See ``Home``."""
        return self._store

    def cut(self) -> None:
        """See ``Home``: a batch is applied as a whole, so there is nothing to lose."""

    def close(self) -> None:
        """See ``Home``."""
        self._store.close()


class SqliteHome(Home):
    """A ledger in a SQLite file in a temporary folder."""

    def __init__(self) -> None:
        self._folder = Path(mkdtemp(prefix="mohr-scenario-"))
        self._lives = 0
        self._file.write_bytes(_empty_ledger())
        self._store: SqlLedgerStore | None = None

    def open(self) -> LedgerStore:
        """See ``Home``."""
        self._store = SqlLedgerStore(self._file)
        return self._store

    def cut(self) -> None:
        """See ``Home``: goes on with a copy of the files, taken while they were open.

        The log's index lies in shared memory, which no power cut leaves.
        """
        last = self._file
        self._lives += 1
        for ending in ("", "-wal"):
            if Path(f"{last}{ending}").exists():
                shutil.copyfile(f"{last}{ending}", f"{self._file}{ending}")
        if self._store is not None:
            self._store.close()
        last.unlink()

    def close(self) -> None:
        """See ``Home``."""
        if self._store is not None:
            self._store.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _file(self) -> Path:
        return self._folder / f"ledger-{self._lives}.db"


class Databases:
    """Ledgers on a PostgreSQL server: emptied and used again, for making one takes a second.

    Args:
        server: where they are.
    """

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._numbers = count(1)
        self._idle: list[str] = []

    def take(self) -> str:
        """The name of one with nothing in it."""
        if self._idle:
            return self._idle.pop()
        name = f"scenario_{next(self._numbers)}"
        self._server.make_database(name)
        return name

    def place(self, name: str) -> PostgresPlace:
        """Where one is."""
        return self._server.place(name)

    def give_back(self, name: str) -> None:
        """Empty one that nobody is connected to."""
        deleted = "; ".join(f"DELETE FROM {table}" for table in METADATA.tables)  # noqa: S608 - ours
        # Rows refer to one another; who empties everything need not care for the order.
        self._server.execute(f"SET session_replication_role = replica; {deleted}", database=name)
        self._idle.append(name)

    def end_sessions(self, name: str) -> None:
        """Disconnect everybody from one."""
        self._server.execute(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"  # noqa: S608 - a name of our own
        )


class PostgresHome(Home):
    """A ledger in a database of its own.

    Args:
        databases: where it comes from, and goes back to.
    """

    def __init__(self, databases: Databases) -> None:
        self._databases = databases
        self._name = databases.take()
        self._store: SqlLedgerStore | None = None

    def open(self) -> LedgerStore:
        """See ``Home``."""
        self._store = SqlLedgerStore(self._databases.place(self._name))
        return self._store

    def cut(self) -> None:
        """See ``Home``: the server ends the session of a gateway whose machine is gone."""
        self._databases.end_sessions(self._name)
        if self._store is not None:
            self._store.close()

    def close(self) -> None:
        """See ``Home``."""
        if self._store is not None:
            self._store.close()
        self._databases.give_back(self._name)


class Homes:
    """Makes homes of one kind, each for one play. Use as a context manager.

    PostgreSQL's server is started with the first home, and ended with the last.

    Args:
        kind: of which.
    """

    def __init__(self, kind: StoreKind) -> None:
        self._kind = kind
        self._open = ExitStack()
        self._databases: Databases | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()
        self._databases = None

    def make(self) -> Home:
        """Make a home.

        Raises:
            PostgresError: if PostgreSQL is wanted, and not installed or does not start.
        """
        if self._kind is StoreKind.MEMORY:
            return MemoryHome()
        if self._kind is StoreKind.SQLITE:
            return SqliteHome()
        if self._databases is None:
            self._databases = Databases(self._open.enter_context(PostgresServer()))
        return PostgresHome(self._databases)


@lru_cache(maxsize=1)
def _empty_ledger() -> bytes:
    """A ledger with its tables and nothing in them. Making the tables takes longer than a visit."""
    with TemporaryDirectory(prefix="mohr-ledger-") as folder:
        file = Path(folder) / "ledger.db"
        SqlLedgerStore(file).close()
        return file.read_bytes()
