"""Rewards and tiers that nobody comes to, and money that nobody can spend."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gateway.model.rules.earning import Unit
from gateway.model.rules.reward import GiftKind
from gateway.model.rules.tiers import TierBasis, TierPeriod, TierScheme
from gateway.program.linting.doubt import Doubt, DoubtCode
from gateway.program.linting.look import Look
from gateway.program.linting.worth import DAYS, days_to_collect, good_sale_minor, points_at_best

_MONTH_DAYS: Final = 31
_PERIOD_DAYS: Final = {
    TierPeriod.EVER: DAYS,
    TierPeriod.MONTH: _MONTH_DAYS,
    TierPeriod.QUARTER: 3 * _MONTH_DAYS,
    TierPeriod.YEAR: 366,
}


def check_rewards(look: Look) -> Iterator[Doubt]:
    """Find rewards that nobody can take."""
    most = points_at_best(look.programme) * days_to_collect(look)
    coupons = {offer.gift.reward for offer in look.rules.offers}
    for reward in look.rules.rewards:
        subject = f"rewards.{reward.id}"
        if reward.cost_points > most and reward.id not in coupons:
            values = {"cost_points": reward.cost_points, "most": most}
            yield Doubt(code=DoubtCode.REWARD_OUT_OF_REACH, subject=subject, values=values)
        if reward.cost_points == 0 and reward.id not in coupons:
            yield Doubt(code=DoubtCode.REWARD_WITHOUT_WAY, subject=subject)


def check_tiers(look: Look) -> Iterator[Doubt]:
    """Find levels that nobody reaches, or that bring nothing."""
    scheme, auto = look.rules.tiers, look.rules.auto_redeem
    most = _basis_at_best(look)
    named = {tier for _, condition in look.conditions() for tier in condition.tiers}
    for index, level in enumerate(scheme.levels):
        subject = f"tiers.levels.{level.id}"
        if level.threshold > most:
            values = {"threshold": level.threshold, "most": most}
            yield Doubt(code=DoubtCode.TIER_OUT_OF_REACH, subject=subject, values=values)
        elif scheme.basis is TierBasis.BALANCE and auto and level.threshold >= auto.points:
            values = {"threshold": level.threshold, "points": auto.points}
            yield Doubt(code=DoubtCode.TIER_TURNED_INTO_CREDIT, subject=subject, values=values)
        # The lowest level may be there only to have a name.
        if index and level.id not in named and not level.benefits:
            yield Doubt(code=DoubtCode.TIER_BRINGS_NOTHING, subject=subject)


def check_credit(look: Look) -> Iterator[Doubt]:
    """Find stored credit that is given and cannot be spent."""
    rules = look.rules
    if rules.credit.share_percent:
        return
    given = [f"earning.{rule.id}" for rule in rules.earning if rule.unit is Unit.CREDIT]
    given += [path for path, gift in look.gifts() if gift.kind is GiftKind.CREDIT]
    given += ["auto_redeem"] if rules.auto_redeem else []
    given += ["credit"] if rules.credit.top_up_maximum_minor else []
    for subject in given:
        yield Doubt(code=DoubtCode.CREDIT_CANNOT_BE_SPENT, subject=subject)


def check_returns(look: Look) -> Iterator[Doubt]:
    """Find returns that can take back nothing."""
    rules = look.rules
    waits = rules.pending_days or any(rule.pending_days for rule in rules.earning)
    if rules.returns.only_pending and not waits:
        yield Doubt(code=DoubtCode.RETURNS_TAKE_NOTHING, subject="returns")


def _basis_at_best(look: Look) -> int:
    scheme = look.rules.tiers
    days = _window_days(scheme)
    if scheme.basis is TierBasis.VISITS:
        # Who comes to every branch every day is no customer; three are more than enough.
        return 3 * days
    if scheme.basis is TierBasis.SPEND:
        return days * good_sale_minor(look.programme)
    if scheme.basis is TierBasis.BALANCE:
        days = days_to_collect(look)
    return days * points_at_best(look.programme)


def _window_days(scheme: TierScheme) -> int:
    if scheme.period is TierPeriod.ROLLING:
        return scheme.window_months * _MONTH_DAYS
    return _PERIOD_DAYS[scheme.period]
