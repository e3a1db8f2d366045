"""Which occasions a day is, and which of the member's years it belongs to."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model.rules.condition import MemberDay
from gateway.model.rules.expiry import CalendarKind
from gateway.model.rules.rules import Rules
from gateway.model.rules.settings import Occasion
from gateway.program.calendars import yearly_day
from gateway.program.facts import MemberDate
from gateway.program.occasions import member_day_year, occasions_on

_JALALI = CalendarKind.JALALI

_RULES = Rules(
    occasions=(
        Occasion(id="nowruz", month=1, day=1, calendar=_JALALI),
        Occasion(id="year-end", month=12, day=30, calendar=_JALALI),
        Occasion(id="new-year", month=1, day=1),
        Occasion(id="leap-party", month=2, day=29),
        Occasion(id="fitr", dates=(date(2026, 3, 20), date(2027, 3, 10))),
    )
)
_BIRTHDAY = (MemberDate(month=5, day_of_month=20),)


@pytest.mark.parametrize(
    ("day", "occasions"),
    [
        (date(2026, 1, 1), {"new-year"}),
        (date(2026, 3, 21), {"nowruz"}),
        (date(2025, 3, 21), {"nowruz"}),
        # 20 March was Nowruz itself in 2024, a leap Esfand's 30th in 2025, and in 2026 the 29th,
        # on which the feast fell as well.
        (date(2024, 3, 20), {"nowruz"}),
        (date(2025, 3, 20), {"year-end"}),
        (date(2025, 3, 19), set()),
        (date(2026, 3, 20), {"year-end", "fitr"}),
        (date(2027, 3, 10), {"fitr"}),
        (date(2028, 3, 10), set()),
        (date(2028, 2, 29), {"leap-party"}),
        (date(2028, 2, 28), set()),
        (date(2027, 2, 28), {"leap-party"}),
    ],
)
def test_the_calendar_says_what_a_day_is(day: date, occasions: set[str]) -> None:
    """Yearly days of both calendars come round, leap days on the month's last; feasts by date."""
    assert occasions_on(_RULES, day) == occasions


def test_a_programme_without_occasions_has_none() -> None:
    """Most programmes have no calendar of their own."""
    assert occasions_on(Rules(), date(2026, 3, 21)) == frozenset()


@pytest.mark.parametrize(
    ("day", "year"),
    [
        (date(2026, 5, 19), None),
        (date(2026, 5, 20), 2026),
        (date(2026, 5, 21), None),
    ],
)
def test_without_a_window_only_the_day_counts(day: date, year: int | None) -> None:
    """A birthday rule without days around it holds on the birthday."""
    assert member_day_year(MemberDay(), _BIRTHDAY, day) == year


@pytest.mark.parametrize(
    ("month", "number", "day", "year"),
    [
        # Born on 2 January: 30 December is near the birthday of the year that follows.
        (1, 2, date(2025, 12, 30), 2026),
        (1, 2, date(2026, 1, 5), 2026),
        (1, 2, date(2026, 1, 6), None),
        (1, 2, date(2025, 12, 25), None),
        # Born on 31 December: 3 January is near the birthday of the year before.
        (12, 31, date(2025, 12, 31), 2025),
        (12, 31, date(2026, 1, 3), 2025),
        (12, 31, date(2026, 12, 25), 2026),
    ],
)
def test_a_window_over_the_turn_of_the_year_belongs_to_the_day(
    month: int, number: int, day: date, year: int | None
) -> None:
    """Whoever used it on 31 December has used it on 1 January."""
    dates = (MemberDate(month=month, day_of_month=number),)
    assert member_day_year(MemberDay(days_before=7, days_after=3), dates, day) == year


@pytest.mark.parametrize(
    ("day", "year"),
    [
        (date(2028, 2, 29), 2028),
        (date(2028, 2, 28), None),
        (date(2027, 2, 28), 2027),
        (date(2027, 3, 1), None),
    ],
)
def test_a_leap_birthday_comes_every_year(day: date, year: int | None) -> None:
    """29 February is 28 February in other years, and only the 29th in its own."""
    dates = (MemberDate(month=2, day_of_month=29),)
    assert member_day_year(MemberDay(), dates, day) == year


@pytest.mark.parametrize(
    ("day", "year"),
    [
        # 30 Esfand 1403, and 29 Esfand 1404 in its place.
        (date(2025, 3, 20), 1403),
        (date(2026, 3, 20), 1404),
        # 1 and 2 Farvardin of the next year still belong to the day's own year.
        (date(2025, 3, 22), 1403),
        (date(2026, 3, 22), 1404),
        (date(2026, 3, 23), None),
    ],
)
def test_a_jalali_birthday_counts_jalali_years(day: date, year: int | None) -> None:
    """The year is that of the calendar in which the member told the day."""
    dates = (MemberDate(month=12, day_of_month=30, calendar=_JALALI),)
    assert member_day_year(MemberDay(days_after=2), dates, day) == year


def test_only_the_day_that_is_wanted_counts() -> None:
    """A wedding day is no birthday, and a member who told none has none."""
    wedding = MemberDate(month=6, day_of_month=1, day="wedding")
    wanted = MemberDay(day="wedding")
    assert member_day_year(wanted, (*_BIRTHDAY, wedding), date(2026, 6, 1)) == 2026
    assert member_day_year(wanted, (*_BIRTHDAY, wedding), date(2026, 5, 20)) is None
    assert member_day_year(wanted, (), date(2026, 6, 1)) is None


@settings(max_examples=100)
@given(
    month=st.integers(1, 12),
    number=st.integers(1, 31),
    calendar=st.sampled_from(CalendarKind),
    before=st.integers(0, 60),
    after=st.integers(0, 60),
    day=st.dates(date(2000, 1, 1), date(2040, 12, 31)),
)
def test_the_year_is_that_of_the_one_day_near(
    month: int, number: int, calendar: CalendarKind, before: int, after: int, day: date
) -> None:
    """Looking through all years by brute force finds the same single one."""
    wanted = MemberDay(days_before=before, days_after=after)
    dates = (MemberDate(month=month, day_of_month=number, calendar=calendar),)
    near = [
        year
        for year in range(1370, 2050)
        if timedelta(days=-after)
        <= yearly_day(year, month, number, calendar) - day
        <= timedelta(days=before)
    ]
    assert near == ([] if (found := member_day_year(wanted, dates, day)) is None else [found])
