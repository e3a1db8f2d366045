"""Sales of cards that nobody owns yet: what they earn waits, in both units, for the owner."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gateway.ledger.rows_lots import SuspendedRow
from gateway.model.outcome import Reason, Status
from gateway.model.programme import UnknownCardPolicy
from gateway.model.rules.caps import Cap, CapOwner
from gateway.model.rules.condition import Condition
from gateway.model.rules.earning import EarningKind, EarningRule, Unit
from gateway.model.rules.expiry import Expiry, ExpiryKind
from gateway.model.rules.rules import Rules
from gateway.model.rules.stored_value import CreditPolicy
from gateway.model.rules.tiers import TierBasis, TierLevel, TierScheme
from simulators.rules_shop import DAY_MS, Purse, RulesShop, club
from simulators.rules_till import line

if TYPE_CHECKING:
    from gateway.ledger.store import LedgerStore

CASH_BACK = EarningRule(
    id="cash-back", kind=EarningKind.PER_AMOUNT, unit=Unit.CREDIT, points=3, per_minor=100
)
BONUS = EarningRule(id="bonus", kind=EarningKind.FIXED, points=40, pending_days=2)
WELCOME = EarningRule(
    id="welcome", kind=EarningKind.FIXED, points=50, when=Condition(first_purchase=True)
)
_EVERYBODY_ONCE = Cap(limit=1, owner=CapOwner.ALL)
SILVER = TierScheme(basis=TierBasis.SPEND, levels=(TierLevel(id="silver", threshold=15_000),))


def _holding(store: LedgerStore, rules: Rules) -> RulesShop:
    return RulesShop(store, replace(club(rules), unknown_card=UnknownCardPolicy.HOLD))


def _waiting(shop: RulesShop) -> list[int]:
    return [row.waiting for row in shop.rows(SuspendedRow)]


def test_points_and_credit_wait_for_the_owner(store: LedgerStore) -> None:
    """A sale of an unknown card is held with both units; the enrolment adopts both."""
    shop = _holding(store, Rules(earning=(CASH_BACK,)))
    till = shop.till()
    held = shop.do(till.sell("ada", "s", 10_000))
    assert (held.status, held.reason, held.points) == (Status.HELD, Reason.UNKNOWN_CARD, 100)
    assert _waiting(shop) == [100, 300]
    result = shop.do(till.enrol("ada"))
    assert (result.points, result.balance_points) == (100, 100)
    assert (shop.points("ada").active, shop.credit("ada").active) == (100, 300)
    assert _waiting(shop) == [0, 0]


def test_what_was_to_wait_goes_on_waiting_with_the_owner(store: LedgerStore) -> None:
    """Pending points are adopted as pending until their day, and as active after it."""
    shop = _holding(store, Rules(earning=(BONUS,)))
    till = shop.till()
    shop.do(till.sell("ada", "a", 10_000), till.sell("bob", "b", 10_000))
    shop.do(till.enrol("ada"))
    assert shop.points("ada") == Purse(active=100, pending=40)
    shop.later(days=2)
    shop.do(till.enrol("bob"))
    assert shop.points("bob") == Purse(active=140)


def test_what_lapsed_while_it_waited_is_gone(store: LedgerStore) -> None:
    """Adopted after their last day, points are the owner's only to lapse."""
    rules = Rules(expiry=Expiry(kind=ExpiryKind.DAYS, count=3))
    shop = _holding(store, rules)
    till = shop.till()
    shop.do(till.sell("ada", "s", 10_000))
    shop.later(days=5)
    shop.do(till.enrol("ada"))
    assert shop.ask(till.inquire("ada")).balance_points == 0
    assert shop.do(till.sell("ada", "t", 1_000)).balance_points == 10


def test_a_waiting_sale_is_called_off(store: LedgerStore) -> None:
    """Called off while it waits, a sale leaves nothing to adopt in either unit."""
    shop = _holding(store, Rules(earning=(CASH_BACK,)))
    till = shop.till()
    shop.do(till.sell("ada", "s", 10_000))
    assert shop.do(till.call_off("s")).status is Status.APPLIED
    assert shop.do(till.call_off("s")).reason is Reason.SALE_ALREADY_REFUNDED
    shop.do(till.enrol("ada"))
    assert (shop.points("ada"), shop.credit("ada")) == (Purse(), Purse())


def test_goods_of_a_waiting_sale_come_back_in_part(store: LedgerStore) -> None:
    """A part that came back while it waited is not adopted, the rest is, and can come back too."""
    shop = _holding(store, Rules(earning=(CASH_BACK,)))
    till = shop.till()
    lines = (line("shoes", 6_000), line("socks", 4_000))
    shop.do(till.sell("ada", "s", 10_000, lines=lines))
    shop.do(till.take_back("s", "paper", 4_000, lines[1:]))
    assert _waiting(shop) == [60, 180]
    shop.do(till.enrol("ada"))
    assert (shop.points("ada").active, shop.credit("ada").active) == (60, 180)
    shop.do(till.take_back("s", "paper 2", 6_000, lines[:1]))
    assert (shop.points("ada"), shop.credit("ada")) == (Purse(), Purse())


