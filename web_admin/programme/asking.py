"""How something is asked in a form, and what forms need to know of the shop."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flask_babel import LazyString
from wtforms.fields.core import UnboundField

from gateway.formatting.numbers import MoneyUnit
from gateway.model.programme import Programme
from web_admin.programme.parts import Input


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


def input_of(name: str, asked: Asked, make: Callable[[], UnboundField[Any]]) -> Input:
    """The input that asks so."""
    return Input(name=name, make=make, shown_by=asked.shown_by, shown_for=asked.shown_for)
