"""What lines are by where they stand: words of payment among the items name goods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from terminal_agent.pos.interpreters.reading import TOTALS, LineKind, LineReader, ReadLine
from terminal_agent.pos.words import WordKind

#: Words that goods are named after ("Bar Chocolate", "gift card"): they pay only below the total.
_PAY_BELOW: Final = frozenset(
    (
        LineKind.CASH,
        LineKind.CARD,
        LineKind.VOUCHER,
        LineKind.TIP,
        LineKind.OTHER,
        LineKind.WEAK_TOTAL,
    )
)
_SUMMARY: Final = frozenset((LineKind.STRONG_TOTAL, LineKind.TOTAL, LineKind.SUBTOTAL))
_ENDS_ITEMS: Final = frozenset((*_SUMMARY, LineKind.GIVEN, LineKind.CHANGE, LineKind.NET))


def placed(lines: Sequence[ReadLine], reader: LineReader) -> list[ReadLine]:
    """Settle what only the neighbours tell, and return the lines anew.

    A label alone with an amount alone below it is one labelled total, and words of payment above
    the first total or subtotal are names of goods.
    """
    joined = _received_as_total(_with_labels_from_above(lines, reader), reader)
    summary = next((at for at, line in enumerate(joined) if line.kind in _SUMMARY), None)
    if summary is None:
        summary = next((at for at, line in enumerate(joined) if line.kind in _ENDS_ITEMS), None)
    if summary is None:
        return joined
    return [
        replace(line, kind=LineKind.ITEM)
        if at < summary and line.kind in _PAY_BELOW and not line.own
        else line
        for at, line in enumerate(joined)
    ]


def _received_as_total(lines: list[ReadLine], reader: LineReader) -> list[ReadLine]:
    """Where no other total is and nothing was given back, what was received is the total."""
    totals = any(line.kind in TOTALS for line in lines)
    change = any(line.kind is LineKind.CHANGE and line.value != 0 for line in lines)
    if totals or change:
        return lines
    return [
        replace(line, kind=LineKind.WEAK_TOTAL)
        if line.kind is LineKind.GIVEN and reader.vocabulary.has(line.folded, WordKind.RECEIVED)
        else line
        for line in lines
    ]


def _with_labels_from_above(lines: Sequence[ReadLine], reader: LineReader) -> list[ReadLine]:
    joined = list(lines)
    for at, line in enumerate(lines):
        if line.kind is not LineKind.PRINTED or not line.folded:
            continue
        total = reader.total_kind(line.folded)
        if total is None or total is LineKind.WEAK_TOTAL:
            continue
        if line.unreadable or line.foreign:
            # The words of a total beside digits that are no certain amount: worth a question.
            joined[at] = replace(line, kind=total)
            continue
        below = at + 1
        if below < len(lines) and lines[below].kind in (LineKind.ITEM, *TOTALS):
            alone = lines[below]
            if reader.is_amount_alone(alone):
                scale = max(line.scale, alone.scale)
                joined[below] = replace(
                    alone, kind=total, scale=scale, bold=line.bold or alone.bold
                )
    return joined
