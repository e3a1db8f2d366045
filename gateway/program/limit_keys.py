"""The parts of a limit's key: who it counts for, and until when it can matter.

A key ends with the owner and the period; see ``gateway.program.limits``. Periods are written in the
calendar of the programme: ``2026-11`` is November, ``1405-09`` is Azar. Jalali years lie seven
centuries before Gregorian ones, so that a year alone says which calendar is meant.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from gateway.model.rules.caps import CapMeasure, CapPeriod
from gateway.model.rules.expiry import CalendarKind
from gateway.model.rules.scope import Weekday
from gateway.model.rules.settings import Settings
from gateway.program.calendars import (
    calendar_day,
    month_end,
    quarter_end,
    year_end,
    yearly_day,
)

FOR_EVER: Final = date(9999, 12, 31)
"""The last day of what never stops to matter."""

_WEEKDAYS: Final = tuple(Weekday)
_FIRST_GREGORIAN_YEAR: Final = 1_700
_MEASURES: Final = frozenset(CapMeasure)


def period_label(period: CapPeriod, day: date, settings: Settings) -> str:
    """Name the period that a business day is in.

    Args:
        period: how long.
        day: the business day.
        settings: where weeks begin, and whose months count.
    """
    if period is CapPeriod.DAY:
        return day.isoformat()
    if period is CapPeriod.WEEK:
        return _week(day, settings.first_weekday)
    if period is CapPeriod.EVER or period is CapPeriod.SALE:
        return period.value
    there = calendar_day(day, settings.calendar)
    if period is CapPeriod.MONTH:
        return f"{there.year:04}-{there.month:02}"
    if period is CapPeriod.QUARTER:
        return f"{there.year:04}-Q{(there.month + 2) // 3}"
    return f"{there.year:04}"


def owner_of(key: str) -> str:
    """Whom a key counts for: ``all``, ``branch:…`` or ``member:…``."""
    return key.rsplit("/", 2)[-2]


def last_day_of(key: str) -> date:
    """The last business day on which a use under a key can still count.

    Weeks are taken a week too long, because a key does not say where they begin; a member's day
    counts for ever, because it may be asked about around a turn of the year.
    """
    parts = key.rsplit("/", 3)
    period = parts[-1]
    if period == CapPeriod.EVER or len(parts) < 4 or parts[-3] not in _MEASURES:
        return FOR_EVER
    return _last_day(period)


@lru_cache(maxsize=1_024)
def _last_day(period: str) -> date:
    if len(period) == len("2026-11-23"):
        return date.fromisoformat(period)
    year, _, rest = period.partition("-")
    if rest.startswith("W"):
        # Weeks that do not begin on Mondays can have a 53rd where ISO 8601 counts 52.
        return date.fromisocalendar(int(year), 1, 7) + timedelta(weeks=int(rest[1:]))
    calendar = CalendarKind.GREGORIAN if int(year) >= _FIRST_GREGORIAN_YEAR else CalendarKind.JALALI
    if rest.startswith("Q"):
        return quarter_end(yearly_day(int(year), 3 * int(rest[1:]), 1, calendar), calendar)
    if rest:
        return month_end(yearly_day(int(year), int(rest), 1, calendar), calendar)
    return year_end(yearly_day(int(year), 1, 1, calendar), calendar)


def _week(day: date, first_weekday: Weekday) -> str:
    """Number a week as ISO 8601 does: it belongs to the year that its fourth day is in."""
    since = (day.weekday() - _WEEKDAYS.index(first_weekday)) % 7
    fourth = day + timedelta(days=3 - since)
    return f"{fourth.year:04}-W{(fourth.timetuple().tm_yday + 6) // 7:02}"
