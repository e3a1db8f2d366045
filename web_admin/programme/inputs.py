"""Makers of inputs in which people type: one for each way in which they say a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from flask_babel import LazyString, lazy_gettext
from flask_babel import gettext as _
from wtforms.fields.core import UnboundField
from wtforms.validators import InputRequired, ValidationError

from web_admin.programme import fields
from web_admin.programme.asking import Asked, Surroundings, input_of
from web_admin.programme.fields import ListField, TypedField
from web_admin.programme.parts import Input
from web_admin.programme.voice import clock

#: Says in a sentence what is wrong with a value; None where nothing is.
Judge: TypeAlias = Callable[[Any], str | None]

_NEEDED: Final = lazy_gettext("Please fill this in.")
_ABOVE_ZERO: Final = lazy_gettext("Write an amount above zero, such as 10.")
_NOT_BELOW_ZERO: Final = lazy_gettext("Write an amount that is not below zero.")
_TOO_LONG: Final = lazy_gettext("This is too long.")
_MACHINE: Final = {
    "dir": "ltr",
    "translate": "no",
    "autocomplete": "off",
    "autocapitalize": "none",
    "spellcheck": "false",
}
TITLE_CHARACTERS_MAX: Final = 80
NUMBER_MAX: Final = 10**12


def number(
    name: str, asked: Asked, *, least: int = 0, most: int = NUMBER_MAX, blank: int | None = None
) -> Input:
    """A whole number."""
    return _typed(
        name,
        asked,
        (fields.read_whole, fields.write_whole),
        {"inputmode": "numeric", "autocomplete": "off"},
        limits=_between(least, most),
        blank=blank,
    )


def money(
    name: str, asked: Asked, around: Surroundings, *, least: int = 0, blank: int | None = None
) -> Input:
    """An amount of money in the shop's unit; ``blank`` shows as nothing if it is above 0."""
    currency = around.programme.currency
    write = fields.money_writer(currency, around.unit)
    return _typed(
        name,
        asked,
        (
            fields.money_reader(currency, around.unit),
            lambda amount_minor: "" if blank and amount_minor == blank else write(amount_minor),
        ),
        {"inputmode": "decimal", "autocomplete": "off"},
        limits=_at_least(least, _ABOVE_ZERO if least else _NOT_BELOW_ZERO),
        blank=blank,
    )


def percent(name: str, asked: Asked, *, least: int = 0, blank: int | None = None) -> Input:
    """A percentage, kept in hundredths of a percent."""
    return _typed(
        name,
        asked,
        (fields.read_percent, fields.write_percent),
        {"inputmode": "decimal", "autocomplete": "off"},
        limits=_at_least(least, lazy_gettext("Write a percentage up to 100."), 10_000),
        blank=blank,
    )


def times(name: str, asked: Asked, *, least: int) -> Input:
    """How many times something counts, kept in thousandths."""
    return _typed(
        name,
        asked,
        (fields.read_times, fields.write_times),
        {"inputmode": "decimal", "autocomplete": "off"},
        limits=_at_least(
            least, lazy_gettext("Write how many times it counts: up to 100."), 100_000
        ),
    )


def seconds(name: str, asked: Asked) -> Input:
    """A length in whole seconds, kept in milliseconds."""
    return _typed(
        name,
        asked,
        (lambda text: fields.read_whole(text) * 1_000, _write_seconds),
        {"inputmode": "numeric", "autocomplete": "off"},
        limits=_at_least(
            1_000, lazy_gettext("Write a number of seconds, up to a week."), 7 * 86_400_000
        ),
    )


def title(name: str, asked: Asked, most: int = TITLE_CHARACTERS_MAX) -> Input:
    """What people call something."""
    language = "fa" if name.endswith("_fa") else "en"
    return _typed(
        name,
        asked,
        (fields.read_text, str),
        {"dir": "auto", "translate": "no", "lang": language, "autocomplete": "off"},
        limits=_short(most),
        blank="",
    )


def text(name: str, asked: Asked) -> Input:
    """A text that is read with what stands beside it."""
    return _typed(
        name, asked, (str, str), {"inputmode": "decimal", "autocomplete": "off"}, blank=""
    )


def receipt_text(name: str, asked: Asked, most: int) -> Input:
    """What a receipt says of goods."""
    return _typed(
        name,
        asked,
        (fields.read_text, str),
        {"dir": "auto", "translate": "no", "autocomplete": "off"},
        limits=_short(most),
        blank="",
    )


