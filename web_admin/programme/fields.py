"""Fields of the draft's forms: what people type, read as the values that rules are made of.

Every field gives ``None`` where nothing was typed, and shows again exactly what was typed where
that could not be read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final, TypeVar

from flask_babel import gettext as _
from wtforms import StringField, TextAreaField

from gateway.errors import ValueRangeError
from gateway.formatting.bidi import without_controls
from gateway.formatting.dates import read_date, write_typed_date
from gateway.formatting.digits import fold_digits, read_money, read_number
from gateway.formatting.numbers import (
    MoneyUnit,
    write_amount,
    write_number,
)
from gateway.model.checks import check_name
from gateway.model.money import Currency
from gateway.model.rules.scope import MINUTES_OF_DAY, Hours
from web_admin.programme.voice import clock
from web_admin.reader import current_language

T = TypeVar("T")

#: Longer than any value that is taken; what is longer is not even looked at.
TYPED_CHARACTERS_MAX: Final = 200
LIST_CHARACTERS_MAX: Final = 20_000
_BETWEEN: Final = re.compile(r"[\n,،;؛]+")
_TIME: Final = re.compile(r"([0-9]{1,2})[:.٫]([0-9]{2})", re.ASCII)
_SPAN: Final = re.compile(r"\s*(?:-|–|—|\bto\b|تا)\s*")


class TypedField(StringField):
    """One line of text that stands for a value."""

    def __init__(
        self,
        label: Any = None,  # noqa: ANN401 - as the library has it
        *,
        read: Callable[[str], Any],
        write: Callable[[Any], str],
        blank: Any = None,  # noqa: ANN401 - any value
        **more: Any,  # noqa: ANN401 - passed on
    ) -> None:
        """Make a field.

        Args:
            label: what it asks for.
            read: reads what was typed; a ValueError says in a sentence what is wrong.
            write: writes a value as people type it.
            blank: the value where nothing is typed.
            more: passed on.
        """
        super().__init__(label, **more)
        self._read = read
        self._write = write
        self._blank = blank

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read what was typed."""
        text = str(valuelist[0]).strip() if valuelist else ""
        self.data = self._blank
        if len(text) > TYPED_CHARACTERS_MAX:
            raise ValueError(_("This is too long."))
        if text:
            self.data = self._read(text)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])[:TYPED_CHARACTERS_MAX]
        return "" if self.data is None else self._write(self.data)


class ListField(TextAreaField):
    """Several values, one in each line."""

    def __init__(
        self,
        label: Any = None,  # noqa: ANN401 - as the library has it
        *,
        read: Callable[[str], Any],
        write: Callable[[Any], str] = str,
        **more: Any,  # noqa: ANN401 - passed on
    ) -> None:
        """Make a field; arguments as of ``TypedField``, for one value of the list."""
        super().__init__(label, **more)
        self._read = read
        self._write = write

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read what was typed."""
        text = str(valuelist[0]) if valuelist else ""
        self.data = ()
        if len(text) > LIST_CHARACTERS_MAX:
            raise ValueError(_("This is too long."))
        lines = [part.strip() for part in text.splitlines()]
        self.data = tuple(self._read(line) for line in lines if line)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])[:LIST_CHARACTERS_MAX]
        # The library says that data are text; here they are a list.
        kept: Any = self.data
        return "\n".join(self._write(one) for one in kept or ())


def read_text(text: str) -> str:
    """What a person calls something, without marks that turn the text around it."""
    return " ".join(without_controls(text).split())


def read_name(text: str) -> str:
    """A short name for machines.

    Raises:
        ValueError: if it is none.
    """
    name = text.lower()
    try:
        check_name("name", name)
    except ValueRangeError as error:
        raise ValueError(
            _("Use 1 to 32 small Latin letters, digits and hyphens, such as main or north-2.")
        ) from error
    return name


def read_whole(text: str) -> int:
    """A whole number.

    Raises:
        ValueError: if it is none.
    """
    return _needed(read_number(text), _("Write a whole number."))


def write_whole(value: int) -> str:
    """A whole number with the reader's digits."""
    return write_number(value, current_language())


