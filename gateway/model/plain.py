"""Frozen values as plain tables of names, and back: what files, rows and messages hold of rules.

Only what differs from the default is written, so that a part which a later version adds changes
nothing about what earlier versions wrote. Reading is strict: a name nobody knows would change what
a sale earns, and is refused with the nearest name that exists.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, TypeVar, Union, get_args, get_origin, get_type_hints

from gateway.errors import ValueRangeError

T = TypeVar("T")


def to_plain(value: object) -> Any:  # noqa: ANN401 - tables, lists, text, numbers: JSON's types
    """Write a frozen value as tables, lists, text, numbers and truth values."""
    kind: Any = type(value)
    if kind is str or kind is int or kind is bool or value is None:
        return value
    if kind is tuple:
        return [to_plain(item) for item in value]  # type: ignore[attr-defined] # it is a tuple
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    plain: dict[str, Any] = {}
    for name, default in _parts_of(kind):
        part = getattr(value, name)
        if part is not default and part != default:
            plain[name] = to_plain(part)
    return plain


@cache
def _parts_of(kind: Any) -> tuple[tuple[str, object], ...]:  # noqa: ANN401 - any frozen value's
    """The names and defaults of a frozen value's parts."""
    return tuple((field.name, _default(field)) for field in fields(kind))


def from_plain(kind: type[T], plain: object, *, where: str = "") -> T:
    """Read what ``to_plain`` wrote, or what a person wrote in its place.

    Args:
        kind: the frozen value's type.
        plain: a table; dates may stand in it as dates or as ISO 8601 text.
        where: the path to it, for messages.

    Raises:
        ValueRangeError: naming the path to what is wrong, and what would be right.
    """
    return _read(kind, plain, where)  # type: ignore[no-any-return]


def to_canonical_json(value: object) -> str:
    """Write a frozen value as the one JSON text that stands for it."""
    return _CANONICAL.encode(to_plain(value))


#: ``json.dumps`` would make one of these for every text.
_CANONICAL: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _default(field: Field[Any]) -> object:
    if field.default is not MISSING:
        return field.default
    if field.default_factory is not MISSING:
        return field.default_factory()
    return MISSING


@cache
def _known(kind: Any) -> Mapping[str, tuple[Any, bool]]:  # noqa: ANN401 - any frozen value's
    """What a table may hold: by name the type, and whether it must be there."""
    hints = get_type_hints(kind)
    return {field.name: (hints[field.name], _default(field) is MISSING) for field in fields(kind)}


def _read(hint: Any, plain: object, where: str) -> Any:  # noqa: ANN401
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        # None is what a name that is left out means; nobody writes it.
        hint = next(option for option in get_args(hint) if option is not NoneType)
        return _read(hint, plain, where)
    if origin is tuple:
        return _read_list(get_args(hint)[0], plain, where)
    hint = getattr(hint, "__supertype__", hint)
    if is_dataclass(hint):
        return _read_table(hint, plain, where)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _read_name(hint, plain, where)
    if hint is date:
        return _read_date(plain, where)
    if type(plain) is not hint:
        raise ValueRangeError(f"{where}: must be {_KINDS.get(hint, hint)}")
    return plain


_KINDS: dict[Any, str] = {int: "a whole number", str: "text", bool: "true or false"}


def _read_list(item: Any, plain: object, where: str) -> tuple[Any, ...]:  # noqa: ANN401
    if not isinstance(plain, list | tuple):
        raise ValueRangeError(f"{where}: must be a list")
    return tuple(_read(item, part, f"{where}[{index}]") for index, part in enumerate(plain))


def _read_table(kind: Any, plain: object, where: str) -> object:  # noqa: ANN401
    if not isinstance(plain, Mapping):
        raise ValueRangeError(f"{where}: must be a table")
    known = _known(kind)
    prefix = f"{where}." if where else ""
    for name in plain:
        if name not in known:
            near = difflib.get_close_matches(str(name), known, n=1)
            help_ = f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(known)}"
            raise ValueRangeError(f"{prefix}{name}: there is no such setting{help_}")
    parts: dict[str, Any] = {}
    for name, (hint, required) in known.items():
        if name in plain:
            parts[name] = _read(hint, plain[name], f"{prefix}{name}")
        elif required:
            raise ValueRangeError(f"{prefix}{name}: is missing")
    try:
        return kind(**parts)
    except ValueRangeError as error:
        raise ValueRangeError(f"{where}: {error}" if where else str(error)) from error


def _read_name(kind: type[StrEnum], plain: object, where: str) -> StrEnum:
    try:
        return kind(str(plain))
    except ValueError as error:
        names = ", ".join(member.value for member in kind)
        raise ValueRangeError(f"{where}: must be one of {names}") from error


def _read_date(plain: object, where: str) -> date:
    if type(plain) is date:
        return plain
    try:
        return date.fromisoformat(str(plain))
    except ValueError as error:
        raise ValueRangeError(f"{where}: must be a day such as 2027-03-21") from error
