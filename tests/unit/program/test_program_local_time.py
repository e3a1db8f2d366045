"""Business days and minutes by the clocks of branches."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ValueRangeError
from gateway.model.checks import I63_MAX
from gateway.model.ids import BranchId
from gateway.model.rules.settings import BranchClock, Settings
from gateway.program.local_time import (
    business_day,
    check_zones,
    clock_of,
    day_starts_at_ms,
    place_at,
)

_BRANCH = BranchId("bazaar")
_TEHRAN = Settings(zone="Asia/Tehran")
_BERLIN = Settings(zone="Europe/Berlin")


def _ms(text: str) -> int:
    """Unix time of an ISO 8601 moment that names its offset."""
    return int(datetime.fromisoformat(text).timestamp()) * 1000


def _wall(settings: Settings, text: str) -> tuple[str, int]:
    place = place_at(settings, _BRANCH, _ms(text))
    return place.business_day.isoformat(), place.minute


@pytest.mark.parametrize(
    ("moment", "day", "minute"),
    [
        # Summer time until 2022, four and a half hours before Greenwich...
        ("2021-07-01T20:00:00+00:00", "2021-07-02", 30),
        ("2022-09-21T19:29:00+00:00", "2022-09-21", 23 * 60 + 59),
        # ...and never again: the same hours of the next year are three and a half before it.
        ("2023-07-01T20:00:00+00:00", "2023-07-01", 23 * 60 + 30),
        ("2026-11-23T20:30:00+00:00", "2026-11-24", 0),
    ],
)
def test_tehran_before_and_after_2022(moment: str, day: str, minute: int) -> None:
    """The zone's own history decides: Tehran's clocks changed until 2022 and do so no more."""
    assert _wall(_TEHRAN, moment) == (day, minute)


def test_the_hour_that_tehran_had_twice() -> None:
    """In the night of 21 September 2021 the minutes from 23:00 came twice, on one business day."""
    first, again = "2021-09-21T23:10:00+04:30", "2021-09-21T23:10:00+03:30"
    assert _wall(_TEHRAN, first) == _wall(_TEHRAN, again) == ("2021-09-21", 23 * 60 + 10)
    assert day_starts_at_ms(_TEHRAN, _BRANCH, date(2021, 9, 22)) == _ms("2021-09-22T00:00:00+03:30")


def test_a_day_never_begins_twice() -> None:
    """A cut-off inside the hour that comes twice ends the day the first time it comes."""
    late = replace(_BERLIN, cutoff_minute=150)
    before, after, again = (
        "2026-10-25T02:29:00+02:00",
        "2026-10-25T02:31:00+02:00",
        "2026-10-25T02:15:00+01:00",
    )
    assert _wall(late, before) == ("2026-10-24", 149)
    assert _wall(late, after) == ("2026-10-25", 151)
    assert _wall(late, again) == ("2026-10-25", 135)
    assert day_starts_at_ms(late, _BRANCH, date(2026, 10, 25)) == _ms("2026-10-25T02:30:00+02:00")


@pytest.mark.parametrize(
    ("settings", "day", "moment"),
    [
        # Tehran went from midnight to one o'clock: there was no midnight.
        (_TEHRAN, date(2021, 3, 22), "2021-03-22T01:00:00+04:30"),
        (_TEHRAN, date(2023, 3, 22), "2023-03-22T00:00:00+03:30"),
        # Berlin goes from two to three.
        (replace(_BERLIN, cutoff_minute=150), date(2026, 3, 29), "2026-03-29T03:00:00+02:00"),
        # Samoa had no 30 December 2011 at all.
        (Settings(zone="Pacific/Apia"), date(2011, 12, 30), "2011-12-31T00:00:00+14:00"),
    ],
)
def test_a_missing_wall_time_begins_at_the_next_moment(
    settings: Settings, day: date, moment: str
) -> None:
    """Where the clocks jump over the cut-off, the day begins with the first moment after it."""
    assert day_starts_at_ms(settings, _BRANCH, day) == _ms(moment)
    if day.year != 2011:
        assert business_day(settings, _BRANCH, _ms(moment)) == day
        assert business_day(settings, _BRANCH, _ms(moment) - 1) == day - timedelta(days=1)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-11-23T03:59:59+00:00", date(2026, 11, 22)),
        ("2026-11-23T04:00:00+00:00", date(2026, 11, 23)),
        ("2024-03-01T03:00:00+00:00", date(2024, 2, 29)),
        ("2026-03-01T03:00:00+00:00", date(2026, 2, 28)),
        ("2027-01-01T00:30:00+00:00", date(2026, 12, 31)),
    ],
)
def test_the_night_belongs_to_the_evening_before(moment: str, day: date) -> None:
    """What is sold before the cut-off counts to the day before, over months, years, leap days."""
    assert business_day(Settings(cutoff_minute=240), _BRANCH, _ms(moment)) == day


def test_a_branch_may_have_its_own_clock() -> None:
    """A branch's zone and cut-off stand for themselves; what it does not say is the programme's."""
    settings = Settings(
        zone="Asia/Tehran",
        cutoff_minute=120,
        branch_clocks=(
            BranchClock(branch=BranchId("dubai"), zone="Asia/Dubai"),
            BranchClock(branch=BranchId("night"), cutoff_minute=360),
        ),
    )
    at_ms = _ms("2026-11-23T22:00:00+00:00")
    dubai = place_at(settings, BranchId("dubai"), at_ms)
    night = place_at(settings, BranchId("night"), at_ms)
    other = place_at(settings, _BRANCH, at_ms)
    assert (dubai.minute, dubai.business_day) == (120, date(2026, 11, 24))
    assert (night.minute, night.business_day) == (90, date(2026, 11, 23))
    assert (other.minute, other.business_day) == (90, date(2026, 11, 23))
    assert clock_of(settings, BranchId("night"))[1] == 360


@pytest.mark.parametrize("zone", ["Asia/Nowhere", "Asia", "../../etc/passwd", "/etc/localtime"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    """A zone that is not one is a mistake of the programme's, wherever it is named."""
    check_zones(_TEHRAN)
    with pytest.raises(ValueRangeError, match="is not a time zone"):
        check_zones(Settings(zone=zone))
    with pytest.raises(ValueRangeError, match="is not a time zone"):
        check_zones(Settings(branch_clocks=(BranchClock(branch=_BRANCH, zone=zone),)))
    with pytest.raises(ValueRangeError, match="is not a time zone"):
        place_at(Settings(zone=zone), _BRANCH, 0)


