"""A thin layer of forms over frozen values: which inputs a value has, and how they become one.

A part describes a dataclass: inputs for its fields, groups for the values inside it, rows for
lists of small values. ``form_of`` makes a form of it, and ``value_of`` makes the value again or
puts beside each input what is wrong with it. Names of inputs are paths: ``when-window-weekdays``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

from flask_babel import LazyString
from flask_wtf import FlaskForm
from wtforms.fields.core import UnboundField

from gateway.errors import MohrError
from web_admin.programme.faults import Fault, fault_of

#: Any frozen value of the model, or a part of one.
Value: TypeAlias = Any

#: Empty rows behind the ones that are filled.
SPARE_ROWS: Final = 2
#: A list that is longer belongs into the programme's text.
ROWS_MAX: Final = 60
_BETWEEN: Final = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input for one field of a value.

    Attributes:
        name: the field.
        make: makes the input.
        shown_by: another input of the same group...
        shown_for: ...and the choices in it for which this one matters; always where it is empty.
    """

    name: str
    make: Callable[[], UnboundField[Any]]
    shown_by: str = ""
    shown_for: tuple[str, ...] = ()
    shape: str = field(default="input", init=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Inputs of one value, or of some of its fields.

    Attributes:
        parts: in order.
        name: the field that holds the value; empty for some fields of the value around it.
        title: the heading; None for none.
        hint: a sentence below it.
        kind: makes the value anew from what was typed; None where it is the one before, changed.
        tidy: drops what does not go with the rest; gives None where there is to be no value;
            raises InputError for what cannot be read.
        spread: what the inputs show of a value, where that is not its own fields.
        folded: whether it is closed as long as nothing in it is set.
    """

    parts: tuple[Input | Group | Rows, ...]
    name: str = ""
    title: LazyString | None = None
    hint: LazyString | None = None
    kind: Callable[..., Value] | None = None
    tidy: Callable[[dict[str, Any]], dict[str, Any] | None] | None = None
    spread: Callable[[Value], object] | None = None
    folded: bool = False
    shape: str = field(default="group", init=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A list of small values, a row of inputs for each.

    Attributes:
        name: the field that holds the list.
        title: the heading.
        row: the inputs; a row whose ``key`` is empty is no value.
        key: the input that every value has.
        hint: a sentence below the heading.
    """

    name: str
    title: LazyString
    row: Group
    key: str
    hint: LazyString | None = None
    shape: str = field(default="rows", init=False)


class InputError(Exception):
    """What was typed in one input does not go with the others.

    Attributes:
        name: the input.
        sentence: what is wrong, in the reader's language.
    """

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(sentence)
        self.name = name
        self.sentence = sentence


@dataclass(slots=True)
class Wrong:
    """What is wrong with a value as a whole; each input has its own errors beside it."""

    faults: list[Fault] = field(default_factory=list)


def form_of(part: Group, value: Value, posted: Collection[str] = ()) -> FlaskForm:
    """Make the form of a part.

    Args:
        part: what it asks for.
        value: what its inputs show at first.
        posted: the names of what was sent, which may have more rows than the value.
    """
    typed = dict(_typed(part, value, ""))
    inputs: dict[str, Any] = dict(_inputs(part, "", typed, posted))
    made: FlaskForm = type("PartForm", (FlaskForm,), inputs)(data=typed)
    return made


def value_of(part: Group, form: FlaskForm, before: Value) -> Value | Wrong:
    """Make the value that a form describes.

    Args:
        part: what the form was made of.
        form: filled in and validated.
        before: the value that is changed; what the form does not ask for stays as it is there.

    Returns:
        the value; or what is wrong with the whole, errors of inputs having been put beside them.
    """
    wrong = Wrong()
    values = _read(part, form, before, "", wrong)
    if wrong.faults or form.errors:
        return wrong
    try:
        return replace(before, **(values or {}))
    except MohrError as error:
        _put(form, "", fault_of(str(error)), wrong)
        return wrong


def rows_in(path: str, names: Collection[str]) -> list[int]:
    """The numbers of the rows of a list, from the names of inputs."""
    prefix = f"{path}{_BETWEEN}"
    found = {
        name.removeprefix(prefix).split(_BETWEEN)[0] for name in names if name.startswith(prefix)
    }
    numbers = {int(one) for one in found if one.isascii() and one.isdecimal() and len(one) < 4}
    return sorted(number for number in numbers if number < ROWS_MAX)


def is_open(part: Group, form: FlaskForm, path: str) -> bool:
    """Whether anything of a group is filled in or wrong."""
    return any(_is_set(form[name]) for name in _paths(part, form, path))


def join(path: str, name: str | int) -> str:
    """The path of something inside of something."""
    return _BETWEEN.join(part for part in (path, str(name)) if part)


def _is_set(one: Value) -> bool:
    if one.errors:
        return True
    if one.type == "SelectField":
        first = one.choices[0]
        return one.data not in (None, getattr(first, "value", first))
    return one.data not in (None, "", (), [], False)


def _paths(part: Group, form: FlaskForm, path: str) -> Iterator[str]:
    for one in part.parts:
        inner = join(path, one.name)
        if isinstance(one, Input):
            yield inner
        elif isinstance(one, Group):
            yield from _paths(one, form, inner)
        else:
            for number in rows_in(inner, form._fields):
                yield from _paths(one.row, form, join(inner, number))


def _inputs(
    part: Group, path: str, typed: Mapping[str, Any], posted: Collection[str]
) -> Iterator[tuple[str, UnboundField[Any]]]:
    for one in part.parts:
        inner = join(path, one.name)
        if isinstance(one, Input):
            yield inner, one.make()
        elif isinstance(one, Group):
            yield from _inputs(one, inner, typed, posted)
        else:
            sent = rows_in(inner, posted)
            count = max(typed[inner] + SPARE_ROWS, sent[-1] + 1 if sent else 0)
            for number in range(min(count, ROWS_MAX)):
                yield from _inputs(one.row, join(inner, number), typed, posted)


def _typed(part: Group, value: Value, path: str) -> Iterator[tuple[str, Any]]:
    if part.spread is not None and value is not None:
        value = part.spread(value)
    for one in part.parts:
        inner = join(path, one.name)
        if isinstance(one, Group):
            within = getattr(value, one.name, None) if one.name else value
            yield from _typed(one, within, inner)
        elif isinstance(one, Rows):
            items = getattr(value, one.name, ())
            yield inner, len(items)
            for number, item in enumerate(items):
                yield from _typed(one.row, item, join(inner, number))
        elif value is not None:
            yield inner, getattr(value, one.name)


def _read(
    part: Group, form: FlaskForm, before: Value, path: str, wrong: Wrong
) -> dict[str, Any] | None:
    """The values of a group's fields; None where there is to be no value."""
    values: dict[str, Any] = {}
    for one in part.parts:
        inner = join(path, one.name)
        if isinstance(one, Input):
            typed = form[inner].data
            known = getattr(before, one.name, ())
            values[one.name] = _in_order(typed, known) if isinstance(typed, list) else typed
        elif isinstance(one, Rows):
            values[one.name] = _read_rows(one, form, inner, wrong)
        elif one.name:
            known = getattr(before, one.name, None)
            values[one.name] = _read_group(one, form, known, inner, wrong)
        else:
            values |= _read(one, form, before, inner, wrong) or {}
    return part.tidy(values) if part.tidy else values


def _in_order(ticked: list[Any], known: tuple[Any, ...]) -> tuple[Any, ...]:
    """What is ticked, in the order in which it was said before: the order says nothing."""
    return (*(one for one in known if one in ticked), *(one for one in ticked if one not in known))


def _read_group(part: Group, form: FlaskForm, before: Value, path: str, wrong: Wrong) -> Value:
    try:
        values = _read(part, form, before, path, wrong)
        if values is None:
            return None
        return replace(before, **values) if part.kind is None else part.kind(**values)
    except InputError as error:
        _blame(form, join(path, error.name), error.sentence)
    except MohrError as error:
        _put(form, path, fault_of(str(error)), wrong)
    return before


def _read_rows(rows: Rows, form: FlaskForm, path: str, wrong: Wrong) -> tuple[Value, ...]:
    found = []
    for number in rows_in(path, form._fields):
        inner = join(path, number)
        if form[join(inner, rows.key)].data not in (None, "", ()):
            found.append(_read_group(rows.row, form, None, inner, wrong))
    return tuple(found)


def _put(form: FlaskForm, path: str, fault: Fault, wrong: Wrong) -> None:
    """Put a fault beside the input it is about; one that has none is told above the form."""
    name = join(path, fault.field)
    if fault.field and name in form:
        _blame(form, name, fault.text)
    else:
        wrong.faults.append(fault)


def _blame(form: FlaskForm, name: str, sentence: str) -> None:
    form[name].errors = [*form[name].errors, sentence]
