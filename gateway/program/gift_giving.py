"""Gifts that take nothing off a price: points, stored credit, coupons, benefits. Pure."""

from __future__ import annotations

from gateway.model.programme import Programme
from gateway.model.rules.earning import Unit
from gateway.model.rules.offer import Offer
from gateway.model.rules.reward import Gift, GiftKind, Reward
from gateway.program.earn import SALE_POINTS_MAX
from gateway.program.evaluation import Award, Voucher

_PERMILLE = 1_000


def give(
    programme: Programme,
    giver: Offer | Reward,
    *,
    points: int,
    left: int | None = None,
    times: int = 1,
) -> Award | Voucher | None:
    """Say what an offer or a reward gives that is no money off.

    Args:
        programme: says when points can be spent, and when points and credit lapse.
        giver: whose gift.
        points: what the sale earned by the earning rules; a multiplier's gift is the surplus.
        left: at most so many points, or minor units of credit; None for no limit.
        times: how often a reward was taken.

    Returns:
        What is given; None where that is nothing, and for gifts that take money off.
    """
    gift = giver.gift
    if gift.kind in (GiftKind.COUPON, GiftKind.BENEFIT):
        return Voucher(
            source=giver.id,
            kind=gift.kind,
            reward=gift.reward,
            quantity=gift.quantity * times,
            valid_days=gift.valid_days,
            funder=giver.funder,
        )
    amount = _amount(gift, points) * times
    amount = min(amount, SALE_POINTS_MAX if left is None else min(left, SALE_POINTS_MAX))
    if amount <= 0:
        return None
    rules, credit = programme.rules, gift.kind is GiftKind.CREDIT
    return Award(
        source=giver.id,
        unit=Unit.CREDIT if credit else Unit.POINTS,
        amount=amount,
        pending_days=_pending_days(programme, giver),
        expiry=rules.credit.earned_expiry if credit else rules.expiry,
        funder=giver.funder,
    )


def worth_of(programme: Programme, granted: Award | Voucher) -> int:
    """Compare gifts of different kinds: in minor units, points as what they redeem for.

    What a coupon or a benefit is worth nobody knows beforehand; such gifts stand behind others.
    """
    if isinstance(granted, Voucher):
        return 0
    if granted.unit is Unit.CREDIT:
        return granted.amount
    return granted.amount * programme.redeem_value_minor // programme.redeem_points


def _pending_days(programme: Programme, giver: Offer | Reward) -> int:
    """What was paid for with points does not wait for the sale; a surplus of its points does."""
    if isinstance(giver, Reward) and giver.gift.kind is not GiftKind.MULTIPLIER:
        return 0
    return programme.rules.pending_days


def _amount(gift: Gift, points: int) -> int:
    if gift.kind is GiftKind.MULTIPLIER and gift.multiplier_permille is not None:
        return points * (gift.multiplier_permille - _PERMILLE) // _PERMILLE
    if gift.kind is GiftKind.POINTS and gift.points is not None:
        return gift.points
    if gift.kind is GiftKind.CREDIT and gift.amount_minor is not None:
        return gift.amount_minor
    return 0
