"""Mistakes that only a cut of the power shows: all is right until the disk has to be believed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from gateway.ledger.row import Row
from gateway.ledger.rows_intake import ChainRow
from gateway.ledger.shelf import ChangeSet
from gateway.ledger.sql_batch import SqlBatch
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.model.ids import EnvelopeHash
from simulators.planted.bug import Checker, Part, plant
from terminal_agent.journal.database import JournalDatabase
from terminal_agent.journal.journal import Journal
from terminal_agent.journal.values import Accepted, Draft

_Save = Callable[[SqlBatch, ChangeSet], None]
_Accept = Callable[[Journal, Draft, int, EnvelopeHash, int], Accepted]


@plant(
    "journal-unsynced",
    part=Part.JOURNAL,
    checker=Checker.POWER,
    where="terminal_agent.journal.database:JournalDatabase._prepare",
)
def journal_unsynced(
    original: Callable[[JournalDatabase], None],
) -> Callable[[JournalDatabase], None]:
    """The journal takes the setting that is faster and consistent, and syncs at no commit."""

    def _prepare(self: JournalDatabase) -> None:
        original(self)
        self._db.conn.execute("PRAGMA synchronous=NORMAL")

    return _prepare


@plant(
    "journal-in-two-commits",
    part=Part.JOURNAL,
    checker=Checker.POWER,
    where="terminal_agent.journal.journal:Journal._accept_one",
)
def journal_in_two_commits(original: _Accept) -> _Accept:
    """An envelope is committed by itself, and that its number is used up with the next commit."""

    def _accept_one(
        self: Journal, draft: Draft, seq: int, previous: EnvelopeHash, accepted_at_ms: int
    ) -> Accepted:
        accepted = original(self, draft, seq, previous, accepted_at_ms)
        self._database.execute("COMMIT")
        self._database._db.conn.execute("BEGIN IMMEDIATE")  # noqa: SLF001 - the mistake
        return accepted

    return _accept_one


def _driver_pragma(store: SqlLedgerStore, pragma: str) -> None:
    """Set a pragma behind SQLAlchemy's back, where no transaction is open."""
    connection = store._connection  # noqa: SLF001 - the mistake is made inside
    driver = None if connection is None else connection.connection.driver_connection
    if driver is not None:
        driver.execute(f"PRAGMA {pragma}")


@plant(
    "ledger-unsynced",
    part=Part.LEDGER,
    checker=Checker.POWER,
    where="gateway.ledger.sql_store:SqlLedgerStore.__init__",
)
def ledger_unsynced(original: Callable[..., None]) -> Callable[..., None]:
    """Receipts leave after a commit that the disk was never asked to keep."""

    def __init__(self: SqlLedgerStore, place: object) -> None:  # noqa: N807 - it replaces one
        original(self, place)
        _driver_pragma(self, "synchronous=NORMAL")

    return __init__


@plant(
    "ledger-rollback-in-memory",
    part=Part.LEDGER,
    checker=Checker.POWER,
    where="gateway.ledger.sql_store:SqlLedgerStore.__init__",
)
def ledger_rollback_in_memory(original: Callable[..., None]) -> Callable[..., None]:
    """What a commit overwrites is remembered in memory alone, so half a commit cannot be undone."""

    def __init__(self: SqlLedgerStore, place: object) -> None:  # noqa: N807 - it replaces one
        original(self, place)
        _driver_pragma(self, "journal_mode=MEMORY")

    return __init__


@plant(
    "watermark-in-its-own-commit",
    part=Part.LEDGER,
    checker=Checker.POWER,
    where="gateway.ledger.sql_batch:SqlBatch.save",
)
def watermark_in_its_own_commit(original: _Save) -> _Save:
    """Postings are committed first and the watermark after them."""

    def save(self: SqlBatch, changes: ChangeSet) -> None:
        chains: dict[type[Row], Sequence[Row]] = {ChainRow: changes.updated.get(ChainRow, ())}
        rest = {kind: rows for kind, rows in changes.updated.items() if kind is not ChainRow}
        original(self, replace(changes, updated=rest))
        self._connection.exec_driver_sql("COMMIT")
        self._connection.exec_driver_sql("BEGIN IMMEDIATE")
        original(self, ChangeSet(inserted={}, updated=chains, removed={}))

    return save
