"""Reservations of points, rewards, coupons and offers under rules, on both stores."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gateway.ledger.kinds import HoldState
from gateway.model.ledger_command import LedgerCommandKind
from gateway.model.member_facts import MemberDate
from gateway.model.outcome import Reason, Status
from gateway.model.programme import RefundPolicy
from gateway.model.rules.caps import Cap, CapMeasure, CapOwner
from gateway.model.rules.condition import Condition, MemberDay
from gateway.model.rules.expiry import Expiry, ExpiryKind
from gateway.model.rules.offer import Offer
from gateway.model.rules.reward import Gift, GiftKind, Reward
from gateway.model.rules.rules import Rules
from gateway.model.rules.stored_value import HouseholdPolicy
from gateway.writer.decision import AlarmKind
from gateway.writer.hold_terms import terms_of
from simulators.rules_shop import Purse, RulesShop, club
from simulators.rules_till import Basket, RulesTill

if TYPE_CHECKING:
    from gateway.ledger.store import LedgerStore
    from gateway.model.authorisation import AuthAnswer

FIVE_OFF = Reward(
    id="five-off", cost_points=100, gift=Gift(kind=GiftKind.MONEY_OFF, amount_minor=500)
)
CASH = Reward(id="cash", cost_points=100, gift=Gift(kind=GiftKind.CREDIT, amount_minor=300))
WASH = Reward(id="wash", cost_points=100, gift=Gift(kind=GiftKind.BENEFIT, quantity=2))
TREAT = Reward(
    id="treat",
    cost_points=10,
    gift=Gift(kind=GiftKind.MONEY_OFF, amount_minor=200),
    when=Condition(member_day=MemberDay()),
)
TENTH_OFF = Offer(
    id="tenth",
    gift=Gift(kind=GiftKind.PERCENT_OFF, percent_bp=1_000),
    budgets=(Cap(limit=10, owner=CapOwner.ALL),),
)


@pytest.fixture
def shop(store: LedgerStore) -> RulesShop:
    """A shop with all four rewards and an offer, where Ada has 500 points and a coupon."""
    rules = Rules(rewards=(FIVE_OFF, CASH, WASH, TREAT), offers=(TENTH_OFF,))
    made = RulesShop(store, club(rules))
    till = made.till("opening")
    made.do(till.sell("ada", "opening", 50_000))
    _grant_coupon(made, "ada")
    return made


@pytest.fixture
def till(shop: RulesShop) -> RulesTill:
    """A till of that shop."""
    return shop.till()


def _grant_coupon(shop: RulesShop, card: str, quantity: int = 1) -> None:
    shop.command(
        LedgerCommandKind.GRANT_VOUCHER,
        member_id=shop.member(card),
        reward="five-off",
        quantity=quantity,
    )


def _expire(shop: RulesShop) -> None:
    shop.later(ms=300_001)
    assert shop.tick() == 1


def test_points_are_held_and_posted(shop: RulesShop, till: RulesTill) -> None:
    """A grant moves points aside; the posting turns them into money off."""
    answer = shop.ask(till.reserve("ada", "s", 200))
    assert (answer.points, answer.amount_minor, answer.balance_points) == (200, 200, 300)
    assert shop.points("ada") == Purse(active=300, held=200)
    result = shop.do(till.post("ada", "s", answer))
    assert (result.points, result.balance_points) == (-200, 300)
    assert shop.points("ada") == Purse(active=300)


def test_a_reward_is_taken_for_its_price(shop: RulesShop, till: RulesTill) -> None:
    """Five euros off cost a hundred points, whatever the till would have reckoned."""
    answer = shop.ask(till.reserve_reward("ada", "s", "five-off"))
    assert (answer.points, answer.amount_minor) == (100, 500)
    assert answer.standing is not None
    assert [(one.source, one.amount_minor) for one in answer.standing.discounts] == [
        ("five-off", 500)
    ]
    shop.do(till.post("ada", "s", answer))
    assert shop.points("ada") == Purse(active=400)


def test_a_reward_may_bring_credit(shop: RulesShop, till: RulesTill) -> None:
    """What is no money off is given when the reservation is posted, and not before."""
    answer = shop.ask(till.reserve_reward("ada", "s", "cash"))
    assert (answer.points, answer.amount_minor) == (100, 0)
    assert shop.credit("ada") == Purse()
    shop.do(till.post("ada", "s", answer))
    assert shop.credit("ada").active == 300


def test_a_reward_may_bring_a_benefit(shop: RulesShop, till: RulesTill) -> None:
    """Two car washes stand with the member after the posting."""
    answer = shop.ask(till.reserve_reward("ada", "s", "wash"))
    shop.do(till.post("ada", "s", answer))
    (wash,) = [row for row in shop.vouchers("ada") if row.kind is GiftKind.BENEFIT]
    assert (wash.source, wash.quantity, wash.used) == ("wash", 2, 0)


def test_a_reward_is_taken_so_often_and_no_more(shop: RulesShop, till: RulesTill) -> None:
    """A second reservation of the same reward for the same sale is over the limit of the sale."""
    shop.ask(till.reserve_reward("ada", "s", "five-off"))
    again = shop.ask(till.reserve_reward("ada", "s", "five-off"))
    assert again.reason is Reason.LIMIT_REACHED
    coupon = shop.ask(till.reserve_reward("ada", "s", "five-off", coupon=True))
    assert coupon.reason is Reason.LIMIT_REACHED
    other_sale = shop.ask(till.reserve_reward("ada", "t", "five-off"))
    assert other_sale.status is Status.APPLIED


def test_a_reward_is_refused_with_its_reason(shop: RulesShop, till: RulesTill) -> None:
    """Unknown, not today, and too dear are three reasons."""
    shop.do(till.enrol("bob"))
    reasons = [
        shop.ask(till.reserve_reward("ada", "s", "nothing")).reason,
        shop.ask(till.reserve_reward("ada", "s", "treat")).reason,
        shop.ask(till.reserve_reward("bob", "s", "five-off")).reason,
    ]
    assert reasons == [
        Reason.REWARD_UNKNOWN,
        Reason.REWARD_NOT_AVAILABLE,
        Reason.INSUFFICIENT_POINTS,
    ]


@pytest.mark.parametrize("how", ["void", "cancel", "expiry"])
def test_a_birthday_reward_is_given_back_with_its_year(
    shop: RulesShop, till: RulesTill, how: str
) -> None:
    """Once a year: taken it is used up, and freed in whatever way it can be taken again."""
    shop.diary.days[shop.member("ada")] = (MemberDate(month=1, day_of_month=15),)
    answer = shop.ask(till.reserve_reward("ada", "s", "treat"))
    assert answer.status is Status.APPLIED
    refused = shop.ask(till.reserve_reward("ada", "t", "treat"))
    assert refused.reason is Reason.LIMIT_REACHED
    _free(shop, till, answer, how)
    assert shop.points("ada") == Purse(active=500)
    assert shop.ask(till.reserve_reward("ada", "u", "treat")).status is Status.APPLIED


def _free(shop: RulesShop, till: RulesTill, answer: AuthAnswer, how: str) -> None:
    if how == "void":
        shop.do(till.void(answer.request_id))
    elif how == "cancel":
        shop.ask(till.cancel(answer.request_id))
    else:
        _expire(shop)


@pytest.mark.parametrize("how", ["void", "cancel", "expiry"])
def test_a_coupon_comes_back_with_its_reservation(
    shop: RulesShop, till: RulesTill, how: str
) -> None:
    """A coupon that was reserved is nobody else's; freed, it can be used after all."""
    answer = shop.ask(till.reserve_reward("ada", "s", "five-off", coupon=True))
    assert (answer.points, answer.amount_minor) == (0, 500)
    refused = shop.ask(till.reserve_reward("ada", "t", "five-off", coupon=True))
    assert refused.reason is Reason.COUPON_NOT_AVAILABLE
    _free(shop, till, answer, how)
    assert [row.used for row in shop.vouchers("ada")] == [0]
    again = shop.ask(till.reserve_reward("ada", "u", "five-off", coupon=True))
    assert again.status is Status.APPLIED


