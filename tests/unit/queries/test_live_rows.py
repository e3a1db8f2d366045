"""The journal as somebody at a desk watches it: by key, within bounds, and nobody else's rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.ledger.place import LedgerPlace
from gateway.model.ids import BranchId, HoldId, TerminalId
from gateway.model.outcome import Reason, Status
from gateway.model.transaction import Redemption
from gateway.queries.live import (
    LiveEvent,
    LiveFilter,
    head_index,
    newest_rows,
    rows_after,
    rows_between,
    rows_of_terminal,
)
from gateway.queries.reading import reading
from gateway.queries.scope import EVERYTHING, Scope
from simulators.clock import VirtualClock
from simulators.quiet_house import QuietHouse
from simulators.sealed_terminal import SealedTerminal, card_evidence, sale_key

NOW_MS = 1_795_420_000_000
NORTH = Scope(frozenset({BranchId("north")}))
NOWHERE = Scope(frozenset())


@dataclass(slots=True)
class Floor:
    """Two branches with a till each."""

    house: QuietHouse
    north: SealedTerminal
    south: SealedTerminal
    sales: int = 0

    def sell(self, till: SealedTerminal, total_minor: int = 1_000, card: int = 1) -> None:
        """Let a till sell something to a card's owner."""
        self.sales += 1
        sealed = till.earn(
            card_evidence(card), sale_key(self.sales), total_minor, receipt=f"R-{self.sales}"
        )
        self.house.transact(till, sealed)

    @property
    def ledger(self) -> LedgerPlace:
        """The ledger's file."""
        return self.house.house.ledger.place

    def after(self, index: int, *, limit: int = 20) -> tuple[LiveEvent, ...]:
        """Rows after an index."""
        with reading(self.ledger) as connection:
            return rows_after(connection, index, limit=limit).events


@pytest.fixture
def floor(tmp_path: Path) -> Iterator[Floor]:
    """A floor on which nothing has been sold."""
    with QuietHouse(tmp_path / "gateway", VirtualClock(unix_ms=NOW_MS)) as house:
        north = SealedTerminal(TerminalId("till-1"), now_ms=NOW_MS)
        south = SealedTerminal(TerminalId("till-2"), now_ms=NOW_MS)
        house.add_terminal(north, "north")
        house.add_terminal(south, "south")
        yield Floor(house, north, south)


def test_a_sale_is_read_out_of_its_envelope(floor: Floor) -> None:
    """Amount, receipt and card come from what was sealed; member and points from the ledger."""
    floor.sell(floor.north, 12_300)
    (event,) = floor.after(0)
    assert (event.action, event.status, event.reason) == ("earn", Status.APPLIED, Reason.NONE)
    assert (event.amount_minor, event.receipt_number) == (12_300, "R-1")
    assert event.card_token == card_evidence(1).token
    assert (event.branch, event.terminal, event.member_branch) == ("north", "till-1", "north")
    assert event.member_id is not None
    assert event.points > 0
    assert event.balance_points == event.points


def test_a_refused_payment_shows_what_was_refused(floor: Floor) -> None:
    """A redemption without a hold is a row like any other, with its reason and its branch."""
    floor.sell(floor.north)
    gift = Redemption(hold_id=HoldId(bytes(16)), points=5, amount_minor=5)
    floor.house.transact(
        floor.north, floor.north.redeem(card_evidence(1), sale_key(99), 4_000, gift)
    )
    event = floor.after(1)[0]
    assert (event.action, event.status) == ("redeem", Status.REFUSED)
    assert (event.reason, event.branch) == (Reason.HOLD_NOT_FOUND, "north")
    assert event.points == 0


def test_more_than_a_beat_is_counted_not_read(floor: Floor) -> None:
    """Of a burst the newest rows come, and the number of those that did not."""
    for _ in range(9):
        floor.sell(floor.north)
    with reading(floor.ledger) as connection:
        piece = rows_after(connection, 2, limit=4)
        assert rows_after(connection, 9, limit=4).events == ()
    assert [event.journal_index for event in piece.events] == [6, 7, 8, 9]
    assert (piece.skipped, piece.head_index) == (3, 9)


