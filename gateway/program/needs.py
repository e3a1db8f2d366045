"""What a programme's rules look at, so that the gateway loads nothing that nobody asks for.

A programme that is only its base rates a sale by its total: no member's past, no level and no
limit is read for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from gateway.model.programme import Programme
from gateway.model.rules.caps import Cap, CapPeriod
from gateway.model.rules.condition import Condition
from gateway.model.rules.earning import EarningKind
from gateway.model.rules.rules import Rules
from gateway.model.rules.tiers import TierBasis
from gateway.program.lines import ById


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """Which of ``MemberFacts`` a programme looks at; what is not needed keeps its default.

    Attributes:
        tier: the member's level.
        tier_basis: what the levels measure.
        segments: the groups the member is in.
        dates: the member's days.
        purchases: how many sales there were.
        visits: how many visits there were.
        visited_today: whether this business day has a sale at this branch.
        last_visit: the day of the visit before.
        referral: whether somebody brought the member.
        limits: whether uses are counted; which ones says ``gateway.program.limits.usage_keys``.
        visit_days: the days of visits are needed so many days back, today included; 0 for none.
        card: what the card at hand proved. Whoever has the card knows it, so it is none of what
            has to be gathered.
    """

    tier: bool = False
    tier_basis: bool = False
    segments: bool = False
    dates: bool = False
    purchases: bool = False
    visits: bool = False
    visited_today: bool = False
    last_visit: bool = False
    referral: bool = False
    limits: bool = False
    visit_days: int = 0
    card: bool = False

    @property
    def facts(self) -> bool:
        """Whether anything but the member's id is needed at all."""
        return self.limits or self.segments or self.dates or self.past

    @property
    def past(self) -> bool:
        """Whether it matters what members bought before, so that it has to be counted."""
        return (
            self.tier
            or self.tier_basis
            or self.purchases
            or self.visits
            or self.visited_today
            or self.last_visit
            or self.referral
            or self.visit_days > 0
        )


def needs_of(programme: Programme) -> Needs:
    """Say what the rules of a programme look at; asking again costs nothing."""
    return _needs_of(ById(programme))


@lru_cache(maxsize=16)
def _needs_of(programme: ById[Programme]) -> Needs:
    rules = programme.value.rules
    conditions = [condition for _, condition in rules.conditions()]
    kinds = {rule.kind for rule in rules.earning}
    counting = [condition for condition in conditions if _counts_visits(condition)]
    tier_by_visits = rules.tiers.counts_this_sale and rules.tiers.basis is TierBasis.VISITS
    referral = EarningKind.REFERRAL in kinds
    dates = any(condition.member_day is not None for condition in conditions)
    return Needs(
        tier=bool(rules.tiers.levels),
        tier_basis=bool(rules.tiers.levels) and rules.tiers.counts_this_sale,
        segments=any(condition.segments for condition in conditions),
        dates=dates,
        purchases=referral or any(condition.first_purchase for condition in conditions),
        visits=any(condition.visits_within_days is None for condition in counting),
        # What is no purchase counts as of the visit of its day, if there is one.
        visited_today=EarningKind.VISIT in kinds
        or tier_by_visits
        or (bool(counting) and EarningKind.EVENT in kinds),
        last_visit=any(_counts_days(condition) for condition in conditions),
        referral=referral,
        limits=dates or any(cap.period is not CapPeriod.SALE for cap in _caps(rules)),
        visit_days=max((condition.visits_within_days or 0 for condition in counting), default=0),
        card=bool(rules.cards.weak_caps),
    )


def _counts_visits(condition: Condition) -> bool:
    counts = (condition.visit_every, condition.visits_minimum, condition.visits_maximum)
    return any(value is not None for value in counts)


def _counts_days(condition: Condition) -> bool:
    days = (condition.days_since_visit_minimum, condition.days_since_visit_maximum)
    return any(value is not None for value in days)


def _caps(rules: Rules) -> list[Cap]:
    return [
        *(cap for rule in rules.earning for cap in rule.caps),
        *(cap for offer in rules.offers for cap in offer.budgets),
        *rules.cards.weak_caps,
    ]
