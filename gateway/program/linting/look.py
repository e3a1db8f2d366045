"""What every check is given: the programme, and from when on it counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from gateway.model.programme import Programme
from gateway.model.rules.condition import Condition
from gateway.model.rules.earning import EarningRule
from gateway.model.rules.expiry import Expiry
from gateway.model.rules.offer import Offer
from gateway.model.rules.reward import Gift, Reward
from gateway.model.rules.rules import Rules
from gateway.model.rules.scope import ItemFilter

#: No shop has rules for a day before it: whoever writes one thought of the Jalali calendar.
EARLIEST_DAY: Final = date(1900, 1, 1)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A programme that is looked at.

    Attributes:
        programme: what is looked at.
        first_day: no sale that matters is before this day; None where nothing is known.
    """

    programme: Programme
    first_day: date | None

    @property
    def rules(self) -> Rules:
        """Its rules beyond the base."""
        return self.programme.rules

    def owners(self) -> Iterator[tuple[str, EarningRule | Reward | Offer]]:
        """Everything that has a condition, with the path to it."""
        for rule in self.rules.earning:
            yield f"earning.{rule.id}", rule
        for reward in self.rules.rewards:
            yield f"rewards.{reward.id}", reward
        for offer in self.rules.offers:
            yield f"offers.{offer.id}", offer

    def conditions(self) -> Iterator[tuple[str, Condition]]:
        """Every condition, with the path to what it belongs to."""
        yield from ((path, owner.when) for path, owner in self.owners())

    def gifts(self) -> Iterator[tuple[str, Gift]]:
        """Every gift, with the path to what gives it."""
        for path, owner in self.owners():
            if not isinstance(owner, EarningRule):
                yield path, owner.gift

    def item_filters(self) -> Iterator[tuple[str, ItemFilter]]:
        """Every filter of goods, with the path to what it belongs to."""
        for path, owner in self.owners():
            yield path, owner.when.items
            yield path, owner.items if isinstance(owner, EarningRule) else owner.gift.items

    def expiries(self) -> Iterator[tuple[str, Expiry]]:
        """Every rule of expiry, with the path to what it belongs to."""
        yield "expiry", self.rules.expiry
        for rule in self.rules.earning:
            if rule.expiry is not None:
                yield f"earning.{rule.id}", rule.expiry
        yield "credit.earned_expiry", self.rules.credit.earned_expiry
        yield "credit.paid_expiry", self.rules.credit.paid_expiry
        yield "gift_cards.expiry", self.rules.gift_cards.expiry


def look_at(programme: Programme, today: date | None) -> Look:
    """Look at a programme on a day.

    Args:
        programme: what to look at.
        today: the day; None where it does not matter.
    """
    days = [day for day in (_begin(programme.effective_from_ms), today) if day is not None]
    return Look(programme=programme, first_day=max(days, default=None))


def _begin(effective_from_ms: int) -> date | None:
    """The day before which nothing is rated, wherever the branch is: hence a day to spare."""
    if not effective_from_ms:
        return None
    try:
        return (_EPOCH + timedelta(milliseconds=effective_from_ms, days=-1)).date()
    except OverflowError:
        return date.max
