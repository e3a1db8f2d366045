"""Sums on a receipt that can confirm its total: items, net and tax, money given and change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Final

from terminal_agent.pos.interpreters.reading import TENDERS, LineKind, ReadLine
from terminal_agent.pos.interpreters.taxes import added_tax, tax_of_table

#: Rules of dashes that may open the items; more of them are decoration.
_RULES_MAX: Final = 20
#: What stands between a subtotal and a total is added to it.
_ADDED: Final = (LineKind.ITEM, LineKind.TIP, LineKind.OTHER)


class Payment(StrEnum):
    """What the payment lines say about a total."""

    SUPPORTS = "supports"
    SILENT = "silent"
    CONTRADICTS = "contradicts"


def items_add_up(lines: Sequence[ReadLine], end: int, total: int) -> tuple[tuple[int, ...], bool]:
    """Look for the items, before line ``end``, that add up to ``total``.

    Items begin at the top or behind a rule of dashes. Discounts and roundings count with them, and
    the tax printed among them counts or not: some tills add it, some tell it.

    Returns:
        The indexes of the item lines that do, empty if none do, and whether there were any items.
    """
    rules = [at + 1 for at in range(end) if lines[at].kind is LineKind.RULE]
    starts = (0, *rules[-_RULES_MAX:])
    all_items = _items(lines, 0, end)
    for start in starts:
        items = _items(lines, start, end)
        if not items or (len(items) == 1 and len(all_items) > 1):
            # The last of several items alone proves nothing.
            continue
        base = sum(_value(lines[at]) for at in items) + _changes(lines, start, end)
        if total in (base, base + added_tax(lines[start:end])):
            return items, True
    return (), bool(all_items)


def adjusted(lines: Sequence[ReadLine], index: int, value: int, end: int) -> int | None:
    """What ``value`` on line ``index`` becomes by the lines up to ``end``; None if unchanged."""
    between = lines[index + 1 : end]
    counted = (LineKind.TAX, LineKind.DISCOUNT, LineKind.ROUNDING, *_ADDED)
    if not any(line.kind in counted and line.value for line in between):
        return None
    extra = sum(_value(line) for line in between if line.kind in _ADDED) + added_tax(between)
    return value + extra + _changes(lines, index + 1, end)


def remainder(lines: Sequence[ReadLine], index: int, value: int, end: int) -> int | None:
    """What is left to pay of ``value`` after the tenders up to ``end``; None if none was given."""
    given = [_value(line) for line in lines[index + 1 : end] if line.kind in TENDERS]
    return value - sum(given) if any(given) else None


def net_and_tax_add_up(lines: Sequence[ReadLine], end: int, total: int) -> bool:
    """Whether net (or subtotal) and tax, discount and the like make ``total``."""
    for index, line in enumerate(lines[:end]):
        if line.kind is LineKind.SUBTOTAL and line.value is not None:
            made = adjusted(lines, index, line.value, end)
            if made == total and line.value != total:
                return True
    if total and sum(_gross_of_tax_table(lines)) == total:
        return True
    nets = [_value(line) for line in lines if line.kind is LineKind.NET and not line.several]
    taxes = [_value(line) for line in lines if line.kind is LineKind.TAX and not line.several]
    return bool(nets) and sum(taxes) > 0 and sum(nets) + sum(taxes) == total


def payment_value(lines: Sequence[ReadLine]) -> int | None:
    """Given less change, where both are printed."""
    given = [_value(line) for line in lines if line.kind in TENDERS and line.value is not None]
    change = [_value(line) for line in lines if line.kind is LineKind.CHANGE]
    return sum(given) - sum(map(abs, change)) if given and change else None


def weigh_payment(lines: Sequence[ReadLine], total: int) -> Payment:
    """Compare a total with the payment lines that follow it."""
    tenders = [line for line in lines if line.kind in TENDERS and line.value is not None]
    if not tenders:
        return Payment.SILENT
    given = [_value(line) for line in tenders]
    tips = sum(_value(line) for line in lines if line.kind is LineKind.TIP)
    change = [line.value for line in lines if line.kind is LineKind.CHANGE]
    if None in change:
        return Payment.SILENT
    if change:
        back = sum(abs(value) for value in change if value is not None)
        # A till may print the amount given twice, or what was paid beside what was given.
        agrees = {total, total + tips} & {sum(given) - back, max(given) - back}
        return Payment.SUPPORTS if agrees else Payment.CONTRADICTS
    if sum(given) in (total, total + tips) or set(given) == {total}:
        return Payment.SUPPORTS
    cash = all(line.kind in (LineKind.GIVEN, LineKind.CASH) for line in tenders)
    # Cash above the total without a printed change tells nothing; anything else is another amount.
    return Payment.SILENT if cash and sum(given) > total else Payment.CONTRADICTS


def _gross_of_tax_table(lines: Sequence[ReadLine]) -> list[int]:
    return [max(line.amounts) for line in lines if tax_of_table(line)]


def _items(lines: Sequence[ReadLine], start: int, end: int) -> tuple[int, ...]:
    return tuple(
        at
        for at in range(start, end)
        if lines[at].kind is LineKind.ITEM and lines[at].value is not None
    )


def _changes(lines: Sequence[ReadLine], start: int, end: int) -> int:
    return sum(_signed_changes(lines[start:end]))


def _signed_changes(lines: Sequence[ReadLine]) -> Iterator[int]:
    for line in lines:
        if line.kind is LineKind.DISCOUNT:
            yield -abs(_value(line))
        elif line.kind is LineKind.ROUNDING:
            yield _value(line)


def _value(line: ReadLine) -> int:
    return line.value or 0
