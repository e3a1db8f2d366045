"""Between a file's tables and the model's: the few settings that a file spells in its own way.

A file says ``cutoff = "04:00"`` where the model has ``cutoff_minute`` 240, writes hours as
``"17:00-20:00"`` and days as TOML's own dates. There is one spelling of each, so that two files
which mean the same read the same. Everything else has the model's names and values.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from gateway.errors import ValueRangeError
from gateway.model.rules.scope import Hours
from gateway.model.rules.settings import BranchClock, Settings
from gateway.programme_file.clock_text import clock_text, hours_text, read_clock, read_hours


@dataclass(frozen=True, slots=True)
class _Clock:
    """A number of minutes that a file spells as a time of day, under another name."""

    name: str
    read: Callable[[object, str], int] = read_clock
    write: Callable[[int], str] = clock_text


_CLOCKS: Final[Mapping[tuple[type, str], _Clock]] = {
    (Settings, "cutoff_minute"): _Clock("cutoff"),
    (Settings, "nightly_minute"): _Clock("nightly"),
    (BranchClock, "cutoff_minute"): _Clock("cutoff"),
}


def file_name(kind: type, name: str) -> str:
    """What a file calls a field of the model."""
    clock = _CLOCKS.get((kind, name))
    return clock.name if clock else name


def from_file(hint: Any, value: object, where: str) -> object:  # noqa: ANN401 - a type of the model
    """Turn what a file says into what ``from_plain`` reads.

    What has the wrong shape is left as it is: ``from_plain`` says what is wrong with it.

    Args:
        hint: the type that is wanted.
        value: as TOML gave it.
        where: the path to it, for messages.

    Raises:
        ValueRangeError: for a name that does not exist, and for what is spelled wrongly.
    """
    item, many = _item_of(hint)
    if many:
        if not isinstance(value, list):
            return value
        return [from_file(item, part, f"{where}[{index}]") for index, part in enumerate(value)]
    if item is Hours:
        return read_hours(value, where)
    if item is date:
        return _read_day(value, where)
    if is_dataclass(item) and isinstance(item, type) and isinstance(value, Mapping):
        return _read_table(item, value, where)
    return value


def to_file(hint: Any, plain: Any) -> Any:  # noqa: ANN401 - tables and values of any kind
    """Turn what ``to_plain`` wrote into what a file says.

    Args:
        hint: the type that was written.
        plain: what ``to_plain`` made of it.
    """
    item, many = _item_of(hint)
    if many:
        return [to_file(item, part) for part in plain]
    if item is Hours:
        return hours_text(plain["from_minute"], plain["to_minute"])
    if item is date:
        return date.fromisoformat(plain)
    if is_dataclass(item) and isinstance(item, type):
        return _write_table(item, plain)
    return plain


def check_names(known: Mapping[str, object], table: Mapping[str, object], where: str = "") -> None:
    """Refuse a name that a table does not have.

    Raises:
        ValueRangeError: naming the nearest one that exists.
    """
    prefix = f"{where}." if where else ""
    for name in table:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(known)}"
            raise ValueRangeError(f"{prefix}{name}: there is no such setting{hint}")


@cache
def hints_of(kind: type) -> Mapping[str, Any]:
    """The types of a frozen value's fields, by their names in the model."""
    return get_type_hints(kind)


def _read_table(kind: type, table: Mapping[str, object], where: str) -> dict[str, object]:
    names = {file_name(kind, field.name): field.name for field in fields(kind)}
    check_names(names, table, where)
    read: dict[str, object] = {}
    for written, value in table.items():
        name, inner = names[written], f"{where}.{written}"
        clock = _CLOCKS.get((kind, name))
        if clock is None:
            read[name] = from_file(hints_of(kind)[name], value, inner)
        else:
            read[name] = clock.read(value, inner)
    return read


def _write_table(kind: type, plain: Mapping[str, Any]) -> dict[str, Any]:
    written: dict[str, Any] = {}
    for name, value in plain.items():
        clock = _CLOCKS.get((kind, name))
        if clock is None:
            written[file_name(kind, name)] = to_file(hints_of(kind)[name], value)
        else:
            written[clock.name] = clock.write(value)
    return written


def _item_of(hint: Any) -> tuple[Any, bool]:  # noqa: ANN401 - types of the model
    """The type without ``None``, and whether a list of it is wanted."""
    if get_origin(hint) in (Union, UnionType):
        hint = next(option for option in get_args(hint) if option is not NoneType)
    if get_origin(hint) is tuple:
        return get_args(hint)[0], True
    return hint, False


def _read_day(value: object, where: str) -> date:
    if type(value) is not date:
        raise ValueRangeError(f"{where}: must be a day such as 2027-03-21, without quotes")
    return value
