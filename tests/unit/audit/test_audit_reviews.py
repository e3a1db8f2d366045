"""Auditor and writer come to the same books on days whose till is often not sure."""

from __future__ import annotations

import os
from typing import Final

import pytest

from gateway.audit.auditor import audit
from gateway.ledger.kinds import ReviewState
from gateway.ledger.memory_store import MemoryLedgerStore
from gateway.ledger.rows_reviews import ReviewRow
from simulators.rules_day_reviews import ReviewDays

SEEDS: Final = 400 if os.environ.get("MOHR_SOAK") == "1" else 24


@pytest.mark.parametrize("seed", range(SEEDS))
def test_days_of_doubtful_papers_are_audited_clean(seed: int) -> None:
    """Whatever comes in whatever order, nothing earns twice and the audit computes the same."""
    store = MemoryLedgerStore()
    days = ReviewDays(store, seed)
    days.play(60)
    with store.batch() as batch:
        assert audit(batch).findings == ()
    assert days.earned_twice() == []


def test_the_days_come_to_every_end() -> None:
    """Among a few seeds are papers left open, settled and dismissed: the days prove something."""
    ends = set()
    for seed in range(4):
        store = MemoryLedgerStore()
        days = ReviewDays(store, seed)
        days.play(60)
        ends |= {row.state for row in days.shop.rows(ReviewRow)}
    assert ends == set(ReviewState)
