"""Reservations of one sale in the writer: together they never come to more than it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway.ledger.rows_lots import HoldRow
from gateway.model.instrument import Instrument
from gateway.model.outcome import Reason, Status
from gateway.model.rules.offer import Offer
from gateway.model.rules.reward import Gift, GiftKind, Reward
from gateway.model.rules.rules import Rules
from gateway.model.rules.stored_value import CreditPolicy, GiftCardPolicy
from simulators.rules_shop import RulesShop, club
from simulators.rules_till import Basket, RulesTill, line

if TYPE_CHECKING:
    from gateway.ledger.store import LedgerStore

CREDIT, GIFT, POINTS = Instrument.CREDIT, Instrument.GIFT, Instrument.POINTS


@pytest.fixture
def shop(store: LedgerStore) -> RulesShop:
    """A shop in which a sale may be paid with anything, and is lowered by a third as well."""
    rules = Rules(
        credit=CreditPolicy(top_up_maximum_minor=100_000, share_percent=100),
        gift_cards=GiftCardPolicy(maximum_minor=50_000),
        offers=(Offer(id="spring", gift=Gift(kind=GiftKind.MONEY_OFF, amount_minor=3_000)),),
        rewards=(
            Reward(
                id="off",
                cost_points=10,
                gift=Gift(kind=GiftKind.MONEY_OFF, amount_minor=4_000),
                most_per_sale=5,
            ),
        ),
    )
    return RulesShop(store, club(rules))


@pytest.fixture
def till(shop: RulesShop) -> RulesTill:
    """A till at which Ada has points and credit, and a gift card lies."""
    till = shop.till()
    shop.do(
        till.sell("ada", "before", 100_000),
        till.load("ada", 50_000),
        till.load("paper", 50_000, GIFT),
    )
    return till


def test_two_reservations_in_one_batch_share_a_sale(shop: RulesShop, till: RulesTill) -> None:
    """Neither terminal knows of the other; the second gets what the first has left."""
    other = shop.till("till-2")
    first, second = shop.apply(
        till.reserve("ada", "s", 7_000, CREDIT), other.reserve("paper", "s", 7_000, GIFT)
    ).answers
    assert (first.amount_minor, second.amount_minor) == (7_000, 3_000)


def test_the_same_question_again_is_no_second_reservation(shop: RulesShop, till: RulesTill) -> None:
    """Nothing is due any more, and the answer is what it was; another question is refused."""
    request = till.reserve("paper", "s", 10_000, GIFT)
    answer = shop.ask(request)
    assert answer.amount_minor == 10_000
    assert shop.apply(request, request).answers == (answer, answer)
    assert len(shop.rows(HoldRow)) == 1
    again = shop.ask(till.reserve("paper", "s", 1, GIFT))
    assert (again.status, again.reason) == (Status.REFUSED, Reason.BELOW_MINIMUM)


def test_what_is_given_back_is_due_again(shop: RulesShop, till: RulesTill) -> None:
    """A cancelled reservation, and one whose time has run out, leave the sale as it was."""
    first = shop.ask(till.reserve("paper", "s", 10_000, GIFT))
    shop.ask(till.cancel(first.request_id))
    second = shop.ask(till.reserve("paper", "s", 10_000, GIFT))
    assert second.amount_minor == 10_000
    shop.later(hours=1)
    shop.tick()
    assert shop.ask(till.reserve("paper", "s", 10_000, GIFT)).amount_minor == 10_000


def test_what_was_posted_in_part_leaves_the_rest(shop: RulesShop, till: RulesTill) -> None:
    """A sale of 100.00 that credit paid 20.00 of has 80.00 left."""
    answer = shop.ask(till.reserve("ada", "s", 5_000, CREDIT))
    shop.do(till.post("ada", "s", answer, units=2_000, amount_minor=2_000))
    assert shop.ask(till.reserve("paper", "s", 50_000, GIFT)).amount_minor == 8_000


def test_discounts_that_know_nothing_of_each_other_lower_a_price_once(
    shop: RulesShop, till: RulesTill
) -> None:
    """Two rewards and the offers, asked for at once of a sale of 100.00, take no more off it."""
    goods = Basket(lines=(line("Coffee", 6_000), line("Tea", 4_000)))
    answers = shop.apply(
        till.reserve_reward("ada", "s", "off", basket=goods),
        till.reserve_reward("ada", "s", "off", basket=goods),
        till.reserve_reward("ada", "s", "off", basket=goods),
        till.reserve_offers("ada", "s", goods),
    ).answers
    assert [one.amount_minor for one in answers] == [4_000, 4_000, 2_000, None]
    assert answers[3].reason is Reason.OFFER_NOT_AVAILABLE


@pytest.mark.parametrize("knows", [False, True])
def test_a_discount_counts_once_whether_or_not_the_till_took_it_off(
    shop: RulesShop, till: RulesTill, *, knows: bool
) -> None:
    """After 30.00 off, 70.00 can be paid, be the total that is told lower by then or not."""
    shop.ask(till.reserve_offers("ada", "s"))
    told = 7_000 if knows else 10_000
    answer = shop.ask(till.reserve("paper", "s", 50_000, GIFT, told))
    assert answer.amount_minor == 7_000


def test_offers_do_not_lower_what_is_paid_already(shop: RulesShop, till: RulesTill) -> None:
    """Discounts come first; where 80.00 of 100.00 are held to be paid, 30.00 are too much."""
    shop.ask(till.reserve("paper", "s", 8_000, GIFT))
    assert shop.ask(till.reserve_offers("ada", "s")).reason is Reason.OFFER_NOT_AVAILABLE
    reward = shop.ask(till.reserve_reward("ada", "s", "off"))
    assert reward.amount_minor == 2_000


def test_another_sale_is_not_concerned(shop: RulesShop, till: RulesTill) -> None:
    """What is held for one sale leaves the next as it is."""
    shop.ask(till.reserve("paper", "s", 10_000, GIFT))
    assert shop.ask(till.reserve("paper", "t", 10_000, GIFT)).amount_minor == 10_000
