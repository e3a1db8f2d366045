"""What is left to pay of a sale on which something is reserved already. Pure.

A request says what its sale costs with the discounts off that its terminal knows of by then. Two
requests that are under way at once know nothing of each other, so what a sale came to at most is
remembered with every discount: whatever is granted together never comes to more than that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gateway.model.instrument import Instrument
from gateway.model.outcome import Reason
from gateway.model.programme import Programme
from gateway.model.rules.reward import MONEY_GIFTS
from gateway.program.lines import allocate
from gateway.program.rewards import RewardQuote

LOWERING = frozenset({Instrument.OFFER, Instrument.REWARD, Instrument.COUPON})
"""Instruments that lower a price; every other one pays it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserved:
    """Something that is held for a sale, or was used on it.

    Attributes:
        instrument: what it is taken from.
        amount_minor: the money it stands for.
        total_minor: of a discount, what the sale came to when it was asked for.
    """

    instrument: Instrument
    amount_minor: int
    total_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StillDue:
    """What a sale costs, and what of it nothing pays yet.

    Attributes:
        price_minor: the total, all discounts off.
        due_minor: of that, what neither points nor stored money pay.
        points_minor: what points pay.
        credit_minor: what stored credit pays.
    """

    price_minor: int
    due_minor: int
    points_minor: int = 0
    credit_minor: int = 0

    def most_points(self, programme: Programme) -> int:
        """How many more points may pay: no more than is due, and of the price their share."""
        share_minor = self.price_minor * programme.redeem_share_percent // 100 - self.points_minor
        steps = max(min(self.due_minor, share_minor), 0) // programme.redeem_value_minor
        return steps * programme.redeem_points

    def most_credit_minor(self, programme: Programme) -> int:
        """How much more stored credit may pay."""
        share_minor = self.price_minor * programme.rules.credit.share_percent // 100
        return max(min(self.due_minor, share_minor - self.credit_minor), 0)

    def lowered_by(self, quote: RewardQuote) -> RewardQuote | Reason:
        """A reward as far as there is something left for it to lower.

        Returns:
            The quote, its money off at most what is due, each line bearing its share; or
            ``REWARD_NOT_AVAILABLE`` where nothing is.
        """
        if quote.kind not in MONEY_GIFTS or quote.amount_minor <= self.due_minor:
            return quote
        if self.due_minor == 0:
            return Reason.REWARD_NOT_AVAILABLE
        lines = allocate(self.due_minor, quote.lines) if quote.lines else ()
        return replace(quote, amount_minor=self.due_minor, lines=lines)


def still_due(total_minor: int, reserved: Sequence[Reserved]) -> StillDue:
    """Say what is left to pay.

    Args:
        total_minor: what the terminal says that the sale costs now.
        reserved: what is held for it, or was used on it, so far.
    """
    off = [one for one in reserved if one.instrument in LOWERING]
    gross_minor = max(total_minor, *(one.total_minor for one in off), 0)
    off_minor = sum(one.amount_minor for one in off)
    price_minor = min(total_minor, max(gross_minor - off_minor, 0))
    paid = {
        instrument: sum(one.amount_minor for one in reserved if one.instrument is instrument)
        for instrument in Instrument
        if instrument not in LOWERING
    }
    return StillDue(
        price_minor=price_minor,
        due_minor=max(price_minor - sum(paid.values()), 0),
        points_minor=paid[Instrument.POINTS],
        credit_minor=paid[Instrument.CREDIT],
    )
