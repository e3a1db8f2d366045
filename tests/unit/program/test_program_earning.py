"""What a sale brings, in the figures of other systems."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.model.ids import BranchId
from gateway.model.rules.caps import Cap, CapPeriod
from gateway.model.rules.condition import Condition
from gateway.model.rules.earning import Rounding, Unit
from gateway.model.rules.scope import Window
from gateway.model.rules.tiers import TierBasis, TierLevel, TierScheme
from gateway.model.sale import Tender, TenderKind
from gateway.program.evaluation import Evaluation
from gateway.program.facts import Used
from simulators.given.rated import (
    FACTS,
    SALE,
    TODAY,
    by_source,
    club_of,
    earn_on,
    fixed_points,
    multiplied,
    only_words,
    per_amount,
    sale_of,
)


@pytest.mark.parametrize("discount_minor", [None, 1_000])
def test_a_discount_on_the_whole_sale_lowers_the_points(discount_minor: int | None) -> None:
    """Odoo: 100 less 10 % earns 90, whether a promotion or a code took it off."""
    sale = replace(sale_of(("table", 10_000), total_minor=9_000), discount_minor=discount_minor)
    assert earn_on(club_of(earn_points=1), sale).total(Unit.POINTS) == 90
    filtered = replace(per_amount("t", 100), items=only_words("table"))
    assert earn_on(club_of(filtered), sale).total(Unit.POINTS) == 90


def test_a_discount_on_one_group_lowers_that_groups_points() -> None:
    """Odoo: 10 off the food of a sale of 150, whose food is 100, leaves 90 points for food."""
    sale = sale_of(("food a", 10_000), ("food discount", -1_000), ("chair", 5_000))
    rule = replace(per_amount("food", 100), items=only_words("food"))
    assert earn_on(club_of(rule), sale).total(Unit.POINTS) == 90


def test_stored_money_pays_and_does_not_discount() -> None:
    """Odoo: 100 of which 10 come from a wallet earn 100; points on 100 less 30 % are 70."""
    wallet = (Tender(kind=TenderKind.STORE_CREDIT, amount_minor=1_000),)
    sale = replace(SALE, total_minor=10_000, tenders=wallet)
    assert earn_on(club_of(earn_points=1), sale).total(Unit.POINTS) == 100
    assert (
        earn_on(club_of(earn_points=1), replace(sale, total_minor=7_000)).total(Unit.POINTS) == 70
    )


def test_stackable_rules_add_up() -> None:
    """Setono: one per 1.00 and one per 2.00 of 19.99 are 19 and 9, each floored by itself."""
    found = earn_on(club_of(per_amount("r7", 100), per_amount("r9", 200)))
    assert found.total(Unit.POINTS) == 28
    assert by_source(found) == {"r7": 19, "r9": 9}


def test_a_rule_that_does_not_stack_stands_alone() -> None:
    """Setono: a fixed hundred that does not stack takes the place of 28, and of a multiplier."""
    alone = replace(fixed_points("alone", 100), stackable=False)
    rules = (per_amount("r7", 100), per_amount("r9", 200), multiplied("double", 2_000), alone)
    assert by_source(earn_on(club_of(*rules, earn_points=1))) == {"alone": 100}


@pytest.mark.parametrize("turned", [False, True])
def test_of_several_that_do_not_stack_priority_decides(*, turned: bool) -> None:
    """Setono: 200 at priority 20 goes before 50 at priority 5, wherever they stand."""
    rules = [
        replace(fixed_points("a", 50), stackable=False, priority=5),
        replace(fixed_points("b", 200), stackable=False, priority=20),
    ]
    assert by_source(earn_on(club_of(*(rules[::-1] if turned else rules)))) == {"b": 200}
    lower = [replace(rules[0], priority=30), rules[1]]
    assert by_source(earn_on(club_of(*(lower[::-1] if turned else lower)))) == {"a": 50}


@pytest.mark.parametrize("turned", [False, True])
def test_then_what_is_best_and_then_the_smaller_id(*, turned: bool) -> None:
    """Of equal priorities the most points win, and of equal points the smaller id."""
    rules = [replace(fixed_points(name, 5), stackable=False) for name in ("b", "a")]
    best = replace(fixed_points("z", 6), stackable=False)
    order = -1 if turned else 1
    assert by_source(earn_on(club_of(*rules[::order]))) == {"a": 5}
    assert by_source(earn_on(club_of(*[*rules, best][::order]))) == {"z": 6}


@pytest.mark.parametrize(
    ("permille", "rounding", "points"),
    [
        (2_000, Rounding.FLOOR, 38),
        (1_500, Rounding.FLOOR, 28),
        (1_500, Rounding.NEAREST, 29),
        (1_500, Rounding.CEILING, 29),
        (1_000, Rounding.FLOOR, 19),
        (500, Rounding.FLOOR, 9),
        (500, Rounding.CEILING, 10),
        (1, Rounding.FLOOR, 0),
    ],
)
def test_the_multiplied_total_is_rounded_once(
    permille: int, rounding: Rounding, points: int
) -> None:
    """Setono: 19 times 1.5 is 28.5; the multiplier's own rounding makes 28 or 29 of it."""
    rules = (per_amount("r", 100), replace(multiplied("m", permille), rounding=rounding))
    assert earn_on(club_of(*rules)).total(Unit.POINTS) == points