def quantity(name: str, asked: Asked) -> Input:
    """Pieces, kilograms or litres, kept in thousandths."""
    return _typed(
        name,
        asked,
        (fields.read_quantity, fields.write_times),
        {"inputmode": "decimal", "autocomplete": "off"},
        limits=_at_least(
            1, lazy_gettext("Write how many pieces, such as 2 or 0.5."), 1_000_000_000
        ),
    )


def machine_name(name: str, asked: Asked) -> Input:
    """A short name for machines."""
    return _typed(name, asked, (fields.read_name, str), {**_MACHINE, "maxlength": 32})


def day(name: str, asked: Asked) -> Input:
    """A day, in either calendar."""
    return _typed(
        name,
        asked,
        (fields.read_day, fields.write_day),
        # The calendar of Persian pages helps with it.
        {"dir": "ltr", "translate": "no", "autocomplete": "off", "data-jalali": ""},
    )


def time_of_day(name: str, asked: Asked, *, blank: int | None = None) -> Input:
    """A time of day, kept as minutes after midnight."""
    return _typed(
        name,
        asked,
        (fields.read_time, clock),
        {"dir": "ltr", "translate": "no", "autocomplete": "off", "maxlength": 8},
        blank=blank,
    )


def hours(name: str, asked: Asked) -> Input:
    """Hours of the day."""
    return _typed(
        name,
        asked,
        (fields.read_hours, fields.write_hours),
        {"dir": "ltr", "translate": "no", "autocomplete": "off"},
        blank=(),
    )


def lines(
    name: str, asked: Asked, read: Callable[[str], Any] = fields.read_text, *, machine: bool = False
) -> Input:
    """Several values, one in each line."""
    keywords = {"rows": 3, **(_MACHINE if machine else {"dir": "auto", "translate": "no"})}

    def make() -> UnboundField[Any]:
        made: UnboundField[Any] = ListField(
            asked.label, description=asked.hint or "", read=read, render_kw=keywords
        )
        return made

    return input_of(name, asked, make)


def days(name: str, asked: Asked) -> Input:
    """Several days, one in each line."""
    keywords = {"rows": 4, "dir": "ltr", "translate": "no"}

    def make() -> UnboundField[Any]:
        made: UnboundField[Any] = ListField(
            asked.label,
            description=asked.hint or "",
            read=fields.read_day,
            write=fields.write_day,
            render_kw=keywords,
        )
        return made

    return input_of(name, asked, make)


def _write_seconds(value_ms: int) -> str:
    return fields.write_whole(value_ms // 1_000)


def _typed(
    name: str,
    asked: Asked,
    ways: tuple[Callable[[str], Any], Callable[[Any], str]],
    keywords: Mapping[str, object],
    *,
    limits: Judge | None = None,
    blank: Any = None,  # noqa: ANN401 - any value
) -> Input:
    read, write = ways

    def make() -> UnboundField[Any]:
        validators: list[Any] = [InputRequired(str(_NEEDED))] if asked.required else []
        if limits is not None:
            validators.append(_unless_blank(limits, blank))
        made: UnboundField[Any] = TypedField(
            asked.label,
            description=asked.hint or "",
            read=read,
            write=write,
            blank=blank,
            validators=validators,
            render_kw=dict(keywords),
        )
        return made

    return input_of(name, asked, make)


def _between(least: int, most: int) -> Judge:
    """Judge a whole number."""

    def judge(value: Any) -> str | None:  # noqa: ANN401 - a number, by then
        if least <= value <= most:
            return None
        low, high = (fields.write_whole(one) for one in (least, most))
        return str(_("Write a number from %(low)s to %(high)s.", low=low, high=high))

    return judge


def _at_least(least: int, sentence: LazyString, most: int | None = None) -> Judge:
    """Judge an amount, with a sentence that needs no figures."""

    def judge(value: Any) -> str | None:  # noqa: ANN401 - a number, by then
        fits = value >= least and (most is None or value <= most)
        return None if fits else str(sentence)

    return judge


def _short(most: int) -> Judge:
    """Judge the length of a text."""
    return lambda value: None if len(value) <= most else str(_TOO_LONG)


def _unless_blank(judge: Judge, blank: object) -> Callable[..., None]:
    """Judge what was typed, and nothing where nothing was."""

    def check(_form: object, one: TypedField) -> None:
        if one.data is None or one.data == blank or one.errors:
            return
        sentence = judge(one.data)
        if sentence is not None:
            raise ValidationError(sentence)

    return check
