"""The time by a branch's own clock: business days, minutes of the wall clock, a day's first moment.

Only this module knows time zones; everything else reckons with business days and minutes. Zones
are IANA names, whose rules come from the machine or from the tzdata package, history included:
Tehran changed its clocks until 2022 and does so no more.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateway.errors import ValueRangeError
from gateway.model.ids import BranchId
from gateway.model.rules.settings import Settings
from gateway.program.calendars import LAST_DAY
from gateway.program.facts import Place

_ONE_DAY: Final = timedelta(days=1)
_ONE_SECOND: Final = timedelta(seconds=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def place_at(settings: Settings, branch: BranchId, at_ms: int) -> Place:
    """Say which business day and which minute it is at a branch.

    Args:
        settings: its zones and cut-offs are used.
        branch: where; one without a clock of its own goes by the programme's.
        at_ms: Unix time in milliseconds.

    Raises:
        ValueRangeError: if the zone is unknown, or the time is beyond ``calendars.LAST_DAY``.
    """
    zone, cutoff = clock_of(settings, branch)
    local = _local(at_ms, zone)
    return Place(
        branch=branch,
        at_ms=at_ms,
        business_day=_business_day(local, at_ms, zone, cutoff),
        minute=local.hour * 60 + local.minute,
    )


def business_day(settings: Settings, branch: BranchId, at_ms: int) -> date:
    """Say to which day a moment counts at a branch; arguments and errors as of ``place_at``."""
    zone, cutoff = clock_of(settings, branch)
    return _business_day(_local(at_ms, zone), at_ms, zone, cutoff)


def day_starts_at_ms(settings: Settings, branch: BranchId, day: date) -> int:
    """Say when a business day begins at a branch.

    A wall time that a change of clocks leaves out begins at the first moment after it; one that
    comes twice begins at the first time.

    Args:
        settings: its zones and cut-offs are used.
        branch: where.
        day: the business day.

    Returns:
        Unix time in milliseconds; the day ends where the next one begins.

    Raises:
        ValueRangeError: if the zone is unknown.
    """
    zone, cutoff = clock_of(settings, branch)
    return _first_moment_ms(day, zone, cutoff)


def clock_of(settings: Settings, branch: BranchId) -> tuple[ZoneInfo, int]:
    """Find a branch's zone, and its cut-off in minutes after midnight.

    Raises:
        ValueRangeError: if the zone is unknown.
    """
    zone, cutoff = settings.zone, settings.cutoff_minute
    for clock in settings.branch_clocks:
        if clock.branch == branch:
            zone = zone if clock.zone is None else clock.zone
            cutoff = cutoff if clock.cutoff_minute is None else clock.cutoff_minute
    return _zone(zone), cutoff


def check_zones(settings: Settings) -> None:
    """Refuse settings that name a time zone nobody knows.

    Raises:
        ValueRangeError: naming the zone.
    """
    _zone(settings.zone)
    for clock in settings.branch_clocks:
        if clock.zone is not None:
            _zone(clock.zone)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        # A folder of the zone database ("Asia") is an error of files, a path one of values.
        raise ValueRangeError(
            f"zone {name!r} is not a time zone; write one such as Asia/Tehran"
        ) from error


def _local(at_ms: int, zone: ZoneInfo) -> datetime:
    try:
        local = datetime.fromtimestamp(at_ms // 1000, zone)
    except (ValueError, OverflowError, OSError) as error:
        raise ValueRangeError(f"{at_ms} ms is beyond the calendar") from error
    if local.date() > LAST_DAY:
        raise ValueRangeError(f"{at_ms} ms is beyond the calendar")
    return local


def _business_day(local: datetime, at_ms: int, zone: ZoneInfo, cutoff: int) -> date:
    day = local.date()
    if local.hour * 60 + local.minute < cutoff:
        day -= _ONE_DAY
        # In an hour that comes twice the cut-off has passed already, and no day begins twice.
        if local.fold and at_ms >= _first_moment_ms(day + _ONE_DAY, zone, cutoff):
            day += _ONE_DAY
    return day


def _first_moment_ms(day: date, zone: ZoneInfo, cutoff: int) -> int:
    wall = datetime(day.year, day.month, day.day, cutoff // 60, cutoff % 60, tzinfo=zone)
    start = _unix_s(wall)
    if datetime.fromtimestamp(start, zone).replace(fold=0) == wall:
        return start * 1000
    # The wall time is left out. Read with the later offset it lies before the change of clocks,
    # with the earlier one after it: the change itself is between the two.
    before, after = _unix_s(wall.replace(fold=1)), start
    offset = datetime.fromtimestamp(before, zone).utcoffset()
    while after - before > 1:
        middle = (before + after) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after * 1000


def _unix_s(wall: datetime) -> int:
    return (wall - _EPOCH) // _ONE_SECOND
