"""Mistakes in the terminal's journal: what "accepted" and "settled" rest on."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final
from weakref import WeakKeyDictionary

from gateway.model.ids import EnvelopeHash
from gateway.model.receipt import Receipt
from gateway.model.transaction import Kind, Transaction
from simulators.planted.bug import Checker, Part, plant
from terminal_agent.journal.database import JournalDatabase
from terminal_agent.journal.integrity import hash_at
from terminal_agent.journal.journal import Journal
from terminal_agent.journal.state import State, read_state
from terminal_agent.journal.values import Accepted, Draft, JournalSettings, Settlement

_WRITES_PER_COMMIT: Final = 4


@plant(
    "accepted-before-commit",
    part=Part.JOURNAL,
    checker=Checker.WORLD,
    where="terminal_agent.journal.database:JournalDatabase.transaction",
)
def accepted_before_commit(_original: object) -> Callable[[JournalDatabase], object]:
    """To spare the SD card every fourth write commits for all four, and three were too early."""
    waiting: WeakKeyDictionary[JournalDatabase, int] = WeakKeyDictionary()

    @contextmanager
    def transaction(self: JournalDatabase) -> Generator[None]:
        self._check_usable()
        connection = self._db.conn
        if not connection.in_transaction:
            connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._roll_back()
            raise
        waiting[self] = waiting.get(self, 0) + 1
        if waiting[self] % _WRITES_PER_COMMIT == 0:
            connection.execute("COMMIT")

    return transaction


@plant(
    "tail-dropped-at-start",
    part=Part.JOURNAL,
    checker=Checker.WORLD,
    where="terminal_agent.journal.journal:claim_state",
    home="terminal_agent.journal.state",
)
def tail_dropped_at_start(
    original: Callable[[JournalDatabase, JournalSettings], State],
) -> Callable[[JournalDatabase, JournalSettings], State]:
    """A start takes what is not settled for half-written, and gives its numbers out again."""

    def claim_state(database: JournalDatabase, settings: JournalSettings) -> State:
        state = original(database, settings)
        last_hash = hash_at(database, state.watermark) or state.genesis_hash
        with database.transaction():
            database.execute("DELETE FROM envelopes WHERE seq > ?", (state.watermark,))
            database.execute(
                "UPDATE state SET next_seq = ?, last_hash = ?", (state.watermark + 1, last_hash)
            )
        return replace(read_state(database), clean=state.clean)

    return claim_state


@plant(
    "chain-links-to-settled",
    part=Part.JOURNAL,
    checker=Checker.WORLD,
    where="terminal_agent.journal.journal:Journal._accept_one",
)
def chain_links_to_settled(
    original: Callable[[Journal, Draft, int, EnvelopeHash, int], Accepted],
) -> Callable[[Journal, Draft, int, EnvelopeHash, int], Accepted]:
    """The link names the last settled envelope, which is the one before only while all is quiet."""

    def _accept_one(
        self: Journal, draft: Draft, seq: int, previous: EnvelopeHash, accepted_at_ms: int
    ) -> Accepted:
        settled = hash_at(self._database, self.watermark()) or previous
        return original(self, draft, seq, settled, accepted_at_ms)

    return _accept_one


@plant(
    "stale-receipt-lowers-watermark",
    part=Part.JOURNAL,
    checker=Checker.WORLD,
    where="terminal_agent.journal.settling:_take_over",
)
def stale_receipt_lowers_watermark(
    original: Callable[[JournalDatabase, State, Receipt], Settlement],
) -> Callable[[JournalDatabase, State, Receipt], Settlement]:
    """A receipt's watermark is taken as it comes, also where an older receipt comes later."""

    def _take_over(database: JournalDatabase, state: State, receipt: Receipt) -> Settlement:
        database.execute("UPDATE state SET watermark = ?", (receipt.watermark,))
        return original(database, replace(state, watermark=receipt.watermark), receipt)

    return _take_over


@plant(
    "settles-one-too-many",
    part=Part.JOURNAL,
    checker=Checker.WORLD,
    where="terminal_agent.journal.settling:_take_over",
)
def settles_one_too_many(
    original: Callable[[JournalDatabase, State, Receipt], Settlement],
) -> Callable[[JournalDatabase, State, Receipt], Settlement]:
    """A receipt's watermark is read as the next number wanted, and that one is let go too."""

    def _take_over(database: JournalDatabase, state: State, receipt: Receipt) -> Settlement:
        one_more = min(receipt.watermark + 1, state.next_seq - 1)
        return original(database, state, replace(receipt, watermark=one_more))

    return _take_over


@plant(
    "used-hold-stays-open",
    part=Part.JOURNAL,
    checker=Checker.WORLD,
    where="terminal_agent.journal.holds:use_hold",
)
def used_hold_stays_open(_original: object) -> Callable[[JournalDatabase, Transaction], None]:
    """A redemption looks whether its hold is open and forgets to take it out of the open ones."""

    def use_hold(database: JournalDatabase, transaction: Transaction) -> None:
        if transaction.kind is Kind.REDEEM and transaction.redemption is not None:
            hold_id = transaction.redemption.hold_id
            found = database.row("SELECT 1 FROM holds WHERE hold_id = ?", (hold_id,))
            assert found is not None, "a redemption needs an open hold"

    return use_hold