def test_a_coupon_is_used_once(shop: RulesShop, till: RulesTill) -> None:
    """Two tills that want it in one batch get one grant; posted, it is gone for good."""
    other = shop.till("till-2")
    asked = [one.reserve_reward("ada", "s", "five-off", coupon=True) for one in (till, other)]
    first, second = shop.apply(*asked).answers
    assert (first.status, second.reason) == (Status.APPLIED, Reason.COUPON_NOT_AVAILABLE)
    shop.do(till.post("ada", "s", first, amount_minor=500))
    late = shop.ask(till.reserve_reward("ada", "t", "five-off", coupon=True))
    assert late.reason is Reason.COUPON_NOT_AVAILABLE


def test_a_coupon_is_its_members_own(shop: RulesShop, till: RulesTill) -> None:
    """Another member has no such coupon."""
    shop.do(till.enrol("bob"))
    refused = shop.ask(till.reserve_reward("bob", "s", "five-off", coupon=True))
    assert refused.reason is Reason.COUPON_NOT_AVAILABLE


def test_a_coupon_that_was_used_meanwhile_is_honoured_once(
    shop: RulesShop, till: RulesTill
) -> None:
    """Posted late after another use, it is honoured, and calling both sales off gives one back."""
    other = shop.till("till-2")
    late = shop.ask(till.reserve_reward("ada", "s", "five-off", coupon=True))
    _expire(shop)
    prompt = shop.ask(other.reserve_reward("ada", "t", "five-off", coupon=True))
    shop.do(other.post("ada", "t", prompt))
    assert shop.do(till.post("ada", "s", late)).status is Status.APPLIED
    shop.do(till.call_off("s"))
    assert [row.used for row in shop.vouchers("ada")] == [1]
    shop.do(till.call_off("t"))
    assert [row.used for row in shop.vouchers("ada")] == [0]


