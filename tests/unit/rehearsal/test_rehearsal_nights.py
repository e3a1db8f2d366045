"""Nights in the past under other rules: the same rules have the same nights, others their own."""

from __future__ import annotations

from gateway.ledger.memory_store import MemoryLedgerStore
from gateway.model.rules.expiry import Expiry, ExpiryKind
from gateway.model.rules.rules import Rules
from gateway.model.rules.stored_value import AutoRedeem, CreditPolicy
from gateway.rehearsal.simulation import Simulation, simulate
from gateway.writer.settings import WriterSettings
from simulators.rules_shop import RulesShop, club

ONE_DAY = Expiry(kind=ExpiryKind.DAYS, count=1)
RULES = Rules(
    expiry=ONE_DAY,
    pending_days=1,
    auto_redeem=AutoRedeem(points=100, credit_minor=500),
    credit=CreditPolicy(earned_expiry=ONE_DAY),
)


def lived(rules: Rules) -> RulesShop:
    """A few days with sales, a redemption, and a night after each day."""
    shop = RulesShop(MemoryLedgerStore(), club(rules))
    till = shop.till()
    for number in range(6):
        run(shop)
        shop.do(till.sell("ada", f"a {number}", 13_000))
        shop.do(till.sell("bob", f"b {number}", 700))
        shop.later(days=1)
    run(shop)
    shop.do(till.sell("eve", "last", 100))
    return shop


def run(shop: RulesShop) -> None:
    """Run every night that is due."""
    while shop.writer.night(shop.now_ms, 100).left:
        shop.check()


def tried(shop: RulesShop, rules: Rules) -> Simulation:
    """The same days under other rules."""
    with shop.store.batch() as batch:
        return simulate(batch, club(rules), WriterSettings())


def test_the_same_rules_have_the_same_nights() -> None:
    """Every kind of account moves what it moved, by night too, and no row differs."""
    shop = lived(RULES)
    made = tried(shop, RULES)
    assert made.differing == 0
    assert made.would_be == made.was
    moved = {one.account for one in made.was if one.debit or one.credit}
    assert {"expired", "converted"} <= moved


def test_rules_that_are_tried_have_nights_of_their_own() -> None:
    """Points that never lapsed lapse in the rehearsal, though the journal knows of no night."""
    shop = lived(Rules())
    made = tried(shop, Rules(expiry=ONE_DAY))
    expired = [one.credit for one in made.would_be if one.account == "expired"]
    assert sum(expired) > 0
    assert not [one for one in made.was if one.account == "expired"]
