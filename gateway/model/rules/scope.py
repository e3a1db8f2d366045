"""When, where and on which goods a rule holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from gateway.errors import ValueRangeError
from gateway.model.checks import check_int, check_name, check_text

MINUTES_OF_DAY: Final = 24 * 60
SET_MAX: Final = 500


class Weekday(StrEnum):
    """A day of the week, in the order of ``datetime.date.weekday``."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Part of a day by the clock on the wall, the end excluded.

    Attributes:
        from_minute: minutes after midnight, 0 to 1439.
        to_minute: minutes after midnight, 1 to 1440; where it is not after ``from_minute`` the
            hours run past midnight into the next morning.
    """

    from_minute: int
    to_minute: int

    def __post_init__(self) -> None:
        check_int("from_minute", self.from_minute, 0, MINUTES_OF_DAY - 1)
        check_int("to_minute", self.to_minute, 1, MINUTES_OF_DAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """When a rule holds: every part that is given must hold.

    Attributes:
        first_day: the first business day, Gregorian, at the branch.
        last_day: the last one, included.
        weekdays: any of these business days.
        hours: any of these hours by the branch's wall clock.
        occasions: any of these occasions of the programme's calendar is on the business day.
    """

    first_day: date | None = None
    last_day: date | None = None
    weekdays: tuple[Weekday, ...] = ()
    hours: tuple[Hours, ...] = ()
    occasions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.first_day and self.last_day and self.first_day > self.last_day:
            raise ValueRangeError("first_day must not be after last_day")
        if len(set(self.weekdays)) != len(self.weekdays):
            raise ValueRangeError("weekdays must not name a day twice")
        check_int("number of hours", len(self.hours), 0, 24)
        for occasion in self.occasions:
            check_name("occasion", occasion)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemSet:
    """Goods named by article number, by category, or by words of their label.

    Attributes:
        skus: the shop's article numbers.
        categories: names of the programme's categories.
        label_words: texts that a line's label holds, in any case.
    """

    skus: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    label_words: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("skus", "categories", "label_words"):
            check_int(f"number of {name}", len(getattr(self, name)), 0, SET_MAX)
        for sku in self.skus:
            check_text("sku", sku, 1, 32)
        for category in self.categories:
            check_name("category", category)
        for words in self.label_words:
            check_text("label_words", words, 1, 64)

    @property
    def empty(self) -> bool:
        """Whether it names nothing."""
        return not (self.skus or self.categories or self.label_words)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFilter:
    """Which lines of a sale count: those in ``only``, or all where it is empty, less ``without``.

    A filter that is not empty needs lines: a sale of which only the total is known has none.
    """

    only: ItemSet = ItemSet()
    without: ItemSet = ItemSet()

    @property
    def empty(self) -> bool:
        """Whether every line counts, and the sale's total with them."""
        return self.only.empty and self.without.empty


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A group of goods that rules may name.

    Attributes:
        id: its name in the rules.
        items: what belongs to it; its own ``categories`` must be empty.
    """

    id: str
    items: ItemSet

    def __post_init__(self) -> None:
        check_name("category id", self.id)
        if self.items.categories:
            raise ValueRangeError(f"category {self.id!r} must not be made of categories")
