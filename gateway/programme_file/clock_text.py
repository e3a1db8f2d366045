"""Times of day as people write them: ``17:00``, and ``17:00-20:00`` for hours."""

from __future__ import annotations

import re
from typing import Final

from gateway.errors import ValueRangeError
from gateway.model.rules.scope import MINUTES_OF_DAY

_CLOCK: Final = re.compile(r"([0-9]{2}):([0-9]{2})", re.ASCII)


def read_clock(value: object, where: str) -> int:
    """Read a time of day.

    Args:
        value: text from ``00:00`` to ``23:59``.
        where: the path to it, for messages.

    Returns:
        Minutes after midnight, 0 to 1439.

    Raises:
        ValueRangeError: if it is anything else.
    """
    minutes = _minutes(value)
    if minutes is None or minutes >= MINUTES_OF_DAY:
        raise ValueRangeError(f'{where}: must be a time from "00:00" to "23:59"')
    return minutes


def clock_text(minute: int) -> str:
    """Write minutes after midnight as a time of day."""
    return f"{minute // 60:02}:{minute % 60:02}"


def read_hours(value: object, where: str) -> dict[str, int]:
    """Read hours of the day as the plain table of ``Hours``.

    The end is excluded and may be ``24:00``. An end that is not after the beginning is in the
    next morning: ``22:00-02:00``.

    Args:
        value: text such as ``17:00-20:00``.
        where: the path to it, for messages.

    Raises:
        ValueRangeError: if it is anything else.
    """
    begin, _, end = value.partition("-") if isinstance(value, str) else ("", "", "")
    first, last = _minutes(begin), _minutes(end)
    if first is None or last is None or first == MINUTES_OF_DAY:
        raise ValueRangeError(f'{where}: must be hours such as "17:00-20:00"')
    if last == 0:
        raise ValueRangeError(f'{where}: midnight as an end is written "24:00"')
    return {"from_minute": first, "to_minute": last}


def hours_text(from_minute: int, to_minute: int) -> str:
    """Write hours of the day."""
    return f"{clock_text(from_minute)}-{clock_text(to_minute)}"


def _minutes(value: object) -> int | None:
    """Minutes after midnight up to 24:00; None for what is no time of day."""
    found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if found is None or int(found[2]) > 59:
        return None
    minutes = int(found[1]) * 60 + int(found[2])
    return minutes if minutes <= MINUTES_OF_DAY else None
