"""Moments as a programme file says them: a day, a time and a zone, exact to the millisecond."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from gateway.errors import ConfigError, ValueRangeError

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


def read_moment(value: object, where: str) -> int:
    """Read a moment; microseconds are rounded.

    Args:
        value: as TOML gave it.
        where: the path to it, for messages.

    Returns:
        Unix time in milliseconds.

    Raises:
        ValueRangeError: if it is no moment, or one without a time zone.
    """
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueRangeError(
            f"{where}: needs a day, a time and a time zone, for example 2027-01-01T00:00:00+03:30"
        )
    return (value - _EPOCH + _MILLISECOND / 2) // _MILLISECOND


def moment_text(unix_ms: int) -> str:
    """Write a moment, in UTC.

    Raises:
        ConfigError: if it is after the year 9999, which no file can say.
    """
    try:
        return (_EPOCH + unix_ms * _MILLISECOND).isoformat()
    except OverflowError as error:
        raise ConfigError("a moment after the year 9999 fits into no programme file") from error
