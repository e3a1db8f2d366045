"""The programme's calendar, its branches' clocks, and what its points are called."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from gateway.errors import ValueRangeError
from gateway.model.checks import check_int, check_name, check_text
from gateway.model.ids import BranchId
from gateway.model.rules.expiry import CalendarKind
from gateway.model.rules.scope import MINUTES_OF_DAY, Weekday


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """A day that is one for everybody: a feast, a national day, the shop's own birthday.

    Attributes:
        id: names it; windows name it.
        month: of a day that comes every year, with ``day``...
        day: ...in ``calendar``; a leap day falls on the month's last day in other years.
        calendar: whose month.
        dates: the Gregorian days of a movable feast, as the owner entered them.
        title_en: what it is called.
        title_fa: the same in Persian.
    """

    id: str
    month: int | None = None
    day: int | None = None
    calendar: CalendarKind = CalendarKind.GREGORIAN
    dates: tuple[date, ...] = ()
    title_en: str = ""
    title_fa: str = ""

    def __post_init__(self) -> None:
        check_name("occasion id", self.id)
        if (self.month is None) != (self.day is None) or (self.month is None) != bool(self.dates):
            raise ValueRangeError(
                f"occasion {self.id!r} has either a month and a day, or a list of dates"
            )
        if self.month is not None and self.day is not None:
            check_int("month", self.month, 1, 12)
            check_int("day", self.day, 1, 31)


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchClock:
    """A branch whose clock is not the programme's.

    Attributes:
        branch: which.
        zone: its IANA time zone; None for the programme's.
        cutoff_minute: where its business day ends; None for the programme's.
    """

    branch: BranchId
    zone: str | None = None
    cutoff_minute: int | None = None

    def __post_init__(self) -> None:
        check_name("branch", self.branch)
        if self.zone is not None:
            check_text("zone", self.zone, 1, 64)
        if self.cutoff_minute is not None:
            check_int("cutoff_minute", self.cutoff_minute, 0, MINUTES_OF_DAY - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a programme calls its points and how it reckons days.

    Attributes:
        points_name_en: what points are called; empty for "points".
        points_name_fa: the same in Persian; empty for «امتیاز».
        zone: the IANA time zone of branches that name none.
        cutoff_minute: the business day ends so many minutes after midnight: 240 counts what is
            sold at three in the morning to the day before.
        nightly_minute: when the nightly run begins, by the programme's zone.
        first_weekday: where weeks begin.
        calendar: whose months, quarters and years limits count in.
        assumed_tax_bp: the tax that prices hold where the till does not tell it, in hundredths
            of a percent of the price without tax.
        branch_clocks: branches that differ.
    """

    points_name_en: str = ""
    points_name_fa: str = ""
    zone: str = "UTC"
    cutoff_minute: int = 0
    nightly_minute: int = 180
    first_weekday: Weekday = Weekday.MONDAY
    calendar: CalendarKind = CalendarKind.GREGORIAN
    assumed_tax_bp: int = 0
    branch_clocks: tuple[BranchClock, ...] = ()

    def __post_init__(self) -> None:
        check_text("points_name_en", self.points_name_en, 0, 24)
        check_text("points_name_fa", self.points_name_fa, 0, 24)
        check_text("zone", self.zone, 1, 64)
        check_int("cutoff_minute", self.cutoff_minute, 0, MINUTES_OF_DAY - 1)
        check_int("nightly_minute", self.nightly_minute, 0, MINUTES_OF_DAY - 1)
        check_int("assumed_tax_bp", self.assumed_tax_bp, 0, 10_000)
        named = [clock.branch for clock in self.branch_clocks]
        if len(set(named)) != len(named):
            raise ValueRangeError("a branch has one clock")
