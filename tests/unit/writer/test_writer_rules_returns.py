"""Returns under rules: by line and by money, by version and by day, of sales known and unknown."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gateway.ledger.kinds import PostingKind
from gateway.ledger.rows import PostingRow
from gateway.ledger.rows_sales import SaleReturnRow
from gateway.model.instrument import Instrument
from gateway.model.ledger_command import LedgerCommandKind
from gateway.model.outcome import Reason, Status
from gateway.model.rules.caps import Cap, CapMeasure, CapPeriod
from gateway.model.rules.condition import Condition
from gateway.model.rules.earning import EarningKind, EarningRule, Unit
from gateway.model.rules.offer import Offer
from gateway.model.rules.returns import RefundBasis, ReturnPolicy, UnknownOriginal
from gateway.model.rules.reward import Gift, GiftKind, Reward
from gateway.model.rules.rules import Rules
from gateway.model.rules.scope import ItemFilter, ItemSet
from gateway.model.rules.stored_value import GiftCardPolicy, HouseholdPolicy, LeavePolicy
from gateway.model.rules.tiers import TierBasis, TierLevel, TierPeriod, TierScheme
from simulators.rules_shop import Purse, RulesShop, club
from simulators.rules_till import line

if TYPE_CHECKING:
    from gateway.ledger.store import LedgerStore

CASH_BACK = EarningRule(
    id="cash-back", kind=EarningKind.PER_AMOUNT, unit=Unit.CREDIT, points=3, per_minor=100
)
WELCOME = EarningRule(
    id="welcome", kind=EarningKind.FIXED, points=50, when=Condition(first_purchase=True)
)


@pytest.mark.parametrize(
    ("basis", "left"), [(RefundBasis.PER_LINE, 50), (RefundBasis.PRO_RATA, 35)]
)
def test_a_line_comes_back_by_its_own_points_or_by_its_money(
    store: LedgerStore, basis: RefundBasis, left: int
) -> None:
    """Goods of 10, 10 and 20 earned 10, 20 and nothing, and 40 for all: the last comes back."""
    rules = Rules(
        earning=(_goods("a", 10), _goods("b", 20), _all_of_it()),
        returns=ReturnPolicy(basis=basis),
    )
    shop = RulesShop(store, club(rules, earn_points=0))
    till = shop.till()
    lines = (line("a", 1_000, sku="a"), line("b", 1_000, sku="b"), line("c", 2_000, sku="c"))
    assert shop.do(till.sell("ada", "s", 4_000, lines=lines)).points == 70
    assert shop.do(till.take_back("s", "paper", 2_000, lines[2:])).balance_points == left
    shop.do(till.call_off("s"))
    assert shop.points("ada") == Purse()


def _goods(sku: str, points: int) -> EarningRule:
    items = ItemFilter(only=ItemSet(skus=(sku,)))
    return EarningRule(id=f"goods-{sku}", kind=EarningKind.ITEM, points=points, items=items)


def _all_of_it() -> EarningRule:
    return EarningRule(id="all", kind=EarningKind.PER_AMOUNT, points=1, per_minor=100)


def test_half_comes_back_both_ways(store: LedgerStore) -> None:
    """Two pieces earned 70 and cost 150 points; one comes back: minus 35, plus 75."""
    rule = EarningRule(id="piece", kind=EarningKind.ITEM, points=35)
    shop = RulesShop(store, club(Rules(earning=(rule,)), earn_points=0))
    till = shop.till()
    shop.do(till.enrol("ada"))
    member_id = shop.member("ada")
    shop.command(LedgerCommandKind.ADJUST, member_id=member_id, unit=Unit.POINTS, amount=200)
    answer = shop.ask(till.reserve("ada", "s", 150))
    two = (line("lamp", 10_000, 2),)
    shop.do(till.post("ada", "s", answer), till.sell("ada", "s", 10_000, lines=two))
    assert shop.points("ada").active == 120
    shop.do(till.take_back("s", "paper", 5_000, (line("lamp", 5_000),)))
    assert shop.points("ada").active == 160


def test_every_means_of_payment_comes_back_in_measure(store: LedgerStore) -> None:
    """A quarter of a sale paid with points, credit and two gift cards gives a quarter of each."""
    rules = Rules(gift_cards=GiftCardPolicy(maximum_minor=10_000))
    shop = RulesShop(store, club(rules))
    till = shop.till()
    shop.do(till.sell("ada", "before", 10_000), till.load("ada", 1_000))
    shop.do(till.load("g", 800, Instrument.GIFT), till.load("h", 400, Instrument.GIFT))
    asked = [
        till.reserve("ada", "s", 100),
        till.reserve("ada", "s", 1_000, Instrument.CREDIT),
        till.reserve("g", "s", 800, Instrument.GIFT),
        till.reserve("h", "s", 400, Instrument.GIFT),
    ]
    answers = [shop.ask(one) for one in asked]
    for card, answer in zip(("ada", "ada", "g", "h"), answers, strict=True):
        shop.do(till.post(card, "s", answer))
    _all_paid(shop, (0, 0, 0, 0))
    shop.do(till.take_back("s", "quarter", 2_500))
    _all_paid(shop, (25, 250, 200, 100))
    shop.do(till.call_off("s"))
    _all_paid(shop, (100, 1_000, 800, 400))


def _all_paid(shop: RulesShop, wanted: tuple[int, int, int, int]) -> None:
    purses = (shop.points("ada"), shop.credit("ada"), shop.gift("g"), shop.gift("h"))
    assert tuple(purse.active for purse in purses) == wanted


def test_a_sale_that_was_only_paid_with_points_comes_back(store: LedgerStore) -> None:
    """Nothing was earned on it: in parts and then wholly its points come back, and no more."""
    shop = RulesShop(store, club(Rules(earning=(WELCOME,))))
    till = shop.till()
    shop.do(till.sell("ada", "before", 10_000))
    answer = shop.ask(till.reserve("ada", "s", 100))
    shop.do(till.post("ada", "s", answer))
    assert shop.do(till.take_back("s", "a", 3_333)).points == 33
    result = shop.do(till.call_off("s"))
    assert (result.points, result.balance_points) == (67, 150)
    assert shop.do(till.call_off("s")).reason is Reason.SALE_ALREADY_REFUNDED
    assert shop.do(till.sell("ada", "s", 10_000)).reason is Reason.SALE_ALREADY_RECORDED


def test_goods_that_cost_nothing_take_nothing(store: LedgerStore) -> None:
    """The free piece of a sale comes back without points; the paid one takes all of them."""
    shop = RulesShop(store, club(Rules(earning=(CASH_BACK,))))
    till = shop.till()
    lines = (line("coffee", 400), line("free biscuit", 0))
    shop.do(till.sell("ada", "s", 400, lines=lines))
    assert shop.do(till.take_back("s", "a", 0, lines[1:])).points == 0
    assert shop.points("ada").active == 4
    again = shop.do(till.take_back("s", "b", 0, lines[1:]))
    assert again.reason is Reason.LINE_ALREADY_RETURNED
    shop.do(till.take_back("s", "c", 400, lines[:1]))
    assert (shop.points("ada").active, shop.credit("ada").active) == (0, 0)


def test_a_sale_of_nothing_can_be_called_off(store: LedgerStore) -> None:
    """A visit without a bill earned its points; called off, it earned none and was no visit."""
    visit = EarningRule(id="visit", kind=EarningKind.VISIT, points=10, caps=(Cap(limit=1),))
    shop = RulesShop(store, club(Rules(earning=(visit,))))
    till = shop.till()
    assert shop.do(till.sell("ada", "s", 0)).points == 10
    shop.do(till.call_off("s"))
    standing = shop.standing("ada")
    assert standing is not None
    assert (shop.points("ada").active, standing.visits, shop.used("earn:visit")) == (0, 0, 0)


def test_a_limit_on_points_is_given_back_in_part(store: LedgerStore) -> None:
    """Half of a sale that used up the day's limit comes back, and half of the limit is free."""
    daily = Cap(limit=50, measure=CapMeasure.POINTS, period=CapPeriod.DAY)
    rule = EarningRule(
        id="daily", kind=EarningKind.PER_AMOUNT, points=1, per_minor=100, caps=(daily,)
    )
    shop = RulesShop(store, club(Rules(earning=(rule,)), earn_points=0))
    till = shop.till()
    shop.do(till.sell("ada", "s", 4_000))
    shop.do(till.take_back("s", "half", 2_000))
    assert shop.used("earn:daily") == 20
    assert shop.do(till.sell("ada", "t", 10_000)).points == 30


