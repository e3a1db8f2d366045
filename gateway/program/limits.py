"""How much of a limit is left, and under which key its use is written down.

Keys are readable and stay the same over versions of a programme, so that a use under one version
counts under the next::

    earn:coffee/uses/member:4f0c…/2026-11
    offer:nowruz/amount/all/ever
    earn:birthday/day/member:4f0c…/1405

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
from gateway.program.conditions import holds_on
from gateway.program.evaluation import Use
from gateway.program.facts import MemberFacts, Place
from gateway.program.limit_keys import period_label
from gateway.program.lines import ById
from gateway.program.occasions import member_day_year

#: Stands in a key where a member's name will: no name has such a character.
_ANYBODY: Final = MemberId("*")


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


def earning_source(rule_id: str) -> str:
    """The name under which an earning rule's limits are counted."""
    return f"earn:{rule_id}"


def offer_source(offer_id: str) -> str:
    """The name under which an offer's budgets are counted."""
    return f"offer:{offer_id}"


def reward_source(reward_id: str) -> str:
    """The name under which a reward's uses are counted."""
    return f"reward:{reward_id}"


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
    head, tail = _around(source, ById(cap), place.branch, place.business_day, ById(settings))
    return head if tail is None else f"{head}{member_id or '-'}{tail}"


@lru_cache(maxsize=4_096)
def _around(
    source: str, cap: ById[Cap], branch: BranchId, day: date, settings: ById[Settings]
) -> tuple[str, str | None]:
    """What stands before a member's name in a count's name and what behind; None: all of it."""
    limit = cap.value
    label = period_label(limit.period, day, settings.value)
    start = f"{source}/{limit.measure.value}/"
    if limit.owner is CapOwner.MEMBER:
        return f"{start}member:", f"/{label}"
    owner = f"branch:{branch}" if limit.owner is CapOwner.BRANCH else "all"
    return f"{start}{owner}/{label}", None


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
    caps: Sequence[Cap],
    source: str,
    facts: MemberFacts,
    place: Place,
    settings: Settings,
    measure: CapMeasure = CapMeasure.USES,
) -> int | None:
    """Say how much of a measure the limits leave; the tightest of them counts.

    Args:
        caps: limits; those of other measures are passed over.
        source: the rule's or the offer's name.
        facts: what was used before, and by whom.
        place: the branch and the business day.
        settings: where weeks begin.
        measure: what is asked for.

    Returns:
        What is left, never negative; None where nothing limits it. A limit for each member leaves
        nothing for a card that nobody owns, because nobody could count it; one for a single sale
        leaves it whole.
    """
    least: int | None = None
    for cap in caps:
        if cap.measure is measure:
            left = _left(cap, source, facts, place, settings)
            least = left if least is None else min(least, left)
    return least


def uses(
    caps: Sequence[Cap],
    source: str,
    facts: MemberFacts,
    place: Place,
    settings: Settings,
    given: Given,
) -> tuple[Use, ...]:
    """Say what to add to the counts of some limits, each key once."""
    if not caps:
        return ()
    amounts = {
        CapMeasure.USES: given.uses,
        CapMeasure.POINTS: given.points,
        CapMeasure.AMOUNT: given.amount_minor,
    }
    added = {
        usage_key(source, cap, facts.member_id, place, settings): amounts[cap.measure]
        for cap in caps
        if cap.period is not CapPeriod.SALE
    }
    return tuple(Use(key=key, amount=amount) for key, amount in added.items() if amount)


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


@lru_cache(maxsize=512)
def _named(programme: ById[Programme], branch: BranchId, day: date) -> _Named:
    rules = programme.value.rules
    here = Place(branch=branch, at_ms=0, business_day=day, minute=0)
    keys: dict[str, None] = {}
    for source, condition, caps in _counted(programme):
        if not holds_on(rules, condition, branch, day):
            continue
        for cap in caps:
            keys[usage_key(source, cap, _ANYBODY, here, rules.settings)] = None
        if condition.member_day is not None:
            for year in _years_near(day):
                keys[occurrence_key(source, _ANYBODY, year)] = None
    return _Named(
        others=tuple(key for key in keys if _ANYBODY not in key),
        members=tuple(
            (head, tail) for head, name, tail in (key.partition(_ANYBODY) for key in keys) if name
        ),
    )


_Counted: TypeAlias = tuple[str, Condition, tuple[Cap, ...]]


@lru_cache(maxsize=16)
def _counted(programme: ById[Programme]) -> tuple[_Counted, ...]:
    """All that is limited, each limit that outlasts a sale."""
    rules = programme.value.rules
    parts: Iterator[_Counted] = chain(
        ((earning_source(rule.id), rule.when, rule.caps) for rule in rules.earning),
        ((offer_source(offer.id), offer.when, offer.budgets) for offer in rules.offers),
        ((reward_source(reward.id), reward.when, ()) for reward in rules.rewards),
    )
    lasting = (
        (source, when, tuple(cap for cap in caps if cap.period is not CapPeriod.SALE))
        for source, when, caps in parts
    )
    return tuple(part for part in lasting if part[2] or part[1].member_day is not None)


def _left(cap: Cap, source: str, facts: MemberFacts, place: Place, settings: Settings) -> int:
    if cap.period is CapPeriod.SALE:
        return cap.limit
    if cap.owner is CapOwner.MEMBER and facts.member_id is None:
        return 0
    key = usage_key(source, cap, facts.member_id, place, settings)
    return max(cap.limit - used_of(facts, key), 0)


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
