"""Months, quarters and years of both calendars, against calendars written out day by day."""

from __future__ import annotations

from calendar import isleap
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model.rules.expiry import CalendarKind
from gateway.program.calendars import (
    LAST_DAY,
    MONTH,
    QUARTER,
    YEAR,
    CalendarDay,
    add_months,
    calendar_day,
    days_in_month,
    month_end,
    month_start,
    period_bounds,
    quarter_end,
    quarter_start,
    year_end,
    year_start,
    yearly_day,
)

_GREGORIAN = CalendarKind.GREGORIAN
_JALALI = CalendarKind.JALALI

#: Iran's leap years from 1376 to 1424, as its official calendars had or announced them.
_JALALI_LEAPS = {1379, 1383, 1387, 1391, 1395, 1399, 1403, 1408, 1412, 1416, 1420, 1424}

_Walk = list[tuple[date, CalendarDay]]


def _months_of(calendar: CalendarKind, year: int) -> list[int]:
    if calendar is _GREGORIAN:
        return [31, 29 if isleap(year) else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return [31] * 6 + [30] * 5 + [30 if year in _JALALI_LEAPS else 29]


def _written_out(calendar: CalendarKind) -> _Walk:
    """Write out a calendar from a day that is known, one day after the other."""
    first_year = 1997 if calendar is _GREGORIAN else 1376
    day = date(1997, 1, 1) if calendar is _GREGORIAN else date(1997, 3, 21)
    walk: _Walk = []
    for year in range(first_year, first_year + 49):
        for month, length in enumerate(_months_of(calendar, year), 1):
            for number in range(1, length + 1):
                walk.append((day, CalendarDay(year=year, month=month, day=number)))
                day += timedelta(days=1)
    return walk


_WALKS = {calendar: _written_out(calendar) for calendar in CalendarKind}
_BY_NAME = {
    (calendar, named.year, named.month, named.day): day
    for calendar, walk in _WALKS.items()
    for day, named in walk
}

_calendars = st.sampled_from(CalendarKind)
_spots = st.integers(4_000, 13_000)


@pytest.mark.parametrize("calendar", CalendarKind)
def test_every_day_has_the_name_that_its_calendar_gives_it(calendar: CalendarKind) -> None:
    """Forty-nine years written out by hand-known leap years name every day as the module does."""
    for day, named in _WALKS[calendar]:
        assert calendar_day(day, calendar) == named


@pytest.mark.parametrize(
    ("year", "nowruz"),
    [
        (1400, date(2021, 3, 21)),
        (1403, date(2024, 3, 20)),
        (1404, date(2025, 3, 21)),
        (1405, date(2026, 3, 21)),
        (1408, date(2029, 3, 20)),
        (1409, date(2030, 3, 21)),
    ],
)
def test_the_jalali_year_turns_where_iran_turns_it(year: int, nowruz: date) -> None:
    """Nowruz falls on the Gregorian days that Iran's calendars print."""
    assert yearly_day(year, 1, 1, _JALALI) == nowruz
    assert year_start(nowruz + timedelta(days=100), _JALALI) == nowruz
    assert year_end(nowruz - timedelta(days=100), _JALALI) == nowruz - timedelta(days=1)


@pytest.mark.parametrize(
    ("calendar", "year", "month", "day", "found"),
    [
        (_GREGORIAN, 2024, 2, 29, date(2024, 2, 29)),
        (_GREGORIAN, 2026, 2, 29, date(2026, 2, 28)),
        (_GREGORIAN, 2100, 2, 29, date(2100, 2, 28)),
        (_GREGORIAN, 2026, 4, 31, date(2026, 4, 30)),
        (_JALALI, 1403, 12, 30, date(2025, 3, 20)),
        (_JALALI, 1404, 12, 30, date(2026, 3, 20)),
        (_JALALI, 1404, 12, 29, date(2026, 3, 20)),
        (_JALALI, 1408, 12, 30, date(2030, 3, 20)),
        (_JALALI, 1405, 7, 31, date(2026, 10, 22)),
    ],
)
def test_a_leap_day_falls_on_the_last_of_its_month(
    calendar: CalendarKind, year: int, month: int, day: int, found: date
) -> None:
    """29 February and 30 Esfand come every year; so does a 31st of a shorter month."""
    assert yearly_day(year, month, day, calendar) == found


@pytest.mark.parametrize(
    ("calendar", "day", "months", "found"),
    [
        (_GREGORIAN, date(2026, 1, 31), 1, date(2026, 2, 28)),
        (_GREGORIAN, date(2028, 1, 31), 1, date(2028, 2, 29)),
        (_GREGORIAN, date(2026, 1, 31), 2, date(2026, 3, 31)),
        (_GREGORIAN, date(2026, 3, 31), -1, date(2026, 2, 28)),
        (_GREGORIAN, date(2024, 2, 29), 12, date(2025, 2, 28)),
        (_GREGORIAN, date(2026, 12, 15), 1, date(2027, 1, 15)),
        # 31 Shahrivar 1405 and a month is 30 Mehr; 30 Esfand 1403 and a year is 29 Esfand 1404.
        (_JALALI, date(2026, 9, 22), 1, date(2026, 10, 22)),
        (_JALALI, date(2025, 3, 20), 12, date(2026, 3, 20)),
        (_JALALI, date(2025, 3, 20), 60, date(2030, 3, 20)),
        (_JALALI, date(2026, 3, 21), -1, date(2026, 2, 20)),
    ],
)
def test_months_are_added_with_the_day_kept_where_it_can_be(
    calendar: CalendarKind, day: date, months: int, found: date
) -> None:
    """A day that the later month does not have becomes that month's last."""
    assert add_months(day, months, calendar) == found


@settings(max_examples=60)
@given(calendar=_calendars, spot=_spots, months=st.integers(-100, 100))
def test_month_arithmetic_agrees_with_the_written_out_calendar(
    calendar: CalendarKind, spot: int, months: int
) -> None:
    """Adding months is stepping from month to month, and clamping once at the end."""
    day, named = _WALKS[calendar][spot]
    year, month = named.year, named.month
    for _ in range(abs(months)):
        month += 1 if months > 0 else -1
        if month in (0, 13):
            year, month = (year - 1, 12) if month == 0 else (year + 1, 1)
    number = min(named.day, _months_of(calendar, year)[month - 1])
    assert add_months(day, months, calendar) == _BY_NAME[calendar, year, month, number]
    assert days_in_month(year, month, calendar) == _months_of(calendar, year)[month - 1]


@settings(max_examples=60)
@given(calendar=_calendars, spot=_spots, months=st.sampled_from([MONTH, QUARTER, YEAR]))
def test_periods_hold_exactly_the_days_of_their_months(
    calendar: CalendarKind, spot: int, months: int
) -> None:
    """A period's days, and no others, have the same year and the same run of months."""
    walk = _WALKS[calendar]
    day, named = walk[spot]
    run = [
        other
        for other, its in walk[spot - 370 : spot + 370]
        if (its.year, (its.month - 1) // months) == (named.year, (named.month - 1) // months)
    ]
    assert period_bounds(day, months, calendar) == (run[0], run[-1])


def test_the_six_bounds_have_names() -> None:
    """Months, quarters and years have a start and an end each, in either calendar."""
    day = date(2026, 11, 23)
    assert (month_start(day, _GREGORIAN), month_end(day, _GREGORIAN)) == (
        date(2026, 11, 1),
        date(2026, 11, 30),
    )
    assert (quarter_start(day, _GREGORIAN), quarter_end(day, _GREGORIAN)) == (
        date(2026, 10, 1),
        date(2026, 12, 31),
    )
    assert (year_start(day, _GREGORIAN), year_end(day, _GREGORIAN)) == (
        date(2026, 1, 1),
        date(2026, 12, 31),
    )
    # The same day is 2 Azar 1405; autumn is the third quarter.
    assert (month_start(day, _JALALI), month_end(day, _JALALI)) == (
        date(2026, 11, 22),
        date(2026, 12, 21),
    )
    assert (quarter_start(day, _JALALI), quarter_end(day, _JALALI)) == (
        date(2026, 9, 23),
        date(2026, 12, 21),
    )


@pytest.mark.parametrize("calendar", CalendarKind)
def test_no_count_leaves_what_the_platform_can_reckon(calendar: CalendarKind) -> None:
    """The largest count that a rule may name ends on the last day, and raises nothing."""
    assert add_months(date(2026, 1, 31), 12 * 36_600, calendar) == LAST_DAY
    assert add_months(LAST_DAY, 1, calendar) == LAST_DAY
    assert period_bounds(LAST_DAY, YEAR, calendar)[1] == LAST_DAY
