"""A currency that takes the place of another one: which, and at what rate.

A redenomination is a fact about the money itself and no exchange: every amount becomes so many
times smaller, for everybody and for ever.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.model.checks import check_int
from gateway.model.money import Currency


@dataclass(frozen=True, slots=True, kw_only=True)
class Succession:
    """The currency that a programme counted in before the one that it counts in now.

    Attributes:
        currency: the old one.
        old_units_per_unit: so many whole units of the old one are one of the new; 10,000 rials are
            one toman of the law of 2025.
    """

    currency: Currency
    old_units_per_unit: int

    def __post_init__(self) -> None:
        check_int("old_units_per_unit", self.old_units_per_unit, 1, 10**9)

    def factor(self, into: Currency) -> int:
        """How many minor units of the old currency one minor unit of the new one is; 0 for none.

        Args:
            into: the new currency.

        Returns:
            A whole number, at least 1; 0 where the rate is no whole number of minor units, so that
            money could not be brought back exactly.
        """
        old_minor = self.old_units_per_unit * int(10**self.currency.exponent)
        factor, rest = divmod(old_minor, int(10**into.exponent))
        return 0 if rest else factor
