"""What a card that proves little may earn: so much in a sale, and so much in a day. Pure.

It is the last of all limits: it lowers what rules, multipliers and offers come to together, the
later ones first. Coupons, benefits and stored credit are no points and are not touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from gateway.model.card import at_least
from gateway.model.ids import BranchId
from gateway.model.programme import Programme
from gateway.model.rules.caps import CapMeasure
from gateway.program.earn import SALE_POINTS_MAX
from gateway.program.evaluation import Use
from gateway.program.facts import MemberFacts, Place
from gateway.program.limits import BRANCH_DAYS_KEPT, WEAK_CARDS, Count, Given, counts_of, room, uses
from gateway.program.lines import ById


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many points something may bring a member, whatever the rules say.

    Attributes:
        most: so many; never above ``SALE_POINTS_MAX``.
        counts: what is counted of it; empty where nothing is.
    """

    most: int
    counts: tuple[Count, ...] = ()

    def uses(self, owner: MemberFacts, points: int) -> tuple[Use, ...]:
        """Say what to add to the counts once so many points were given."""
        return uses(self.counts, owner, Given(points=points)) if self.counts else ()


_FREE: Final = Allowance(SALE_POINTS_MAX)


def allowance(programme: Programme, owner: MemberFacts, place: Place) -> Allowance:
    """Say how many points the card at hand may earn now.

    Args:
        programme: the version in force.
        owner: whose points they will be, and what the card proved. Of a card that nobody owns
            nobody can count what it earned today: there the day's limit holds for each sale by
            itself, so that a newcomer's points can wait for the enrolment.
        place: where and when.
    """
    if owner.card is None or at_least(owner.card, programme.rules.cards.weak_below):
        return _FREE
    caps = programme.rules.cards.weak_caps
    if owner.member_id is None and caps:
        return Allowance(min(cap.limit for cap in caps))
    counts = _counts(ById(programme), place.branch, place.business_day)
    left = room(counts, owner, CapMeasure.POINTS)
    return _FREE if left is None else Allowance(min(left, SALE_POINTS_MAX), counts)


@lru_cache(maxsize=BRANCH_DAYS_KEPT)
def _counts(programme: ById[Programme], branch: BranchId, day: date) -> tuple[Count, ...]:
    rules = programme.value.rules
    return counts_of(WEAK_CARDS, rules.cards.weak_caps, branch, day, rules.settings)