def test_the_last_use_of_a_budget_is_one_tills(shop: RulesShop, till: RulesTill) -> None:
    """Of ten uses nine are gone: of two tills at once one gets the tenth, in one batch."""
    _use_nine(shop, till)
    other = shop.till("till-2")
    answers = shop.apply(till.reserve_offers("ada", "a"), other.reserve_offers("ada", "b")).answers
    assert [answer.reason for answer in answers] == [Reason.NONE, Reason.OFFER_NOT_AVAILABLE]
    assert shop.used("offer:tenth") == 10


def test_the_last_use_of_a_budget_is_the_firsts(shop: RulesShop, till: RulesTill) -> None:
    """The same in two batches; and freed again, the tenth use is the other till's."""
    _use_nine(shop, till)
    other = shop.till("till-2")
    first = shop.ask(till.reserve_offers("ada", "a"))
    assert shop.ask(other.reserve_offers("ada", "b")).reason is Reason.OFFER_NOT_AVAILABLE
    shop.do(till.void(first.request_id))
    assert shop.used("offer:tenth") == 9
    assert shop.ask(other.reserve_offers("ada", "b")).status is Status.APPLIED


def _use_nine(shop: RulesShop, till: RulesTill) -> None:
    for number in range(9):
        answer = shop.ask(till.reserve_offers("ada", f"before {number}"))
        shop.do(till.post("ada", f"before {number}", answer))


def test_an_offer_tells_what_it_is_made_of(shop: RulesShop, till: RulesTill) -> None:
    """A tenth off a hundred euros is held without points, and counted at once."""
    answer = shop.ask(till.reserve_offers("ada", "s"))
    assert (answer.points, answer.amount_minor) == (0, 1_000)
    assert answer.standing is not None
    assert [one.source for one in answer.standing.discounts] == ["tenth"]
    assert shop.used("offer:tenth/uses/all") == 1


def test_who_is_held_out_is_written_down(store: LedgerStore) -> None:
    """Of two offers, the one whose lot went against the member stands with the decision."""
    drawn = replace(TENTH_OFF, id="drawn", budgets=(), holdout_percent=50)
    shop = RulesShop(store, club(Rules(offers=(TENTH_OFF, drawn))))
    till = shop.till()
    names = [f"card {number}" for number in range(12)]
    shop.do(*(till.enrol(name) for name in names))
    answers = [shop.ask(till.reserve_offers(name, name)) for name in names]
    terms = [terms_of(shop.hold(answer)) for answer in answers]
    assert {one.held_out for one in terms} == {(), ("drawn",)}
    # A tenth of 9,000 or none of it: a member's lot is the same for ever.
    assert {1_900 - 900 * len(one.held_out) for one in terms} == {
        answer.amount_minor for answer in answers
    }


def test_the_same_request_gets_the_same_answer(shop: RulesShop, till: RulesTill) -> None:
    """Asked again later, also after a restart, the answer is the same to its last part."""
    asked = till.reserve_reward("ada", "s", "five-off", basket=Basket(total_minor=8_000))
    first = shop.ask(asked)
    shop.do(till.sell("ada", "u", 1_000))
    shop.later(ms=1_000)
    shop.restart()
    assert shop.ask(asked) == first
    assert first.standing is not None
    refused = till.reserve_reward("ada", "s", "nothing")
    assert shop.ask(refused) == shop.ask(refused)
    assert shop.points("ada").held == 100


def test_a_part_of_points_may_be_posted(shop: RulesShop, till: RulesTill) -> None:
    """Of two hundred held fifty are used for their share; the rest is free at once."""
    answer = shop.ask(till.reserve("ada", "s", 200))
    wrong = shop.do(till.post("ada", "s", answer, units=50, amount_minor=60))
    assert wrong.reason is Reason.HOLD_MISMATCH
    result = shop.do(till.post("ada", "s", answer, units=50, amount_minor=50))
    assert (result.points, result.balance_points) == (-50, 450)
    again = shop.do(till.post("ada", "s", answer, units=50, amount_minor=50))
    assert again.reason is Reason.HOLD_ALREADY_RESOLVED