@pytest.mark.parametrize("at_ms", [I63_MAX, 253_402_300_799_000, 250_000_000_000_000])
def test_a_time_beyond_the_calendar_is_refused(at_ms: int) -> None:
    """A terminal's broken clock is answered with an error that says so."""
    with pytest.raises(ValueRangeError, match="beyond the calendar"):
        place_at(Settings(zone="Pacific/Kiritimati"), _BRANCH, at_ms)


@given(
    zone=st.sampled_from(
        ["UTC", "Asia/Tehran", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe"]
    ),
    cutoff=st.integers(0, 1439),
    moment=st.datetimes(datetime(2015, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001 - made UTC below
)
def test_a_moment_is_in_the_day_whose_bounds_hold_it(
    zone: str, cutoff: int, moment: datetime
) -> None:
    """Day bounds and the day of a moment agree everywhere, through every change of clocks."""
    settings = Settings(zone=zone, cutoff_minute=cutoff)
    at_ms = int(moment.replace(tzinfo=UTC).timestamp()) * 1000
    day = business_day(settings, _BRANCH, at_ms)
    assert day_starts_at_ms(settings, _BRANCH, day) <= at_ms
    assert at_ms < day_starts_at_ms(settings, _BRANCH, day + timedelta(days=1))


@given(
    zone=st.sampled_from(["Asia/Tehran", "Europe/Berlin", "Australia/Lord_Howe"]),
    cutoff=st.integers(0, 1439),
    year=st.integers(2018, 2026),
    month=st.sampled_from([3, 4, 9, 10, 11]),
)
def test_no_day_is_lost_or_had_twice(zone: str, cutoff: int, year: int, month: int) -> None:
    """Days begin one after the other, 23 to 25 hours apart, in months in which clocks change."""
    settings = Settings(zone=zone, cutoff_minute=cutoff)
    days = [date(year, month, 1) + timedelta(days=count) for count in range(31)]
    starts = [day_starts_at_ms(settings, _BRANCH, day) for day in days]
    minutes = [(after - before) // 60_000 for before, after in pairwise(starts)]
    assert all(23 * 60 <= length <= 25 * 60 for length in minutes)
    assert [business_day(settings, _BRANCH, start) for start in starts] == days