def test_an_unknown_sale_is_refused_or_rated_as_of_today(store: LedgerStore) -> None:
    """By policy the return is refused, or takes from the card what the goods would earn."""
    refusing = club(Rules(earning=(CASH_BACK, WELCOME)))
    shop = RulesShop(store, refusing)
    till = shop.till()
    shop.do(till.sell("ada", "s", 10_000))
    lost = till.take_back_from("ada", "a", 4_000)
    assert shop.do(lost).reason is Reason.SALE_NOT_FOUND
    returns = ReturnPolicy(unknown_original=UnknownOriginal.TAKE_BACK)
    rules = replace(refusing.rules, returns=returns)
    shop.publish(replace(refusing, version=2, rules=rules))
    assert shop.do(till.take_back_from("ada", "b", 4_000)).points == -40
    assert (shop.points("ada").active, shop.credit("ada").active) == (110, 180)
    again = shop.do(till.take_back_from("ada", "b", 4_000))
    assert again.reason is Reason.SALE_ALREADY_REFUNDED
    stranger = shop.do(till.take_back_from("eve", "c", 4_000))
    assert stranger.reason is Reason.UNKNOWN_CARD
    assert shop.do(till.call_off("never made")).reason is Reason.SALE_NOT_FOUND
    assert [row.sale_key for row in shop.rows(SaleReturnRow)] == [None]


