"""When points and stored money lapse."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from gateway.errors import ValueRangeError
from gateway.model.checks import check_int


class CalendarKind(StrEnum):
    """Whose months and years are meant."""

    GREGORIAN = "gregorian"
    JALALI = "jalali"


class ExpiryKind(StrEnum):
    """How the last day is found. The clock starts when the points can be spent."""

    NEVER = "never"
    DAYS = "days"
    """``count`` days later."""
    MONTHS = "months"
    """``count`` months later, on the same day or the month's last (31 January + 1 month is the
    end of February)."""
    MONTH_END = "month_end"
    """At the end of the month that is ``count`` months later."""
    QUARTER_END = "quarter_end"
    """The same with the quarter that this month is in."""
    YEAR_END = "year_end"
    """At the end of the year that is ``count`` years later."""
    DATE = "date"
    """With the day ``last_day``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """A rule for the moment at which a lot lapses: a business day's end at the branch.

    Attributes:
        kind: how the last day is found.
        count: days, months or years.
        calendar: whose months and years.
        last_day: the last day on which they can be spent, for ``date``.
        sliding: every purchase or redemption of the member starts the count anew, for all open
            lots; only with ``days`` and ``months``.
    """

    kind: ExpiryKind = ExpiryKind.NEVER
    count: int = 0
    calendar: CalendarKind = CalendarKind.GREGORIAN
    last_day: date | None = None
    sliding: bool = False

    def __post_init__(self) -> None:
        check_int("count", self.count, 0, 36_600)
        counted = self.kind in (ExpiryKind.DAYS, ExpiryKind.MONTHS)
        if counted and self.count == 0:
            raise ValueRangeError(f"an expiry in {self.kind} needs a count of at least 1")
        if self.kind in (ExpiryKind.NEVER, ExpiryKind.DATE) and self.count:
            raise ValueRangeError(f"an expiry of kind {self.kind} has no count")
        if (self.kind is ExpiryKind.DATE) != (self.last_day is not None):
            raise ValueRangeError("last_day belongs to an expiry of kind date, and only to it")
        if self.sliding and not counted:
            raise ValueRangeError("only an expiry in days or months can slide")
