"""How a member stands with a programme, and how sales and returns change that. Pure folds.

A visit is a business day at a branch with at least one sale that was not wholly returned; it
disappears again where all its sales come back. What is spent and earned counts on the day of the
sale, also what comes back later, so that levels fall on the window they were reached in.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from gateway.model.ids import BranchId
from gateway.model.rules.tiers import TierBasis, TierPeriod, TierScheme
from gateway.program.tiers import TierState, basis_window


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One business day at one branch.

    Attributes:
        business_day: Gregorian.
        branch: where.
        sales: sales that were not wholly returned; at none it is no visit.
        amount_minor: what they came to, less what came back.
        points: what they earned, less what was taken back.
    """

    business_day: date
    branch: BranchId
    sales: int = 0
    amount_minor: int = 0
    points: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What rules may ask about a member's past.

    Attributes:
        joined_on: the business day of joining.
        purchases: sales that were not wholly returned.
        visits: visits.
        last_visit_on: the business day of the last one.
        visit_before_on: that of the one before it, on another day.
        spent_minor: what all sales came to, less what came back.
        earned_points: what all sales earned, less what was taken back.
        tier: what is known of the level; None where the programme has none.
    """

    joined_on: date
    purchases: int = 0
    visits: int = 0
    last_visit_on: date | None = None
    visit_before_on: date | None = None
    spent_minor: int = 0
    earned_points: int = 0
    tier: TierState | None = None


def with_sale(
    standing: Standing, visit: Visit, *, amount_minor: int, points: int
) -> tuple[Standing, Visit]:
    """Add a sale.

    Args:
        standing: before it.
        visit: its day at its branch, before it.
        amount_minor: what it came to.
        points: what it earned.
    """
    day = visit.business_day
    new = visit.sales == 0
    last, before = standing.last_visit_on, standing.visit_before_on
    if last is None or day > last:
        last, before = day, last
    elif day < last and (before is None or day > before):
        before = day
    return (
        replace(
            standing,
            purchases=standing.purchases + 1,
            visits=standing.visits + new,
            last_visit_on=last,
            visit_before_on=before,
            spent_minor=standing.spent_minor + amount_minor,
            earned_points=standing.earned_points + points,
        ),
        replace(
            visit,
            sales=visit.sales + 1,
            amount_minor=visit.amount_minor + amount_minor,
            points=visit.points + points,
        ),
    )


def with_return(
    standing: Standing, visit: Visit, *, amount_minor: int, points: int, whole: bool
) -> tuple[Standing, Visit]:
    """Take a return off the day of its sale.

    Args:
        standing: before it.
        visit: the day of the sale, at its branch.
        amount_minor: the money that went back.
        points: what was taken back.
        whole: nothing of the sale is left, so that it was no purchase.
    """
    gone = whole and visit.sales == 1
    last, before = standing.last_visit_on, standing.visit_before_on
    if gone and visit.business_day == last:
        last, before = before, None
    return (
        replace(
            standing,
            purchases=standing.purchases - whole,
            visits=standing.visits - gone,
            last_visit_on=last,
            visit_before_on=before,
            spent_minor=standing.spent_minor - amount_minor,
            earned_points=standing.earned_points - points,
        ),
        replace(
            visit,
            sales=visit.sales - whole,
            amount_minor=visit.amount_minor - amount_minor,
            points=visit.points - points,
        ),
    )


def looks_at_visits(scheme: TierScheme) -> bool:
    """Whether a scheme's basis is added up from single visits and not from totals."""
    return scheme.basis is not TierBasis.BALANCE and scheme.period is not TierPeriod.EVER


def tier_basis(
    scheme: TierScheme,
    standing: Standing,
    visits: Iterable[Visit],
    *,
    day: date,
    balance_points: int,
) -> int:
    """Measure what a scheme's thresholds are compared with.

    Args:
        scheme: its basis and window.
        standing: the totals, for a basis since ever.
        visits: those of the window at least, where ``looks_at_visits``; others are passed over.
        day: the business day on which it is measured.
        balance_points: points that can be spent, for a basis of the balance.

    Returns:
        Points, minor units or visits; never below zero.
    """
    if scheme.basis is TierBasis.BALANCE:
        return max(balance_points, 0)
    if not looks_at_visits(scheme):
        totals = {
            TierBasis.POINTS_EARNED: standing.earned_points,
            TierBasis.SPEND: standing.spent_minor,
            TierBasis.VISITS: standing.visits,
        }
        return max(totals[scheme.basis], 0)
    first, last = basis_window(scheme, day)
    inside = [visit for visit in visits if first <= visit.business_day <= last]
    sums = {
        TierBasis.POINTS_EARNED: sum(visit.points for visit in inside),
        TierBasis.SPEND: sum(visit.amount_minor for visit in inside),
        TierBasis.VISITS: sum(visit.sales > 0 for visit in inside),
    }
    return max(sums[scheme.basis], 0)
