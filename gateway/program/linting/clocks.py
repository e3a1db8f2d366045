"""Zones, business days and occasions that are not what they look like."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from gateway.errors import ValueRangeError
from gateway.model.rules.expiry import CalendarKind
from gateway.model.rules.settings import Occasion, Settings
from gateway.program.calendars import days_in_month
from gateway.program.linting.doubt import Doubt, DoubtCode
from gateway.program.linting.look import EARLIEST_DAY, Look
from gateway.program.local_time import check_zones

_NOON: Final = 12 * 60
#: Years that hold a leap year of their calendar.
_SOME_YEARS: Final = {
    CalendarKind.GREGORIAN: range(2024, 2029),
    CalendarKind.JALALI: range(1403, 1409),
}


def check_clocks(look: Look) -> Iterator[Doubt]:
    """Find zones that nobody knows, and days that end at the wrong time."""
    settings = look.rules.settings
    yield from _zone("settings", settings.zone)
    yield from _cutoff("settings", settings.cutoff_minute)
    for clock in settings.branch_clocks:
        subject = f"settings.branch_clocks.{clock.branch}"
        yield from _zone(subject, clock.zone)
        yield from _cutoff(subject, clock.cutoff_minute or 0)
    latest = max(settings.cutoff_minute, *(c.cutoff_minute or 0 for c in settings.branch_clocks), 0)
    if settings.nightly_minute < latest <= _NOON:
        yield Doubt(
            code=DoubtCode.NIGHTLY_BEFORE_CUTOFF,
            subject="settings",
            values={"nightly": settings.nightly_minute, "cutoff": latest},
        )


def check_days(look: Look) -> Iterator[Doubt]:
    """Find days that were written in the wrong calendar, or that do not come."""
    for subject, day in _days(look):
        if day < EARLIEST_DAY:
            values = {"day": day.isoformat()}
            yield Doubt(code=DoubtCode.DAY_LOOKS_JALALI, subject=subject, values=values)
    for occasion in look.rules.occasions:
        subject = f"occasions.{occasion.id}"
        last = max(occasion.dates, default=None)
        if look.first_day and last and EARLIEST_DAY <= last < look.first_day:
            values = {"day": last.isoformat()}
            yield Doubt(code=DoubtCode.OCCASION_DATES_PAST, subject=subject, values=values)
        yield from _without_day(subject, occasion)


def _zone(subject: str, zone: str | None) -> Iterator[Doubt]:
    if zone is None:
        return
    try:
        check_zones(Settings(zone=zone))
    except ValueRangeError:
        yield Doubt(code=DoubtCode.UNKNOWN_ZONE, subject=subject, values={"zone": zone})


def _cutoff(subject: str, cutoff_minute: int) -> Iterator[Doubt]:
    if cutoff_minute > _NOON:
        values = {"cutoff": cutoff_minute}
        yield Doubt(code=DoubtCode.CUTOFF_AFTER_NOON, subject=subject, values=values)


def _without_day(subject: str, occasion: Occasion) -> Iterator[Doubt]:
    month, day = occasion.month, occasion.day
    if month is None or day is None:
        return
    years = _SOME_YEARS[occasion.calendar]
    if day > max(days_in_month(year, month, occasion.calendar) for year in years):
        values = {"month": month, "day": day}
        yield Doubt(code=DoubtCode.OCCASION_WITHOUT_DAY, subject=subject, values=values)


def _days(look: Look) -> Iterator[tuple[str, date]]:
    """Every day that the rules name, with the path to what names it."""
    for subject, condition in look.conditions():
        for day in (condition.window.first_day, condition.window.last_day):
            if day is not None:
                yield subject, day
    for occasion in look.rules.occasions:
        yield from ((f"occasions.{occasion.id}", day) for day in occasion.dates)
    for subject, expiry in look.expiries():
        if expiry.last_day is not None:
            yield subject, expiry.last_day