def test_a_return_may_be_too_late(store: LedgerStore) -> None:
    """Seven days after the sale goods come back, in part or wholly; on the eighth neither."""
    shop = RulesShop(store, club(Rules(returns=ReturnPolicy(days_maximum=7))))
    till = shop.till()
    shop.do(till.sell("ada", "s", 10_000), till.sell("ada", "t", 10_000))
    shop.later(days=7)
    assert shop.do(till.take_back("s", "a", 1_000)).status is Status.APPLIED
    shop.later(days=1)
    assert shop.do(till.take_back("s", "b", 1_000)).reason is Reason.RETURN_TOO_LATE
    assert shop.do(till.call_off("t")).reason is Reason.RETURN_TOO_LATE
    till.late_ms = 86_400_000
    assert shop.do(till.call_off("t")).status is Status.APPLIED


def test_a_sale_comes_back_by_the_version_that_rated_it(store: LedgerStore) -> None:
    """Rated threefold and then once, both sales give back what they had given, late or not."""
    triple = club(Rules(earning=(CASH_BACK,)), earn_points=3)
    shop = RulesShop(store, triple)
    till = shop.till()
    shop.do(till.sell("ada", "old", 10_000))
    shop.publish(replace(club(Rules(earning=(CASH_BACK,))), version=2))
    shop.do(till.sell("ada", "new", 10_000))
    assert shop.do(till.take_back("old", "a", 5_000)).points == -150
    assert shop.do(till.take_back("new", "b", 5_000)).points == -50
    shop.publish(replace(club(), version=3))
    assert shop.do(till.call_off("old")).points == -150
    assert shop.do(till.call_off("new")).points == -50
    assert (shop.points("ada").active, shop.credit("ada").active) == (0, 0)


def test_a_level_falls_with_what_comes_back(store: LedgerStore) -> None:
    """An old sale comes back and silver stays, as all that was since reaches it; then it goes."""
    scheme = TierScheme(
        basis=TierBasis.SPEND,
        period=TierPeriod.ROLLING,
        window_months=12,
        levels=(TierLevel(id="silver", threshold=10_000),),
    )
    shop = RulesShop(store, club(Rules(tiers=scheme)))
    till = shop.till()
    levels = []
    for sale in ("one", "two", "three"):
        shop.do(till.sell("ada", sale, 6_000))
        levels.append(_tier(shop))
        shop.later(days=40)
    shop.do(till.call_off("one"))
    levels.append(_tier(shop))
    shop.do(till.take_back("three", "part", 2_500))
    levels.append(_tier(shop))
    assert levels == [None, "silver", "silver", "silver", None]


def _tier(shop: RulesShop) -> str | None:
    standing = shop.standing("ada")
    assert standing is not None
    return standing.tier


