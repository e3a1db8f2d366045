"""What must hold of a member: visits, days, levels, and what is known of them beforehand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from gateway.model.rules.condition import Condition, MemberDay
from gateway.model.rules.expiry import CalendarKind
from gateway.model.rules.tiers import TierBasis, TierStart
from gateway.program.conditions import holds, tier_of_sale, visit_number
from gateway.program.facts import MemberDate, MemberFacts
from simulators.given.conditioned import CLUB, RULES, SALE, club_of, holds_here
from simulators.given.rated import FACTS, PLACE, TODAY


def test_the_first_purchase_is_a_members() -> None:
    """Whoever bought before has had it, and a card that nobody owns cannot say."""
    first = Condition(first_purchase=True)
    assert holds_here(first)
    assert not holds_here(first, facts=replace(FACTS, purchases=1))
    assert not holds_here(first, facts=MemberFacts())


@pytest.mark.parametrize(
    ("visits", "expected"), [(8, False), (9, True), (10, False), (19, True), (0, False)]
)
@pytest.mark.parametrize("visited_today", [True, False])
def test_every_tenth_visit(visits: int, *, expected: bool, visited_today: bool) -> None:
    """The tenth visit is the business day after nine, with all its sales."""
    facts = replace(FACTS, visits=visits, visited_today=visited_today)
    assert holds_here(Condition(visit_every=10), facts=facts) is expected


def test_visits_have_a_minimum_and_a_maximum() -> None:
    """Both count this visit and include their ends."""
    third = replace(FACTS, visits=2)
    assert holds_here(Condition(visits_minimum=3, visits_maximum=3), facts=third)
    assert not holds_here(Condition(visits_minimum=4), facts=third)
    assert not holds_here(Condition(visits_maximum=2), facts=third)
    assert not holds_here(Condition(visits_maximum=9), facts=MemberFacts())


def test_visits_of_the_last_days_are_counted() -> None:
    """Only visits in the window count, today is one of them, and it is counted once."""
    condition = Condition(visits_minimum=3, visits_within_days=7)
    days = (TODAY - timedelta(days=1), TODAY - timedelta(days=6), TODAY - timedelta(days=7))
    facts = replace(FACTS, visits=99, visit_days=days)
    assert visit_number(condition, facts, PLACE, buying=True) == 3
    assert holds_here(condition, facts=facts)
    again = replace(facts, visit_days=(TODAY, *days), visited_today=True)
    assert visit_number(condition, again, PLACE, buying=True) == 3
    assert not holds_here(condition, facts=replace(facts, visit_days=days[1:]))


def test_an_event_is_no_visit() -> None:
    """What is no purchase counts the visits there were, and today's if there was one."""
    facts = replace(FACTS, visits=3)
    assert visit_number(Condition(), facts, PLACE, buying=False) == 3
    bought = replace(facts, visited_today=True)
    assert visit_number(Condition(), bought, PLACE, buying=False) == 4
    assert not holds_here(Condition(visit_every=5), sale=None)


@pytest.mark.parametrize(
    ("days", "minimum", "maximum", "expected"),
    [
        (30, 30, None, True),
        (29, 30, None, False),
        (7, None, 7, True),
        (8, None, 7, False),
        (10, 5, 15, True),
        (None, 0, None, False),
        (None, None, 3_660, False),
    ],
)
def test_days_since_the_visit_before(
    days: int | None, minimum: int | None, maximum: int | None, *, expected: bool
) -> None:
    """Both ends count; whoever never came has no days since then."""
    last = None if days is None else TODAY - timedelta(days=days)
    condition = Condition(days_since_visit_minimum=minimum, days_since_visit_maximum=maximum)
    assert holds_here(condition, facts=replace(FACTS, last_visit_on=last)) is expected


