"""Reports across a redenomination: never are old and new amounts added up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.accounting.account_class import AccountClass
from gateway.accounting.closing import open_totals
from gateway.accounting.trial_balance import trial_balance
from gateway.ledger.queries import LedgerReader
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.model.ids import BranchId
from gateway.model.instrument import Instrument
from gateway.model.money import IRR, Currency
from gateway.model.rules.rules import Rules
from gateway.model.rules.stored_value import CreditPolicy
from gateway.model.rules.succession import Succession
from gateway.queries.branch_totals import BranchMoney, branch_report
from gateway.queries.gift_cards import GiftCardFilter, gift_card, gift_cards
from gateway.queries.member_wallets import wallets_of
from gateway.queries.scope import EVERYTHING
from gateway.queries.settlement import settlement
from simulators.rules_shop import RulesShop, club
from simulators.rules_till import RulesTill

NORTH, SOUTH = BranchId("north"), BranchId("south")
IRT = Currency(code="IRT", exponent=2)
RULES = Rules(credit=CreditPolicy(top_up_maximum_minor=10**9, share_percent=100))


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[RulesShop]:
    """Ada paid rials in at north, and pays at south with rials and then with tomans."""
    store = SqlLedgerStore(tmp_path / "ledger.sqlite3")
    first = replace(club(RULES), currency=IRR)
    made = RulesShop(store, first)
    north, south = made.till("n", NORTH), made.till("s", SOUTH)
    for till in (north, south):
        till.currency = IRR
    made.do(north.load("ada", 1_000_000), north.load("card", 200_050, Instrument.GIFT))
    pay(made, south, "one", 120_000)
    made.do(north.sell("ada", "two", 100_000))
    rate = Succession(currency=IRR, old_units_per_unit=10_000)
    made.publish(replace(first, version=2, currency=IRT, succeeds=rate))
    made.later(hours=1)
    for till in (north, south):
        till.currency = IRT
    pay(made, south, "three", 2_000)
    made.do(north.take_back("two", "paper", 400))
    yield made
    store.close()


def pay(shop: RulesShop, till: RulesTill, sale: str, minor: int) -> None:
    """Pay a sale with credit."""
    answer = shop.ask(till.reserve("ada", sale, minor, Instrument.CREDIT, minor))
    shop.do(till.post("ada", sale, answer, minor), till.sell("ada", sale, minor))


def place_of(shop: RulesShop) -> Path:
    """Where the ledger is."""
    assert isinstance(shop.store, SqlLedgerStore)
    place = shop.store.place
    assert isinstance(place, Path)
    return place


def test_what_branches_owe_is_shown_in_the_currency_in_force(shop: RulesShop) -> None:
    """120,000 rials are 1,200 of the new unit, and 2,000 came after them."""
    with shop.store.batch() as batch:
        last = batch.head().journal_index
    (owing,) = settlement(place_of(shop), 1, last).owings
    assert (owing.debtor, owing.creditor, owing.amount_minor) == (NORTH, SOUTH, 3_200)


def test_branches_report_each_currency_by_itself(shop: RulesShop) -> None:
    """A sale in rials comes back in rials, though its return was told in tomans."""
    report = branch_report(LedgerReader(place_of(shop)), EVERYTHING, None, None)
    money = {one.branch: one.money for one in report.totals}
    assert money[NORTH] == (
        BranchMoney(currency="IRR", sold=100_000, returned=40_000, paid_in=1_200_050),
    )
    assert money[SOUTH] == (
        BranchMoney(currency="IRR", sold=120_000, used=120_000),
        BranchMoney(currency="IRT", sold=2_000, used=2_000),
    )


def test_the_trial_balance_tells_what_became_of_the_old_money(shop: RulesShop) -> None:
    """The old ledger holds nothing any more; what left it, and what rounding took, is there."""
    with shop.store.batch() as batch:
        sheet = trial_balance(open_totals(batch))
    assert sheet.differences == ()
    balances = {(one.ledger, one.account_class): one.balance for one in sheet.totals}
    assert sheet.owed("CR:IRR") == 0
    assert sheet.owed("CR:IRT") == 8_800 - 2_000
    assert balances["CR:IRR", AccountClass.REDENOMINATED] == 880_000
    assert balances["CR:IRT", AccountClass.REDENOMINATED] == -8_800
    assert ("CR:IRR", AccountClass.ROUNDED) not in balances


def test_pages_show_each_wallet_in_its_own_currency(shop: RulesShop) -> None:
    """A member's credit is tomans; a gift card that nobody touched is rials until it is."""
    reader = LedgerReader(place_of(shop))
    wallets = wallets_of(reader, shop.member("ada"), shop.now_ms)
    assert wallets is not None
    assert [(one.currency, one.available) for one in wallets.credits if one.available] == [
        ("IRT", 6_800)
    ]
    while shop.writer.night(shop.now_ms + 86_400_000, 10).left:
        pass
    shop.check()
    (card,) = gift_cards(reader, GiftCardFilter(scope=EVERYTHING), shop.now_ms)
    assert (card.currency, card.available_minor) == ("IRT", 2_000)
    assert gift_card(reader, EVERYTHING, card.name, shop.now_ms) == card
    after = gift_cards(reader, GiftCardFilter(scope=EVERYTHING), shop.now_ms, after=card.place)
    assert after == ()