def test_the_last_visit_comes_back(store: LedgerStore) -> None:
    """Called off, the sales of a day were no visit, and the visit before is the last again."""
    rule = EarningRule(
        id="soon",
        kind=EarningKind.FIXED,
        points=9,
        when=Condition(days_since_visit_maximum=5),
    )
    shop = RulesShop(store, club(Rules(earning=(rule,)), earn_points=0))
    till = shop.till()
    shop.do(till.sell("ada", "a", 100))
    shop.later(days=3)
    assert shop.do(till.sell("ada", "b", 100)).points == 9
    shop.do(till.call_off("b"))
    standing = shop.standing("ada")
    assert standing is not None
    assert (standing.visits, standing.last_visit_on) == (1, "2027-01-15")
    shop.later(days=3)
    assert shop.do(till.sell("ada", "c", 100)).points == 0


def test_a_used_coupon_stays_used(store: LedgerStore) -> None:
    """A coupon that was used before the sale that gave it came back is not given again."""
    reward = Reward(id="off", cost_points=0, gift=Gift(kind=GiftKind.MONEY_OFF, amount_minor=200))
    offer = Offer(id="gives", gift=Gift(kind=GiftKind.COUPON, reward="off"))
    shop = RulesShop(store, club(Rules(rewards=(reward,), offers=(offer,))))
    till = shop.till()
    shop.do(till.sell("ada", "s", 1_000))
    answer = shop.ask(till.reserve_reward("ada", "t", "off", coupon=True))
    shop.do(till.post("ada", "t", answer), till.call_off("s"))
    shop.do(till.call_off("t"))
    (coupon,) = shop.vouchers("ada")
    assert (coupon.used, coupon.revoked_index is None) == (0, False)
    refused = shop.ask(till.reserve_reward("ada", "u", "off", coupon=True))
    assert refused.reason is Reason.COUPON_NOT_AVAILABLE


def test_two_tills_return_one_sale_at_once(store: LedgerStore) -> None:
    """In one batch the first return of a sale is booked and the second refused."""
    shop = RulesShop(store, club(Rules(earning=(CASH_BACK,))))
    one, two = shop.till("one"), shop.till("two")
    shop.do(one.sell("ada", "s", 10_000))
    decision = shop.apply(one.call_off("s"), two.call_off("s"))
    reasons = [result.reason for receipt in decision.receipts for result in receipt.results]
    assert reasons == [Reason.NONE, Reason.SALE_ALREADY_REFUNDED]
    kinds = [row.kind for row in shop.rows(PostingRow)]
    assert kinds == [PostingKind.EARN, PostingKind.REFUND]


def test_a_posting_after_the_return_is_refused(store: LedgerStore) -> None:
    """A reservation that arrives after its sale was called off frees itself and gives nothing."""
    shop = RulesShop(store, club(Rules(earning=(WELCOME,))))
    one, two = shop.till("one"), shop.till("two")
    shop.do(one.sell("ada", "s", 10_000))
    answer = shop.ask(one.reserve("ada", "s", 100))
    shop.do(two.call_off("s"))
    assert shop.do(one.post("ada", "s", answer)).reason is Reason.SALE_ALREADY_REFUNDED
    shop.later(ms=300_001)
    shop.tick()
    assert shop.points("ada") == Purse()


@pytest.mark.parametrize("leaves", [False, True])
def test_a_return_finds_points_that_moved_into_a_household(
    store: LedgerStore, *, leaves: bool
) -> None:
    """Who joins a household, or leaves it again, cannot leave a return's points behind."""
    policy = HouseholdPolicy(members_maximum=4, leave=LeavePolicy.OWN_SHARE)
    shop = RulesShop(store, club(Rules(earning=(WELCOME,), households=policy)))
    till = shop.till()
    shop.do(till.sell("bob", "b", 1_000), till.sell("ada", "s", 10_000))
    ada, bob = shop.member("ada"), shop.member("bob")
    shop.command(LedgerCommandKind.FOUND_HOUSEHOLD, member_id=bob)
    shop.command(LedgerCommandKind.INVITE_TO_HOUSEHOLD, member_id=bob, other_member_id=ada)
    shop.command(LedgerCommandKind.JOIN_HOUSEHOLD, member_id=ada)
    assert shop.ask(till.inquire("ada")).balance_points == 210
    if leaves:
        shop.command(LedgerCommandKind.LEAVE_HOUSEHOLD, member_id=ada)
    shop.do(till.call_off("s"))
    assert shop.ask(till.inquire("bob")).balance_points == 60
    assert shop.ask(till.inquire("ada")).balance_points == (0 if leaves else 60)
