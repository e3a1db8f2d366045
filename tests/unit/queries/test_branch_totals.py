"""What every branch gave, took and sold, and what an account may see of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.ledger.queries import LedgerReader
from gateway.ledger.rows_sales import SaleRow
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.model.ids import BranchId
from gateway.model.instrument import Instrument
from gateway.model.money import EUR, IRR
from gateway.model.rules.rules import Rules
from gateway.model.rules.stored_value import CreditPolicy
from gateway.queries.branch_totals import BranchMoney, BranchReport, BranchTotals, branch_report
from gateway.queries.scope import EVERYTHING, Scope
from simulators.ledger_day import LedgerDay
from simulators.rules_shop import DAY_MS, OPENING_MS, RulesShop, club

NORTH, SOUTH = BranchId("north"), BranchId("south")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[RulesShop]:
    """A shop of two branches where Ada bought in both, and paid with points and credit."""
    store = SqlLedgerStore(tmp_path / "ledger.sqlite3")
    credit = CreditPolicy(top_up_minimum_minor=100, top_up_maximum_minor=50_000)
    made = RulesShop(store, club(Rules(credit=credit)))
    north, south = made.till("n", NORTH), made.till("s", SOUTH)
    made.do(north.sell("ada", "one", 20_000))
    made.later(days=1)
    made.do(north.load("ada", 5_000))
    made.do(south.sell("ada", "two", 3_000))
    answer = made.ask(south.reserve("ada", "two", 100, total_minor=3_000))
    made.do(south.post("ada", "two", answer, 3_000))
    answer = made.ask(south.reserve("ada", "two", 2_000, Instrument.CREDIT, 3_000))
    made.do(south.post("ada", "two", answer, 3_000))
    made.later(days=1)
    made.do(north.take_back("one", "paper", 5_000))
    yield made
    store.close()


def report(shop: RulesShop, scope: Scope = EVERYTHING, first_day: int = 0) -> BranchReport:
    """What is reported from some day of the shop's on."""
    assert isinstance(shop.store, SqlLedgerStore)
    ledger = LedgerReader(shop.store.place)
    return branch_report(ledger, scope, OPENING_MS + first_day * DAY_MS, None)


def test_every_figure_of_two_branches(shop: RulesShop) -> None:
    """Sales, points, returns, money paid in and money used stand at the branch where they were."""
    north = BranchTotals(
        branch=NORTH,
        sales=1,
        earned=200,
        used=0,
        taken_back=50,
        money=(BranchMoney(currency="EUR", sold=20_000, returned=5_000, paid_in=5_000),),
    )
    south = BranchTotals(
        branch=SOUTH,
        sales=1,
        earned=30,
        used=100,
        taken_back=0,
        money=(BranchMoney(currency="EUR", sold=3_000, used=2_000),),
    )
    assert report(shop).totals == (north, south)


def test_only_the_days_that_are_asked_for(shop: RulesShop) -> None:
    """What was recorded before the first day is left out."""
    (north,) = report(shop, first_day=2).totals
    assert (north.branch, north.sales, north.taken_back) == (NORTH, 0, 50)
    assert report(shop, first_day=3) == BranchReport(totals=(), owings=())


def test_who_sees_one_branch_sees_its_own_rows(shop: RulesShop) -> None:
    """Neither the figures of another branch nor what two others owe each other are shown."""
    owings = report(shop).owings
    assert {(one.debtor, one.creditor) for one in owings} == {(NORTH, SOUTH)}
    own = report(shop, Scope(frozenset({SOUTH})))
    assert [one.branch for one in own.totals] == [SOUTH]
    assert own.owings == owings
    other = report(shop, Scope(frozenset({BranchId("west")})))
    assert other == BranchReport(totals=(), owings=())


def test_a_whole_sale_that_is_called_off_came_back(shop: RulesShop) -> None:
    """A return that names nothing but the sale brings back all that had not come back before."""
    till = shop.till("third", NORTH)
    shop.later(days=1)
    shop.do(till.call_off("one"))
    (north,) = report(shop, first_day=3).totals
    assert north.money == (BranchMoney(currency="EUR", returned=15_000),)
    whole = report(shop).totals[0].money[0]
    assert whole.returned == whole.sold == 20_000


def test_random_days_add_up(tmp_path: Path) -> None:
    """Over random days the branches' figures are those of the sales' own rows and the entries."""
    store = SqlLedgerStore(tmp_path / "ledger.sqlite3")
    day = LedgerDay(store, seed=11)
    day.play(300)
    totals = branch_report(LedgerReader(store.place), EVERYTHING, None, None).totals
    with store.batch() as batch:
        sales = [row for row in batch.every(SaleRow) if row.earn_index is not None]
        back = Counter[str]()
        for row in batch.every(SaleRow):
            back[row.branch] += row.returned_minor
        moved = {one.account: one for one in batch.moved(1, batch.head().journal_index)}
    store.close()
    assert sum(one.sales for one in totals) == len(sales) > 20
    for one in totals:
        money = {part.currency: part for part in one.money}
        assert set(money) <= {EUR.code, IRR.code}
        assert sum(part.returned for part in one.money) == back[one.branch]
    issued, redeemed = moved["issued"], moved["redeemed"]
    assert sum(one.earned for one in totals) == issued.debit - issued.credit
    assert sum(one.used for one in totals) == redeemed.credit - redeemed.debit
