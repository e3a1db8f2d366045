"""Reads scenario files. Whatever is wrong is said with the file and the path to it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from gateway.errors import ConfigError, ValueRangeError
from gateway.model.plain import from_plain
from simulators.scenario.read_steps import StepReader
from simulators.scenario.rules_table import read_programme
from simulators.scenario.story import DEFAULT_START, Branch, Person, Scenario

_ONE_BRANCH: Final = (Branch(name="main", terminals=("till-1", "till-2")),)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """The file's own settings."""

    title: str
    notes: str = ""
    differs: str = ""
    start: datetime = DEFAULT_START
    branches: tuple[Branch, ...] = _ONE_BRANCH
    members: tuple[Person, ...] = ()


def load_scenario(file: Path) -> Scenario:
    """Read one file.

    Raises:
        ConfigError: if it cannot be read, is not TOML, or says what no scenario can say.
    """
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file} is not TOML: {error}") from error
    try:
        return _read(file, table)
    except ValueRangeError as error:
        raise ConfigError(f"{file}: {error}") from error


def _read(file: Path, table: dict[str, Any]) -> Scenario:
    source = _sources(table.pop("source", None))
    rules = table.pop("programme", {})
    steps = table.pop("steps", [])
    head = from_plain(_Head, table)
    _check_names_are_single(head)
    if not isinstance(rules, Mapping):
        raise ValueRangeError("programme: must be a table")
    programme = read_programme(rules, 1, "programme")
    scenes = StepReader(rules).read(steps, "steps")
    if not scenes:
        raise ValueRangeError("steps: a scenario needs at least one")
    return Scenario(
        file=file,
        source=source,
        title=head.title,
        notes=head.notes,
        differs=head.differs,
        start=head.start,
        programme=programme,
        branches=head.branches,
        members=head.members,
        scenes=scenes,
    )


def _sources(value: object) -> tuple[str, ...]:
    named = [value] if isinstance(value, str) else value
    if not isinstance(named, list) or not named or not all(isinstance(n, str) for n in named):
        raise ValueRangeError("source: must be an id, or a list of ids")
    return tuple(named)


def _check_names_are_single(head: _Head) -> None:
    terminals = [terminal for branch in head.branches for terminal in branch.terminals]
    names = [member.name for member in head.members]
    cards = [card for member in head.members for card in member.held_cards]
    for what, group in (("terminal", terminals), ("member", names), ("card", cards)):
        for name in group:
            if group.count(name) > 1:
                raise ValueRangeError(f"there are two of the {what} {name!r}")
    if not terminals:
        raise ValueRangeError("branches: there must be one")
