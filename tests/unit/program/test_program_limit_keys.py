"""What a limit's key says: whom it counts for, in which period, and how long that matters."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.ids import BranchId, MemberId
from gateway.model.rules.caps import Cap, CapMeasure, CapOwner, CapPeriod
from gateway.model.rules.expiry import CalendarKind
from gateway.model.rules.scope import Weekday
from gateway.model.rules.settings import Settings
from gateway.program.facts import Place
from gateway.program.limit_keys import FOR_EVER, last_day_of, owner_of, period_label
from gateway.program.limits import offer_source, usage_key

DAYS = st.dates(min_value=date(2000, 1, 1), max_value=date(2099, 12, 31))
SETTINGS = st.builds(
    Settings,
    first_weekday=st.sampled_from(Weekday),
    calendar=st.sampled_from(CalendarKind),
)


@pytest.mark.parametrize(
    ("key", "owner", "last_day"),
    [
        ("earn:coffee/uses/member:4f0c/2026-11", "member:4f0c", date(2026, 11, 30)),
        ("earn:coffee/uses/member:4f0c/1405-09", "member:4f0c", date(2026, 12, 21)),
        ("offer:nowruz/amount/all/ever", "all", FOR_EVER),
        ("offer:nowruz/amount/branch:main/2026-Q4", "branch:main", date(2026, 12, 31)),
        ("offer:nowruz/points/all/1405", "all", date(2027, 3, 20)),
        ("earn:birthday/day/member:4f0c/1405", "member:4f0c", FOR_EVER),
        ("event:survey/a/b c/member:4f0c/ever", "member:4f0c", FOR_EVER),
        ("earn:coffee/uses/all/2026-11-23", "all", date(2026, 11, 23)),
    ],
)
def test_a_key_says_whose_it_is_and_until_when_it_matters(
    key: str, owner: str, last_day: date
) -> None:
    """Months and years of both calendars end where they end."""
    assert (owner_of(key), last_day_of(key)) == (owner, last_day)


@given(
    day=DAYS,
    later=st.integers(0, 400),
    period=st.sampled_from([one for one in CapPeriod if one is not CapPeriod.SALE]),
    settings=SETTINGS,
)
def test_a_limit_matters_at_least_as_long_as_its_period_lasts(
    day: date, later: int, period: CapPeriod, settings: Settings
) -> None:
    """A day that falls into the same period is never after the key's last day."""
    then = day + timedelta(days=later)
    place = Place(branch=BranchId("main"), at_ms=0, business_day=day, minute=0)
    cap = Cap(limit=1, measure=CapMeasure.USES, owner=CapOwner.MEMBER, period=period)
    key = usage_key(offer_source("tea"), cap, MemberId("4f0c"), place, settings)
    if period_label(period, then, settings) == period_label(period, day, settings):
        assert last_day_of(key) >= then
    assert owner_of(key) == "member:4f0c"
