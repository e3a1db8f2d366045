"""Months, quarters and years of the Gregorian and the Jalali calendar, over Gregorian days.

Every day goes in and comes out as a ``datetime.date``; only what counts as a month or a year
depends on the calendar. The Jalali calendar is the Iranian civil one (33-year rule with the
published corrections), as persiantools reckons it.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Final

from persiantools.jdatetime import JalaliDate

from gateway.model.rules.expiry import CalendarKind

MONTH: Final = 1
QUARTER: Final = 3
YEAR: Final = 12

LAST_DAY: Final = date(9000, 12, 31)
"""Where reckoning ends. Whatever would fall after it falls on it, so that no rule, however large
its count, can make a day that the platform does not have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarDay:
    """A day as its own calendar names it."""

    year: int
    month: int
    day: int


def calendar_day(day: date, calendar: CalendarKind) -> CalendarDay:
    """Name a day in a calendar.

    Args:
        day: from the year 1000 to ``LAST_DAY``.
        calendar: whose year, month and day are wanted.
    """
    if calendar is CalendarKind.GREGORIAN:
        return CalendarDay(year=day.year, month=day.month, day=day.day)
    jalali = JalaliDate(day)  # type: ignore[no-untyped-call] # its constructor says no types
    return CalendarDay(year=jalali.year, month=jalali.month, day=jalali.day)


def days_in_month(year: int, month: int, calendar: CalendarKind) -> int:
    """Count a month's days."""
    if calendar is CalendarKind.GREGORIAN:
        return monthrange(year, month)[1]
    return int(JalaliDate.days_in_month(month, year))


def yearly_day(year: int, month: int, day: int, calendar: CalendarKind) -> date:
    """Find a day of one year; a day that the month does not have falls on the month's last.

    So do 29 February and 30 Esfand in years that are no leap years.
    """
    day = min(day, days_in_month(year, month, calendar))
    if calendar is CalendarKind.GREGORIAN:
        found = date(year, month, day)
    else:
        jalali = JalaliDate(year, month, day)  # type: ignore[no-untyped-call] # as above
        found = jalali.to_gregorian()
    return min(found, LAST_DAY)


def add_months(day: date, months: int, calendar: CalendarKind) -> date:
    """Find the same day so many months later, or the month's last where it has no such day.

    31 January and one month is the end of February; negative counts go back.
    """
    named = calendar_day(day, calendar)
    return _day_of_month(_month_number(named) + months, named.day, calendar)


def period_bounds(day: date, months: int, calendar: CalendarKind) -> tuple[date, date]:
    """Find the first and the last day of the period that holds a day.

    Args:
        day: any day of the period.
        months: how long periods are: ``MONTH``, ``QUARTER`` or ``YEAR``; they begin with the year.
        calendar: whose months.
    """
    number = _month_number(calendar_day(day, calendar))
    first = number - number % months
    return (
        _day_of_month(first, 1, calendar),
        _day_of_month(first + months - 1, 31, calendar),
    )


def month_start(day: date, calendar: CalendarKind) -> date:
    """The first day of a day's month."""
    return period_bounds(day, MONTH, calendar)[0]


def month_end(day: date, calendar: CalendarKind) -> date:
    """The last day of a day's month."""
    return period_bounds(day, MONTH, calendar)[1]


def quarter_start(day: date, calendar: CalendarKind) -> date:
    """The first day of a day's quarter."""
    return period_bounds(day, QUARTER, calendar)[0]


def quarter_end(day: date, calendar: CalendarKind) -> date:
    """The last day of a day's quarter."""
    return period_bounds(day, QUARTER, calendar)[1]


def year_start(day: date, calendar: CalendarKind) -> date:
    """The first day of a day's year: 1 January or 1 Farvardin."""
    return period_bounds(day, YEAR, calendar)[0]


def year_end(day: date, calendar: CalendarKind) -> date:
    """The last day of a day's year: 31 December, or 29 or 30 Esfand."""
    return period_bounds(day, YEAR, calendar)[1]


def _month_number(named: CalendarDay) -> int:
    """Months since the calendar's year 0, so that adding months is adding numbers."""
    return named.year * YEAR + named.month - 1


def _day_of_month(number: int, day: int, calendar: CalendarKind) -> date:
    year, month = divmod(number, YEAR)
    if year > LAST_DAY.year:
        return LAST_DAY
    return yearly_day(year, month + 1, day, calendar)
