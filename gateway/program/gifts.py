"""What a gift takes off a sale, in exact integers and line by line. Pure.

Goods are counted in pieces. A line of several pieces is that many; where the till weighs, a part of
a kilogram is a piece of its own and costs its part. Taking all pieces of a line takes all of its
price, and no discount outlives the goods: what costs nothing any more is not lowered again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from gateway.model.programme import Programme
from gateway.model.rules.reward import WHOLE_BASIS_POINTS, Gift, GiftKind
from gateway.model.sale import Sale
from gateway.program.evaluation import Discount
from gateway.program.lines import EVERYTHING, Basket, allocate, basket

PIECE_MILLI: Final = 1_000

GOODS: Final = frozenset({GiftKind.FREE_ITEM, GiftKind.PRODUCT_PRICE})
"""Gifts that are counted in pieces of goods."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyOff:
    """What is taken off a sale.

    Attributes:
        amount_minor: all of it; 0 where the gift has no effect.
        lines: of it, what each line bears. The rest is borne by goods that the till did not list.
    """

    amount_minor: int
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Pieces:
    """Pieces of one line: which line, how much of it in thousandths, and what that costs now."""

    index: int
    milli: int
    cost_minor: int


def line_costs(sale: Sale) -> tuple[int, ...]:
    """Say what each line of a sale costs the customer.

    Lines and total need not agree. Where the total is lower, something was taken off that no line
    tells, and each line costs its share of the total; where it is higher by the tax, each line
    bears its share of that; else the till did not list everything, and the lines cost what
    they say. A line below zero is no goods: it costs nothing and lowers the others.

    Returns:
        Minor units for each line, never negative, together at most the sale's total.
    """
    listed = tuple([max(line.amount_minor, 0) for line in sale.lines])
    together = sum(listed)
    if together == sale.total_minor or not together:
        return listed
    before_tax = sale.total_minor + (sale.discount_minor or 0) - (sale.tax_minor or 0)
    signed = sum([line.amount_minor for line in sale.lines])
    if together > sale.total_minor or signed == before_tax:
        return allocate(sale.total_minor, listed)
    return listed


def sale_after(sale: Sale, discounts: Iterable[Discount]) -> Sale:
    """Write a sale as it is once discounts were taken off: what a reward or a tender meets next.

    The tax that the total contains falls in the same proportion.

    Args:
        sale: as the till told it.
        discounts: each reckoned on what the ones before it had left.
    """
    costs, off_minor = list(line_costs(sale)), 0
    for discount in discounts:
        off_minor += discount.amount_minor
        for index, share in enumerate(discount.lines):
            costs[index] -= share
    if not off_minor:
        return sale
    total_minor = sale.total_minor - off_minor
    tax_minor = sale.tax_minor
    if tax_minor is not None:
        tax_minor = tax_minor * total_minor // sale.total_minor
    return replace(
        sale,
        total_minor=total_minor,
        lines=tuple(
            replace(line, amount_minor=cost) for line, cost in zip(sale.lines, costs, strict=True)
        ),
        tax_minor=tax_minor,
        discount_minor=(sale.discount_minor or 0) + off_minor,
    )


def money_off(
    programme: Programme, gift: Gift, sale: Sale, amounts: Sequence[int], total_minor: int
) -> MoneyOff:
    """Say what a gift takes off a sale, and off which lines.

    A percentage is floored once for all that counts and then divided by largest remainder, so
    that the lines add up. No line and no sale goes below zero.

    Args:
        programme: whose categories the gift names.
        gift: a kind that takes money off; every other kind takes nothing.
        sale: the goods.
        amounts: what each line costs now, never negative, together at most ``total_minor``.
        total_minor: what the sale costs now; what exceeds the lines is goods not listed.
    """
    costs = (*amounts, total_minor - sum(amounts))
    parts = parts_off(basket(programme.rules, sale), gift, costs)
    return MoneyOff(amount_minor=sum(parts), lines=tuple(parts[:-1]))


