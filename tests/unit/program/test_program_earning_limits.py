"""What limits leave of what a sale brings, and what they are told of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from gateway.model.rules.caps import Cap, CapMeasure, CapOwner, CapPeriod
from gateway.model.rules.condition import Condition, MemberDay
from gateway.model.rules.earning import Unit
from gateway.program.earn import SALE_POINTS_MAX
from gateway.program.evaluation import Evaluation, Use
from gateway.program.facts import MemberDate, MemberFacts, Used
from gateway.program.limits import usage_keys
from simulators.given.rated import (
    FACTS,
    MEMBER,
    PLACE,
    SALE,
    by_source,
    club_of,
    earn_on,
    fixed_points,
    multiplied,
    per_amount,
    sale_of,
)


def test_a_limit_on_points_gives_what_is_left() -> None:
    """The last points of a limit are given, and then the rule gives no more."""
    cap = Cap(limit=30, measure=CapMeasure.POINTS, period=CapPeriod.MONTH)
    programme = club_of(replace(per_amount("r", 100), caps=(cap,)))
    key = f"earn:r/points/member:{MEMBER}/2026-11"
    given = []
    used = 0
    for _ in range(3):
        found = earn_on(programme, facts=replace(FACTS, used=(Used(key=key, amount=used),)))
        given.append(found.total(Unit.POINTS))
        assert found.uses == ((Use(key=key, amount=given[-1]),) if given[-1] else ())
        used += given[-1]
    assert given == [19, 11, 0]


def test_a_sales_own_limit_is_counted_nowhere() -> None:
    """At most so many points a sale, for everybody, with nothing written down."""
    cap = Cap(limit=4, measure=CapMeasure.POINTS, period=CapPeriod.SALE)
    programme = club_of(replace(per_amount("r", 100), caps=(cap,)))
    found = earn_on(programme, sale_of(("a", 500), ("b", 500)), MemberFacts())
    assert (found.awards[0].lines, found.uses) == ((2, 2), ())


def test_several_limits_are_counted_together() -> None:
    """The smallest room decides, and each limit is told what was given in its own measure."""
    caps = (
        Cap(limit=9, owner=CapOwner.BRANCH, period=CapPeriod.DAY),
        Cap(limit=15, measure=CapMeasure.POINTS, owner=CapOwner.ALL),
        Cap(limit=12, measure=CapMeasure.POINTS, period=CapPeriod.YEAR),
    )
    found = earn_on(club_of(replace(per_amount("r", 100), caps=caps)))
    assert found.total(Unit.POINTS) == 12
    assert found.uses == (
        Use(key="earn:r/uses/branch:bazaar/2026-11-23", amount=1),
        Use(key="earn:r/points/all/ever", amount=12),
        Use(key=f"earn:r/points/member:{MEMBER}/2026", amount=12),
    )


def test_a_rule_that_gave_nothing_was_not_used() -> None:
    """A limit on uses counts gifts and not sales that were too small for one."""
    rule = replace(per_amount("r", 5_000), caps=(Cap(limit=1),))
    assert earn_on(club_of(rule)) == Evaluation()
    alone = replace(fixed_points("alone", 1), stackable=False)
    barred = replace(fixed_points("b", 1), caps=(Cap(limit=1),))
    assert earn_on(club_of(alone, barred)).uses == ()


def test_a_limit_on_a_multiplier_is_on_what_it_adds() -> None:
    """A capped multiplier gives what is left, and the next one multiplies only what was given."""
    cap = Cap(limit=5, measure=CapMeasure.POINTS)
    ten = replace(multiplied("ten", 10_000), caps=(cap,), priority=1)
    programme = club_of(per_amount("r", 100), ten, multiplied("twice", 2_000))
    found = earn_on(programme, replace(SALE, total_minor=10_000))
    assert by_source(found) == {"r": 100, "ten": 5, "twice": 105}
    assert found.uses == (Use(key=f"earn:ten/points/member:{MEMBER}/ever", amount=5),)
    used = replace(FACTS, used=(Used(key=found.uses[0].key, amount=5),))
    assert by_source(earn_on(programme, replace(SALE, total_minor=10_000), used)) == {
        "r": 100,
        "twice": 100,
    }


def test_a_multiplier_used_up_multiplies_nothing() -> None:
    """Double points once a month: the second sale earns as ever."""
    cap = Cap(limit=1, period=CapPeriod.MONTH)
    programme = club_of(replace(multiplied("m", 2_000), caps=(cap,)), earn_points=1)
    first = earn_on(programme)
    assert first.total(Unit.POINTS) == 38
    used = tuple(Used(key=use.key, amount=use.amount) for use in first.uses)
    assert earn_on(programme, facts=replace(FACTS, used=used)).total(Unit.POINTS) == 19
    # Nothing earned, nothing multiplied, nothing used.
    assert earn_on(programme, replace(SALE, total_minor=99)).uses == ()


def test_a_multiplier_that_lowers_is_used_as_well() -> None:
    """Half points are a use of the rule that halves, though it gives nothing of its own."""
    programme = club_of(replace(multiplied("m", 500), caps=(Cap(limit=1),)), earn_points=1)
    found = earn_on(programme)
    assert by_source(found) == {"base": 9}
    assert [use.key for use in found.uses] == [f"earn:m/uses/member:{MEMBER}/ever"]


def test_a_birthday_comes_once_a_year() -> None:
    """Around the day the first sale gets it; changing the day later does not bring it back."""
    around = Condition(member_day=MemberDay(days_before=3, days_after=3))
    programme = club_of(replace(fixed_points("cake", 150), when=around))
    facts = replace(FACTS, dates=(MemberDate(month=11, day_of_month=24),))
    first = earn_on(programme, facts=facts)
    assert first.total(Unit.POINTS) == 150
    assert [use.key for use in first.uses] == [f"earn:cake/day/member:{MEMBER}/2026"]
    assert first.uses[0].key in usage_keys(programme, MEMBER, PLACE)
    used = replace(facts, used=tuple(Used(key=use.key, amount=1) for use in first.uses))
    assert earn_on(programme, facts=used).awards == ()
    moved = replace(used, dates=(MemberDate(month=11, day_of_month=26),))
    assert earn_on(programme, facts=moved).awards == ()
    next_year = replace(PLACE, business_day=date(2027, 11, 24))
    assert earn_on(programme, facts=used, place=next_year).total(Unit.POINTS) == 150


@pytest.mark.parametrize(
    ("day", "points"), [(date(2026, 11, 23), 150), (date(2026, 11, 22), 0), (date(2026, 11, 24), 0)]
)
def test_a_birthday_is_today(day: date, points: int) -> None:
    """Setono: a birthday today earns, tomorrow's or yesterday's does not."""
    programme = club_of(replace(fixed_points("cake", 150), when=Condition(member_day=MemberDay())))
    facts = replace(FACTS, dates=(MemberDate(month=11, day_of_month=23),))
    found = earn_on(programme, facts=facts, place=replace(PLACE, business_day=day))
    assert found.total(Unit.POINTS) == points


def test_no_sale_earns_more_than_the_most() -> None:
    """Every rule together stays within what a member's balance can hold, the first ones first."""
    huge = replace(SALE, total_minor=2**62)
    rules = (per_amount("a", 1, 10**12), multiplied("m", 100_000), fixed_points("b", 5))
    found = earn_on(club_of(*rules, earn_points=1), huge)
    assert found.total(Unit.POINTS) == SALE_POINTS_MAX
    assert [award.source for award in found.awards] == ["base"]
    small = earn_on(club_of(fixed_points("a", 10**12 - 1), fixed_points("b", 5)), huge)
    assert by_source(small) == {"a": 10**12 - 1, "b": 1}
