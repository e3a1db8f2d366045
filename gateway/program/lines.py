"""Which lines of a sale a rule looks at, and how much of the sale they are.

A programme names goods in many places, and most sales hold few of them. So the programme is read
once into an index from article numbers and words to the groups of goods that hold them, and a
sale's lines are looked up in it once, whichever rules ask afterwards.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Generic, TypeVar

from gateway.errors import ValueRangeError
from gateway.model.programme import Programme
from gateway.model.rules.condition import TaxBasis
from gateway.model.rules.earning import Rounding
from gateway.model.rules.reward import WHOLE_BASIS_POINTS
from gateway.model.rules.rules import Rules
from gateway.model.rules.scope import ItemFilter, ItemSet
from gateway.model.sale import Sale
from gateway.program.earn import earning_base_minor

T = TypeVar("T")

EVERY_LINE: Final = ItemFilter()
"""The empty filter."""
EVERYTHING: Final = -1
"""The mask of a sale as a whole: see ``Basket``."""

_MILLI: Final = 1_000
#: Arabic letters that keyboards and code pages use for Persian ones; joiners are not written.
_LETTERS: Final = str.maketrans(
    {"ي": "ی", "ى": "ی", "ك": "ک", "ة": "ه", "ۀ": "ه", "ـ": None, "\u200c": None, "\u200d": None}
)


class ById(Generic[T]):
    """A frozen value as a key that stands for this one object and not for its equals.

    A programme's own hash walks hundreds of rules at every look. What is made from a frozen value
    can be kept by the object itself: the key holds it, so no other object gets its address, and
    two equal programmes merely are read twice.
    """

    __slots__ = ("value",)

    def __init__(self, value: T) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ById) and self.value is other.value

    def __hash__(self) -> int:
        return id(self.value)


def matching_lines(rules: Rules, items: ItemFilter, sale: Sale) -> tuple[int, ...]:
    """Say which lines of a sale a filter lets through.

    Words are looked for anywhere in a line's label, in any case and in either spelling of the
    Persian letters; article numbers are compared as they are.

    Args:
        rules: their categories are what the filter may name.
        items: the filter; an empty one lets every line through.
        sale: the sale.

    Returns:
        Indexes of the lines, rising; none for a sale of which only the total is known.
    """
    mask = basket(rules, sale).mask(items)
    return tuple(index for index in range(len(sale.lines)) if mask >> index & 1)


def counted_minor(programme: Programme, items: ItemFilter, basis: TaxBasis, sale: Sale) -> int:
    """Say how much of a sale counts.

    Without a filter that is the sale's total, whatever its lines say, less the part paid with
    points unless the programme lets that earn. Lines have the share in it that they have in the
    sum of all lines: a discount on the whole sale lowers them alike, and tax that the till adds at
    the end raises them. Where lines are missing, those that are there count as they stand. Lines
    never count for more than the whole sale does.

    Without tax means less the tax that the till told, of which every line holds its share, or else
    less the programme's assumed tax. The result is rounded to the nearest minor unit, so that a
    price to which tax was added is found again exactly.

    Returns:
        Minor units, never negative.
    """
    return basket(programme.rules, sale).counted_minor(programme, items, basis)


def pieces(rules: Rules, items: ItemFilter, sale: Sale) -> int:
    """Count the whole pieces that a filter lets through.

    Half a kilogram is no piece, and two halves are none either. What came back inside the sale is
    taken off, and what cost nothing does not count: a free coffee earns no stamp.

    Returns:
        Pieces, never negative.
    """
    this = basket(rules, sale)
    return this.pieces(this.mask(items))


def allocate(total: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Split a whole number by weights, to the last unit.

    The largest remainders get the units that floors leave over; of equal ones, those before. What
    has no weight above 0 gets nothing, unless nothing has any: then all get alike.

    Returns:
        Parts in the order of the weights; they add up to ``total``.

    Raises:
        ValueRangeError: if there is something to split and nobody to get it, or less than nothing.
    """
    if total < 0 or (total > 0 and not weights):
        raise ValueRangeError(f"{total} cannot be split into {len(weights)} parts")
    if len(weights) == 1:
        return (total,)
    positive = weights
    if min(weights, default=0) < 0:
        positive = [max(weight, 0) for weight in weights]
    whole = sum(positive)
    if whole == 0:
        positive, whole = [1] * len(weights), max(len(weights), 1)
    return whole_parts(total, [total * weight for weight in positive], whole)


