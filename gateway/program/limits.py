"""How much of a limit is left, and under which key its use is written down.

Keys are readable and stay the same over versions of a programme, so that a use under one version
counts under the next::

    earn:coffee/uses/member:4f0c…/2026-11
    offer:nowruz/amount/all/ever
    earn:birthday/day/member:4f0c…/1405
    cards:weak/points/member:4f0c…/2026-11-23

What a limit counts, for whom and in which period are in the key; how much it allows is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import chain
from typing import Final, TypeAlias

from gateway.model.ids import BranchId, MemberId
from gateway.model.programme import Programme
from gateway.model.rules.caps import Cap, CapMeasure, CapOwner, CapPeriod
from gateway.model.rules.condition import Condition
from gateway.model.rules.expiry import CalendarKind
from gateway.model.rules.settings import Settings
from gateway.program.calendars import calendar_day
from gateway.program.conditions import ALWAYS, holds_on
from gateway.program.evaluation import Use
from gateway.program.facts import MemberFacts, Place
from gateway.program.limit_keys import period_label
from gateway.program.lines import ById
from gateway.program.occasions import member_day_year

#: Of so many branches and business days it is remembered what holds there: a large chain's, and a
#: day before, of which a backlog tells.
BRANCH_DAYS_KEPT: Final = 2_048
#: Stands in a key where a member's name will: no name has such a character.
_ANYBODY: Final = MemberId("*")
#: The name under which it is counted what a member's weak cards earn.
WEAK_CARDS: Final = "cards:weak"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What one use of a rule, an offer or a reward gave.

    Attributes:
        points: points, or minor units of stored credit.
        amount_minor: money off.
        uses: how often it was given.
    """

    points: int = 0
    amount_minor: int = 0
    uses: int = 1

    def of(self, measure: CapMeasure) -> int:
        """How much that is by one measure."""
        if measure is CapMeasure.USES:
            return self.uses
        return self.points if measure is CapMeasure.POINTS else self.amount_minor


def earning_source(rule_id: str) -> str:
    """The name under which an earning rule's limits are counted."""
    return f"earn:{rule_id}"


def offer_source(offer_id: str) -> str:
    """The name under which an offer's budgets are counted."""
    return f"offer:{offer_id}"


def reward_source(reward_id: str) -> str:
    """The name under which a reward's uses are counted."""
    return f"reward:{reward_id}"


@dataclass(frozen=True, slots=True)
class Count:
    """A limit as it is counted at a branch on a business day.

    Attributes:
        cap: the limit.
        head: what stands before the member's name in the count's own name.
        tail: what stands behind it; None where it names no member, and ``head`` is all of it.
    """

    cap: Cap
    head: str
    tail: str | None

    def key_of(self, member_id: MemberId | None) -> str:
        """The count's name; see ``usage_key``."""
        return self.head if self.tail is None else f"{self.head}{member_id or '-'}{self.tail}"


def counts_of(
    source: str, caps: Sequence[Cap], branch: BranchId, day: date, settings: Settings
) -> tuple[Count, ...]:
    """Say how limits are counted.

    Args:
        source: the rule's or the offer's name; see ``earning_source``.
        caps: the limits.
        branch: where.
        day: the business day.
        settings: where weeks begin.
    """
    return tuple(
        _count(
            source, ById(cap), branch if cap.owner is CapOwner.BRANCH else None, day, ById(settings)
        )
        for cap in caps
    )


@lru_cache(maxsize=16_384)
def _count(
    source: str, cap: ById[Cap], branch: BranchId | None, day: date, settings: ById[Settings]
) -> Count:
    """One of a limit's counts; all branches of a chain share those that name no branch."""
    limit = cap.value
    label = period_label(limit.period, day, settings.value)
    start = f"{source}/{limit.measure.value}/"
    if limit.owner is CapOwner.MEMBER:
        return Count(limit, f"{start}member:", f"/{label}")
    owner = "all" if branch is None else f"branch:{branch}"
    return Count(limit, f"{start}{owner}/{label}", None)


def usage_key(
    source: str, cap: Cap, member_id: MemberId | None, place: Place, settings: Settings
) -> str:
    """Name one count of a limit.

    Args:
        source: the rule's or the offer's name; see ``earning_source``.
        cap: the limit. One for a single sale is not counted beyond it and needs no key.
        member_id: whose. A limit for each member leaves nothing for a card that nobody owns, so
            what is named for it is never counted.
        place: the branch and the business day.
        settings: where weeks begin.
    """
    (count,) = counts_of(source, (cap,), place.branch, place.business_day, settings)
    return count.key_of(member_id)


def occurrence_key(source: str, member_id: MemberId | None, year: int) -> str:
    """Name the one use that a rule around a member's day has in a year.

    Args:
        source: the rule's, the offer's or the reward's name.
        member_id: whose day.
        year: as ``gateway.program.occasions.member_day_year`` gives it.
    """
    return f"{source}/day/member:{member_id or '-'}/{year}"