def money_reader(currency: Currency, unit: MoneyUnit) -> Callable[[str], int]:
    """Reads amounts as the shop writes them; raises ValueError for what is none."""

    def read(text: str) -> int:
        found = read_money(text, currency, unit)
        return _needed(found, _("Write an amount of money, such as 10."))

    return read


def money_writer(currency: Currency, unit: MoneyUnit) -> Callable[[int], str]:
    """Writes amounts as people type them in the shop's unit."""

    def write(amount_minor: int) -> str:
        return write_amount(amount_minor, currency, unit, current_language())

    return write


def read_percent(text: str) -> int:
    """A percentage as hundredths of a percent.

    Raises:
        ValueError: if it is none.
    """
    found = read_number(text.strip("%٪ "), exponent=2)
    return _needed(found, _("Write a percentage, such as 10 or 12.5."))


def write_percent(basis_points: int) -> str:
    """Hundredths of a percent as people type a percentage."""
    return _decimal(basis_points, 2)


def read_times(text: str) -> int:
    """How many times something counts, as thousandths.

    Raises:
        ValueError: if it is no such number.
    """
    found = read_number(text.strip("x×* "), exponent=3)
    return _needed(found, _("Write how many times it counts, such as 2 or 1.5."))


def write_times(permille: int) -> str:
    """Thousandths as people type them."""
    return _decimal(permille, 3)


def read_quantity(text: str) -> int:
    """Pieces as thousandths.

    Raises:
        ValueError: if it is no such number.
    """
    return _needed(read_number(text, exponent=3), _("Write how many pieces, such as 2 or 0.5."))


def read_day(text: str) -> date:
    """A day in either calendar.

    Raises:
        ValueError: if there is no such day.
    """
    return _needed(read_date(text), _("Write a day: year, month and day, in either calendar."))


def write_day(day: date) -> str:
    """A day as its field holds it."""
    return write_typed_date(day, current_language())


def read_time(text: str) -> int:
    """A time of day as minutes after midnight.

    Raises:
        ValueError: if it is none.
    """
    minute = _minute(text)
    if minute is None or minute >= MINUTES_OF_DAY:
        raise ValueError(_("Write a time of day from 00:00 to 23:59."))
    return minute


def read_hours(text: str) -> tuple[Hours, ...]:
    """Hours of the day: ``17:00-20:00, 22:00-02:00``.

    Raises:
        ValueError: if they are none.
    """
    spans = [part for part in _BETWEEN.split(text) if part.strip()]
    return tuple(_hours(span) for span in spans)


def write_hours(hours: Sequence[Hours]) -> str:
    """Hours of the day as people type them."""
    return ", ".join(f"{clock(one.from_minute)}-{clock(one.to_minute)}" for one in hours)


def _hours(text: str) -> Hours:
    ends = [_minute(end) for end in _SPAN.split(text.strip())]
    if len(ends) != 2 or ends[0] in (None, MINUTES_OF_DAY) or ends[1] is None:
        raise ValueError(_("Write hours such as 17:00-20:00."))
    # Midnight as an end is the end of the day.
    return Hours(from_minute=ends[0] or 0, to_minute=ends[1] or MINUTES_OF_DAY)


def _minute(text: str) -> int | None:
    found = _TIME.fullmatch(fold_digits(text).strip())
    if found is None or int(found[2]) > 59:
        return None
    minute = int(found[1]) * 60 + int(found[2])
    return minute if minute <= MINUTES_OF_DAY else None


def _decimal(value: int, exponent: int) -> str:
    while exponent and value % 10 == 0:
        value, exponent = value // 10, exponent - 1
    return write_number(value, current_language(), exponent=exponent)


def _needed(value: T | None, sentence: str) -> T:
    if value is None:
        raise ValueError(sentence)
    return value
