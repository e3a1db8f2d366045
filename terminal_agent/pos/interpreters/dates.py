"""When a paper was printed: dates and times as tills write them, to ISO 8601.

Jalali dates (years 1300 to 1499, or two digits where rials are counted) become Gregorian ones. A
date that could not be is none; what the numbers of 04/05/06 are, the profile says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from typing import Final

from gateway.model.rules.expiry import CalendarKind
from gateway.program.calendars import days_in_month, yearly_day
from terminal_agent.pos.interpreters.folding import fold, plain_numbers
from terminal_agent.pos.interpreters.month_names import GREGORIAN_MONTHS, JALALI_MONTHS
from terminal_agent.pos.profile import DateOrder, ShopProfile

_JALALI_YEARS: Final = range(1300, 1500)
_GREGORIAN_YEARS: Final = range(1990, 2100)
_JALALI_CENTURY: Final = 1400
#: Two-digit Jalali years from here on are of the century before: 98 is 1398.
_JALALI_LAST_CENTURY: Final = 80

_ORDERS: Final = {
    "USD": DateOrder.MONTH_FIRST,
    "IRR": DateOrder.YEAR_FIRST,
    "CNY": DateOrder.YEAR_FIRST,
    "JPY": DateOrder.YEAR_FIRST,
    "KRW": DateOrder.YEAR_FIRST,
    "TWD": DateOrder.YEAR_FIRST,
    "HUF": DateOrder.YEAR_FIRST,
}
_PLACES: Final = {
    DateOrder.DAY_FIRST: (2, 1, 0),
    DateOrder.MONTH_FIRST: (2, 0, 1),
    DateOrder.YEAR_FIRST: (0, 1, 2),
}

_NUMERIC: Final = re.compile(
    r"(?<![0-9/.\-])([0-9]{1,4})([-/.])([0-9]{1,2})\2([0-9]{4}|[0-9]{1,2})(?![0-9]|[/.\-](?![0-9]{1,2}:)[0-9])"
)
_SIGNED: Final = re.compile(
    r"(?<![0-9])([0-9]{3,4})\s*[年년]\s*([0-9]{1,2})\s*[月월]\s*([0-9]{1,2})\s*[日일]?"
)
_DAY_MONTH_YEAR: Final = re.compile(
    r"(?<![0-9])([0-9]{1,2})(?:st|nd|rd|th|er|\.|º|ª)?[\s\-/.]{0,3}(?:(?:of|de|do)\s|d')?"
    r"([^\W\d_]{2,12})[\s\-/.,]{0,3}(?:(?:de|del|do)\s)?([0-9]{4})(?![0-9])",
    re.IGNORECASE,
)
_MONTH_DAY_YEAR: Final = re.compile(
    r"(?<![^\W\d_])([^\W\d_]{3,12})\.?\s+([0-9]{1,2})(?:st|nd|rd|th)?,?\s+([0-9]{4})(?![0-9])",
    re.IGNORECASE,
)
_TIME: Final = re.compile(
    r"(?:(?P<before>午前|午後|上午|下午|오전|오후|[AaPp]\.?[Mm]\.?)\s?)?(?<![0-9:.,])"
    r"(?P<hour>[01]?[0-9]|2[0-3])(?::|h|時|时|시\s?)(?P<minute>[0-5][0-9])(?:[分분]\s?)?"
    r"(?::?(?P<second>[0-5][0-9])[秒초]?)?(?![0-9:]|[.,][0-9]{1,2}(?![0-9]))(?!\.[0-9]{3}Z|Z)"
    r"\s?(?P<behind>[AaPp]\.?[Mm]\b|ق\.?\s?ظ|ب\.?\s?ظ|صبح|عصر)?"
)
_CLOCK: Final = re.compile(r"(?<![0-9:.,])([01]?[0-9]|2[0-3])\.([0-5][0-9])(?=\s*Uhr)")
#: ``08:00 - 18:00`` are opening hours.
_RANGE: Final = re.compile(r"[0-9]{1,2}[:.][0-9]{2}\s*(?:[-–~]|bis|to|تا)\s*[0-9]{1,2}[:.][0-9]{2}")
_AFTERNOON: Final = ("p", "午後", "下午", "오후", "ب", "عصر")
_FORENOON: Final = ("a", "午前", "上午", "오전", "ق", "صبح")
#: Dates that are not when the paper was printed.
_OTHER_DATES: Final = frozenset(
    map(
        fold,
        (
            "valid", "until", "expires", "expiry", "exp", "gültig", "bis", "fällig", "mhd",
            "geboren", "birthday", "born", "best", "before", "valable", "jusqu", "délai", "dlc",
            "scade", "scadenza", "caduca", "válido", "hasta", "geldig", "tot", "ważny", "do",
            "geçerli", "اعتبار", "انقضا", "مهلت", "تولد",
        ),
    )
)  # fmt: skip
_OTHER_DATE_SIGNS: Final = ("有效期", "期限", "まで", "유효기간")
_LINE_CHARACTERS_MAX: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedMoment:
    """A day and, where printed, a time of day, both local to the till."""

    day: date
    at: time | None = None

    @property
    def iso(self) -> str:
        """ISO 8601: ``2015-04-06T14:56:25``, or ``2015-04-06`` where no time is."""
        return self.day.isoformat() + ("" if self.at is None else f"T{self.at.isoformat()}")


class DateReader:
    """Finds when a paper was printed, in one shop's way of writing dates."""

    def __init__(self, profile: ShopProfile) -> None:
        """Take date order and calendar of a profile."""
        self._rials = profile.currency.code == "IRR"
        self._taiwan = profile.currency.code == "TWD"
        self._order = profile.date_order or _ORDERS.get(profile.currency.code, DateOrder.DAY_FIRST)

    def printed_at(self, texts: list[str]) -> PrintedMoment | None:
        """When a paper was printed: its first date with a time beside it, else its first date.

        A time on the line before or behind the date belongs to it; where a paper has one time in
        all, that one does.

        Args:
            texts: the lines as printed.
        """
        plain = [plain_numbers(text)[:_LINE_CHARACTERS_MAX] for text in texts]
        dated = [(at, day) for at, text in enumerate(plain) if (day := self._day(text)) is not None]
        if not dated:
            return None
        times = {at: moment for at, text in enumerate(plain) if (moment := _time(text))}
        for reach in ((0,), (0, 1, -1)):
            for at, day in dated:
                beside = next((times[at + by] for by in reach if at + by in times), None)
                if beside is not None:
                    return PrintedMoment(day=day, at=beside)
        only = set(times.values())
        return PrintedMoment(day=dated[0][1], at=only.pop() if len(only) == 1 else None)

    def _day(self, plain: str) -> date | None:
        if not any(character.isdigit() for character in plain):
            return None
        folded = fold(plain)
        if not _OTHER_DATES.isdisjoint(folded.split()) or any(
            sign in folded for sign in _OTHER_DATE_SIGNS
        ):
            return None
        return next(self._days(plain), None)

    def _days(self, plain: str) -> Iterator[date]:
        for found in _NUMERIC.finditer(plain):
            yield from _some(self._numeric(found[1], found[3], found[4]))
        for found in _SIGNED.finditer(plain):
            year = int(found[1]) + (1911 if self._taiwan and len(found[1]) == 3 else 0)
            yield from _some(_day_of(year, int(found[2]), int(found[3])))
        for found in _DAY_MONTH_YEAR.finditer(plain):
            yield from _some(_named(found[2], found[1], found[3]))
        for found in _MONTH_DAY_YEAR.finditer(plain):
            yield from _some(_named(found[1], found[2], found[3]))

    def _numeric(self, first: str, second: str, third: str) -> date | None:
        numbers = (int(first), int(second), int(third))
        if len(first) == 4:
            return _day_of(*numbers) if len(third) <= 2 else None
        if len(first) > 2:
            return None
        order = self._order
        if len(third) == 4 and order is DateOrder.YEAR_FIRST:
            order = DateOrder.DAY_FIRST
        if len(third) != 4 and (len(third) != 2 or len(first) != 2):
            return None
        year, month, day = (numbers[place] for place in _PLACES[order])
        if len(third) == 4:
            # 23/11/2025 where months come first can still be but one day.
            return _day_of(year, month, day) or _day_of(year, day, month)
        return _day_of(self._full_year(year), month, day)

    def _full_year(self, short: int) -> int:
        if not self._rials:
            return 2000 + short
        return _JALALI_CENTURY + short - (100 if short >= _JALALI_LAST_CENTURY else 0)


