"""What a card must prove before it is trusted with value."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.errors import ValueRangeError
from gateway.model.card import Assurance, at_least


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPolicy:
    """How sure a terminal must be of a card, and what a copied card leads to.

    Attributes:
        earn_needs: a card worth less than this earns nothing.
        redeem_needs: a card worth less than this spends nothing; a number that was only claimed
            never does.
        terminals_authenticate: terminals hold the key that a card proves itself with, so that they
            know a genuine card without a network. A stolen terminal gives that key away; without
            it, cards are proved at the gateway only.
        block_copies: a card that shows itself in two places is blocked at once, at every terminal.

    Raises:
        ValueRangeError: if spending would ask for less than earning, or for nothing at all.
    """

    earn_needs: Assurance = Assurance.CLAIMED
    redeem_needs: Assurance = Assurance.IDENTIFIED
    terminals_authenticate: bool = True
    block_copies: bool = True

    def __post_init__(self) -> None:
        if not at_least(self.redeem_needs, Assurance.IDENTIFIED):
            raise ValueRangeError("redeem_needs must not be claimed alone")
        if not at_least(self.redeem_needs, self.earn_needs):
            raise ValueRangeError("redeem_needs must not be less than earn_needs")
