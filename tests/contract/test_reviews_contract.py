"""Doubtful papers in SQLite and in PostgreSQL: kept, decided, found again alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from gateway.audit.auditor import audit
from gateway.ledger.kinds import ReviewState
from gateway.ledger.place import LedgerPlace
from gateway.ledger.rows_reviews import ReviewRow
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.model.ids import BranchId
from gateway.queries.reading import reading
from gateway.queries.reviews import (
    card_to_earn,
    closing_of,
    held_review,
    held_reviews,
    is_recorded,
    waiting_reviews,
)
from gateway.queries.scope import EVERYTHING, Scope
from gateway.queries.waiting import read_waiting
from simulators.rules_day_reviews import CARDS, ReviewDays


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> LedgerPlace:
    """Where a ledger may live."""
    if request.param == "sqlite":
        return tmp_path / "ledger.db"
    made: LedgerPlace = request.getfixturevalue("postgres_place")
    return made


@pytest.fixture
def days(place: LedgerPlace) -> Iterator[ReviewDays]:
    """Days of a shop whose till is often not sure."""
    with closing(SqlLedgerStore(place)) as store:
        made = ReviewDays(store, 3)
        made.play(40)
        yield made


def test_papers_are_decided_alike_everywhere(days: ReviewDays, place: LedgerPlace) -> None:
    """The books are audited clean, and every question finds what the rows say."""
    with days.shop.store.batch() as batch:
        assert audit(batch).findings == ()
    rows = [row for row in days.shop.rows(ReviewRow) if row.nth == 0]
    states = {state: [row for row in rows if row.state is state] for state in ReviewState}
    assert all(states.values()), "the days come to every end"
    waits = len(states[ReviewState.OPEN])
    nobody = Scope(frozenset({BranchId("south")}))
    with reading(place) as connection:
        assert waiting_reviews(connection, EVERYTHING, at_most=99) == waits
        assert waiting_reviews(connection, EVERYTHING, at_most=1) == 1
        assert waiting_reviews(connection, nobody, at_most=99) == 0
        assert read_waiting(connection, EVERYTHING).receipts == waits
        every = held_reviews(connection, EVERYTHING, decided=None, limit=99)
        assert [one.row for one in every] == sorted(rows, key=lambda row: -row.first_index)
        pages = held_reviews(connection, EVERYTHING, decided=None, limit=2)
        after = held_reviews(
            connection, EVERYTHING, decided=None, before=pages[-1].row.first_index, limit=99
        )
        assert (*pages, *after) == every
        for one in every:
            assert one.review is not None
            assert held_review(connection, EVERYTHING, one.row.first_index) == one
            assert held_review(connection, nobody, one.row.first_index) is None
            assert (one.card is None) is (one.row.card_index is None)
            closed = closing_of(connection, one.row)
            assert (closed is None) is (one.row.state is ReviewState.OPEN)
            if one.row.state is ReviewState.SETTLED:
                assert is_recorded(connection, one)
        member = days.shop.member(CARDS[0])
        card = card_to_earn(connection, member)
        assert card is not None
        assert card.member_id == member


def test_a_migrated_ledger_takes_papers(place: LedgerPlace) -> None:
    """The table is there from the script, with its indexes, and opening again changes nothing."""
    for _ in range(2):
        with closing(SqlLedgerStore(place)) as store, store.batch() as batch:
            assert list(batch.every(ReviewRow)) == []
