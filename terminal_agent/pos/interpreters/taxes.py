"""Taxes on a receipt: single lines, rows of a tax table, and lines that sum others up."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from terminal_agent.pos.interpreters.folding import plain_numbers
from terminal_agent.pos.interpreters.reading import LineKind, ReadLine

_RATE: Final = re.compile(r"([0-9]{1,2}(?:[.,٫][0-9]{1,3})?)\s*[%٪]|[%٪]\s*([0-9]{1,2})(?![0-9])")


def tax_of_table(line: ReadLine) -> int | None:
    """The tax of a tax table's row: rate, net, tax and gross in any order."""
    amounts = sorted(line.amounts)
    if line.kind is LineKind.TAX and len(amounts) == 3 and amounts[0] + amounts[1] == amounts[2]:
        return amounts[0]
    return None


def tax_of(line: ReadLine) -> int | None:
    """The tax that one line tells; None where its amounts do not say which one that is."""
    if not line.several:
        return line.value
    return tax_of_table(line) or _tax_beside_its_base(line)


def _tax_beside_its_base(line: ReadLine) -> int | None:
    """The tax of ``VAT 9% of 14.17   1.28``, if the rate proves it, of the net or of the gross."""
    rate = _RATE.search(plain_numbers(line.text))
    if rate is None or len(line.amounts) != 2:
        return None
    percent = Decimal((rate[1] or rate[2]).replace(",", ".").replace("٫", "."))
    tax, base = sorted(line.amounts)
    of_net = base * percent / 100
    of_gross = base * percent / (100 + percent)
    return tax if min(abs(tax - of_net), abs(tax - of_gross)) <= 1 else None


def without_sums(lines: Sequence[ReadLine]) -> list[ReadLine]:
    """The tax lines among lines, each tax once: a sum stands for what it sums up."""
    taxes = [line for line in lines if line.kind is LineKind.TAX and line.amounts]
    summed = [line for line in taxes if line.sums_up]
    if summed:
        return summed[-1:]
    values = [tax_of(line) or 0 for line in taxes]
    if len(values) >= 3 and max(values) * 2 == sum(values):
        return [taxes[values.index(max(values))]]
    return taxes


def added_tax(lines: Sequence[ReadLine]) -> int:
    """What the tax lines among lines would add to the prices."""
    return sum(line.value or 0 for line in without_sums(lines))
