"""What a bench came to, and how it is shown to a person or, as JSON, to a program."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from gateway.errors import ValueRangeError

#: Like ``tap_to_receipt_ms_p99``: words of small letters and digits.
_NAME: Final = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that was measured.

    Attributes:
        name: what it is, with its statistic and its unit, like ``tap_to_receipt_ms_p99``.
        value: in the unit that the name says.
        note: what a reader must know to understand it; may be empty.

    Raises:
        ValueRangeError: if the name is not one of small letters, digits and underscores.
    """

    name: str
    value: float
    note: str = ""

    def __post_init__(self) -> None:
        if _NAME.fullmatch(self.name) is None:
            raise ValueRangeError(f"a figure's name is like rate_per_s, not {self.name!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchResult:
    """What one run of a bench came to.

    Attributes:
        bench: the bench's name on the command line.
        figures: what was measured, in the order in which a person reads it.
        lines: what was done, what each span means and what the limit is, a sentence or two a line.
        details: what a program may want beside the figures, by names of its own.

    Raises:
        ValueRangeError: if two figures have the same name.
    """

    bench: str
    figures: tuple[Figure, ...]
    lines: tuple[str, ...] = ()
    details: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = [figure.name for figure in self.figures]
        if len(set(names)) != len(names):
            raise ValueRangeError(f"the bench {self.bench} names a figure twice")

    def value(self, name: str) -> float:
        """The value of one figure.

        Raises:
            KeyError: if the bench has no such figure.
        """
        return {figure.name: figure.value for figure in self.figures}[name]


def to_json(result: BenchResult) -> str:
    """Write one object, ``{"bench": NAME, "figures": {name: number}}`` and details, on one line."""
    figures = {figure.name: rounded(figure.value) for figure in result.figures}
    return json.dumps({"bench": result.bench, "figures": figures, **result.details})


def to_text(result: BenchResult) -> str:
    """Write what was done, and a table of the figures with their notes."""
    rows = [(one.name, _shown(one.value), one.note) for one in result.figures]
    names = _widest(name for name, _, _ in rows)
    values = _widest(value for _, value, _ in rows)
    table = [f"{name:<{names}}  {value:>{values}}  {note}".rstrip() for name, value, note in rows]
    return "\n".join((f"bench {result.bench}", *result.lines, *table))


def _widest(cells: Iterable[str]) -> int:
    return max((len(cell) for cell in cells), default=0)


def rounded(value: float) -> float:
    """Cut to what a measurement can mean; whole numbers stay whole."""
    if isinstance(value, int) or abs(value) >= 10_000:
        return round(value)
    return float(f"{value:.4g}")


def _shown(value: float) -> str:
    short = rounded(value)
    return f"{short:,}" if isinstance(short, int) else f"{short:g}"
