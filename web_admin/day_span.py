"""Days that a page's filter asks for, and what is wrong with what was typed there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import request
from flask_babel import gettext as _

from gateway.formatting.dates import moment_at, read_date
from web_admin.context import current_clock
from web_admin.reader import current_zone


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySpan:
    """From a day to a day, both included, by the house's clock.

    Attributes:
        first: the first day.
        last: the last day.
        error: what was wrong with what somebody typed; empty for nothing. The usual days stand
            then in its place.
    """

    first: date
    last: date
    error: str = ""

    @property
    def from_ms(self) -> int:
        """When the first day begins, Unix time in milliseconds."""
        return midnight_ms(self.first)

    @property
    def until_ms(self) -> int:
        """When the last day is over."""
        return midnight_ms(self.last + timedelta(days=1))

    @property
    def asked(self) -> dict[str, str]:
        """The same for an address."""
        return {"from": self.first.isoformat(), "until": self.last.isoformat()}


def asked_days(usual_days: int) -> DaySpan:
    """The days that the address names: ``from`` and ``until``.

    Args:
        usual_days: so many up to today, where it names none.
    """
    today = moment_at(current_clock().unix_ms(), current_zone()).date()
    usual = DaySpan(first=today - timedelta(days=usual_days - 1), last=today)
    typed = [request.args.get(name, "").strip() for name in ("from", "until")]
    first, last = (read_date(text) for text in typed)
    if (typed[0] and first is None) or (typed[1] and last is None):
        error = _("That is no day. Write it as in the calendar.")
        return DaySpan(first=usual.first, last=usual.last, error=error)
    last = last or max(today, first or today)
    first = first or last - timedelta(days=usual_days - 1)
    if first > last:
        error = _("The first day is after the last one.")
        return DaySpan(first=usual.first, last=usual.last, error=error)
    return DaySpan(first=first, last=last)


def midnight_ms(day: date) -> int:
    """When a day begins by the house's clock, Unix time in milliseconds."""
    return int(datetime(day.year, day.month, day.day, tzinfo=current_zone()).timestamp()) * 1_000