@pytest.mark.parametrize(
    ("per_minor", "total_minor", "permille", "points"),
    [
        # Square: one per 10, spend 105; base 5 times 3; base 4 times 1.5.
        (1_000, 10_500, 1_000, 10),
        (1_000, 5_000, 3_000, 15),
        (1_000, 4_000, 1_500, 6),
    ],
)
def test_squares_figures(per_minor: int, total_minor: int, permille: int, points: int) -> None:
    """Square: fractions are dropped, once, from the multiplied total."""
    programme = club_of(per_amount("r", per_minor), multiplied("m", permille))
    sale = replace(SALE, total_minor=total_minor)
    assert earn_on(programme, sale).total(Unit.POINTS) == points


def test_multipliers_are_multiplied_before_they_are_rounded() -> None:
    """Three halves of a third are a half: 19 times 1.5 times 1.5 is 42 and not 28 times 1.5."""
    programme = club_of(per_amount("r", 100), multiplied("a", 1_500), multiplied("b", 1_500))
    assert by_source(earn_on(programme)) == {"r": 19, "a": 9, "b": 14}
    # Down and up again is as if nothing had been.
    halved = club_of(per_amount("r", 100), multiplied("half", 500), multiplied("twice", 2_000))
    assert by_source(earn_on(halved)) == {"r": 9, "twice": 10}


def test_a_promotion_whose_limit_is_reached_lets_another_apply() -> None:
    """Square: who had the better promotion as often as allowed gets the next one."""
    best = replace(
        fixed_points("best", 50),
        stackable=False,
        priority=9,
        caps=(Cap(limit=1, period=CapPeriod.DAY),),
    )
    programme = club_of(best, replace(fixed_points("next", 20), stackable=False), earn_points=1)
    first = earn_on(programme)
    assert by_source(first) == {"best": 50}
    used = tuple(Used(key=use.key, amount=use.amount) for use in first.uses)
    again = earn_on(programme, facts=replace(FACTS, used=used))
    assert by_source(again) == {"next": 20}
    assert again.uses == ()


@pytest.mark.parametrize(
    "when",
    [
        Condition(window=Window(first_day=TODAY + timedelta(days=1))),
        Condition(window=Window(last_day=TODAY - timedelta(days=1))),
        Condition(branches=(BranchId("other"),)),
        Condition(minimum_minor=2_000),
    ],
)
def test_a_rule_that_does_not_hold_gives_nothing(when: Condition) -> None:
    """Setono: rules of the future, and all whose condition fails, earn nothing and bar nothing."""
    rule = replace(fixed_points("late", 100), stackable=False, when=when)
    assert earn_on(club_of(rule)) == Evaluation()
    assert by_source(earn_on(club_of(rule, earn_points=1))) == {"base": 19}