def occurrence_today(
    source: str, condition: Condition, facts: MemberFacts, place: Place
) -> str | None:
    """Name the use of a member's day that today falls to; None where the condition asks for none.

    Where it is used already (``facts.used_of``), the rule, offer or reward is not given again.
    """
    if condition.member_day is None:
        return None
    year = member_day_year(condition.member_day, facts.dates, place.business_day)
    return None if year is None else occurrence_key(source, facts.member_id, year)


def room(
    counts: Sequence[Count], facts: MemberFacts, measure: CapMeasure = CapMeasure.USES
) -> int | None:
    """Say how much of a measure the limits leave; the tightest of them counts.

    Args:
        counts: limits; those of other measures are passed over.
        facts: what was used before, and by whom.
        measure: what is asked for.

    Returns:
        What is left, never negative; None where nothing limits it. A limit for each member leaves
        nothing for a card that nobody owns, because nobody could count it; one for a single sale
        leaves it whole.
    """
    counted = [count for count in counts if count.cap.measure is measure]
    if not counted:
        return None
    used = _used(ById(facts))
    return min([_left(count, facts.member_id, used) for count in counted])


def uses(counts: Sequence[Count], facts: MemberFacts, given: Given) -> tuple[Use, ...]:
    """Say what to add to the counts of some limits, each key once."""
    added = {
        count.key_of(facts.member_id): given.of(count.cap.measure)
        for count in counts
        if count.cap.period is not CapPeriod.SALE
    }
    return tuple([Use(key=key, amount=amount) for key, amount in added.items() if amount])


def usage_keys(programme: Programme, member_id: MemberId | None, place: Place) -> tuple[str, ...]:
    """Name every count that evaluating or pricing may look at here and today.

    The gateway loads them beforehand, so that nothing is asked of a database while a sale is
    rated. Rules, offers and rewards that cannot hold at this branch on this business day are left
    out. A reward is only counted around a member's day.
    """
    named = _named(ById(programme), place.branch, place.business_day)
    if member_id is None:
        return named.others
    return named.others + tuple(f"{head}{member_id}{tail}" for head, tail in named.members)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    """The counts of a programme at a branch on a business day.

    Attributes:
        others: keys that name no member.
        members: of keys that do, what stands before the name and what behind.
    """

    others: tuple[str, ...]
    members: tuple[tuple[str, str], ...]


@lru_cache(maxsize=BRANCH_DAYS_KEPT)
def _named(programme: ById[Programme], branch: BranchId, day: date) -> _Named:
    rules = programme.value.rules
    others: dict[str, None] = {}
    members: dict[tuple[str, str], None] = {}
    for source, condition, caps in _counted(programme):
        if not holds_on(rules, condition, branch, day):
            continue
        for count in counts_of(source, caps, branch, day, rules.settings):
            if count.tail is None:
                others[count.head] = None
            else:
                members[count.head, count.tail] = None
        if condition.member_day is not None:
            for year in _years_near(day):
                head, _, tail = occurrence_key(source, _ANYBODY, year).partition(_ANYBODY)
                members[head, tail] = None
    return _Named(others=tuple(others), members=tuple(members))


_Counted: TypeAlias = tuple[str, Condition, tuple[Cap, ...]]


@lru_cache(maxsize=16)
def _counted(programme: ById[Programme]) -> tuple[_Counted, ...]:
    """All that is limited, each limit that outlasts a sale."""
    rules = programme.value.rules
    parts: Iterator[_Counted] = chain(
        ((earning_source(rule.id), rule.when, rule.caps) for rule in rules.earning),
        ((offer_source(offer.id), offer.when, offer.budgets) for offer in rules.offers),
        ((reward_source(reward.id), reward.when, ()) for reward in rules.rewards),
        ((WEAK_CARDS, ALWAYS, rules.cards.weak_caps),),
    )
    lasting = (
        (source, when, tuple(cap for cap in caps if cap.period is not CapPeriod.SALE))
        for source, when, caps in parts
    )
    return tuple(part for part in lasting if part[2] or part[1].member_day is not None)


def _left(count: Count, member_id: MemberId | None, used: Mapping[str, int]) -> int:
    cap = count.cap
    if cap.period is CapPeriod.SALE:
        return cap.limit
    if cap.owner is CapOwner.MEMBER and member_id is None:
        return 0
    return max(cap.limit - used.get(count.key_of(member_id), 0), 0)


def used_of(facts: MemberFacts, key: str) -> int:
    """How much of a limit was used, like ``MemberFacts.used_of``, quick for many limits."""
    return _used(ById(facts)).get(key, 0)


@lru_cache(maxsize=16)
def _used(facts: ById[MemberFacts]) -> Mapping[str, int]:
    return {used.key: used.amount for used in reversed(facts.value.used)}


def _years_near(day: date) -> Iterator[int]:
    """The years, in either calendar, to which a member's day near this one can belong."""
    for calendar in CalendarKind:
        year = calendar_day(day, calendar).year
        yield from (year - 1, year, year + 1)