@pytest.mark.parametrize("small", [99, 10_000])
def test_an_adopted_sale_is_a_purchase_like_any_other(store: LedgerStore, small: int) -> None:
    """What waited counts as the owner's first purchase and visit, and no more once it came back."""
    shop = _holding(store, Rules(earning=(WELCOME,)))
    till = shop.till()
    shop.do(till.sell("ada", "s", small))
    shop.do(till.enrol("ada"))
    standing = shop.standing("ada")
    assert standing is not None
    assert (standing.purchases, standing.visits, standing.spent_minor) == (1, 1, small)
    shop.do(till.call_off("s"))
    assert shop.points("ada") == Purse()
    standing = shop.standing("ada")
    assert standing is not None
    assert (standing.purchases, standing.visits, standing.spent_minor) == (0, 0, 0)


def test_adopted_sales_count_for_the_level(store: LedgerStore) -> None:
    """Two sales that waited lead to silver with the enrolment; one that comes back leads out."""
    shop = _holding(store, Rules(tiers=SILVER))
    till = shop.till()
    shop.do(till.sell("ada", "s", 10_000))
    shop.later(days=1)
    shop.do(till.sell("ada", "t", 5_000), till.enrol("ada"))
    standing = shop.standing("ada")
    assert standing is not None
    assert (standing.tier, standing.visits, standing.joined_on) == ("silver", 2, "2027-01-16")
    shop.do(till.call_off("s"))
    standing = shop.standing("ada")
    assert standing is not None
    assert (standing.tier, standing.visits) == (None, 1)


def test_a_limit_for_everybody_counts_strangers(store: LedgerStore) -> None:
    """What a stranger's sale used of a limit is given back when it is called off."""
    caps = (_EVERYBODY_ONCE,)
    rule = EarningRule(id="first", kind=EarningKind.FIXED, points=500, caps=caps)
    shop = _holding(store, Rules(earning=(rule,)))
    till = shop.till()
    assert shop.do(till.sell("ada", "s", 100)).points == 501
    assert shop.do(till.sell("bob", "t", 100)).points == 1
    shop.do(till.call_off("s"))
    assert shop.used("earn:first") == 0
    assert shop.do(till.sell("bob", "u", 100)).points == 501


def test_money_paid_in_waits_for_the_owner(store: LedgerStore) -> None:
    """A top-up of a card that nobody owns waits as credit and is adopted whole."""
    shop = _holding(store, Rules(credit=CreditPolicy(top_up_maximum_minor=10_000)))
    till = shop.till()
    assert shop.do(till.load("ada", 2_500)).status is Status.HELD
    shop.do(till.enrol("ada"))
    assert shop.credit("ada").active == 2_500


def test_a_stranger_can_reserve_nothing(store: LedgerStore) -> None:
    """Points that wait are nobody's to spend, and an inquiry knows no such card."""
    shop = _holding(store, Rules(earning=(CASH_BACK,)))
    till = shop.till()
    shop.do(till.sell("ada", "s", 10_000))
    assert shop.ask(till.reserve("ada", "t", 10)).reason is Reason.UNKNOWN_CARD
    assert shop.ask(till.inquire("ada")).reason is Reason.UNKNOWN_CARD


def test_a_batch_may_hold_return_and_adopt(store: LedgerStore) -> None:
    """Sale, part of it back, and enrolment in one batch come to the same as one after the other."""
    shop = _holding(store, Rules(earning=(CASH_BACK, WELCOME)))
    till = shop.till()
    lines = (line("shoes", 6_000), line("socks", 4_000))
    shop.apply(
        till.sell("ada", "s", 10_000, lines=lines),
        till.take_back("s", "paper", 4_000, lines[1:]),
        till.enrol("ada"),
        till.sell("ada", "t", 1_000),
    )
    assert (shop.points("ada").active, shop.credit("ada").active) == (70, 210)
    standing = shop.standing("ada")
    assert standing is not None
    assert (standing.purchases, standing.spent_minor) == (2, 7_000)


def test_waiting_points_keep_their_age(store: LedgerStore) -> None:
    """An adopted lot counts its days from the sale and not from the enrolment."""
    rules = Rules(expiry=Expiry(kind=ExpiryKind.DAYS, count=3))
    shop = _holding(store, rules)
    till = shop.till()
    shop.do(till.sell("ada", "s", 10_000))
    shop.later(days=2)
    shop.do(till.enrol("ada"))
    (lot,) = shop.lots("ada")
    assert lot.expires_at_ms == 1_800_000_000_000 - 8 * 3_600_000 + 4 * DAY_MS


def test_a_sale_that_lost_its_last_point_while_it_waited_is_still_a_purchase(
    store: LedgerStore,
) -> None:
    """Of 1.50 one comes back and with it the one point; the fifty cents are the owner's visit."""
    shop = _holding(store, Rules(earning=(WELCOME,)))
    till = shop.till()
    shop.do(till.sell("ada", "s", 150))
    shop.do(till.take_back("s", "a", 100), till.enrol("ada"), till.sell("ada", "t", 1_000))
    standing = shop.standing("ada")
    assert standing is not None
    assert (standing.purchases, standing.visits, standing.spent_minor) == (2, 1, 1_050)
    shop.do(till.take_back("s", "b", 50))
    standing = shop.standing("ada")
    assert standing is not None
    assert (standing.purchases, standing.visits, standing.spent_minor) == (1, 1, 1_000)
