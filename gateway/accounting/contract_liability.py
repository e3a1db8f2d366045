"""Points as a promise under IFRS 15: what of a sale's price is put off until they are redeemed.

Points give the customer a material right (IFRS 15, B39 to B41): the price of the sale is divided
between goods and points by what each would cost alone, the points' share waits as a contract
liability, and becomes revenue as they are redeemed, in proportion to what is expected to be
redeemed (B44 to B47 on breakage). Money is in minor units; shares are exact fractions, rounded
once, a half upwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

BASIS_POINTS: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PointValue:
    """What points are worth.

    Attributes:
        points: so many points...
        amount_minor: ...buy goods of this price.
        breakage_bp: the share of points that is expected never to be redeemed, in hundredths of a
            percent.
    """

    points: int
    amount_minor: int
    breakage_bp: int = 0

    def worth_minor(self, points: int) -> int:
        """The stand-alone price of points, breakage taken off."""
        kept = BASIS_POINTS - self.breakage_bp
        return _rounded(points * self.amount_minor * kept, self.points * BASIS_POINTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocatedSale:
    """A sale's price, divided.

    Attributes:
        revenue_minor: for the goods, now.
        liability_minor: for the points, later.
    """

    revenue_minor: int
    liability_minor: int


def allocate_sale(price_minor: int, points: int, value: PointValue) -> AllocatedSale:
    """Divide what a customer paid between the goods and the points the sale earned.

    Args:
        price_minor: what was paid, which is also what the goods cost alone.
        points: what the sale earned.
        value: what points are worth.
    """
    worth = value.worth_minor(points)
    if price_minor + worth == 0:
        return AllocatedSale(revenue_minor=0, liability_minor=0)
    liability = _rounded(price_minor * worth, price_minor + worth)
    return AllocatedSale(revenue_minor=price_minor - liability, liability_minor=liability)


def revenue_to_date(deferred_minor: int, redeemed: int, expected: int) -> int:
    """Say how much of what was put off is revenue by now.

    Args:
        deferred_minor: the whole contract liability that points brought about.
        redeemed: points of them redeemed so far.
        expected: points of them that are expected to be redeemed in all, redeemed ones included.

    Returns:
        Minor units, never more than ``deferred_minor``; where all that was expected is redeemed
        the liability is used up, and what is redeemed beyond costs nothing more.
    """
    if expected <= 0 or redeemed >= expected:
        return deferred_minor
    return _rounded(deferred_minor * redeemed, expected)


def expected_breakage_bp(expired: int, ended: int) -> int:
    """Estimate breakage from lots that have come to their end.

    Args:
        expired: points that lapsed.
        ended: points of those lots in all, redeemed or lapsed.
    """
    return 0 if ended <= 0 else _rounded(expired * BASIS_POINTS, ended)


def _rounded(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)