@pytest.mark.parametrize(
    ("born", "day", "expected"),
    [
        (MemberDate(month=11, day_of_month=23), TODAY, True),
        (MemberDate(month=11, day_of_month=24), TODAY, True),
        (MemberDate(month=11, day_of_month=25), TODAY, False),
        (MemberDate(month=11, day_of_month=21), TODAY, True),
        (MemberDate(month=11, day_of_month=20), TODAY, False),
        # 2 Azar, by the member's own calendar.
        (MemberDate(month=9, day_of_month=2, calendar=CalendarKind.JALALI), TODAY, True),
        # A leap day's birthday is on the month's last day in other years.
        (MemberDate(month=2, day_of_month=29), date(2027, 2, 27), True),
        (MemberDate(month=2, day_of_month=29), date(2027, 3, 2), True),
        (MemberDate(month=2, day_of_month=29), date(2027, 3, 3), False),
        (MemberDate(month=2, day_of_month=29), date(2028, 3, 2), True),
        (
            MemberDate(month=12, day_of_month=30, calendar=CalendarKind.JALALI),
            date(2026, 3, 20),
            True,
        ),
        (MemberDate(month=11, day_of_month=23, day="wedding"), TODAY, False),
    ],
)
def test_a_members_day_has_days_around_it(born: MemberDate, day: date, *, expected: bool) -> None:
    """From a day before to two days after, in either calendar, leap days included."""
    condition = Condition(member_day=MemberDay(days_before=1, days_after=2))
    facts = replace(FACTS, dates=(born,))
    assert holds_here(condition, facts=facts, place=replace(PLACE, business_day=day)) is expected


@pytest.mark.parametrize(
    ("basis", "total", "tier"),
    [
        # ERPNext's figures: the level of what was spent so far and this sale.
        (0, 6_000, "bronze"),
        (0, 15_000, "silver"),
        (0, 25_000, "gold"),
        (4_000, 500, "bronze"),
        (8_000, 3_000, "silver"),
        (18_000, 3_000, "gold"),
        (22_000, 5_000, "gold"),
    ],
)
def test_a_sale_may_count_towards_its_own_level(basis: int, total: int, tier: str) -> None:
    """Where the programme says so, a sale is rated in the level that it reaches."""
    programme = club_of(replace(RULES, tiers=replace(RULES.tiers, counts_this_sale=True)))
    sale, facts = replace(SALE, total_minor=total), replace(FACTS, tier_basis=basis)
    assert tier_of_sale(programme, sale, facts) == tier
    assert holds(programme, Condition(tiers=(tier,)), sale, facts, PLACE)
    assert tier_of_sale(CLUB, sale, facts) is None


def test_a_level_that_is_kept_is_not_lost_by_counting_the_sale() -> None:
    """The member's own level stays where it is higher, also one this version does not know."""
    counting = replace(RULES.tiers, counts_this_sale=True)
    programme = club_of(replace(RULES, tiers=counting))
    assert tier_of_sale(programme, SALE, replace(FACTS, tier="gold")) == "gold"
    assert tier_of_sale(programme, SALE, replace(FACTS, tier="old")) == "silver"
    assert tier_of_sale(programme, None, replace(FACTS, tier="bronze")) == "bronze"
    assert tier_of_sale(programme, SALE, MemberFacts()) is None
    empty = club_of(replace(RULES, tiers=replace(counting, levels=())))
    assert tier_of_sale(empty, SALE, replace(FACTS, tier="old")) == "old"


def test_only_what_is_known_beforehand_counts() -> None:
    """A visit counts once a day; points to come, a balance, or a later start count nothing."""

    def rated(facts: MemberFacts, **scheme: object) -> str | None:
        tiers = replace(RULES.tiers, counts_this_sale=True, **scheme)  # type: ignore[arg-type]
        return tier_of_sale(club_of(replace(RULES, tiers=tiers)), SALE, facts)

    nearly = replace(FACTS, tier="bronze", tier_basis=9_999)
    assert rated(nearly, basis=TierBasis.VISITS) == "silver"
    assert rated(replace(nearly, visited_today=True), basis=TierBasis.VISITS) == "bronze"
    assert rated(nearly, basis=TierBasis.POINTS_EARNED) == "bronze"
    assert rated(nearly, basis=TierBasis.BALANCE) == "bronze"
    assert rated(nearly, start=TierStart.NEXT_PERIOD) == "bronze"
    assert rated(nearly) == "silver"
