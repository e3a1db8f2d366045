"""Days and moments in both calendars."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ValueRangeError
from gateway.formatting.dates import (
    moment_at,
    month_bounds,
    read_date,
    write_ago,
    write_date,
    write_moment,
    write_month,
    write_typed_date,
)
from gateway.formatting.numbers import Language

TEHRAN = ZoneInfo("Asia/Tehran")
DAYS = st.dates(min_value=date(1850, 1, 1), max_value=date(2199, 12, 31))


@pytest.mark.parametrize(
    ("day", "persian", "english", "typed"),
    [
        (date(2026, 11, 23), "۲ آذر ۱۴۰۵", "23 Nov 2026", "۱۴۰۵/۰۹/۰۲"),
        (date(2026, 3, 21), "۱ فروردین ۱۴۰۵", "21 Mar 2026", "۱۴۰۵/۰۱/۰۱"),
        # 1403 is a leap year: Esfand has 30 days, and the new year begins on the 21st of March.
        (date(2025, 3, 20), "۳۰ اسفند ۱۴۰۳", "20 Mar 2025", "۱۴۰۳/۱۲/۳۰"),
        (date(2026, 3, 20), "۲۹ اسفند ۱۴۰۴", "20 Mar 2026", "۱۴۰۴/۱۲/۲۹"),
        (date(1979, 2, 11), "۲۲ بهمن ۱۳۵۷", "11 Feb 1979", "۱۳۵۷/۱۱/۲۲"),
    ],
)
def test_days(day: date, persian: str, english: str, typed: str) -> None:
    """Known days are written right in both calendars, as text and as a field's value."""
    assert write_date(day, Language.FA) == persian
    assert write_date(day, Language.EN) == english
    assert write_typed_date(day, Language.FA) == typed
    assert write_typed_date(day, Language.EN) == day.isoformat()


def test_moments_are_written_in_their_zone() -> None:
    """Half past ten in the evening in London is the next day in Tehran."""
    unix_ms = int(datetime(2026, 11, 22, 22, 35, tzinfo=UTC).timestamp()) * 1_000
    assert write_moment(moment_at(unix_ms, TEHRAN), Language.FA) == "۲ آذر ۱۴۰۵، ۰۲:۰۵"
    assert write_moment(moment_at(unix_ms, UTC), Language.EN) == "22 Nov 2026, 22:35"


def test_a_moment_outside_every_calendar_is_refused() -> None:
    """A broken clock's time is a fault of ours, and no page breaks with another."""
    with pytest.raises(ValueRangeError, match="outside every calendar"):
        moment_at(10**18, UTC)


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("۱۴۰۵/۰۹/۰۲", date(2026, 11, 23)),
        ("1405-9-2", date(2026, 11, 23)),
        (" ۱۴۰۵/۹/۲ ", date(2026, 11, 23)),
        ("2026-11-23", date(2026, 11, 23)),
        ("2026/11/23", date(2026, 11, 23)),
        ("1403/12/30", date(2025, 3, 20)),
        ("1404/12/30", None),
        ("1405/13/01", None),
        ("1405/07/31", None),
        ("2026-02-29", None),
        ("1700-01-01", None),
        ("05/9/2", None),
        ("1405", None),
        ("", None),
        ("دوم آذر", None),
    ],
)
def test_typed_days(typed: str, day: date | None) -> None:
    """The year tells the calendar; a day that is not there is no day."""
    assert read_date(typed) == day


def test_leap_years() -> None:
    """The leap years of 1399 to 1450 are those that the calendar centre publishes."""
    leap = set()
    for year in range(1399, 1451):
        esfand = read_date(f"{year}/12/01")
        assert esfand is not None
        first, last = month_bounds(esfand, Language.FA)
        if (last - first).days + 1 == 30:
            leap.add(year)
    assert leap == {1399, 1403, 1408, 1412, 1416, 1420, 1424, 1428, 1432, 1436, 1441, 1445, 1449}


@pytest.mark.parametrize(
    ("day", "language", "first", "last"),
    [
        (date(2026, 11, 23), Language.FA, date(2026, 11, 22), date(2026, 12, 21)),
        (date(2025, 3, 1), Language.FA, date(2025, 2, 19), date(2025, 3, 20)),
        (date(2026, 11, 23), Language.EN, date(2026, 11, 1), date(2026, 11, 30)),
        (date(2026, 12, 31), Language.EN, date(2026, 12, 1), date(2026, 12, 31)),
    ],
)
def test_months(day: date, language: Language, first: date, last: date) -> None:
    """A month begins and ends where its calendar says, leap Esfand and December among them."""
    assert month_bounds(day, language) == (first, last)


def test_names_of_months() -> None:
    """A month is named in its calendar."""
    assert write_month(date(2026, 11, 23), Language.FA) == "آذر ۱۴۰۵"
    assert write_month(date(2026, 11, 23), Language.EN) == "Nov 2026"


@pytest.mark.parametrize(
    ("seconds", "persian", "english"),
    [
        (0, "همین حالا", "just now"),
        (30, "۳۰ ثانیه پیش", "30 seconds ago"),
        (60, "۱ دقیقه پیش", "1 minute ago"),
        (3 * 60 + 59, "۳ دقیقه پیش", "3 minutes ago"),
        (3_600, "۱ ساعت پیش", "1 hour ago"),
        (2 * 86_400, "۲ روز پیش", "2 days ago"),
        (40 * 86_400, "۱ ماه پیش", "1 month ago"),
        (800 * 86_400, "۲ سال پیش", "2 years ago"),
        (-180, "۳ دقیقه بعد", "in 3 minutes"),
    ],
)
def test_distances(seconds: int, persian: str, english: str) -> None:
    """A distance is told in its largest whole unit; a moment ahead of now is told as such."""
    now = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    moment = now - timedelta(seconds=seconds)
    assert write_ago(moment, now, Language.FA) == persian
    assert write_ago(moment, now, Language.EN) == english


@given(DAYS, st.sampled_from(Language))
def test_written_days_are_read_back(day: date, language: Language) -> None:
    """Whatever a field shows is read as the same day."""
    assert read_date(write_typed_date(day, language)) == day


@given(DAYS, st.sampled_from(Language))
def test_every_day_is_in_its_month(day: date, language: Language) -> None:
    """Months hold their days and touch one another."""
    first, last = month_bounds(day, language)
    assert first <= day <= last
    assert 28 <= (last - first).days + 1 <= 31
    assert month_bounds(last + timedelta(days=1), language)[0] == last + timedelta(days=1)


@given(st.text(max_size=20))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Any text is a day or None."""
    found = read_date(text)
    assert found is None or type(found) is date
