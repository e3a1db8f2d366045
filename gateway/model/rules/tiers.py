"""Tiers: levels that members reach by what they do, and lose again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gateway.errors import ValueRangeError
from gateway.model.checks import I63_MAX, check_int, check_name, check_text
from gateway.model.rules.expiry import CalendarKind


class TierBasis(StrEnum):
    """What is measured against the thresholds."""

    POINTS_EARNED = "points_earned"
    """Points earned in the window, less those that returns took back. Spending lowers nothing."""
    SPEND = "spend"
    """Minor units bought in the window, less what was returned."""
    VISITS = "visits"
    """Visits in the window."""
    BALANCE = "balance"
    """Points that can be spent now; there is no window."""


class TierPeriod(StrEnum):
    """The window in which the basis is measured."""

    EVER = "ever"
    ROLLING = "rolling"
    """The last ``window_months`` months."""
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class TierStart(StrEnum):
    """When a level that was reached begins."""

    IMMEDIATE = "immediate"
    NEXT_PERIOD = "next_period"
    """With the next month, quarter or year (of the period; the month where it is rolling)."""


class TierEnd(StrEnum):
    """Until when a level that was reached is kept whatever happens."""

    NONE = "none"
    """It is not kept: it follows the basis."""
    FIXED = "fixed"
    """``keep_months`` and ``keep_days`` from its start."""
    JOIN_DATE = "join_date"
    """The next anniversary of the member's joining."""
    ABSOLUTE = "absolute"
    """The next ``keep_until_month``/``keep_until_day`` of the calendar."""
    PERIOD = "period"
    """The end of the period it was reached in."""
    NEXT_PERIOD = "next_period"
    """The end of the period after that."""


class Downgrade(StrEnum):
    """What happens when a level is no longer kept and the basis is too small for it."""

    NEVER = "never"
    ONE_DOWN = "one_down"
    TO_BASIS = "to_basis"


@dataclass(frozen=True, slots=True, kw_only=True)
class TierBenefit:
    """Something that a level brings and that is no points rule: shown to the cashier."""

    id: str
    title_en: str
    title_fa: str

    def __post_init__(self) -> None:
        check_name("benefit id", self.id)
        check_text("title_en", self.title_en, 1, 80)
        check_text("title_fa", self.title_fa, 1, 80)


@dataclass(frozen=True, slots=True, kw_only=True)
class TierLevel:
    """One level.

    Attributes:
        id: names it; rules and offers name it in their conditions.
        threshold: the least of the basis.
        keeps_for_ever: whoever reached it never goes down from it.
        benefits: what it brings.
        title_en: what it is called.
        title_fa: the same in Persian.
    """

    id: str
    threshold: int
    keeps_for_ever: bool = False
    benefits: tuple[TierBenefit, ...] = ()
    title_en: str = ""
    title_fa: str = ""

    def __post_init__(self) -> None:
        check_name("tier id", self.id)
        check_int("threshold", self.threshold, 0, I63_MAX)
        for name in ("title_en", "title_fa"):
            check_text(name, getattr(self, name), 0, 80)


@dataclass(frozen=True, slots=True, kw_only=True)
class TierScheme:
    """The levels and how members move between them.

    Attributes:
        basis: what is measured.
        period: in which window.
        window_months: of a rolling window.
        calendar: whose months and years.
        start: when a level begins.
        end: until when it is kept.
        keep_months: for ``fixed``.
        keep_days: for ``fixed``.
        keep_until_month: for ``absolute``.
        keep_until_day: for ``absolute``.
        grace_days: so many days longer than ``end`` says.
        grace_months: so many months longer.
        round_up_to_month: the end moves to the end of its month.
        downgrade: how members go down.
        counts_this_sale: a sale is rated in the tier that it itself reaches.
        levels: from the lowest threshold to the highest; none where there are no tiers.
    """

    basis: TierBasis = TierBasis.POINTS_EARNED
    period: TierPeriod = TierPeriod.EVER
    window_months: int = 12
    calendar: CalendarKind = CalendarKind.GREGORIAN
    start: TierStart = TierStart.IMMEDIATE
    end: TierEnd = TierEnd.NONE
    keep_months: int = 0
    keep_days: int = 0
    keep_until_month: int = 1
    keep_until_day: int = 1
    grace_days: int = 0
    grace_months: int = 0
    round_up_to_month: bool = False
    downgrade: Downgrade = Downgrade.TO_BASIS
    counts_this_sale: bool = False
    levels: tuple[TierLevel, ...] = ()

    def __post_init__(self) -> None:
        check_int("window_months", self.window_months, 1, 120)
        check_int("keep_months", self.keep_months, 0, 120)
        check_int("keep_days", self.keep_days, 0, 3_660)
        check_int("keep_until_month", self.keep_until_month, 1, 12)
        check_int("keep_until_day", self.keep_until_day, 1, 31)
        check_int("grace_days", self.grace_days, 0, 366)
        check_int("grace_months", self.grace_months, 0, 36)
        if self.end is TierEnd.FIXED and not (self.keep_months or self.keep_days):
            raise ValueRangeError("a fixed end needs keep_months or keep_days")
        thresholds = [level.threshold for level in self.levels]
        if thresholds != sorted(set(thresholds)):
            raise ValueRangeError("tier thresholds must rise from level to level")
        names = [level.id for level in self.levels]
        if len(set(names)) != len(names):
            raise ValueRangeError("every tier needs an id of its own")
        periodic = self.period in (TierPeriod.MONTH, TierPeriod.QUARTER, TierPeriod.YEAR)
        by_period = self.end in (TierEnd.PERIOD, TierEnd.NEXT_PERIOD)
        if by_period and not periodic:
            raise ValueRangeError("an end by period needs a period of a month, quarter or year")
