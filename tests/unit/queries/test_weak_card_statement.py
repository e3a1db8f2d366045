"""A member's statement says which sale brought less because the card was weak."""

from __future__ import annotations

from pathlib import Path

from gateway.ledger.queries import LedgerReader
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.model.ledger_command import LedgerCommandKind
from gateway.model.rules.cards import CardPolicy
from gateway.model.rules.earning import EarningKind, EarningRule
from gateway.model.rules.rules import Rules
from gateway.queries.scope import EVERYTHING
from gateway.queries.statement import statement_of
from simulators.rules_shop import RulesShop, club


def test_a_statement_says_what_a_weak_card_kept_back(tmp_path: Path) -> None:
    """At the sale alone: not at its return, and not with whoever had brought the member."""
    brought = EarningRule(id="brought", kind=EarningKind.REFERRAL, points=70)
    rules = Rules(earning=(brought,), cards=CardPolicy(weak_points_per_sale=30))
    store = SqlLedgerStore(tmp_path / "ledger.db")
    shop = RulesShop(store, club(rules))
    till = shop.till()
    shop.do(till.enrol("ada"))
    shop.do(till.enrol("bo"))
    ada, bo = shop.member("ada"), shop.member("bo")
    shop.command(LedgerCommandKind.SET_REFERRER, member_id=ada, other_member_id=bo)
    shop.do(till.sell("ada", "s", 10_000))
    shop.do(till.take_back("s", "paper", 8_000))
    ledger = LedgerReader(store.place)
    found = statement_of(ledger, ada, EVERYTHING)
    assert [(one.available_points, one.kept_back) for one in found] == [(-10, 0), (30, 70)]
    found = statement_of(ledger, bo, EVERYTHING)
    assert [(one.available_points, one.kept_back) for one in found] == [(70, 0)]
    store.close()
