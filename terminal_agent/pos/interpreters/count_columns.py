"""How many of each: the column of a table of goods whose heading says that it counts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from terminal_agent.pos.interpreters.folding import fold, plain_numbers
from terminal_agent.pos.interpreters.reading import LineKind, ReadLine
from terminal_agent.pos.interpreters.vocabulary import Vocabulary
from terminal_agent.pos.words import WordKind

_GAP: Final = re.compile(r"\s{2,}")
_WHOLE: Final = re.compile(r"[1-9][0-9]{0,3}")
#: Two columns need no heading to tell name and price.
_COLUMNS_MIN: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class CountColumn:
    """A heading that names one column as counting.

    Attributes:
        line: the line of the heading.
        column: which column counts, from 0.
        columns: how many columns there are.
    """

    line: int
    column: int
    columns: int


def count_columns(lines: Sequence[ReadLine], words: Vocabulary) -> tuple[CountColumn, ...]:
    """The headings on a paper that name exactly one column as counting."""
    found: list[CountColumn] = []
    for at, line in enumerate(lines):
        heads = _cells(line.text)
        if line.kind is not LineKind.PRINTED or len(heads) < _COLUMNS_MIN:
            continue
        counting = [column for column, head in enumerate(heads) if _counts(head, words)]
        if len(counting) == 1:
            found.append(CountColumn(line=at, column=counting[0], columns=len(heads)))
    return tuple(found)


def counted(line: ReadLine, at: int, headings: Sequence[CountColumn]) -> tuple[int, str] | None:
    """The count of the goods on line ``at`` and their name; None where no heading above tells."""
    heading = next((one for one in reversed(headings) if one.line < at), None)
    cells = _cells(line.text)
    if heading is None or len(cells) != heading.columns:
        return None
    count = plain_numbers(cells[heading.column])
    named = [cell for cell in cells if fold(cell) and not plain_numbers(cell)[:1].isdigit()]
    return (int(count), " ".join(named)) if _WHOLE.fullmatch(count) else None


def _cells(text: str) -> list[str]:
    return _GAP.split(text.strip())


def _counts(head: str, words: Vocabulary) -> bool:
    return words.has(fold(head), WordKind.COUNT)
