"""What coupons pay, and gifts that take no money off."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.model.ids import BranchId, MemberId
from gateway.model.outcome import Reason
from gateway.model.rules.condition import Condition, MemberDay
from gateway.model.rules.earning import Unit
from gateway.model.rules.reward import Gift, GiftKind
from gateway.program.evaluation import Award, Use, Voucher
from gateway.program.facts import MemberDate, MemberFacts, Used
from gateway.program.rewards import Coupon, RewardQuote, gift_of_reward
from simulators.given.goods import percent_off, sale_of
from simulators.given.rewarded import ADA, YEAR, ask_for, club_of, quote_for, reward_of

_COUPON = Coupon(reward="it", uses_left=2, member_id=ADA.member_id, expires_at_ms=1_001)


def test_a_coupon_pays() -> None:
    """With a coupon a reward costs nothing, as often as the coupon can be used."""
    quote = quote_for(
        reward_of(percent_off(10), 0, most_per_sale=9),
        sale_of(total=1_000),
        5,
        balance=0,
        coupon=_COUPON,
    )
    assert (quote.times, quote.points, quote.amount_minor) == (2, 0, 190)
    # Also a reward that has a price may come with a coupon.
    quote = quote_for(
        reward_of(percent_off(10), 500), sale_of(total=1_000), balance=0, coupon=_COUPON
    )
    assert quote.points == 0


@pytest.mark.parametrize(
    "coupon",
    [
        pytest.param(replace(_COUPON, member_id=MemberId("b" * 32)), id="O-46 another member's"),
        pytest.param(replace(_COUPON, expires_at_ms=1_000), id="lapsed"),
        pytest.param(replace(_COUPON, uses_left=0), id="used up"),
        pytest.param(replace(_COUPON, reward="other"), id="for another reward"),
    ],
)
def test_a_coupon_that_cannot_be_used(coupon: Coupon) -> None:
    """A coupon counts for its member, its reward, its time and its uses."""
    got = ask_for(reward_of(percent_off(10)), sale_of(total=1_000), coupon=coupon)
    assert got is Reason.COUPON_NOT_AVAILABLE


def test_a_coupon_for_whoever_has_it() -> None:
    """A coupon without a member and a date is good for everybody, for ever."""
    coupon = Coupon(reward="it", uses_left=1)
    quote = ask_for(
        reward_of(percent_off(10)), sale_of(total=1_000), facts=MemberFacts(), coupon=coupon
    )
    assert isinstance(quote, RewardQuote)


def test_a_birthday_reward_once_a_year() -> None:
    """A reward around a member's day is taken once a year, however many times are asked for."""
    reward = reward_of(percent_off(10), when=Condition(member_day=MemberDay()), most_per_sale=5)
    ada = replace(ADA, dates=(MemberDate(month=11, day_of_month=23),))
    quote = ask_for(reward, sale_of(total=1_000), 5, facts=ada)
    assert isinstance(quote, RewardQuote)
    key = f"reward:it/day/member:{ADA.member_id}/2026"
    assert (quote.times, quote.uses) == (1, (Use(key=key, amount=1),))
    again = replace(ada, used=(Used(key=key, amount=1),))
    assert ask_for(reward, sale_of(total=1_000), facts=again) is Reason.LIMIT_REACHED


@pytest.mark.parametrize(
    ("gift", "given"),
    [
        pytest.param(
            Gift(kind=GiftKind.CREDIT, amount_minor=500),
            Award(source="it", unit=Unit.CREDIT, amount=1_000, expiry=YEAR),
            id="credit can be spent at once",
        ),
        pytest.param(
            Gift(kind=GiftKind.MULTIPLIER, multiplier_permille=1_500),
            Award(source="it", unit=Unit.POINTS, amount=40, pending_days=14),
            id="a surplus waits for the sale",
        ),
        pytest.param(
            Gift(kind=GiftKind.BENEFIT, quantity=3, valid_days=9),
            Voucher(source="it", kind=GiftKind.BENEFIT, reward=None, quantity=6, valid_days=9),
            id="a benefit",
        ),
        pytest.param(percent_off(10), None, id="money off"),
    ],
)
def test_gifts_that_are_no_money_off(gift: Gift, given: Award | Voucher | None) -> None:
    """What a reward gives beside money off comes with the closed sale, as often as it was taken."""
    reward = reward_of(gift, most_per_sale=2)
    quote = quote_for(reward, sale_of(total=4_000), 2)
    assert (quote.times, quote.kind) == (2, gift.kind)
    assert (quote.discount is None) == (given is not None)
    assert gift_of_reward(club_of(reward), quote, points=41) == given


def test_the_funder_is_named() -> None:
    """Whoever bears a reward stands in its quote and its discount."""
    quote = quote_for(reward_of(percent_off(10), funder=BranchId("brand")), sale_of(total=1_000))
    assert quote.discount is not None
    assert (quote.funder, quote.discount.funder) == ("brand", "brand")