def test_a_reward_is_posted_whole(shop: RulesShop, till: RulesTill) -> None:
    """Half a reward there is not."""
    answer = shop.ask(till.reserve_reward("ada", "s", "five-off"))
    half = shop.do(till.post("ada", "s", answer, units=50, amount_minor=250))
    assert half.reason is Reason.HOLD_MISMATCH


def test_a_late_posting_is_honoured(shop: RulesShop, till: RulesTill) -> None:
    """After the hold freed itself the points are taken again; what is not there is owed."""
    answer = shop.ask(till.reserve("ada", "s", 400))
    _expire(shop)
    other = shop.ask(till.reserve("ada", "t", 300))
    shop.do(till.post("ada", "t", other))
    decision = shop.apply(till.post("ada", "s", answer))
    assert [alarm.kind for alarm in decision.alarms] == [AlarmKind.SHORTFALL]
    assert shop.points("ada") == Purse(active=-200)
    shop.do(till.call_off("s"))
    assert shop.points("ada") == Purse(active=200)


def test_a_late_posting_counts_its_limit_again(shop: RulesShop, till: RulesTill) -> None:
    """An offer's use is given back when the hold frees itself and counted with the posting."""
    answer = shop.ask(till.reserve_offers("ada", "s"))
    _expire(shop)
    assert shop.used("offer:tenth") == 0
    shop.do(till.post("ada", "s", answer))
    assert shop.used("offer:tenth") == 1
    shop.do(till.call_off("s"))
    assert shop.used("offer:tenth") == 0


def test_a_late_posting_takes_no_lapsed_points(store: LedgerStore) -> None:
    """What lapsed between the grant and the late posting is not there: the programme bears it."""
    rules = Rules(expiry=Expiry(kind=ExpiryKind.DAYS, count=1))
    shop = RulesShop(store, club(rules, refund=RefundPolicy.CLAMP))
    till = shop.till()
    shop.do(till.sell("ada", "a", 10_000))
    answer = shop.ask(till.reserve("ada", "s", 100))
    _expire(shop)
    shop.later(days=3)
    shop.do(till.post("ada", "s", answer))
    hold = shop.hold(answer)
    assert (hold.state, hold.shortfall_points) == (HoldState.POSTED, 100)
    assert shop.points("ada") == Purse()


def test_money_off_has_a_budget_of_money(store: LedgerStore) -> None:
    """An offer with twelve euros to give gives ten, then the two that are left, then nothing."""
    budget = Cap(limit=1_200, measure=CapMeasure.AMOUNT, owner=CapOwner.ALL)
    offer = replace(TENTH_OFF, budgets=(budget,))
    shop = RulesShop(store, club(Rules(offers=(offer,))))
    till = shop.till()
    shop.do(till.enrol("ada"))
    answers = [shop.ask(till.reserve_offers("ada", name)) for name in "abc"]
    assert [answer.amount_minor for answer in answers] == [1_000, 200, None]
    shop.do(till.void(answers[0].request_id))
    assert shop.ask(till.reserve_offers("ada", "d")).amount_minor == 1_000


def test_a_household_spends_within_its_members_limits(store: LedgerStore) -> None:
    """Sixty a day for whoever did not found it, free again with a reservation and the next day."""
    policy = HouseholdPolicy(members_maximum=2, spend_limit_points=60)
    shop = RulesShop(store, club(Rules(households=policy, rewards=(FIVE_OFF,))))
    till = shop.till()
    shop.do(till.sell("ada", "a", 30_000), till.enrol("bob"))
    ada, bob = shop.member("ada"), shop.member("bob")
    shop.command(LedgerCommandKind.FOUND_HOUSEHOLD, member_id=ada)
    shop.command(LedgerCommandKind.INVITE_TO_HOUSEHOLD, member_id=ada, other_member_id=bob)
    shop.command(LedgerCommandKind.JOIN_HOUSEHOLD, member_id=bob)
    first = shop.ask(till.reserve("bob", "b", 50))
    second = shop.ask(till.reserve("bob", "c", 50))
    third = shop.ask(till.reserve("bob", "d", 50))
    assert (first.points, second.points, third.reason) == (50, 10, Reason.LIMIT_REACHED)
    assert shop.ask(till.reserve_reward("bob", "e", "five-off")).reason is Reason.LIMIT_REACHED
    assert shop.ask(till.reserve("ada", "f", 100)).points == 100
    shop.do(till.void(first.request_id))
    assert shop.ask(till.reserve("bob", "g", 100)).points == 50
    shop.later(days=1)
    assert shop.ask(till.reserve("bob", "h", 100)).points == 60
