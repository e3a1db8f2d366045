"""How often, and how much: limits of earning rules, budgets of offers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gateway.model.checks import I63_MAX, check_int


class CapPeriod(StrEnum):
    """In which time a limit counts. Days, weeks and so on are business days at the branch."""

    SALE = "sale"
    DAY = "day"
    WEEK = "week"
    """From the programme's first weekday on."""
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    EVER = "ever"


class CapOwner(StrEnum):
    """For whom a limit counts by itself."""

    ALL = "all"
    MEMBER = "member"
    BRANCH = "branch"


class CapMeasure(StrEnum):
    """What a limit counts."""

    USES = "uses"
    POINTS = "points"
    """Points given, or minor units of stored credit."""
    AMOUNT = "amount"
    """Minor units of money off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """At most ``limit`` of ``measure`` for each ``owner`` in each ``period``.

    A limit on uses refuses the next use; a limit on points or money gives what is left of it.
    """

    limit: int
    measure: CapMeasure = CapMeasure.USES
    owner: CapOwner = CapOwner.MEMBER
    period: CapPeriod = CapPeriod.EVER

    def __post_init__(self) -> None:
        check_int("limit", self.limit, 1, I63_MAX)
