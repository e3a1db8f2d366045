"""What is printed below a total and may change it: another total, a discount, an unknown label.

A total that the goods add up to is still not what the customer owes if a line below takes something
off under a name that nobody knows. Only money can settle that, so this is asked about unless the
payment or a fiscal code confirms the total.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from terminal_agent.pos.interpreters.reading import TENDERS, LineKind, ReadLine

#: Lines that a till may put between a total and what it becomes.
_CHANGING: Final = frozenset(
    (
        LineKind.ITEM,
        LineKind.TAX,
        LineKind.DISCOUNT,
        LineKind.SAVED,
        LineKind.ROUNDING,
        LineKind.OTHER,
        LineKind.TIP,
        LineKind.UNIT_PRICE,
        LineKind.SUBTOTAL,
        LineKind.NET,
    )
)
#: Lines that a till prints behind a payment, and that change nothing.
_WITH_PAYMENT: Final = frozenset(
    (LineKind.CHANGE, LineKind.TAX, LineKind.NET, LineKind.OTHER, LineKind.SAVED)
)
_LOOKED_AT_MAX: Final = 40


def changed_below(lines: Sequence[ReadLine], index: int, total: int) -> bool:
    """Whether lines below a total say that it is not the last word.

    Args:
        lines: the whole paper, in place.
        index: the line of the total.
        total: its amount in minor units.
    """
    below = [line for line in lines[index + 1 :] if line.value is not None][:_LOOKED_AT_MAX]
    for at, line in enumerate(below):
        if line.kind in (*TENDERS, LineKind.CHANGE):
            below = below[:at]
            break
    taken_off = any(line.kind in (LineKind.DISCOUNT, LineKind.ROUNDING) for line in below)
    repeated = [at for at, line in enumerate(below) if line.value == total]
    if taken_off and not (repeated and repeated[-1] >= _last_change(below)):
        return True
    right_below = lines[index + 1 :]
    if _pays(right_below, total):
        return False
    return _goods_right_below(right_below) or _becomes_another(below, total)


def _pays(below: Sequence[ReadLine], total: int) -> bool:
    """Whether the only line of an unknown name is the payment: the total, or that and the change.

    New ways to pay come faster than any list of words. Goods below a total would be paid for by
    somebody, so that nothing but taxes, notices and the change may follow.
    """
    amounts = [line for line in below if line.value]
    if not amounts or amounts[0].kind is not LineKind.ITEM:
        return False
    paid, rest = amounts[0].value or 0, amounts[1:]
    change = sum(abs(line.value or 0) for line in rest if line.kind is LineKind.CHANGE)
    known = all(line.kind in _WITH_PAYMENT for line in rest[:_LOOKED_AT_MAX])
    return known and paid - change == total


def _goods_right_below(below: Sequence[ReadLine]) -> bool:
    """Whether something that could be goods or a charge follows a total without a line between."""
    for line in below:
        if line.value is None or line.kind in (*TENDERS, LineKind.CHANGE):
            return False
        if line.kind is LineKind.ITEM and line.value:
            return True
    return False


def _last_change(below: Sequence[ReadLine]) -> int:
    kinds = (LineKind.DISCOUNT, LineKind.ROUNDING)
    return max(at for at, line in enumerate(below) if line.kind in kinds)


def _becomes_another(below: Sequence[ReadLine], total: int) -> bool:
    """Whether an amount below is the total and the lines between, taken off or added."""
    between: list[ReadLine] = []
    for line in below:
        value = line.value or 0
        plain = sum(one.value or 0 for one in between)
        became = (total + plain, total - plain, total + _signed(between))
        if between and value > 0 and value != total and value in became:
            return True
        if line.kind not in _CHANGING:
            return False
        between.append(line)
    return False


def _signed(between: Sequence[ReadLine]) -> int:
    """What lines add by what they are: discounts are taken off, everything else is added."""
    return sum(
        -abs(line.value or 0) if line.kind is LineKind.DISCOUNT else line.value or 0
        for line in between
    )
