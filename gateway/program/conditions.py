"""Whether a condition holds for a sale, its member, and where and when it happens.

A condition is tested in two steps. Where and on which business day is the same for every sale of a
day at a branch: ``holds_on`` lets the caller find out once which rules are left. The rest is asked
of each sale by ``holds_for``, what is cheap to know first and the goods last.

What is asked of a member's past never holds for a card that nobody owns: nobody could count it,
and every sale would be the first one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, TypeAlias

from gateway.model.ids import BranchId
from gateway.model.programme import Programme
from gateway.model.rules.condition import Condition, TaxBasis
from gateway.model.rules.rules import Rules
from gateway.model.rules.scope import Hours, Weekday
from gateway.model.rules.tiers import TierBasis, TierScheme, TierStart
from gateway.model.sale import Sale
from gateway.program.facts import MemberFacts, Place
from gateway.program.lines import EVERY_LINE, Basket, ById, basket
from gateway.program.occasions import member_day_year, occasions_on

_WEEKDAYS: Final = tuple(Weekday)
ALWAYS: Final = Condition()
"""The empty condition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Everything that conditions look at, put together once for a sale.

    Attributes:
        programme: the rules in force.
        facts: what was before.
        place: where and when.
        basket: the sale's lines; None where something happens that is no sale.
        tier: the level that the member is rated in.
        tests: what each of the programme's conditions asks, by the condition's address.
    """

    programme: Programme
    facts: MemberFacts
    place: Place
    basket: Basket | None
    tier: str | None
    tests: Mapping[int, tuple[Test, ...]]


Test: TypeAlias = Callable[[Condition, Situation], bool]
"""One thing that a condition asks of a situation."""


def situation(
    programme: Programme, sale: Sale | None, facts: MemberFacts, place: Place
) -> Situation:
    """Put together what conditions look at."""
    return Situation(
        programme=programme,
        facts=facts,
        place=place,
        basket=None if sale is None else basket(programme.rules, sale),
        tier=tier_of_sale(programme, sale, facts),
        tests=_tests_of(ById(programme)),
    )


def holds(
    programme: Programme, condition: Condition, sale: Sale | None, facts: MemberFacts, place: Place
) -> bool:
    """Say whether everything that a condition asks for holds.

    Where many conditions are asked of one sale, ``holds_on`` and ``holds_for`` do it faster.

    Args:
        programme: the rules in force; their categories, calendar and tiers are what it may name.
        condition: what is asked; it need not be one of the programme's.
        sale: the sale; None where something happens that is no sale, and asks for goods fail.
        facts: what was before.
        place: where and when.
    """
    return holds_on(programme.rules, condition, place.branch, place.business_day) and holds_for(
        condition, situation(programme, sale, facts, place)
    )


def holds_on(rules: Rules, condition: Condition, branch: BranchId, day: date) -> bool:
    """Say whether a condition can hold at a branch on a business day.

    Days, weekdays and occasions are those of the business day: what is sold at one in the morning
    before the cut-off counts to the evening before.
    """
    if condition.branches and branch not in condition.branches:
        return False
    window = condition.window
    if window.first_day is not None and day < window.first_day:
        return False
    if window.last_day is not None and day > window.last_day:
        return False
    if window.weekdays and _WEEKDAYS[day.weekday()] not in window.weekdays:
        return False
    return not window.occasions or not occasions_on(rules, day).isdisjoint(window.occasions)


def holds_for(condition: Condition, now: Situation) -> bool:
    """Say whether the rest holds: all that ``holds_on`` does not look at."""
    tests = now.tests.get(id(condition))
    if tests is None:
        # Somebody tries out a condition that the programme does not have.
        tests = _tests(condition)
    for test in tests:  # noqa: SIM110 - a generator would cost more than most tests
        if not test(condition, now):
            return False
    return True


def visit_number(condition: Condition, facts: MemberFacts, place: Place, *, buying: bool) -> int:
    """Say the how-manieth visit this is, for a condition.

    A visit is a business day at a branch. Facts count the visits before this business day, so all
    sales of a day belong to the visit that is one more, whether or not they are the day's first.
    A condition that looks some days back counts the visits in them, today included; then too
    today is one visit.

    Args:
        condition: how many days back it looks.
        facts: the visits before.
        place: today.
        buying: whether this is a sale. Something else that happens is no visit, but may happen on
            the day of one.
    """
    today = 1 if buying or facts.visited_today else 0
    if condition.visits_within_days is None:
        return facts.visits + today
    first = place.business_day - timedelta(days=condition.visits_within_days)
    return today + sum(first < day < place.business_day for day in facts.visit_days)


def tier_of_sale(programme: Programme, sale: Sale | None, facts: MemberFacts) -> str | None:
    """Say in which level a sale is rated.

    That is the member's level, or where the programme counts the sale itself, the level that it
    reaches, if that is higher. A sale counts beforehand by what is spent, or as a visit; the
    points it will earn depend on the level and are not known before, and a level that begins with
    the next period is not reached today.
    """
    scheme = programme.rules.tiers
    countable = scheme.counts_this_sale and scheme.start is TierStart.IMMEDIATE
    if sale is None or facts.member_id is None or not countable:
        return facts.tier
    if scheme.basis is TierBasis.SPEND:
        seen = basket(programme.rules, sale)
        more = seen.counted_minor(programme, EVERY_LINE, TaxBasis.AFTER_TAX)
    elif scheme.basis is TierBasis.VISITS:
        more = 0 if facts.visited_today else 1
    else:
        return facts.tier
    return _higher(scheme, facts.tier, facts.tier_basis + more)


def _higher(scheme: TierScheme, tier: str | None, basis: int) -> str | None:
    names = [level.id for level in scheme.levels]
    reached = sum(level.threshold <= basis for level in scheme.levels)
    owned = names.index(tier) + 1 if tier in names else 0
    best = max(reached, owned)
    return names[best - 1] if best else tier


def _in_hours(condition: Condition, now: Situation) -> bool:
    minute = now.place.minute
    return any(_within(hours, minute) for hours in condition.window.hours)


def _within(hours: Hours, minute: int) -> bool:
    if hours.from_minute < hours.to_minute:
        return hours.from_minute <= minute < hours.to_minute
    return minute >= hours.from_minute or minute < hours.to_minute


def _in_tiers(condition: Condition, now: Situation) -> bool:
    return now.tier in condition.tiers


def _in_segments(condition: Condition, now: Situation) -> bool:
    return not set(condition.segments).isdisjoint(now.facts.segments)


def _is_first_purchase(_condition: Condition, now: Situation) -> bool:
    return now.facts.member_id is not None and now.facts.purchases == 0


def _visits_fit(condition: Condition, now: Situation) -> bool:
    if now.facts.member_id is None:
        return False
    number = visit_number(condition, now.facts, now.place, buying=now.basket is not None)
    if condition.visit_every is not None and (number == 0 or number % condition.visit_every):
        return False
    if condition.visits_minimum is not None and number < condition.visits_minimum:
        return False
    return condition.visits_maximum is None or number <= condition.visits_maximum


def _days_since_fit(condition: Condition, now: Situation) -> bool:
    last = now.facts.last_visit_on
    if last is None:
        return False
    days = (now.place.business_day - last).days
    if condition.days_since_visit_minimum is not None and days < condition.days_since_visit_minimum:
        return False
    return condition.days_since_visit_maximum is None or days <= condition.days_since_visit_maximum


def _is_member_day(condition: Condition, now: Situation) -> bool:
    wanted, today = condition.member_day, now.place.business_day
    return wanted is not None and member_day_year(wanted, now.facts.dates, today) is not None


def _has_goods(condition: Condition, now: Situation) -> bool:
    return now.basket is not None and now.basket.mask(condition.items) != 0


def _amount_fits(condition: Condition, now: Situation) -> bool:
    if now.basket is None:
        return False
    amount = now.basket.counted_minor(now.programme, condition.items, condition.amount_basis)
    if condition.minimum_minor is not None and amount < condition.minimum_minor:
        return False
    return condition.maximum_minor is None or amount <= condition.maximum_minor


def _pieces_fit(condition: Condition, now: Situation) -> bool:
    if now.basket is None:
        return False
    counted = now.basket.pieces(now.basket.mask(condition.items))
    return condition.minimum_pieces is None or counted >= condition.minimum_pieces


@lru_cache(maxsize=16)
def _tests_of(programme: ById[Programme]) -> Mapping[int, tuple[Test, ...]]:
    """The tests of each of a programme's conditions, by the condition's address."""
    conditions = programme.value.rules.conditions()
    return {id(ALWAYS): ()} | {id(condition): _tests(condition) for _, condition in conditions}


def _tests(condition: Condition) -> tuple[Test, ...]:
    """What has to be tested: only what the condition asks for, cheap tests first."""
    asked: tuple[tuple[bool, Test], ...] = (
        (bool(condition.window.hours), _in_hours),
        (bool(condition.tiers), _in_tiers),
        (bool(condition.segments), _in_segments),
        (condition.first_purchase, _is_first_purchase),
        (
            _any_given(
                condition.days_since_visit_minimum,
                condition.days_since_visit_maximum,
            ),
            _days_since_fit,
        ),
        (
            _any_given(condition.visit_every, condition.visits_minimum, condition.visits_maximum),
            _visits_fit,
        ),
        (condition.member_day is not None, _is_member_day),
        (not condition.items.empty, _has_goods),
        (_any_given(condition.minimum_minor, condition.maximum_minor), _amount_fits),
        (condition.minimum_pieces is not None, _pieces_fit),
    )
    return tuple(test for wanted, test in asked if wanted)


def _any_given(*values: int | None) -> bool:
    return any(value is not None for value in values)
