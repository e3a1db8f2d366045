"""Reads the settings of a programme file, and says of everything that is wrong where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, Final, get_args, get_origin

from gateway.errors import ValueRangeError
from gateway.model.plain import from_plain
from gateway.model.programme import RefundPolicy, UnknownCardPolicy
from gateway.model.rules.rules import Rules
from gateway.model.rules.succession import Succession
from gateway.programme_file.moment import read_moment
from gateway.programme_file.problems import ProgrammeFileError
from gateway.programme_file.spelling import check_names, from_file, hints_of
from gateway.programme_file.succession import SECTION, read_succession

_EFFECTIVE_FROM: Final = "effective_from"
_RULES_PARTS: Final = tuple(field.name for field in fields(Rules))


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The settings above a file's rules; their ranges are the programme's business.

    Attributes:
        hold_ttl_s: for whole seconds, as people write it.
        hold_ttl_ms: for anything else; None where ``hold_ttl_s`` says it.
    """

    name: str
    version: int
    currency: str
    currency_exponent: int
    earn_points: int
    earn_per_minor: int
    redeem_points: int
    redeem_value_minor: int
    redeem_minimum_points: int = 1
    redeem_share_percent: int = 100
    redeemed_amount_earns: bool = False
    unknown_card: UnknownCardPolicy = UnknownCardPolicy.ENROL
    refund: RefundPolicy = RefundPolicy.ALLOW_NEGATIVE
    hold_ttl_s: int = 300
    hold_ttl_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeParts:
    """A programme file, read: its base, its beginning, its rules, the currency before its own."""

    base: Base
    effective_from_ms: int
    rules: Rules
    succeeds: Succession | None


_TOP_LEVEL: Final = dict.fromkeys(
    (*(field.name for field in fields(Base)), _EFFECTIVE_FROM, SECTION, *_RULES_PARTS)
)


def read_parts(table: Mapping[str, object]) -> ProgrammeParts:
    """Read everything that a file says.

    Args:
        table: the file's top level, as TOML gave it.

    Raises:
        ProgrammeFileError: naming the path of everything that is wrong.
    """
    problems: list[str] = []
    parts: dict[str, Any] = {}
    for name, value in table.items():
        try:
            check_names(_TOP_LEVEL, {name: value})
            parts[name] = _read_setting(name, value)
        except ProgrammeFileError as error:
            problems += error.problems
        except ValueRangeError as error:
            problems.append(str(error))
    needed = (field.name for field in fields(Base) if field.default is MISSING)
    problems += [f"{name}: is missing" for name in needed if name not in table]
    if {"hold_ttl_s", "hold_ttl_ms"} <= table.keys():
        problems.append("hold_ttl_ms: hold_ttl_s says it already")
    if problems:
        raise ProgrammeFileError(problems)
    effective_from_ms, succeeds = parts.pop(_EFFECTIVE_FROM, 0), parts.pop(SECTION, None)
    rules = _rules({name: parts.pop(name) for name in _RULES_PARTS if name in parts})
    return ProgrammeParts(
        base=Base(**parts), effective_from_ms=effective_from_ms, rules=rules, succeeds=succeeds
    )


def _rules(parts: dict[str, Any]) -> Rules:
    try:
        return Rules(**parts)
    except ValueRangeError as error:
        raise ProgrammeFileError([str(error)]) from error


def _read_setting(name: str, value: object) -> object:
    if name == _EFFECTIVE_FROM:
        return read_moment(value, name)
    if name == SECTION:
        return read_succession(value, name)
    if name in _RULES_PARTS:
        return _read_part(name, value)
    return from_plain(hints_of(Base)[name], value, where=name)


def _read_part(name: str, value: object) -> object:
    """Read a part of the rules; of a list every item, so that all that is wrong is told at once."""
    hint = hints_of(Rules)[name]
    if get_origin(hint) is not tuple or not isinstance(value, list):
        return _read_one(hint, value, name)
    problems: list[str] = []
    items: list[object] = []
    for index, item in enumerate(value):
        try:
            items.append(_read_one(get_args(hint)[0], item, f"{name}[{index}]"))
        except ValueRangeError as error:
            problems.append(str(error))
    if problems:
        raise ProgrammeFileError(problems)
    return tuple(items)


def _read_one(hint: Any, value: object, where: str) -> object:  # noqa: ANN401 - a type of the model
    return from_plain(hint, from_file(hint, value, where), where=where)
