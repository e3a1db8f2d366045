"""Makers of inputs in which people choose: yes or no, one of a few, several of a few."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from flask_babel import LazyString
from wtforms import BooleanField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.fields.core import UnboundField

from gateway.model.rules.scope import Weekday
from web_admin.access.forms import BoxesField
from web_admin.programme.asking import Asked, input_of
from web_admin.programme.parts import Input
from web_admin.programme.voice import WEEKDAYS

Choice = TypeVar("Choice", bound=StrEnum)


def flag(name: str, asked: Asked) -> Input:
    """Yes or no."""

    def make() -> UnboundField[Any]:
        made: UnboundField[Any] = BooleanField(asked.label, description=asked.hint or "")
        return made

    return input_of(name, asked, make)


def choice(name: str, asked: Asked, options: Mapping[Choice, LazyString]) -> Input:
    """One of a few."""
    kind = type(next(iter(options)))
    choices = [SelectChoice(one.value, words) for one, words in options.items()]
    return _select(name, asked, choices, coerce=kind)


def choice_of_words(name: str, asked: Asked, options: Mapping[str, LazyString | str]) -> Input:
    """One of a few, as text; None for the choice that is empty."""
    choices = [SelectChoice(value, words) for value, words in options.items()]
    return _select(name, asked, choices, coerce=_text_or_none)


def choice_of_names(name: str, asked: Asked, options: Iterable[tuple[str, str]]) -> Input:
    """One of the shop's own names; None for the choice that is empty."""
    choices = [SelectChoice(value, words) for value, words in options]
    return _select(name, asked, choices, coerce=_text_or_none, own_names=True)


def weekdays(name: str, asked: Asked, first: Weekday) -> Input:
    """Days of the week, as check boxes, from the first day of the shop's weeks on."""
    order = list(Weekday)
    ordered = [*order[order.index(first) :], *order[: order.index(first)]]
    choices = [SelectChoice(one.value, WEEKDAYS[one]) for one in ordered]
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
    return _chosen(SelectField, name, asked, choices, coerce=coerce, render_kw=keywords)


def _ticks(
    name: str,
    asked: Asked,
    choices: list[SelectChoice],
    *,
    coerce: Callable[[Any], Any] = str,
    own_names: bool = False,
) -> Input:
    keywords = {"data-own-names": ""} if own_names else {}
    return _chosen(BoxesField, name, asked, choices, coerce=coerce, render_kw=keywords)


def _chosen(
    kind: Callable[..., UnboundField[Any]],
    name: str,
    asked: Asked,
    choices: list[SelectChoice],
    **more: object,
) -> Input:
    def make() -> UnboundField[Any]:
        return kind(asked.label, description=asked.hint or "", choices=choices, **more)

    return input_of(name, asked, make)


def _text_or_none(value: object) -> str | None:
    return str(value) if value else None
