"""Makers of inputs: one for each way in which people say a value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeAlias, TypeVar

from flask_babel import LazyString, lazy_gettext
from flask_babel import gettext as _
from wtforms import BooleanField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.fields.core import UnboundField
from wtforms.validators import InputRequired, ValidationError

from gateway.formatting.numbers import MoneyUnit
from gateway.model.programme import Programme
from gateway.model.rules.scope import Weekday
from web_admin.access.forms import BoxesField
from web_admin.programme import fields
from web_admin.programme.fields import ListField, TypedField
from web_admin.programme.parts import Input
from web_admin.programme.voice import WEEKDAYS, clock

#: Says in a sentence what is wrong with a value; None where nothing is.
Judge: TypeAlias = Callable[[Any], str | None]
Choice = TypeVar("Choice", bound=StrEnum)

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What forms need to know of the shop and of the rest of the draft.

    Attributes:
        programme: the draft's rules, whose names may be chosen.
        unit: whether rials are typed as tomans.
        branches: the shop's branches, by their machine names.
    """

    programme: Programme
    unit: MoneyUnit
    branches: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How something is asked.

    Attributes:
        label: the words beside the input.
        hint: a sentence below it.
        required: whether something must be typed.
        shown_by: see ``Input``.
        shown_for: see ``Input``.
    """

    label: LazyString
    hint: LazyString | None = None
    required: bool = False
    shown_by: str = ""
    shown_for: tuple[str, ...] = ()


def ask(
    label: LazyString,
    hint: LazyString | None = None,
    *,
    required: bool = False,
    shown_by: str = "",
    shown_for: Iterable[str] = (),
) -> Asked:
    """How something is asked; see ``Asked``."""
    return Asked(
        label=label,
        hint=hint,
        required=required,
        shown_by=shown_by,
        shown_for=tuple(str(one) for one in shown_for),
    )


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
    """An amount of money in the shop's unit."""
    currency = around.programme.currency
    return _typed(
        name,
        asked,
        (
            fields.money_reader(currency, around.unit),
            fields.money_writer(currency, around.unit),
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

    return _input(name, asked, make)


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

    return _input(name, asked, make)


def flag(name: str, asked: Asked) -> Input:
    """Yes or no."""

    def make() -> UnboundField[Any]:
        made: UnboundField[Any] = BooleanField(asked.label, description=asked.hint or "")
        return made

    return _input(name, asked, make)


def choice(name: str, asked: Asked, options: Mapping[Choice, LazyString]) -> Input:
    """One of a few."""
    kind = type(next(iter(options)))
    choices = [SelectChoice(one.value, words) for one, words in options.items()]
    return _select(name, asked, choices, coerce=kind)


def choice_of_words(name: str, asked: Asked, options: Mapping[str, LazyString | str]) -> Input:
    """One of a few, as text, which may be empty."""
    choices = [SelectChoice(value, words) for value, words in options.items()]
    return _select(name, asked, choices, coerce=_as_text)


def choice_of_names(name: str, asked: Asked, options: Iterable[tuple[str, str]]) -> Input:
    """One of the draft's own names."""
    choices = [SelectChoice(value, words) for value, words in options]
    return _select(name, asked, choices, coerce=_as_text, own_names=True)


def weekdays(name: str, asked: Asked) -> Input:
    """Days of the week, as check boxes."""
    choices = [SelectChoice(one.value, words) for one, words in WEEKDAYS.items()]
    return _ticks(name, asked, choices, coerce=Weekday)


def ticks(name: str, asked: Asked, options: Iterable[tuple[str, str]]) -> tuple[Input, ...]:
    """Several of the shop's own names, as check boxes; nothing where there are none."""
    choices = [SelectChoice(value, words) for value, words in options]
    return (_ticks(name, asked, choices, own_names=True),) if choices else ()


def _select(
    name: str,
    asked: Asked,
    choices: list[SelectChoice],
    *,
    coerce: Callable[[Any], Any],
    own_names: bool = False,
) -> Input:
    keywords = {"translate": "no"} if own_names else {}

    def make() -> UnboundField[Any]:
        made: UnboundField[Any] = SelectField(
            asked.label,
            description=asked.hint or "",
            choices=choices,
            coerce=coerce,
            render_kw=keywords,
        )
        return made

    return _input(name, asked, make)


def _ticks(
    name: str,
    asked: Asked,
    choices: list[SelectChoice],
    *,
    coerce: Callable[[Any], Any] = str,
    own_names: bool = False,
) -> Input:
    keywords = {"data-own-names": ""} if own_names else {}

    def make() -> UnboundField[Any]:
        made: UnboundField[Any] = BoxesField(
            asked.label,
            description=asked.hint or "",
            choices=choices,
            coerce=coerce,
            render_kw=keywords,
        )
        return made

    return _input(name, asked, make)


def _write_seconds(value_ms: int) -> str:
    return fields.write_whole(value_ms // 1_000)


def _as_text(value: object) -> str:
    return "" if value is None else str(value)


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

    return _input(name, asked, make)


def _input(name: str, asked: Asked, make: Callable[[], UnboundField[Any]]) -> Input:
    return Input(name=name, make=make, shown_by=asked.shown_by, shown_for=asked.shown_for)


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