def test_the_breakdown_names_each_rule() -> None:
    """Setono: what each rule gave is known by its id, in the order of the rules."""
    found = earn_on(club_of(per_amount("rule-7", 100), fixed_points("rule-9", 5)))
    assert [(award.source, award.amount) for award in found.awards] == [
        ("rule-7", 19),
        ("rule-9", 5),
    ]


def test_what_was_paid_with_points_earns_none() -> None:
    """ERPNext: 10000 earn 10; when 10 of them pay part of the next 10000, that one earns 9."""
    programme = replace(club_of(earn_points=1), earn_per_minor=1_000)
    sale = replace(SALE, total_minor=10_000)
    assert earn_on(programme, sale).total(Unit.POINTS) == 10
    paid = replace(sale, tenders=(Tender(kind=TenderKind.POINTS, amount_minor=10),))
    assert earn_on(programme, paid).total(Unit.POINTS) == 9
    assert earn_on(replace(programme, redeemed_amount_earns=True), paid).total(Unit.POINTS) == 10


def test_a_level_reached_by_the_sale_rates_it() -> None:
    """ERPNext: 18000 spent so far and 3000 now are Gold, and Gold's double points count."""
    levels = tuple(
        TierLevel(id=name, threshold=threshold)
        for name, threshold in (("bronze", 0), ("silver", 10_000), ("gold", 20_000))
    )
    scheme = TierScheme(basis=TierBasis.SPEND, counts_this_sale=True, levels=levels)
    double = replace(multiplied("gold", 2_000), when=Condition(tiers=("gold",)))
    programme = club_of(double, earn_points=1, tiers=scheme)
    sale, facts = replace(SALE, total_minor=3_000), replace(FACTS, tier="silver")
    near = earn_on(programme, sale, replace(facts, tier_basis=16_999))
    there = earn_on(programme, sale, replace(facts, tier_basis=18_000))
    assert (near.tier, near.total(Unit.POINTS)) == ("silver", 30)
    assert (there.tier, there.total(Unit.POINTS)) == ("gold", 60)


def test_products_may_earn_beside_the_whole() -> None:
    """Open Loyalty: 40 of which A and B are 10 each earn 10 and 20 by product and 40 in all."""
    rules = (
        replace(per_amount("a", 100), items=only_words("alpha")),
        replace(per_amount("b", 100, 2), items=only_words("beta")),
    )
    sale = sale_of(("alpha", 1_000), ("beta", 1_000), ("gamma", 2_000))
    found = earn_on(club_of(*rules, earn_points=1), sale)
    assert found.total(Unit.POINTS) == 70
    lines = {award.source: award.lines for award in found.awards}
    assert lines == {"base": (10, 10, 20), "a": (10, 0, 0), "b": (0, 20, 0)}


def test_points_of_a_tenth_are_earned_whole() -> None:
    """Odoo: 0.1 per 1 on 1000 and on 265 are 100 and 26.5, which tenths of a point keep exactly."""
    programme = club_of(earn_points=1)
    tenths = [
        earn_on(programme, replace(SALE, total_minor=total)).total(Unit.POINTS)
        for total in (100_000, 26_500)
    ]
    assert tenths == [1_000, 265]


def test_units_do_not_meet() -> None:
    """Credit has rules of its own: points neither bar nor multiply it."""
    rules = (
        replace(fixed_points("points", 7), stackable=False),
        replace(per_amount("back", 100, 5), unit=Unit.CREDIT),
        replace(multiplied("double", 2_000), unit=Unit.CREDIT),
    )
    found = earn_on(club_of(*rules, earn_points=1))
    assert (found.total(Unit.POINTS), found.total(Unit.CREDIT)) == (7, 190)
