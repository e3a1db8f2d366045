"""What points are worth as money off a sale."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.model.checks import I63_MAX, check_int
from gateway.model.outcome import Reason
from gateway.model.programme import Programme


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A redemption that the rules allow: these points become this much money."""

    points: int
    amount_minor: int

    def __post_init__(self) -> None:
        check_int("points", self.points, 1, I63_MAX)
        check_int("amount_minor", self.amount_minor, 1, I63_MAX)


def quote_redemption(
    programme: Programme, *, asked_points: int, balance_points: int, sale_total_minor: int
) -> Quote | Reason:
    """Say how many points may be redeemed on a sale, and for how much money.

    The clamps come in this order: what was asked, the balance, the programme's share of the
    sale, whole multiples of ``redeem_points``; what is left must reach the minimum.

    Args:
        programme: the rules in force.
        asked_points: the most the customer wants to redeem.
        balance_points: the member's spendable points; may be negative after refunds.
        sale_total_minor: the sale's total, which caps the redemption.

    Returns:
        The quote, or ``INSUFFICIENT_POINTS`` where no sale would let this balance redeem, or
        ``BELOW_MINIMUM`` where the balance would do but the asked points or the sale are too small.
    """
    if balance_points < max(programme.redeem_minimum_points, programme.redeem_points):
        return Reason.INSUFFICIENT_POINTS
    affordable_steps = min(asked_points, balance_points) // programme.redeem_points
    cap_minor = sale_total_minor * programme.redeem_share_percent // 100
    steps = min(affordable_steps, cap_minor // programme.redeem_value_minor)
    points = steps * programme.redeem_points
    if points < max(programme.redeem_minimum_points, 1):
        return Reason.BELOW_MINIMUM
    return Quote(points=points, amount_minor=steps * programme.redeem_value_minor)


def quote_cover(
    programme: Programme, *, asked_points: int, balance_points: int, sale_total_minor: int
) -> Quote | Reason:
    """Say how many points cover a sale, or as much of it as they may, to the last minor unit.

    Like ``quote_redemption``, but the last multiple of ``redeem_points`` may be worth less than it
    could be: where points are to pay a whole bill of 10.50 at 1.00 a point, eleven do. No more are
    charged than the bill needs.

    Args:
        programme: the rules in force.
        asked_points: the most the customer wants to redeem.
        balance_points: the member's spendable points; may be negative after refunds.
        sale_total_minor: the sale's total, which caps the redemption.

    Returns:
        The quote, or a reason as ``quote_redemption`` gives it.
    """
    if balance_points < max(programme.redeem_minimum_points, programme.redeem_points):
        return Reason.INSUFFICIENT_POINTS
    cap_minor = sale_total_minor * programme.redeem_share_percent // 100
    needed_steps = -(-cap_minor // programme.redeem_value_minor)
    steps = min(min(asked_points, balance_points) // programme.redeem_points, needed_steps)
    points = steps * programme.redeem_points
    if points < max(programme.redeem_minimum_points, 1):
        return Reason.BELOW_MINIMUM
    return Quote(points=points, amount_minor=min(steps * programme.redeem_value_minor, cap_minor))
