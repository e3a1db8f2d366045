"""When lots become spendable and when they lapse, by the branch's own days."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from gateway.model.ids import BranchId
from gateway.model.rules.expiry import CalendarKind, Expiry, ExpiryKind
from gateway.model.rules.settings import BranchClock, Settings
from gateway.program.expiry import (
    active_from_ms,
    expires_at_ms,
    last_day,
    regained_expires_at_ms,
    slid_expires_at_ms,
)
from gateway.program.local_time import day_starts_at_ms, place_at

_SHOP = BranchId("main")
_UTC = Settings()
_TEHRAN = Settings(zone="Asia/Tehran")
_NEW_YORK = Settings(zone="America/New_York")
_JALALI = CalendarKind.JALALI


def _ms(
    year: int, month: int, day: int, hour: int = 0, minute: int = 0, *, zone: str = "UTC"
) -> int:
    """A wall time that is there once, as Unix milliseconds."""
    wall = datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(zone))
    return int(wall.timestamp()) * 1000


def _months(count: int, calendar: CalendarKind = CalendarKind.GREGORIAN) -> Expiry:
    return Expiry(kind=ExpiryKind.MONTHS, count=count, calendar=calendar)


@pytest.mark.parametrize(
    ("expiry", "earned", "gone"),
    [
        # Voucherify: with the expiration date 2025-12-31 they are taken at 2026-01-01 00:00.
        (Expiry(kind=ExpiryKind.DATE, last_day=date(2025, 12, 31)), (2025, 6, 3), (2026, 1, 1)),
        # Months keep the day, or take the month's last.
        (_months(1), (2026, 1, 10), (2026, 2, 11)),
        (_months(1), (2026, 1, 31), (2026, 3, 1)),
        (_months(1), (2028, 1, 31), (2028, 3, 1)),
        (_months(12), (2024, 2, 29), (2025, 3, 1)),
        # Open Loyalty: the month's end takes what 22 January earned at midnight of 1 February.
        (Expiry(kind=ExpiryKind.MONTH_END), (2026, 1, 22), (2026, 2, 1)),
        (Expiry(kind=ExpiryKind.MONTH_END), (2026, 1, 31), (2026, 2, 1)),
        # Square: twelve months and to the month's end, earned on 6 July 2020.
        (Expiry(kind=ExpiryKind.MONTH_END, count=12), (2020, 7, 6), (2021, 8, 1)),
        # Open Loyalty: what 2018 earned is gone on 1 January 2019.
        (Expiry(kind=ExpiryKind.YEAR_END), (2018, 5, 5), (2019, 1, 1)),
        (Expiry(kind=ExpiryKind.YEAR_END), (2018, 12, 31), (2019, 1, 1)),
        (Expiry(kind=ExpiryKind.YEAR_END, count=1), (2018, 5, 5), (2020, 1, 1)),
        (Expiry(kind=ExpiryKind.QUARTER_END), (2026, 4, 1), (2026, 7, 1)),
        (Expiry(kind=ExpiryKind.QUARTER_END, count=2), (2026, 5, 31), (2026, 10, 1)),
        # A day from Monday is all of Tuesday; Odoo's 90 days are over on the 91st.
        (Expiry(kind=ExpiryKind.DAYS, count=1), (2026, 11, 23), (2026, 11, 25)),
        (Expiry(kind=ExpiryKind.DAYS, count=90), (2026, 1, 1), (2026, 4, 2)),
    ],
)
def test_a_lot_lapses_when_its_last_day_is_over(
    expiry: Expiry, earned: tuple[int, int, int], gone: tuple[int, int, int]
) -> None:
    """The last day is whole: the lot is gone at the first moment of the day after."""
    for hour in (0, 23):
        assert expires_at_ms(expiry, _ms(*earned, hour), _SHOP, _UTC) == _ms(*gone)


@pytest.mark.parametrize(
    ("kind", "count", "earned", "last"),
    [
        # 2 Azar 1405: the month ends on 30 Azar, autumn with it, the year on 29 Esfand.
        (ExpiryKind.MONTH_END, 0, date(2026, 11, 23), date(2026, 12, 21)),
        (ExpiryKind.QUARTER_END, 0, date(2026, 11, 23), date(2026, 12, 21)),
        (ExpiryKind.YEAR_END, 0, date(2026, 11, 23), date(2027, 3, 20)),
        (ExpiryKind.YEAR_END, 3, date(2026, 11, 23), date(2030, 3, 20)),
        # 1403 was a leap year: 30 Esfand is its last day, and that of the month it ends.
        (ExpiryKind.YEAR_END, 0, date(2024, 3, 20), date(2025, 3, 20)),
        (ExpiryKind.MONTH_END, 0, date(2025, 3, 19), date(2025, 3, 20)),
        (ExpiryKind.MONTHS, 12, date(2025, 3, 20), date(2026, 3, 20)),
        # 31 Shahrivar and a month is 30 Mehr.
        (ExpiryKind.MONTHS, 1, date(2026, 9, 22), date(2026, 10, 22)),
    ],
)
def test_jalali_months_and_years_end_where_iran_ends_them(
    kind: ExpiryKind, count: int, earned: date, last: date
) -> None:
    """The same rules by the other calendar."""
    assert last_day(Expiry(kind=kind, count=count, calendar=_JALALI), earned) == last


@pytest.mark.parametrize(
    "expiry",
    [
        Expiry(),
        Expiry(kind=ExpiryKind.YEAR_END, count=36_600),
        Expiry(kind=ExpiryKind.DATE, last_day=date.max),
    ],
)
def test_never_is_never(expiry: Expiry) -> None:
    """Points of a programme without expiry stay, as do those whose day no calendar holds."""
    assert expires_at_ms(expiry, _ms(2026, 1, 1), _SHOP, _UTC) is None


def test_a_fixed_day_that_is_past_leaves_nothing_to_spend() -> None:
    """What is earned after the last day lapses before it could be spent."""
    earned = _ms(2026, 1, 1)
    expiry = Expiry(kind=ExpiryKind.DATE, last_day=date(2025, 12, 31))
    assert expires_at_ms(expiry, earned, _SHOP, _UTC) == earned


@pytest.mark.parametrize(
    ("days", "active"),
    [
        (0, (2025, 12, 31, 17)),
        # Voucherify: the activation date 2026-01-01 is active at 2026-01-01 00:00.
        (1, (2026, 1, 1)),
        (90, (2026, 3, 31)),
    ],
)
def test_points_that_wait_begin_with_a_day(days: int, active: tuple[int, ...]) -> None:
    """Pending points become spendable at the beginning of their day, and others at once."""
    sold = _ms(2025, 12, 31, 17)
    assert active_from_ms(days, sold, _SHOP, _UTC) == _ms(*active)


def test_expiry_counts_from_activation() -> None:
    """Fourteen pending days and thirty days are forty-four days after the sale, not thirty."""
    active = active_from_ms(14, _ms(2026, 1, 1, 12), _SHOP, _UTC)
    thirty = Expiry(kind=ExpiryKind.DAYS, count=30)
    assert active == _ms(2026, 1, 15)
    assert expires_at_ms(thirty, active, _SHOP, _UTC) == _ms(2026, 2, 15)


def test_the_business_day_decides_and_not_the_date() -> None:
    """What a night shop sells at three counts to the day before, and lapses at its cut-off."""
    night = Settings(cutoff_minute=240)
    month_end = Expiry(kind=ExpiryKind.MONTH_END)
    assert expires_at_ms(month_end, _ms(2026, 2, 1, 3), _SHOP, night) == _ms(2026, 2, 1, 4)
    assert expires_at_ms(month_end, _ms(2026, 2, 1, 4), _SHOP, night) == _ms(2026, 3, 1, 4)


def test_each_branch_goes_by_its_own_clock() -> None:
    """One moment is two days in two cities, and so are the lots that it makes."""
    abroad = BranchId("abroad")
    two = replace(_TEHRAN, branch_clocks=(BranchClock(branch=abroad, zone="America/New_York"),))
    moment = _ms(2026, 1, 31, 22)  # 1 February in Tehran
    month_end = Expiry(kind=ExpiryKind.MONTH_END)
    assert expires_at_ms(month_end, moment, _SHOP, two) == _ms(2026, 3, 1, zone="Asia/Tehran")
    assert expires_at_ms(month_end, moment, abroad, two) == _ms(2026, 2, 1, zone="America/New_York")


@pytest.mark.parametrize(
    ("last", "gone"),
    [
        # Until 2022 Tehran's clocks went from 24:00 of 1 Farvardin to 01:00 of the next day...
        (date(2022, 3, 21), datetime(2022, 3, 21, 20, 30, tzinfo=UTC)),
        # ...and back at 24:00 of 30 Shahrivar to 23:00: the day is an hour longer.
        (date(2022, 9, 21), datetime(2022, 9, 21, 20, 30, tzinfo=UTC)),
        (date(2022, 9, 20), datetime(2022, 9, 20, 19, 30, tzinfo=UTC)),
        # Since then midnight is at 20:30 by UTC in summer and winter.
        (date(2023, 3, 21), datetime(2023, 3, 21, 20, 30, tzinfo=UTC)),
        (date(2023, 7, 1), datetime(2023, 7, 1, 20, 30, tzinfo=UTC)),
        (date(2021, 7, 1), datetime(2021, 7, 1, 19, 30, tzinfo=UTC)),
    ],
)
def test_tehran_before_and_after_it_stopped_changing_clocks(last: date, gone: datetime) -> None:
    """A day ends when the next begins, also where the midnight between them is left out."""
    expiry = Expiry(kind=ExpiryKind.DATE, last_day=last)
    found = expires_at_ms(expiry, _ms(2020, 1, 1), _SHOP, _TEHRAN)
    assert found == int(gone.timestamp()) * 1000


@pytest.mark.parametrize(
    ("cutoff", "last", "gone"),
    [
        # 8 March 2026: 02:00 to 03:00 is left out, so that half past two is three.
        (150, date(2026, 3, 7), datetime(2026, 3, 8, 7, 0, tzinfo=UTC)),
        (0, date(2026, 3, 7), datetime(2026, 3, 8, 5, 0, tzinfo=UTC)),
        (0, date(2026, 3, 8), datetime(2026, 3, 9, 4, 0, tzinfo=UTC)),
        # 1 November 2026: 01:00 to 02:00 comes twice, and the first time counts.
        (90, date(2026, 10, 31), datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),
        (0, date(2026, 11, 1), datetime(2026, 11, 2, 5, 0, tzinfo=UTC)),
    ],
)
def test_new_york_at_its_changes_of_clocks(cutoff: int, last: date, gone: datetime) -> None:
    """Cut-offs in an hour that is left out, and in one that comes twice."""
    expiry = Expiry(kind=ExpiryKind.DATE, last_day=last)
    settings = replace(_NEW_YORK, cutoff_minute=cutoff)
    found = expires_at_ms(expiry, _ms(2026, 1, 1), _SHOP, settings)
    assert found == int(gone.timestamp()) * 1000


def test_a_days_count_is_not_hours() -> None:
    """One day over a change of clocks ends at midnight all the same, after 23 or 25 hours."""
    one = Expiry(kind=ExpiryKind.DAYS, count=1)
    spring = _ms(2026, 3, 7, 12, zone="America/New_York")
    autumn = _ms(2026, 10, 31, 12, zone="America/New_York")
    assert expires_at_ms(one, spring, _SHOP, _NEW_YORK) == spring + 35 * 3_600_000
    assert expires_at_ms(one, autumn, _SHOP, _NEW_YORK) == autumn + 37 * 3_600_000


_SLIDING = Expiry(kind=ExpiryKind.MONTHS, count=6, sliding=True)


def test_sliding_starts_the_count_anew() -> None:
    """A purchase on the last day keeps the lot for another six months; on the next, none does."""
    old = expires_at_ms(_SLIDING, _ms(2026, 1, 10, 9), _SHOP, _UTC)
    assert old == _ms(2026, 7, 11)
    on_time, late = _ms(2026, 7, 10, 23, 59), _ms(2026, 7, 11)
    assert slid_expires_at_ms(_SLIDING, old, on_time, _SHOP, _UTC) == _ms(2027, 1, 11)
    assert slid_expires_at_ms(_SLIDING, old, late, _SHOP, _UTC) == old


def test_only_what_slides_moves_and_only_forward() -> None:
    """A rule that does not slide, a lot for ever, and a lot that waits stay as they are."""
    at_ms, later = _ms(2026, 1, 10), _ms(2028, 1, 1)
    assert slid_expires_at_ms(_months(6), later, at_ms, _SHOP, _UTC) == later
    assert slid_expires_at_ms(_SLIDING, None, at_ms, _SHOP, _UTC) is None
    assert slid_expires_at_ms(_SLIDING, later, at_ms, _SHOP, _UTC) == later
    ages = replace(_SLIDING, count=36_600)
    assert slid_expires_at_ms(ages, _ms(2026, 2, 1), at_ms, _SHOP, _UTC) == _ms(5076, 1, 11)


def test_points_put_back_keep_their_expiry() -> None:
    """Ten days before they lapse they are given back, and they still lapse in ten days."""
    old, at_ms = _ms(2026, 5, 11), _ms(2026, 5, 1, 15)
    assert regained_expires_at_ms(old, 0, at_ms, _SHOP, _UTC) == old
    assert regained_expires_at_ms(old, 30, at_ms, _SHOP, _UTC) == old
    assert regained_expires_at_ms(None, 30, at_ms, _SHOP, _UTC) is None


def test_points_put_back_too_late_have_a_grace() -> None:
    """What has lapsed meanwhile can be spent for the policy's days, or not at all without any."""
    old, at_ms = _ms(2026, 5, 11), _ms(2026, 5, 11, 0)
    assert regained_expires_at_ms(old, 0, at_ms, _SHOP, _UTC) == old
    assert regained_expires_at_ms(old, 14, at_ms, _SHOP, _UTC) == _ms(2026, 5, 26)


