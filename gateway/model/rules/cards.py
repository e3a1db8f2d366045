"""What a card must prove before it is trusted with value, and what a weak one may earn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.errors import ValueRangeError
from gateway.model.card import Assurance, at_least
from gateway.model.checks import check_int
from gateway.model.rules.caps import Cap, CapMeasure, CapPeriod

WEAK_POINTS_MAX: Final = 10**12


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPolicy:
    """How sure a terminal must be of a card, and what a copied card leads to.

    Attributes:
        earn_needs: a card worth less than this earns nothing.
        redeem_needs: a card worth less than this spends nothing; a number that was only claimed
            never does by itself. A code on its owner's phone takes the place of a better card.
        terminals_authenticate: terminals hold the key that a card proves itself with, so that they
            know a genuine card without a network. A stolen terminal gives that key away; without
            it, cards are proved at the gateway only.
        block_copies: a card that shows itself in two places is blocked at once, at every terminal.
        weak_below: a card worth less than this is weak: it can be copied, and earns only so much.
        weak_points_per_sale: a weak card earns at most so many points in a sale, or by an event;
            None for no limit.
        weak_points_per_day: the weak cards of a member earn at most so many points in a business
            day, all together; None for no limit.

    Raises:
        ValueRangeError: if spending would ask for less than earning, or for nothing at all, if no
            card could be weak, or if a limit is below 1.
    """

    earn_needs: Assurance = Assurance.CLAIMED
    redeem_needs: Assurance = Assurance.IDENTIFIED
    terminals_authenticate: bool = True
    block_copies: bool = True
    weak_below: Assurance = Assurance.SIGNED
    weak_points_per_sale: int | None = None
    weak_points_per_day: int | None = None

    def __post_init__(self) -> None:
        if not at_least(self.redeem_needs, Assurance.IDENTIFIED):
            raise ValueRangeError("redeem_needs must not be claimed alone")
        if not at_least(self.redeem_needs, self.earn_needs):
            raise ValueRangeError("redeem_needs must not be less than earn_needs")
        if not at_least(self.weak_below, Assurance.IDENTIFIED):
            raise ValueRangeError("weak_below must not be claimed alone")
        for name in ("weak_points_per_sale", "weak_points_per_day"):
            value = getattr(self, name)
            if value is not None:
                check_int(name, value, 1, WEAK_POINTS_MAX)

    @property
    def weak_caps(self) -> tuple[Cap, ...]:
        """What limits a weak card; nothing where no limit is set."""
        limits = (
            (self.weak_points_per_sale, CapPeriod.SALE),
            (self.weak_points_per_day, CapPeriod.DAY),
        )
        return tuple(
            Cap(limit=limit, measure=CapMeasure.POINTS, period=period)
            for limit, period in limits
            if limit is not None
        )
