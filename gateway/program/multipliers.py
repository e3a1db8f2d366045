"""Awards times multipliers: multiplied first, rounded once, and known by line. Pure arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from operator import mul
from typing import Final

from gateway.model.rules.earning import Rounding
from gateway.program.lines import allocate, rounded, whole_parts

WHOLE_PERMILLE: Final = 1_000


class Product:
    """What several rules earned times multipliers, exact until it is rounded.

    A multiplier may look at some lines only, so the sum is kept by line, and behind the last line
    stands what was earned by the sale as a whole.

    Args:
        earned: of each rule how much, and of it how much by each line; no lines where it was
            earned by the sale as a whole.
    """

    def __init__(self, earned: Sequence[tuple[int, Sequence[int]]]) -> None:
        count = max((len(lines) for _, lines in earned), default=0)
        self._rows = [(*lines, 0) if lines else (*[0] * count, amount) for amount, lines in earned]
        self._columns = [sum(column) for column in zip(*self._rows, strict=True)]
        self._factors = [1] * (count + 1)
        self._scale = 1

    def times(self, permille: int, mask: int) -> tuple[int, ...]:
        """Multiply some lines, or everything.

        Args:
            permille: thousandths.
            mask: the lines as of ``gateway.program.lines.Basket``; only ``EVERYTHING`` takes in
                what was earned by the sale as a whole.

        Returns:
            How the change is spread over the lines; nothing where it also changed what was earned
            by the sale as a whole.
        """
        hits = [mask >> at & 1 for at in range(len(self._factors))]
        change = [
            column * factor * hit
            for column, factor, hit in zip(self._columns, self._factors, hits, strict=True)
        ]
        self._factors = [
            factor * (permille if hit else WHOLE_PERMILLE)
            for factor, hit in zip(self._factors, hits, strict=True)
        ]
        self._scale *= WHOLE_PERMILLE
        return () if change[-1] else tuple(change[:-1])

    def total(self, rounding: Rounding) -> int:
        """The product, rounded."""
        return rounded(sum(map(mul, self._columns, self._factors)), self._scale, rounding)

    def shares(self, rounding: Rounding) -> tuple[tuple[int, tuple[int, ...]], ...]:
        """What is each rule's of the rounded product, and how that is spread over its lines.

        No rule has more than its own product rounded up: what a limit let it give is not passed
        by multipliers that lower.
        """
        rows = [tuple(map(mul, row, self._factors)) for row in self._rows]
        amounts = whole_parts(self.total(rounding), [sum(row) for row in rows], self._scale)
        return tuple((amount, row[:-1]) for amount, row in zip(amounts, rows, strict=True))

    def stop_at(self, total: int) -> None:
        """Go on from a total that a limit has set, instead of from the product."""
        self._columns = list(allocate(total, list(map(mul, self._columns, self._factors))))
        self._factors = [1] * len(self._columns)
        self._scale = 1
