"""A club with one reward, which a member asks for at one place."""

from __future__ import annotations

from datetime import date

from gateway.model.ids import BranchId, MemberId
from gateway.model.money import EUR
from gateway.model.outcome import Reason
from gateway.model.programme import Programme
from gateway.model.rules.expiry import Expiry, ExpiryKind
from gateway.model.rules.reward import Gift, Reward
from gateway.model.rules.rules import Rules
from gateway.model.rules.stored_value import CreditPolicy
from gateway.model.sale import Sale
from gateway.program.facts import MemberFacts, Place
from gateway.program.rewards import Coupon, RewardAsk, RewardQuote, quote_reward

PLACE = Place(branch=BranchId("north"), at_ms=1_000, business_day=date(2026, 11, 23), minute=600)
ADA = MemberFacts(member_id=MemberId("a" * 32))
YEAR = Expiry(kind=ExpiryKind.YEAR_END)


def club_of(*rewards: Reward) -> Programme:
    """A programme with these rewards, whose points wait for two weeks."""
    return Programme(
        name="club",
        version=1,
        effective_from_ms=0,
        currency=EUR,
        earn_points=1,
        earn_per_minor=100,
        redeem_points=1,
        redeem_value_minor=1,
        rules=Rules(rewards=rewards, pending_days=14, credit=CreditPolicy(earned_expiry=YEAR)),
    )


def reward_of(gift: Gift, cost_points: int = 1, **parts: object) -> Reward:
    """The one reward; ``parts`` are those of ``Reward``."""
    return Reward(id="it", cost_points=cost_points, gift=gift, **parts)  # type: ignore[arg-type]


def ask_for(  # noqa: PLR0913 - a test says only the parts that it is about
    reward: Reward,
    sale: Sale,
    times: int = 1,
    *,
    balance: int = 1_000,
    facts: MemberFacts = ADA,
    coupon: Coupon | None = None,
    taken: int = 0,
) -> RewardQuote | Reason:
    """What the programme says of the one reward, or why not."""
    return quote_reward(
        club_of(reward),
        RewardAsk(reward="it", times=times, coupon=coupon, taken_before=taken),
        balance_points=balance,
        sale=sale,
        facts=facts,
        place=PLACE,
    )


def quote_for(
    reward: Reward,
    sale: Sale,
    times: int = 1,
    *,
    balance: int = 1_000,
    coupon: Coupon | None = None,
) -> RewardQuote:
    """The same where it must be granted."""
    quote = ask_for(reward, sale, times, balance=balance, coupon=coupon)
    assert isinstance(quote, RewardQuote)
    return quote
