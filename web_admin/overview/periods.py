"""The stretches of days that the overview can show; a month is the reader's own calendar's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from gateway.formatting.dates import month_bounds, write_date
from gateway.formatting.numbers import Language
from gateway.queries.figures import days_back

#: A single day is no chart: at least so many days are drawn.
CHART_DAYS_MIN: Final = 7


class Period(StrEnum):
    """What can be chosen."""

    TODAY = "today"
    WEEK = "week"
    DAYS_30 = "days-30"
    MONTH = "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Days from ``first`` to ``last``, both included."""

    first: date
    last: date

    @property
    def days(self) -> tuple[date, ...]:
        """Each day."""
        count = (self.last - self.first).days + 1
        return tuple(self.first + timedelta(days=number) for number in range(count))


def stretch_of(period: Period, today: date, language: Language) -> Stretch:
    """The days of a period up to today."""
    match period:
        case Period.TODAY:
            first = today
        case Period.WEEK:
            first = days_back(today, 7)
        case Period.DAYS_30:
            first = days_back(today, 30)
        case Period.MONTH:
            first = month_bounds(today, language)[0]
    return Stretch(first=first, last=today)


def chart_stretch(stretch: Stretch) -> Stretch:
    """The days that a chart of a period draws."""
    earliest = days_back(stretch.last, CHART_DAYS_MIN)
    return Stretch(first=min(stretch.first, earliest), last=stretch.last)


def short_day(day: date, language: Language) -> str:
    """A day without its year, for the axis of a chart: «۲ آذر», ``23 Nov``."""
    return " ".join(write_date(day, language).split(" ")[:2])