def parts_off(seen: Basket, gift: Gift, costs: Sequence[int]) -> list[int]:
    """Say the same of goods that were looked up before.

    Args:
        seen: the sale's goods.
        gift: a kind that takes money off.
        costs: what each line costs now, and behind the last line what goods cost that the till
            did not list.

    Returns:
        What is taken off each of them.
    """
    indexes, bases = _reach(seen, gift, costs)
    off_minor = _amount(gift, sum(bases))
    parts = [0] * len(costs)
    if off_minor:
        for index, share in zip(indexes, allocate(off_minor, bases), strict=True):
            parts[index] = share
    return parts


def worth_minor(seen: Basket, gift: Gift, costs: Sequence[int]) -> int:
    """Say how much ``parts_off`` would take in all, without dividing it."""
    return _amount(gift, sum(_reach(seen, gift, costs)[1]))


@lru_cache(maxsize=1_024)
def lines_of(mask: int, lines: int) -> tuple[int, ...]:
    """The lines, of so many, that a mask stands for; see ``Basket``."""
    return tuple(index for index in range(lines) if mask >> index & 1)


def _reach(seen: Basket, gift: Gift, costs: Sequence[int]) -> tuple[Sequence[int], Sequence[int]]:
    """Which lines a gift looks at, and how much of each it could take at most."""
    mask, lines = seen.mask(gift.items), len(seen.sale.lines)
    if gift.cheapest or gift.kind in GOODS:
        taken = _pick(seen.sale, costs, lines_of(mask, lines), gift)
        return [pieces.index for pieces in taken], [_saving(gift, pieces) for pieces in taken]
    if mask == EVERYTHING:
        return range(len(costs)), costs
    found = lines_of(mask, lines)
    return found, [costs[index] for index in found]


def _amount(gift: Gift, base_minor: int) -> int:
    if gift.kind is GiftKind.PERCENT_OFF and gift.percent_bp is not None:
        off_minor = base_minor * gift.percent_bp // WHOLE_BASIS_POINTS
    elif gift.kind is GiftKind.MONEY_OFF and gift.amount_minor is not None:
        off_minor = min(gift.amount_minor, base_minor)
    elif gift.kind in GOODS:
        off_minor = base_minor
    else:
        off_minor = 0
    return off_minor if gift.cap_minor is None else min(off_minor, gift.cap_minor)


def _pick(sale: Sale, amounts: Sequence[int], found: Sequence[int], gift: Gift) -> list[_Pieces]:
    """The pieces a gift counts: the dearest or the cheapest, of equal ones those that stand first.

    Goods that cost nothing are none: they would be the cheapest of every sale.
    """
    ranked = []
    for index in found:
        quantity = sale.lines[index].quantity_milli
        if amounts[index] and quantity:
            one = _pieces(index, PIECE_MILLI, quantity, amounts[index])
            ranked.append((one.cost_minor if gift.cheapest else -_saving(gift, one), index))
    ranked.sort()
    wanted_milli = gift.quantity * PIECE_MILLI
    taken = []
    for _, index in ranked:
        quantity = sale.lines[index].quantity_milli
        taken.append(_pieces(index, wanted_milli, quantity, amounts[index]))
        wanted_milli -= _count(quantity) * PIECE_MILLI
        if wanted_milli <= 0:
            break
    return taken


def _pieces(index: int, wanted_milli: int, quantity_milli: int, amount_minor: int) -> _Pieces:
    milli = min(wanted_milli, quantity_milli)
    return _Pieces(index, milli, amount_minor * milli // quantity_milli)


def _saving(gift: Gift, pieces: _Pieces) -> int:
    if gift.kind is not GiftKind.PRODUCT_PRICE or gift.price_minor is None:
        return pieces.cost_minor
    # What part of a piece costs is rounded up: the price that was promised is not undercut.
    price_minor = -(-gift.price_minor * pieces.milli // PIECE_MILLI)
    return max(pieces.cost_minor - price_minor, 0)


def _count(quantity_milli: int) -> int:
    """Pieces of a line, a part of one counted as one."""
    return -(-quantity_milli // PIECE_MILLI)