def whole_parts(total: int, numerators: Sequence[int], denominator: int) -> tuple[int, ...]:
    """Round fractions so that they add up: down, and up where the largest remainders are.

    Args:
        total: what the fractions come to, itself rounded.
        numerators: of the fractions, none below 0.
        denominator: of all of them.
    """
    parts = [numerator // denominator for numerator in numerators]
    over = total - sum(parts)
    if over:
        remainders = [numerator % denominator for numerator in numerators]
        # A reversed sort keeps equal elements in their order.
        order = sorted(range(len(parts)), key=remainders.__getitem__, reverse=True)
        for index in order[:over]:
            parts[index] += 1
    return tuple(parts)


def rounded(numerator: int, denominator: int, rounding: Rounding) -> int:
    """Divide whole numbers, neither of them negative, and round once."""
    if rounding is Rounding.FLOOR:
        return numerator // denominator
    if rounding is Rounding.CEILING:
        return -(-numerator // denominator)
    return (2 * numerator + denominator) // (2 * denominator)


def basket(rules: Rules, sale: Sale) -> Basket:
    """Give the sale's lines as these rules see them; asking again costs nothing."""
    return _basket(ById(rules), ById(sale))


class Basket:
    """A sale's lines, matched to the goods that a programme names.

    A group of lines is a bit mask: bit 3 stands for the line with index 3. ``EVERYTHING`` is the
    sale as a whole, also where its lines are not known.

    Attributes:
        sale: the sale.
    """

    __slots__ = ("_amounts", "_counted", "_every", "_index", "_of_set", "_weights", "sale")

    def __init__(self, index: _Index, sale: Sale) -> None:
        self.sale = sale
        self._every = (1 << len(sale.lines)) - 1
        self._index = index
        self._of_set: list[int] | None = None
        self._amounts: dict[int, int] = {}
        self._weights: dict[int, tuple[int, ...]] = {}
        self._counted: dict[tuple[int, TaxBasis, bool], int] = {}

    def mask(self, items: ItemFilter) -> int:
        """Which lines a filter lets through; ``EVERYTHING`` where it is empty."""
        goods = self._index.goods.get(id(items))
        if goods is None:
            # Somebody tries out a filter that the programme does not have.
            index = _read_index(self._index.rules, (items,))
            return Basket(index, self.sale).mask(items)
        if goods is _NO_GOODS:
            return EVERYTHING
        of_set = self._of_set
        if of_set is None:
            of_set = self._of_set = self._index.look_up(self.sale)
        mask = self._every if goods.only is None else of_set[goods.only]
        return mask if goods.without is None else mask & ~of_set[goods.without]

    def amount_minor(self, mask: int) -> int:
        """The sum of some lines as the till told them; returns inside the sale lower it."""
        known = self._amounts.get(mask)
        if known is None:
            lines = self.sale.lines
            known = sum(line.amount_minor for at, line in enumerate(lines) if mask >> at & 1)
            self._amounts[mask] = known
        return known

    def pieces(self, mask: int) -> int:
        """The whole pieces of some lines; see ``pieces``."""
        return max(sum(self.pieces_by_line(mask)), 0)

    def pieces_by_line(self, mask: int) -> tuple[int, ...]:
        """The whole pieces of each line, 0 for lines outside the mask; below 0 where returned."""
        return tuple(
            _pieces(line.amount_minor, line.quantity_milli) if mask >> at & 1 else 0
            for at, line in enumerate(self.sale.lines)
        )

    def weights(self, mask: int) -> tuple[int, ...]:
        """What each line weighs where something is split over some lines by what they cost."""
        known = self._weights.get(mask)
        if known is None:
            known = self._weights[mask] = tuple(
                line.amount_minor if mask >> at & 1 and line.amount_minor > 0 else 0
                for at, line in enumerate(self.sale.lines)
            )
        return known

    def counted_minor(self, programme: Programme, items: ItemFilter, basis: TaxBasis) -> int:
        """How much of the sale counts; see ``counted_minor``."""
        mask = self.mask(items)
        key = (mask, basis, programme.redeemed_amount_earns)
        known = self._counted.get(key)
        if known is None:
            known = self._counted[key] = self._count(programme, mask, basis)
        return known

    def _count(self, programme: Programme, mask: int, basis: TaxBasis) -> int:
        amount, of = earning_base_minor(programme, self.sale), 1
        if amount and mask != EVERYTHING:
            whole = self._divisor()
            amount *= min(max(self.amount_minor(mask), 0), whole)
            of = whole
        if amount and basis is TaxBasis.BEFORE_TAX:
            total, tax = self.sale.total_minor, self.sale.tax_minor
            if tax is None:
                amount *= WHOLE_BASIS_POINTS
                of *= WHOLE_BASIS_POINTS + programme.rules.settings.assumed_tax_bp
            else:
                amount *= max(total - tax, 0)
                of *= total
        return rounded(amount, of, Rounding.NEAREST)

    def _divisor(self) -> int:
        """What the lines are a share of: their sum, or the total where lines are missing."""
        sale = self.sale
        lines, total = self.amount_minor(EVERYTHING), sale.total_minor
        explained = total + (sale.discount_minor or 0) - (sale.tax_minor or 0)
        return lines if lines > total or 0 < lines == explained else total


@dataclass(frozen=True, slots=True, kw_only=True)
class _Goods:
    """A filter: numbers of the groups of goods that count and that do not, None for empty ones."""

    only: int | None
    without: int | None


_NO_GOODS: Final = _Goods(only=None, without=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Index:
    """Groups of goods by article number and by word.

    Attributes:
        rules: kept, so that the addresses in ``goods`` stay those of its filters.
        goods: filters by the address of their value.
        sets: how many groups there are.
        by_sku: numbers of the groups that hold an article.
        by_word: folded words with the numbers of the groups that hold them.
    """

    rules: Rules
    goods: Mapping[int, _Goods]
    sets: int
    by_sku: Mapping[str, tuple[int, ...]]
    by_word: tuple[tuple[str, tuple[int, ...]], ...]

    def look_up(self, sale: Sale) -> list[int]:
        """The mask of the lines that each group holds."""
        masks = [0] * self.sets
        for at, line in enumerate(sale.lines):
            bit = 1 << at
            if line.sku is not None:
                for number in self.by_sku.get(line.sku, ()):
                    masks[number] |= bit
            if self.by_word:
                label = _fold(line.label)
                for word, numbers in self.by_word:
                    if word in label:
                        for number in numbers:
                            masks[number] |= bit
        return masks


@lru_cache(maxsize=16)
def _basket(rules: ById[Rules], sale: ById[Sale]) -> Basket:
    return Basket(_index(rules), sale.value)


@lru_cache(maxsize=16)
def _index(rules: ById[Rules]) -> _Index:
    return _read_index(rules.value, (items for _, items in rules.value.item_filters()))


def _read_index(rules: Rules, filters: Iterable[ItemFilter]) -> _Index:
    numbers: dict[ItemSet, int] = {}
    goods: dict[int, _Goods] = {id(EVERY_LINE): _NO_GOODS}
    for items in filters:
        only = None if items.only.empty else numbers.setdefault(items.only, len(numbers))
        without = None if items.without.empty else numbers.setdefault(items.without, len(numbers))
        empty = only is None and without is None
        goods[id(items)] = _NO_GOODS if empty else _Goods(only=only, without=without)
    by_sku: dict[str, dict[int, None]] = {}
    by_word: dict[str, dict[int, None]] = {}
    categories = {category.id: category.items for category in rules.categories}
    for wanted, number in numbers.items():
        for part in (wanted, *(categories[name] for name in wanted.categories)):
            for sku in part.skus:
                by_sku.setdefault(sku, {})[number] = None
            for words in filter(None, map(_fold, part.label_words)):
                by_word.setdefault(words, {})[number] = None
    return _Index(
        rules=rules,
        goods=goods,
        sets=len(numbers),
        by_sku={sku: tuple(found) for sku, found in by_sku.items()},
        by_word=tuple((word, tuple(found)) for word, found in by_word.items()),
    )


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().translate(_LETTERS)


def _pieces(amount_minor: int, quantity_milli: int) -> int:
    if amount_minor == 0:
        return 0
    whole = quantity_milli // _MILLI
    return whole if amount_minor > 0 else -whole
