"""Rows about what people at a desk did to the books as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from gateway.ledger.row import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCloseRow(Row):
    """A closed day, for good.

    Attributes:
        business_day: the day, ISO 8601 text.
        closing: what the books held, as ``gateway.accounting.day_close`` writes it.
    """

    business_day: str
    closing: str

    TABLE: ClassVar[str] = "day_close"

    @property
    def key(self) -> str:
        """The day."""
        return self.business_day