@hypothesis_settings(max_examples=60)
@given(
    kind=st.sampled_from(
        [ExpiryKind.DAYS, ExpiryKind.MONTHS, ExpiryKind.MONTH_END, ExpiryKind.YEAR_END]
    ),
    count=st.integers(1, 40),
    calendar=st.sampled_from(CalendarKind),
    zone=st.sampled_from(["UTC", "Asia/Tehran", "America/New_York", "Pacific/Apia"]),
    cutoff=st.integers(0, 1439),
    from_s=st.integers(_ms(2010, 1, 1) // 1000, _ms(2030, 1, 1) // 1000),
)
def test_a_lot_is_good_for_all_of_its_last_day_and_no_longer(
    kind: ExpiryKind, count: int, calendar: CalendarKind, zone: str, cutoff: int, from_s: int
) -> None:
    """The moment before it lapses is in the last business day, the moment itself in the next."""
    rules = Settings(zone=zone, cutoff_minute=cutoff)
    expiry = Expiry(kind=kind, count=count, calendar=calendar)
    earned = place_at(rules, _SHOP, from_s * 1000).business_day
    last, gone = last_day(expiry, earned), expires_at_ms(expiry, from_s * 1000, _SHOP, rules)
    assert last is not None
    assert gone is not None
    assert last > earned
    assert gone == day_starts_at_ms(rules, _SHOP, last + timedelta(days=1))
    assert place_at(rules, _SHOP, gone - 1).business_day <= last
    assert place_at(rules, _SHOP, gone).business_day > last
