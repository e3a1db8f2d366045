"""Offers that never end, give more than is paid, or promise what they may not hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gateway.model.rules.caps import CapMeasure, CapOwner
from gateway.model.rules.offer import Offer, Stacking
from gateway.model.rules.reward import WHOLE_BASIS_POINTS, GiftKind, Reward
from gateway.program.linting.doubt import Doubt, DoubtCode
from gateway.program.linting.look import Look
from gateway.program.linting.overlap import can_overlap

#: Of fewer members, or of fewer uses held out, no effect can be told from luck.
_HOLDOUT_PERCENT_MIN: Final = 5
_HELD_OUT_MIN: Final = 30


def check_offers(look: Look) -> Iterator[Doubt]:
    """Find offers that cost more than anybody meant."""
    for offer in look.rules.offers:
        subject = f"offers.{offer.id}"
        if _endless(offer):
            yield Doubt(code=DoubtCode.OFFER_WITHOUT_LIMIT, subject=subject)
        if _pays_for_all(offer):
            yield Doubt(code=DoubtCode.PAYS_FOR_ALL, subject=subject)
        shared = any(budget.owner is not CapOwner.MEMBER for budget in offer.budgets)
        if offer.published and shared:
            yield Doubt(code=DoubtCode.PROMISED_WITH_BUDGET, subject=subject)
        if offer.holdout_percent and _holdout_is_small(offer):
            values = {"percent": offer.holdout_percent}
            yield Doubt(code=DoubtCode.HOLDOUT_TOO_SMALL, subject=subject, values=values)


def check_offer_ranks(look: Look) -> Iterator[Doubt]:
    """Find offers that go alone, where nobody said which one goes first."""
    alone = [offer for offer in look.rules.offers if offer.stacking is Stacking.NEVER]
    for index, one in enumerate(alone):
        for other in alone[index + 1 :]:
            if one.priority == other.priority and can_overlap(one.when, other.when):
                yield Doubt(
                    code=DoubtCode.SAME_RANK,
                    subject=f"offers.{other.id}",
                    values={"other": f"offers.{one.id}", "priority": one.priority},
                )


def check_coupons(look: Look) -> Iterator[Doubt]:
    """Find coupons that cannot be used."""
    rewards = {reward.id: reward for reward in look.rules.rewards}
    for offer in look.rules.offers:
        if offer.gift.reward is None:
            continue
        reward = rewards[offer.gift.reward]
        for code in _coupon_doubts(offer, reward):
            values = {"reward": reward.id}
            yield Doubt(code=code, subject=f"offers.{offer.id}", values=values)


def _endless(offer: Offer) -> bool:
    """Whether nothing limits an offer; what was promised for good is meant to have no end."""
    when = offer.when
    rare = (
        when.first_purchase
        or when.member_day is not None
        or when.visit_every is not None
        or when.visits_maximum is not None
        or when.days_since_visit_minimum is not None
        or bool(when.window.occasions)
    )
    ends = offer.budgets or when.window.last_day is not None or offer.published
    return not (ends or rare)


def _pays_for_all(offer: Offer) -> bool:
    """Whether an offer may leave nothing to pay of all goods."""
    gift, when = offer.gift, offer.when
    if not gift.items.empty or gift.cheapest:
        return False
    if gift.kind is GiftKind.PERCENT_OFF:
        return gift.percent_bp == WHOLE_BASIS_POINTS and gift.cap_minor is None
    if gift.kind is not GiftKind.MONEY_OFF or gift.amount_minor is None:
        return False
    most = min(gift.amount_minor, gift.cap_minor or gift.amount_minor)
    return most >= (when.minimum_minor or 0)


def _holdout_is_small(offer: Offer) -> bool:
    uses = [
        budget.limit
        for budget in offer.budgets
        if budget.measure is CapMeasure.USES and budget.owner is CapOwner.ALL
    ]
    few = any(limit * offer.holdout_percent // 100 < _HELD_OUT_MIN for limit in uses)
    return offer.holdout_percent < _HOLDOUT_PERCENT_MIN or few


def _coupon_doubts(offer: Offer, reward: Reward) -> Iterator[DoubtCode]:
    given, used = offer.when, reward.when
    if given.branches and used.branches and set(given.branches).isdisjoint(used.branches):
        yield DoubtCode.COUPON_ELSEWHERE
    if used.first_purchase:
        yield DoubtCode.COUPON_FOR_FIRST_PURCHASE
    first, last = given.window.first_day, used.window.last_day
    if first and last and last < first:
        yield DoubtCode.COUPON_TOO_LATE
