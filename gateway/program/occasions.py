"""Which of the programme's occasions a day is, and which member's day is near it."""

from __future__ import annotations

from datetime import date, timedelta

from gateway.model.rules.condition import MemberDay
from gateway.model.rules.expiry import CalendarKind
from gateway.model.rules.rules import Rules
from gateway.model.rules.settings import Occasion
from gateway.program.calendars import CalendarDay, calendar_day, days_in_month, yearly_day
from gateway.program.facts import MemberDate


def occasions_on(rules: Rules, day: date) -> frozenset[str]:
    """Name the occasions that are on a day.

    Args:
        rules: their ``occasions`` are the calendar.
        day: a business day.

    Returns:
        Ids of yearly occasions of either calendar, and of movable feasts whose dates the owner
        entered.
    """
    if not rules.occasions:
        return frozenset()
    named = {calendar: calendar_day(day, calendar) for calendar in CalendarKind}
    return frozenset(
        occasion.id
        for occasion in rules.occasions
        if day in occasion.dates or _comes_round(occasion, named[occasion.calendar])
    )


def member_day_year(wanted: MemberDay, dates: tuple[MemberDate, ...], day: date) -> int | None:
    """Find the year whose day of the member's is near a day.

    Once a year is once for each year found here: a window that passes a turn of the year belongs
    to the year of the day itself, by the calendar in which the member told it.

    Args:
        wanted: which of the member's days, and how near.
        dates: the member's days.
        day: a business day.

    Returns:
        The year, in the calendar of the member's date; None if the day is not near.
    """
    for known in dates:
        if known.day == wanted.day:
            year = _year_near(wanted, known, day)
            if year is not None:
                return year
    return None


def _comes_round(occasion: Occasion, today: CalendarDay) -> bool:
    if occasion.month is None or occasion.day is None or occasion.month != today.month:
        return False
    last = days_in_month(today.year, today.month, occasion.calendar)
    return today.day == min(occasion.day, last)


def _year_near(wanted: MemberDay, known: MemberDate, day: date) -> int | None:
    this_year = calendar_day(day, known.calendar).year
    # A window is much shorter than a year, so at most one of the three holds the day.
    for year in (this_year, this_year - 1, this_year + 1):
        turn = yearly_day(year, known.month, known.day_of_month, known.calendar)
        first = turn - timedelta(days=wanted.days_before)
        if first <= day <= turn + timedelta(days=wanted.days_after):
            return year
    return None
