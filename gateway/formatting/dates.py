"""Days and moments as people read and type them: Jalali in Persian, Gregorian in English.

The time zone and the present are passed in. This module needs persiantools, which comes with
``mohr[gateway]``; a terminal uses the other modules of this package only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final

from persiantools.jdatetime import JalaliDate

from gateway.errors import ValueRangeError
from gateway.formatting.digits import fold_digits
from gateway.formatting.numbers import Language, write_number

JALALI_MONTHS: Final = (
    "فروردین",
    "اردیبهشت",
    "خرداد",
    "تیر",
    "مرداد",
    "شهریور",
    "مهر",
    "آبان",
    "آذر",
    "دی",
    "بهمن",
    "اسفند",
)
GREGORIAN_MONTHS: Final = (
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
)
#: Years that are read as Jalali; later ones are Gregorian. Nobody alive has a birthday before.
JALALI_YEARS: Final = range(1200, 1600)
GREGORIAN_YEARS: Final = range(1800, 2200)

_TYPED: Final = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})")
_PERSIAN_DIGITS: Final = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


def moment_at(unix_ms: int, zone: tzinfo) -> datetime:
    """The moment of a Unix time in milliseconds, in a time zone.

    Raises:
        ValueRangeError: if no calendar of ours holds it.
    """
    try:
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=unix_ms)).astimezone(zone)
    except OverflowError as error:
        raise ValueRangeError(f"{unix_ms} ms is outside every calendar") from error


def write_date(day: date, language: Language) -> str:
    """Write a day: «۲ آذر ۱۴۰۵», ``23 Nov 2026``."""
    if language is Language.FA:
        jalali = _jalali(day)
        month = JALALI_MONTHS[jalali.month - 1]
        return f"{jalali.day} {month} {jalali.year}".translate(_PERSIAN_DIGITS)
    return f"{day.day} {GREGORIAN_MONTHS[day.month - 1]} {day.year}"


def write_clock(moment: datetime, language: Language) -> str:
    """Write the time of day: «۱۴:۰۵», ``14:05``."""
    text = f"{moment.hour:02}:{moment.minute:02}"
    return text.translate(_PERSIAN_DIGITS) if language is Language.FA else text


def write_moment(moment: datetime, language: Language) -> str:
    """Write a day and a time of day, as they are in the moment's own zone."""
    comma = "،" if language is Language.FA else ","
    return f"{write_date(moment.date(), language)}{comma} {write_clock(moment, language)}"


def write_month(day: date, language: Language) -> str:
    """Write the month that a day is in: «آذر ۱۴۰۵», ``Nov 2026``."""
    if language is Language.FA:
        jalali = _jalali(day)
        return f"{JALALI_MONTHS[jalali.month - 1]} {jalali.year}".translate(_PERSIAN_DIGITS)
    return f"{GREGORIAN_MONTHS[day.month - 1]} {day.year}"


def write_typed_date(day: date, language: Language) -> str:
    """Write a day as a date field holds it: «۱۴۰۵/۰۹/۰۲», ``2026-11-23``; see ``read_date``."""
    if language is Language.FA:
        jalali = _jalali(day)
        text = f"{jalali.year:04}/{jalali.month:02}/{jalali.day:02}"
        return text.translate(_PERSIAN_DIGITS)
    return day.isoformat()


def read_date(text: str) -> date | None:
    """Read a day as a person typed it, in either script and calendar; the year tells which.

    Args:
        text: year, month and day, such as ``۱۴۰۵/۹/۲``, ``1405-09-02`` or ``2026-11-23``.

    Returns:
        the day, or None if there is no such day.
    """
    found = _TYPED.fullmatch(fold_digits(text).strip())
    if found is None:
        return None
    year, month, day = (int(part) for part in found.groups())
    try:
        if year in JALALI_YEARS:
            return _gregorian(year, month, day)
        return date(year, month, day) if year in GREGORIAN_YEARS else None
    except ValueError:
        # Both calendars say so of a day that they do not have; the person sees it as a form error.
        return None


def month_bounds(day: date, language: Language) -> tuple[date, date]:
    """The first and the last day of the month that a day is in, by the language's calendar."""
    if language is Language.FA:
        jalali = _jalali(day)
        days = JalaliDate.days_in_month(jalali.month, jalali.year)
        first = _gregorian(jalali.year, jalali.month, 1)
        return first, first + timedelta(days=days - 1)
    first = day.replace(day=1)
    next_month = (first + timedelta(days=31)).replace(day=1)
    return first, next_month - timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unit:
    """A unit of distance in time: its length, up to which distance it is used, and its names."""

    length_s: int
    below_s: int
    english: str
    persian: str


_DAY_S: Final = 86_400
_UNITS: Final = (
    _Unit(length_s=1, below_s=60, english="second", persian="ثانیه"),
    _Unit(length_s=60, below_s=3_600, english="minute", persian="دقیقه"),
    _Unit(length_s=3_600, below_s=_DAY_S, english="hour", persian="ساعت"),
    _Unit(length_s=_DAY_S, below_s=30 * _DAY_S, english="day", persian="روز"),
    _Unit(length_s=30 * _DAY_S, below_s=365 * _DAY_S, english="month", persian="ماه"),
)
_YEAR: Final = _Unit(length_s=365 * _DAY_S, below_s=0, english="year", persian="سال")
_JUST_NOW_S: Final = 10


def write_ago(moment: datetime, now: datetime, language: Language) -> str:
    """Write how long ago something was: «۳ دقیقه پیش», ``3 minutes ago``.

    A moment ahead of now (clocks differ) is written as such: «۳ دقیقه بعد», ``in 3 minutes``.
    """
    seconds = int((now - moment).total_seconds())
    distance_s = abs(seconds)
    if distance_s < _JUST_NOW_S:
        return "همین حالا" if language is Language.FA else "just now"
    unit = next((unit for unit in _UNITS if distance_s < unit.below_s), _YEAR)
    count = distance_s // unit.length_s
    number = write_number(count, language)
    if language is Language.FA:
        return f"{number} {unit.persian} {'پیش' if seconds > 0 else 'بعد'}"
    name = unit.english if count == 1 else f"{unit.english}s"
    return f"{number} {name} ago" if seconds > 0 else f"in {number} {name}"


def _jalali(day: date) -> JalaliDate:
    return JalaliDate(day)  # type: ignore[no-untyped-call] # its constructor says no types


def _gregorian(year: int, month: int, day: int) -> date:
    jalali = JalaliDate(year, month, day)  # type: ignore[no-untyped-call] # as above
    return jalali.to_gregorian()
