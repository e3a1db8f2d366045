"""A member's standing and visits, from rows and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from gateway.ledger.rows_members import StandingRow, VisitRow
from gateway.model.ids import BranchId, MemberId
from gateway.model.plain import from_plain, to_canonical_json
from gateway.program.standing import Standing, Visit
from gateway.program.tiers import TierState


def standing_of(row: StandingRow | None, joined_on: date) -> Standing:
    """The standing that a row keeps.

    Args:
        row: the row; None for a member of whom nothing is kept yet.
        joined_on: the business day of joining, for one without a row.
    """
    if row is None:
        return Standing(joined_on=joined_on)
    return Standing(
        joined_on=date.fromisoformat(row.joined_on),
        purchases=row.purchases,
        visits=row.visits,
        last_visit_on=_day(row.last_visit_on),
        visit_before_on=_day(row.visit_before_on),
        spent_minor=row.spent_minor,
        earned_points=row.earned_points,
        tier=_tier_state(row.tier_state),
    )


def standing_row(
    member_id: MemberId, standing: Standing, before: StandingRow | None
) -> StandingRow:
    """The row that keeps a standing; what no sale changes stays as it was before."""
    return StandingRow(
        member_id=member_id,
        purchases=standing.purchases,
        visits=standing.visits,
        last_visit_on=_text(standing.last_visit_on),
        visit_before_on=_text(standing.visit_before_on),
        spent_minor=standing.spent_minor,
        earned_points=standing.earned_points,
        joined_on=standing.joined_on.isoformat(),
        tier=None if standing.tier is None else standing.tier.level,
        tier_state="" if standing.tier is None else to_canonical_json(standing.tier),
        referred_by=None if before is None else before.referred_by,
        referral_index=None if before is None else before.referral_index,
        segments="" if before is None else before.segments,
    )


def segments_of(row: StandingRow | None) -> tuple[str, ...]:
    """The groups that a member is in."""
    return tuple(json.loads(row.segments)) if row is not None and row.segments else ()


def segments_text(segments: Sequence[str]) -> str:
    """How a row keeps the groups that a member is in."""
    return json.dumps(sorted(segments), separators=(",", ":")) if segments else ""


def visit_of(row: VisitRow | None, day: date, branch: BranchId) -> Visit:
    """The visit that a row keeps, or one without sales."""
    if row is None:
        return Visit(business_day=day, branch=branch)
    return Visit(
        business_day=date.fromisoformat(row.business_day),
        branch=row.branch,
        sales=row.sales,
        amount_minor=row.amount_minor,
        points=row.points,
    )


def visit_row(member_id: MemberId, visit: Visit) -> VisitRow:
    """The row that keeps a visit."""
    return VisitRow(
        member_id=member_id,
        business_day=visit.business_day.isoformat(),
        branch=visit.branch,
        sales=visit.sales,
        amount_minor=visit.amount_minor,
        points=visit.points,
    )


@lru_cache(maxsize=8_192)
def _tier_state(text: str) -> TierState | None:
    """The level that a row keeps; most members' rows say one of a few things."""
    return from_plain(TierState, json.loads(text)) if text else None


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
