"""Who owes whom, when points are earned at one branch and used at another."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.ledger.kinds import HoldState
from gateway.ledger.rows_lots import HoldRow
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.model.transaction import Redemption
from gateway.queries.settlement import settlement
from mqtt.topics import topic_auth, topic_tx
from simulators.ledger_day import LedgerDay
from simulators.sealed_terminal import card_evidence, sale_key

CARD = card_evidence(77)


@pytest.fixture
def day(tmp_path: Path) -> LedgerDay:
    """Two branches, north and south, and a member of neither."""
    made = LedgerDay(SqlLedgerStore(tmp_path / "ledger.sqlite3"), seed=5)
    till = made.boxes[0]
    made.deliver([(topic_tx(till.name), till.enrol(CARD))])
    return made


def earn(day: LedgerDay, box: int, number: int, total_minor: int) -> None:
    """Let the member buy at a branch."""
    till = day.boxes[box]
    day.deliver([(topic_tx(till.name), till.earn(CARD, sale_key(number), total_minor))])


def redeem(day: LedgerDay, box: int, number: int, points: int) -> int:
    """Let the member pay with points at a branch; say for how much money."""
    till = day.boxes[box]
    hold_id = till.new_id()
    asked = till.reserve(hold_id, CARD, sale_key(number), points=points, total_minor=100_000)
    day.deliver([(topic_auth(till.name), asked)])
    with day.store.batch() as batch:
        (hold,) = batch.rows(HoldRow, [hold_id])
    posted = Redemption(hold_id=hold_id, points=hold.points, amount_minor=hold.amount_minor)
    paid = till.redeem(CARD, sale_key(number), 100_000, posted)
    day.deliver([(topic_tx(till.name), paid)])
    return hold.amount_minor


def settled(day: LedgerDay) -> list[tuple[str, str, int, int]]:
    """The owings of the whole journal."""
    with day.store.batch() as batch:
        last = batch.head().journal_index
    assert isinstance(day.store, SqlLedgerStore)
    made = settlement(day.store.place, 1, last)
    return [(one.debtor, one.creditor, one.points, one.amount_minor) for one in made.owings]


def test_the_branch_that_gave_points_owes_the_one_that_took_them(day: LedgerDay) -> None:
    """Half of the points come from the north; the south is owed half of the money for them."""
    earn(day, 0, 1, 5_000)
    earn(day, 1, 2, 5_000)
    amount_minor = redeem(day, 1, 3, 100)
    assert amount_minor > 0
    assert settled(day) == [("north", "south", 50, amount_minor // 2)]


def test_points_used_where_they_were_earned_are_owed_by_nobody(day: LedgerDay) -> None:
    """A branch owes itself nothing."""
    earn(day, 0, 1, 10_000)
    amount_minor = redeem(day, 0, 2, 100)
    assert settled(day) == []
    assert isinstance(day.store, SqlLedgerStore)
    assert settlement(day.store.place, 1, 100).own_minor == amount_minor


@given(seed=st.integers(0, 10**6))
@settings(max_examples=4, deadline=None)
def test_all_that_was_redeemed_is_settled(seed: int, tmp_path_factory: object) -> None:
    """Over random days the owings and what stayed at home are all the money that was redeemed."""
    folder = tmp_path_factory.mktemp("settled")  # type: ignore[attr-defined] # pytest's factory
    day = LedgerDay(SqlLedgerStore(folder / "ledger.sqlite3"), seed=seed)
    day.play(150)
    assert isinstance(day.store, SqlLedgerStore)
    made = settlement(day.store.place, 1, 10**9)
    with day.store.batch() as batch:
        posted = [hold for hold in batch.every(HoldRow) if hold.state is HoldState.POSTED]
    given_for = sum(
        hold.redeemed_minor - hold.given_back_minor
        for hold in posted
        if hold.redeemed_points > hold.given_back_points
    )
    named = sum(one.amount_minor for one in made.owings) + made.own_minor
    # What a late redemption took beyond the balance came from no branch's points.
    assert named <= given_for
