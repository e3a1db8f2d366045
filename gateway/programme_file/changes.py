"""Differences between two versions, as a programme file spells their settings."""

from __future__ import annotations

from dataclasses import dataclass, is_dataclass
from typing import Any, Final

from gateway.model.plain import to_plain
from gateway.model.rules.succession import Succession
from gateway.program.difference import Change, ChangeKind
from gateway.programme_file.clock_text import clock_text
from gateway.programme_file.moment import moment_text
from gateway.programme_file.spelling import to_file
from gateway.programme_file.succession import SECTION, succession_table

_CLOCKS: Final = {"cutoff_minute": "cutoff", "nightly_minute": "nightly"}
_BEGIN: Final = "effective_from_ms"
_BASE: Final = {
    "currency.code": "currency",
    "currency.exponent": "currency_exponent",
    _BEGIN: "effective_from",
    "succeeds": SECTION,
    "succeeds.currency.code": f"{SECTION}.from",
    "succeeds.currency.exponent": f"{SECTION}.from_exponent",
    "succeeds.old_units_per_unit": f"{SECTION}.old_units_per_unit",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenChange:
    """A difference in the words of a file.

    Attributes:
        kind: what became of the setting.
        path: its name in a file, with ids where a file counts.
        old: what stood there: TOML's kinds of values, tables for whole parts; None for nothing.
        new: what stands there now.
    """

    kind: ChangeKind
    path: str
    old: object
    new: object


def written_change(change: Change) -> WrittenChange:
    """Say a difference in the words of a file."""
    head, _, last = change.path.rpartition(".")
    path = _BASE.get(change.path, change.path)
    if last in _CLOCKS:
        path = f"{head}.{_CLOCKS[last]}"
    return WrittenChange(
        kind=change.kind,
        path=path,
        old=_written(change.old, last),
        new=_written(change.new, last),
    )


def _written(value: Any, name: str) -> object:  # noqa: ANN401 - a value of the model
    if value is None:
        return None
    if name in _CLOCKS:
        return clock_text(value)
    if name == _BEGIN:
        return moment_text(value) if value else None
    if isinstance(value, tuple):
        return [_written(item, "") for item in value]
    if is_dataclass(value):
        return _table_of(value)
    return value


def _table_of(value: Any) -> object:  # noqa: ANN401 - a part of the model
    if isinstance(value, Succession):
        return succession_table(value)
    return to_file(type(value), to_plain(value))
