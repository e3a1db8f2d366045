"""What must hold of a sale and its member for a rule or an offer to count."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.errors import ValueRangeError
from gateway.model.checks import I63_MAX, check_int, check_name
from gateway.model.ids import BranchId
from gateway.model.rules.scope import ItemFilter, Window

BIRTHDAY: Final = "birthday"
"""The one member's day that every programme knows; others are named by the shop."""

DAYS_MAX: Final = 3_660


class TaxBasis(StrEnum):
    """Whether an amount is taken with the tax in it."""

    AFTER_TAX = "after_tax"
    """As the customer pays it."""
    BEFORE_TAX = "before_tax"
    """Without the tax; where the till tells none, by the programme's assumed rate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberDay:
    """A day of the member's own, once a year.

    A window around the day that passes a turn of the year belongs to the year of the day itself:
    a member who used it on 31 December has used it on 1 January.

    Attributes:
        day: ``birthday``, or the name of another day that members have.
        days_before: the rule holds from so many days before...
        days_after: ...to so many days after.
    """

    day: str = BIRTHDAY
    days_before: int = 0
    days_after: int = 0

    def __post_init__(self) -> None:
        check_name("day", self.day)
        check_int("days_before", self.days_before, 0, 60)
        check_int("days_after", self.days_after, 0, 60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Everything that is given must hold; an empty condition always does.

    Attributes:
        window: when.
        branches: at any of these; empty for all.
        tiers: the member is in any of these tiers; empty for all, also members without one.
        segments: the member is in any of these segments.
        minimum_minor: the amount of the lines that count is at least this.
        maximum_minor: it is at most this.
        minimum_pieces: at least so many whole pieces of the lines that count.
        amount_basis: whether those amounts hold tax.
        items: which lines those three look at.
        first_purchase: the member never bought before.
        visit_every: every so-manieth visit: 10 is the 10th, 20th, 30th...
        visits_minimum: visits so far, this one included, are at least this many.
        visits_maximum: they are at most this many.
        visits_within_days: count only the visits of the last so many days, today included.
        days_since_visit_minimum: so many days at least since the visit before; members who never
            came before do not qualify.
        days_since_visit_maximum: so many at most.
        member_day: around a day of the member's.
    """

    window: Window = Window()
    branches: tuple[BranchId, ...] = ()
    tiers: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    minimum_minor: int | None = None
    maximum_minor: int | None = None
    minimum_pieces: int | None = None
    amount_basis: TaxBasis = TaxBasis.AFTER_TAX
    items: ItemFilter = ItemFilter()
    first_purchase: bool = False
    visit_every: int | None = None
    visits_minimum: int | None = None
    visits_maximum: int | None = None
    visits_within_days: int | None = None
    days_since_visit_minimum: int | None = None
    days_since_visit_maximum: int | None = None
    member_day: MemberDay | None = None

    def __post_init__(self) -> None:
        for group in ("branches", "tiers", "segments"):
            for name in getattr(self, group):
                check_name(group, name)
        for name in ("minimum_minor", "maximum_minor"):
            _check_optional(name, getattr(self, name), I63_MAX)
        _check_optional("minimum_pieces", self.minimum_pieces, 10**6, minimum=1)
        for name in ("visit_every", "visits_minimum", "visits_maximum"):
            _check_optional(name, getattr(self, name), 10**6, minimum=1)
        _check_optional("visits_within_days", self.visits_within_days, DAYS_MAX, minimum=1)
        for name in ("days_since_visit_minimum", "days_since_visit_maximum"):
            _check_optional(name, getattr(self, name), DAYS_MAX)
        _check_order(self, "minimum_minor", "maximum_minor")
        _check_order(self, "visits_minimum", "visits_maximum")
        _check_order(self, "days_since_visit_minimum", "days_since_visit_maximum")


def _check_optional(name: str, value: int | None, maximum: int, *, minimum: int = 0) -> None:
    if value is not None:
        check_int(name, value, minimum, maximum)


def _check_order(condition: Condition, low: str, high: str) -> None:
    least, most = getattr(condition, low), getattr(condition, high)
    if least is not None and most is not None and least > most:
        raise ValueRangeError(f"{low} must not be above {high}")
