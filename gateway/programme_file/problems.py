"""What is wrong with a programme file, in sentences, with the lines they are about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from gateway.errors import ConfigError
from gateway.programme_file.places import line_at, lines_of

_PATH: Final = re.compile(r"([\w.\[\]-]+): ", re.ASCII)
_RANGE: Final = re.compile(r"(?:programme '[^']*': )?([\w ]+) must ", re.ASCII)
_OWNER: Final = re.compile(r"(earning rule|reward|offer) '([^']+)'")
_OWNERS: Final = {"earning rule": "earning", "reward": "rewards", "offer": "offers"}

#: Settings of the base that the model calls otherwise than the file.
_CALLED: Final = {
    "programme name": "name",
    "programme version": "version",
    "currency code": "currency",
    "currency exponent": "currency_exponent",
    "effective_from_ms": "effective_from",
    "hold_ttl_ms": "hold_ttl_s",
}


class ProgrammeFileError(ConfigError):
    """A programme file cannot be used.

    Attributes:
        problems: everything that is wrong, one sentence each, by path.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(f"the programme cannot be used: {'; '.join(problems)}")
        self.problems = tuple(problems)


def with_line(problem: str, text: str, table: Mapping[str, Any]) -> str:
    """Put the line that a problem stands in before it, where it can be found.

    Args:
        problem: a sentence that begins with a path, or names a rule by its id.
        text: the file.
        table: the same, read.
    """
    lines = lines_of(text)
    for path in _paths_of(problem, table):
        line = line_at(lines, path)
        if line is not None:
            return f"line {line}: {problem}"
    return problem


def _paths_of(problem: str, table: Mapping[str, Any]) -> Iterator[str]:
    path = _PATH.match(problem)
    if path:
        yield path[1]
    outside = _RANGE.match(problem)
    if outside:
        yield _CALLED.get(outside[1], outside[1])
    owner = _OWNER.match(problem)
    if owner:
        group = _OWNERS[owner[1]]
        for index, item in enumerate(table[group]):
            if item["id"] == owner[2]:
                yield f"{group}[{index}]"