def test_what_was_missed_comes_exactly_once(floor: Floor) -> None:
    """Rows between two indexes are those after the first, up to and with the second."""
    for _ in range(6):
        floor.sell(floor.north)
    with reading(floor.ledger) as connection:
        found = rows_between(connection, LiveFilter(scope=EVERYTHING), after=2, to=5, limit=10)
    assert [event.journal_index for event in found] == [3, 4, 5]


def test_another_branch_is_not_shown(floor: Floor) -> None:
    """A filter lets the same rows through in SQL and in memory, and none of another branch."""
    for till in (floor.north, floor.south, floor.north):
        floor.sell(till)
    floor.sell(floor.south, card=1)
    for scope, wanted in ((EVERYTHING, [1, 2, 3, 4]), (NORTH, [1, 3]), (NOWHERE, [])):
        asked = LiveFilter(scope=scope)
        with reading(floor.ledger) as connection:
            found = newest_rows(connection, asked, limit=50).events
        assert [event.journal_index for event in found] == wanted
        kept = [event for event in floor.after(0) if asked.lets_through(event)]
        assert [event.journal_index for event in kept] == wanted


def test_one_terminal_and_one_outcome_alone(floor: Floor) -> None:
    """Both filters narrow, in SQL as in memory."""
    floor.sell(floor.north)
    floor.sell(floor.south)
    floor.sales = 0
    floor.sell(floor.south)  # the same sale key at another branch is another sale
    floor.sales = 1
    floor.sell(floor.south)  # the same sale again
    for asked, wanted in (
        (LiveFilter(scope=EVERYTHING, terminal=TerminalId("till-2")), [2, 3, 4]),
        (LiveFilter(scope=EVERYTHING, status=Status.REFUSED), [4]),
        (LiveFilter(scope=NORTH, status=Status.REFUSED), []),
    ):
        with reading(floor.ledger) as connection:
            found = newest_rows(connection, asked, limit=50).events
        assert [event.journal_index for event in found] == wanted
        kept = [event for event in floor.after(0) if asked.lets_through(event)]
        assert [event.journal_index for event in kept] == wanted


def test_an_envelope_that_cannot_be_read_is_said_to_be_so(floor: Floor) -> None:
    """Bytes that were tampered with on the disk show as unreadable, and nothing raises."""
    floor.sell(floor.north)
    with floor.house.store.batch() as batch:
        batch._connection.exec_driver_sql(  # type: ignore[attr-defined]
            "UPDATE journal SET envelope = x'00ff' WHERE journal_index = 1"
        )
    (event,) = floor.after(0)
    assert (event.action, event.amount_minor, event.currency) == ("unreadable", None, None)


def test_the_newest_of_one_terminal(floor: Floor) -> None:
    """A terminal's page shows its own rows, newest first."""
    for till in (floor.north, floor.south, floor.north, floor.north):
        floor.sell(till)
    with reading(floor.ledger) as connection:
        found = rows_of_terminal(connection, TerminalId("till-1"), 1, limit=2)
        assert head_index(connection) == 4
    assert [event.journal_index for event in found] == [4, 3]


def test_no_question_reads_the_whole_journal(floor: Floor) -> None:
    """SQLite answers every question of the live page by key."""
    seen: list[str] = []

    def spy(statement: str) -> None:
        seen.append(statement)

    with reading(floor.ledger) as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.set_trace_callback(spy)
        asked = LiveFilter(scope=NORTH, terminal=TerminalId("till-1"), status=Status.REFUSED)
        rows_after(connection, 5, limit=20)
        newest_rows(connection, asked, limit=50)
        rows_between(connection, asked, after=1, to=9, limit=50)
        rows_of_terminal(connection, TerminalId("till-1"), 1, limit=5)
        driver.set_trace_callback(None)
        questions = [one for one in seen if one.startswith("SELECT")]
        plans = [
            str(step.detail)
            for question in questions
            for step in connection.execute(text(f"EXPLAIN QUERY PLAN {question}"))
        ]
    assert len(questions) >= 5
    assert not [step for step in plans if step.startswith("SCAN")]
    assert not [step for step in plans if "TEMP B-TREE" in step]
