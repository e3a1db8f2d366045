"""What points are worth at best, and how much of them a customer can collect at best."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import ceil
from typing import Final

from gateway.model.programme import Programme
from gateway.model.rules.condition import Condition
from gateway.model.rules.earning import EarningKind, EarningRule, Unit
from gateway.model.rules.expiry import Expiry, ExpiryKind
from gateway.model.rules.reward import WHOLE_BASIS_POINTS
from gateway.model.rules.tiers import TierBasis
from gateway.program.linting.doubt import Doubt, DoubtCode
from gateway.program.linting.look import Look
from gateway.program.templates import everyday_sale_minor

_PERMILLE: Final = 1_000
_ALWAYS: Final = Condition()
#: A very good customer buys for so many everyday purchases in one sale...
_SALE_TIMES: Final = 10
#: ...takes so many pieces home...
PIECES: Final = 10
#: ...and comes every day for so many days where nothing lapses.
DAYS: Final = 3_660
_MONTH_DAYS: Final = 31


def check_worth(look: Look) -> Iterator[Doubt]:
    """Find points that give back more than is paid, or nothing at all."""
    programme = look.programme
    if not _gives(programme):
        yield Doubt(code=DoubtCode.EARNS_NOTHING)
    point = _point_value(programme)
    if point == 0 and _earns_points(programme) and not _points_matter(programme):
        yield Doubt(code=DoubtCode.POINTS_WORTH_NOTHING)
    worth = {Unit.POINTS: point, Unit.CREDIT: Fraction(1)}
    rates = {unit: _always_rate(programme, unit) for unit in Unit}
    always = sum((rates[unit] * worth[unit] for unit in Unit), Fraction(0))
    yield from _too_much("", always)
    if always > 1:
        # Whatever else holds gives too much because this does.
        return
    for rule in programme.rules.earning:
        if rule.when != _ALWAYS or not rule.stackable:
            rate = _rate_with(rates[rule.unit], rule)
            yield from _too_much(f"earning.{rule.id}", rate * worth[rule.unit])
    for offer in programme.rules.offers:
        factor = Fraction(offer.gift.multiplier_permille or 0, _PERMILLE)
        yield from _too_much(f"offers.{offer.id}", rates[Unit.POINTS] * point * factor)


def check_steps(look: Look) -> Iterator[Doubt]:
    """Find a minimum that the steps of a redemption pass over."""
    programme = look.programme
    if programme.redeem_minimum_points > 1 and programme.redeem_share_percent:
        steps = ceil(Fraction(programme.redeem_minimum_points, programme.redeem_points))
        if steps * programme.redeem_points != programme.redeem_minimum_points:
            values = {
                "minimum": programme.redeem_minimum_points,
                "really": steps * programme.redeem_points,
            }
            yield Doubt(code=DoubtCode.MINIMUM_BETWEEN_STEPS, values=values)


def check_scaled(look: Look) -> Iterator[Doubt]:
    """Find amounts that a change of the currency seems to have left as they were."""
    programme = look.programme
    succeeds = programme.succeeds
    if succeeds is None or not programme.earn_points:
        return
    factor = succeeds.factor(programme.currency)
    everyday_minor = everyday_sale_minor(succeeds.currency) // factor
    if everyday_minor < programme.earn_per_minor:
        yield Doubt(
            code=DoubtCode.AMOUNTS_UNSCALED,
            subject="earn_per_minor",
            values={"everyday_minor": everyday_minor, "factor": factor},
        )


def good_sale_minor(programme: Programme) -> int:
    """What a very good customer pays in one sale."""
    return _SALE_TIMES * everyday_sale_minor(programme.currency)


def points_at_best(programme: Programme) -> int:
    """The points of the very best sale, every rule and offer holding at once."""
    sale_minor = good_sale_minor(programme)
    points = sale_minor // programme.earn_per_minor * programme.earn_points
    factor = Fraction(1)
    for rule in programme.rules.earning:
        if rule.unit is Unit.POINTS:
            points += _points_of(rule, sale_minor)
            factor *= max(Fraction(rule.multiplier_permille or _PERMILLE, _PERMILLE), Fraction(1))
    for offer in programme.rules.offers:
        points += offer.gift.points or 0
        factor *= Fraction(offer.gift.multiplier_permille or _PERMILLE, _PERMILLE)
    return ceil(points * factor)


def days_to_collect(look: Look) -> int:
    """For how many days points can be collected before the first of them lapse."""
    own = (rule.expiry for rule in look.rules.earning if rule.expiry is not None)
    return max(_life_days(expiry) for expiry in (look.rules.expiry, *own))


def _life_days(expiry: Expiry) -> int:
    if expiry.sliding:
        return DAYS
    months = {
        ExpiryKind.MONTHS: expiry.count,
        ExpiryKind.MONTH_END: expiry.count + 1,
        ExpiryKind.QUARTER_END: expiry.count + 3,
        ExpiryKind.YEAR_END: 12 * (expiry.count + 1),
    }
    if expiry.kind is ExpiryKind.DAYS:
        return min(expiry.count + 1, DAYS)
    if expiry.kind in months:
        return min(months[expiry.kind] * _MONTH_DAYS + 1, DAYS)
    return DAYS


def _gives(programme: Programme) -> bool:
    rules = programme.rules
    return (
        programme.earn_points > 0
        or bool(rules.offers)
        or any(rule.kind is not EarningKind.MULTIPLIER for rule in rules.earning)
    )


def _earns_points(programme: Programme) -> bool:
    return programme.earn_points > 0 or any(
        rule.unit is Unit.POINTS for rule in programme.rules.earning
    )


def _points_matter(programme: Programme) -> bool:
    """Whether points are good for something that is no money."""
    rules = programme.rules
    counted = rules.tiers.basis in (TierBasis.POINTS_EARNED, TierBasis.BALANCE)
    return any(reward.cost_points for reward in rules.rewards) or bool(
        rules.tiers.levels and counted
    )


def _point_value(programme: Programme) -> Fraction:
    """Minor units of money that a point can be turned into at best."""
    values = [Fraction(0)]
    if programme.redeem_share_percent:
        values.append(Fraction(programme.redeem_value_minor, programme.redeem_points))
    if programme.rules.auto_redeem:
        auto = programme.rules.auto_redeem
        values.append(Fraction(auto.credit_minor, auto.points))
    values += [
        Fraction(reward.gift.amount_minor, reward.cost_points)
        for reward in programme.rules.rewards
        if reward.cost_points and reward.gift.amount_minor
    ]
    return max(values)


def _always_rate(programme: Programme, unit: Unit) -> Fraction:
    """Points, or minor units of credit, that every minor unit of every sale earns."""
    rate, factor = Fraction(0), Fraction(1)
    if unit is Unit.POINTS:
        rate += Fraction(programme.earn_points, programme.earn_per_minor)
    for rule in programme.rules.earning:
        if rule.unit is unit and rule.when == _ALWAYS and rule.items.empty and rule.stackable:
            rate += Fraction(rule.points, rule.per_minor or 1) if rule.per_minor else 0
            factor *= Fraction(rule.multiplier_permille or _PERMILLE, _PERMILLE)
    return rate * factor


def _rate_with(always: Fraction, rule: EarningRule) -> Fraction:
    """What every minor unit earns in the rule's unit where the rule holds."""
    if rule.multiplier_permille is not None:
        return always * Fraction(rule.multiplier_permille, _PERMILLE)
    own = Fraction(rule.points, rule.per_minor) if rule.per_minor else Fraction(0)
    return always + own if rule.stackable else own


def _points_of(rule: EarningRule, sale_minor: int) -> int:
    if rule.per_minor is not None:
        return ceil(Fraction(sale_minor, rule.per_minor)) * rule.points
    pieces = PIECES if rule.kind is EarningKind.ITEM else 1
    return rule.points * pieces


def _too_much(subject: str, back: Fraction) -> Iterator[Doubt]:
    if back > 1:
        values = {"back_basis_points": ceil(back * WHOLE_BASIS_POINTS)}
        yield Doubt(code=DoubtCode.GIVES_TOO_MUCH, subject=subject, values=values)
