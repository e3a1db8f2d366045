"""Closing days on a real and on the simulated store: the same totals, and closed stays closed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from gateway.accounting.account_class import AccountClass
from gateway.accounting.closing import close_day, closings, open_totals
from gateway.accounting.day_close import broken_links
from gateway.accounting.trial_balance import trial_balance
from gateway.ledger.errors import AdministrationError
from gateway.ledger.memory_store import MemoryLedgerStore
from gateway.ledger.rows_members import WalletRow
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.ledger.store import LedgerStore
from simulators.ledger_day import START_MS, LedgerDay

DAY_MS = 86_400_000
FIRST = datetime.fromtimestamp(START_MS / 1000, UTC).date()


@pytest.fixture(params=["sqlite", "memory"])
def played(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LedgerDay]:
    """A ledger with a random day in it."""
    store: LedgerStore = (
        SqlLedgerStore(tmp_path / "ledger.sqlite3")
        if request.param == "sqlite"
        else MemoryLedgerStore()
    )
    day = LedgerDay(store, seed=4)
    day.play(120)
    yield day
    store.close()


def owed(store: LedgerStore) -> int:
    """What all wallets have, spendable, held and pending."""
    with store.batch() as batch:
        wallets = batch.every(WalletRow)
        return sum(one.available + one.held + one.pending for one in wallets)


def test_the_open_day_adds_up_to_the_wallets(played: LedgerDay) -> None:
    """What moved so far balances, and what is owed is what wallets and suspense hold."""
    with played.store.batch() as batch:
        sheet = trial_balance(open_totals(batch))
    assert sheet.differences == ()
    suspense = sum(
        one.balance for one in sheet.totals if one.account_class is AccountClass.SUSPENSE
    )
    points = next(one.ledger for one in sheet.totals)
    assert sheet.owed(points) == owed(played.store) + suspense


def test_days_are_closed_one_after_the_other(played: LedgerDay) -> None:
    """What is posted after a closing is in the next one, and nothing is in two."""
    after_ms = START_MS + 2 * DAY_MS
    first = close_day(played.store, FIRST, after_ms)
    played.play(40)
    second = close_day(played.store, FIRST + timedelta(days=1), after_ms + DAY_MS)
    assert (first.first_index, second.first_index) == (1, first.last_index + 1)
    with played.store.batch() as batch:
        assert closings(batch) == (first, second)
        assert open_totals(batch) == ()
    assert broken_links([first, second]) == ()
    both = trial_balance([*first.totals, *second.totals])
    assert both.differences == ()


@pytest.mark.parametrize(
    ("day", "problem"),
    [(FIRST, "is closed already"), (date(2999, 1, 1), "is not over yet")],
)
def test_a_day_that_cannot_be_closed_is_refused(played: LedgerDay, day: date, problem: str) -> None:
    """A day is closed once, and only when it is over; nothing changes otherwise."""
    close_day(played.store, None, START_MS + DAY_MS)
    with pytest.raises(AdministrationError, match=problem):
        close_day(played.store, day, START_MS + DAY_MS)
    with played.store.batch() as batch:
        assert len(closings(batch)) == 1
