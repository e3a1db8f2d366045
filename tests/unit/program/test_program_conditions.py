"""What must hold of the place and the time of a sale."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.ids import BranchId
from gateway.model.rules.condition import Condition
from gateway.model.rules.earning import EarningKind, EarningRule
from gateway.model.rules.scope import Hours, ItemFilter, Weekday, Window
from gateway.model.rules.settings import Settings
from gateway.program.conditions import ALWAYS, holds, holds_for, holds_on, situation
from gateway.program.facts import MemberFacts
from gateway.program.local_time import place_at
from simulators.given.conditioned import BRANCH, CLUB, FOOD, RULES, SALE, club_of, holds_here
from simulators.given.rated import FACTS, PLACE, TODAY, sale_of


def test_an_empty_condition_always_holds() -> None:
    """Nothing asked is nothing refused: also without a sale, a member, or lines."""
    assert holds_here(Condition())
    assert holds_here(ALWAYS, sale=None, facts=MemberFacts())


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        # Odoo's dates, both ends included.
        (None, -2, False),
        (None, 2, True),
        (2, None, False),
        (-2, None, True),
        (1, None, False),
        (None, -1, False),
        (0, 0, True),
        (None, None, True),
    ],
)
def test_first_and_last_day_are_included(
    first: int | None, last: int | None, *, expected: bool
) -> None:
    """A window of days holds on its first and on its last business day."""
    first_day, last_day = (
        None if days is None else TODAY + timedelta(days=days) for days in (first, last)
    )
    assert holds_here(Condition(window=Window(first_day=first_day, last_day=last_day))) is expected


@pytest.mark.parametrize(
    ("from_minute", "to_minute", "minutes", "others"),
    [
        (540, 720, (540, 719), (539, 720)),
        # Past midnight into the morning.
        (1_320, 120, (1_320, 1_439, 0, 119), (120, 1_319)),
        (0, 1_440, (0, 1_439), ()),
        (600, 600, (0, 599, 600, 1_439), ()),
    ],
)
def test_hours_go_by_the_wall_clock(
    from_minute: int, to_minute: int, minutes: tuple[int, ...], others: tuple[int, ...]
) -> None:
    """Hours hold from their first minute to before their last one, over midnight as well."""
    window = Window(hours=(Hours(from_minute=from_minute, to_minute=to_minute),))
    for minute in (*minutes, *others):
        place = replace(PLACE, minute=minute)
        assert holds_here(Condition(window=window), place=place) is (minute in minutes)


def test_any_of_several_hours_will_do() -> None:
    """Breakfast and dinner are two windows of one condition."""
    hours = (Hours(from_minute=420, to_minute=600), Hours(from_minute=1_080, to_minute=1_320))
    found = [
        minute
        for minute in (419, 420, 600, 1_079, 1_080, 1_320)
        if holds_here(Condition(window=Window(hours=hours)), place=replace(PLACE, minute=minute))
    ]
    assert found == [420, 1_080]


def test_weekdays_are_business_days() -> None:
    """Friday night goes on after midnight, where the business day does."""
    settings = Settings(zone="Asia/Tehran", cutoff_minute=240)
    friday_night = Condition(
        window=Window(weekdays=(Weekday.FRIDAY,), hours=(Hours(from_minute=1_320, to_minute=240),))
    )
    programme = club_of(replace(RULES, settings=settings))
    found = []
    for moment in ("2026-11-27T23:00", "2026-11-28T03:59", "2026-11-28T04:00", "2026-11-27T03:00"):
        at = datetime.fromisoformat(f"{moment}:00+03:30").astimezone(UTC)
        place = place_at(settings, BRANCH, int(at.timestamp()) * 1000)
        found.append(holds(programme, friday_night, SALE, FACTS, place))
    assert found == [True, True, False, False]


def test_an_hour_that_comes_twice_holds_twice() -> None:
    """A happy hour in the night in which the clocks go back is two hours long."""
    settings = Settings(zone="Europe/Berlin", cutoff_minute=240)
    happy = Condition(window=Window(hours=(Hours(from_minute=120, to_minute=180),)))
    programme = club_of(replace(RULES, settings=settings))
    held = []
    for moment in ("01:59+02:00", "02:30+02:00", "02:30+01:00", "03:00+01:00"):
        at = datetime.fromisoformat(f"2026-10-25T{moment}")
        place = place_at(settings, BRANCH, int(at.timestamp()) * 1000)
        held.append(holds(programme, happy, SALE, FACTS, place))
    assert held == [False, True, True, False]


@pytest.mark.parametrize(
    ("day", "occasions", "expected"),
    [
        (date(2026, 12, 21), ("yalda",), True),
        (date(2026, 12, 20), ("yalda",), False),
        (TODAY, ("yalda", "feast"), True),
        (TODAY + timedelta(days=1), ("feast",), False),
    ],
)
def test_occasions_are_those_of_the_day(
    day: date, occasions: tuple[str, ...], *, expected: bool
) -> None:
    """Any of the occasions named is on the business day, in whichever calendar."""
    condition = Condition(window=Window(occasions=occasions))
    assert holds_here(condition, place=replace(PLACE, business_day=day)) is expected


def test_branches_tiers_and_segments_are_any_of() -> None:
    """One of those named is enough; who has none of them is out."""
    assert holds_here(Condition(branches=(BranchId("other"), BRANCH)))
    assert not holds_here(Condition(branches=(BranchId("other"),)))
    silver = replace(FACTS, tier="silver")
    assert holds_here(Condition(tiers=("silver", "gold")), facts=silver)
    assert not holds_here(Condition(tiers=("gold",)), facts=silver)
    assert not holds_here(Condition(tiers=("gold",)))
    vip = replace(FACTS, segments=("other", "vip"))
    assert holds_here(Condition(segments=("new", "vip")), facts=vip)
    assert not holds_here(Condition(segments=("new",)), facts=vip)
    assert not holds_here(Condition(segments=("new",)))


def test_the_days_part_can_be_asked_beforehand() -> None:
    """Where and on which day is told apart from the rest; together they are the condition."""
    condition = Condition(branches=(BRANCH,), segments=("vip",))
    assert holds_on(RULES, condition, BRANCH, TODAY)
    assert not holds_on(RULES, condition, BranchId("other"), TODAY)
    elsewhere = replace(PLACE, branch=BranchId("other"))
    vip = replace(FACTS, segments=("vip",))
    assert holds_for(condition, situation(CLUB, SALE, vip, elsewhere))
    assert not holds_for(condition, situation(CLUB, SALE, FACTS, PLACE))
    assert not holds_here(condition, facts=vip, place=elsewhere)


_CONDITIONS = st.builds(
    Condition,
    segments=st.sampled_from([(), ("vip",)]),
    first_purchase=st.booleans(),
    minimum_minor=st.none() | st.integers(0, 20_000),
    visits_minimum=st.none() | st.integers(1, 3),
    branches=st.sampled_from([(), (BRANCH,), (BranchId("other"),)]),
    items=st.sampled_from([ItemFilter(), FOOD]),
)


@given(condition=_CONDITIONS, purchases=st.integers(0, 1), visits=st.integers(0, 3))
def test_a_condition_of_the_programme_and_one_tried_out_agree(
    condition: Condition, purchases: int, visits: int
) -> None:
    """What is prepared once for a programme's own conditions answers as what is not."""
    rule = EarningRule(id="r", kind=EarningKind.FIXED, points=1, when=condition)
    facts = replace(FACTS, purchases=purchases, visits=visits, segments=("vip",))
    sale = sale_of(("bread", 900), ("pen", 9_100))
    own = holds(club_of(replace(RULES, earning=(rule,))), condition, sale, facts, PLACE)
    assert own is holds(CLUB, condition, sale, facts, PLACE)