def _some(day: date | None) -> Iterator[date]:
    if day is not None:
        yield day


def _named(name: str, day: str, year: str) -> date | None:
    folded = fold(name)
    if folded in JALALI_MONTHS and int(year) in _JALALI_YEARS:
        return _day_of(int(year), JALALI_MONTHS[folded], int(day))
    month = GREGORIAN_MONTHS.get(folded)
    return None if month is None else _day_of(int(year), month, int(day))


def _day_of(year: int, month: int, day: int) -> date | None:
    """A day by its numbers, Jalali or Gregorian by its year; None where there is no such day."""
    if year in _JALALI_YEARS:
        calendar = CalendarKind.JALALI
    elif year in _GREGORIAN_YEARS:
        calendar = CalendarKind.GREGORIAN
    else:
        return None
    if not 1 <= month <= 12 or not 1 <= day <= days_in_month(year, month, calendar):
        return None
    return yearly_day(year, month, day, calendar)


def _time(plain: str) -> time | None:
    if _RANGE.search(plain):
        return None
    found = _TIME.search(plain)
    if found is None:
        clock = _CLOCK.search(plain)
        return None if clock is None else time(int(clock[1]), int(clock[2]))
    hour = int(found["hour"])
    half = (found["before"] or found["behind"] or "").strip().casefold()
    if half.startswith(_AFTERNOON) and hour < 12:
        hour += 12
    elif half.startswith(_FORENOON) and hour == 12:
        hour = 0
    return time(hour, int(found["minute"]), int(found["second"] or 0))
