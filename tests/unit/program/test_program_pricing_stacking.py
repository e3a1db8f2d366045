"""How several offers go together: alone, always, the first, the best, at most so many."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from gateway.model.rules.caps import Cap, CapMeasure, CapPeriod
from gateway.model.rules.condition import Condition
from gateway.model.rules.offer import Choice, Stacking, StackingPolicy
from gateway.model.rules.scope import Window
from gateway.program.pricing import price
from simulators.given.goods import line_of, money_off, percent_off, sale_of
from simulators.given.offered import ADA, PLACE, applied_in, club_of, due_for, offer_of


def test_a_second_offer_on_the_whole_sale_is_refused() -> None:
    """O-31: where the first applies alone, a second one takes nothing more off."""
    offers = [offer_of("auto", percent_off(10)), offer_of("code", percent_off(10))]
    sale = sale_of(line_of("cabinet", 32_000))
    assert due_for(club_of(*offers, stacking=StackingPolicy(choice=Choice.FIRST)), sale) == 28_800
    assert due_for(club_of(*offers, stacking=StackingPolicy(most=1)), sale) == 28_800
    assert due_for(club_of(*offers), sale) == 25_920


def test_each_on_the_rest() -> None:
    """O-10 with offers: three times 10 % of 300 leave 270, 243 and 218.70."""
    offers = [offer_of(name, percent_off(10)) for name in ("one", "three", "two")]
    sale = sale_of(*(line_of("a", 10_000) for _ in range(3)))
    left, total = [], sale.total_minor
    for discount in price(club_of(*offers), sale, ADA, PLACE).discounts:
        total -= discount.amount_minor
        left.append(total)
    assert left == [27_000, 24_300, 21_870]


def test_the_valid_one_of_two_applies() -> None:
    """U-8: an offer that is over does not keep another from applying."""
    over = offer_of(
        "over", percent_off(50), when=Condition(window=Window(last_day=date(2026, 1, 1)))
    )
    sale = sale_of(total=10_000)
    assert applied_in(
        price(club_of(over, offer_of("valid", percent_off(10))), sale, ADA, PLACE)
    ) == ["valid"]


def test_alone_and_always() -> None:
    """U-9: one that goes alone keeps stackable ones away, and none that always applies."""
    alone = offer_of("alone", percent_off(50), stacking=Stacking.NEVER)
    common = offer_of("common", percent_off(10), priority=9)
    always = offer_of("always", percent_off(10), stacking=Stacking.ALWAYS)
    sale = sale_of(total=10_000)
    assert applied_in(price(club_of(alone, common), sale, ADA, PLACE)) == ["alone"]
    pricing = price(club_of(alone, common, always), sale, ADA, PLACE)
    assert applied_in(pricing) == ["alone", "always"]
    assert pricing.amount_minor == 5_500


def test_of_several_that_go_alone_one_applies() -> None:
    """Of offers that go alone the priority decides, then what is best for the member."""
    offers = [offer_of(f"p{n}", percent_off(n), stacking=Stacking.NEVER) for n in (10, 30, 20)]
    sale = sale_of(total=10_000)
    assert applied_in(price(club_of(*offers), sale, ADA, PLACE)) == ["p30"]
    first = replace(offers[0], priority=1)
    assert applied_in(price(club_of(first, *offers[1:]), sale, ADA, PLACE)) == ["p10"]


def test_alone_without_effect_keeps_nobody_away() -> None:
    """An offer that goes alone and finds nothing left to lower gives way to the stackable ones."""
    always = offer_of("always", percent_off(100, "a"), stacking=Stacking.ALWAYS, priority=9)
    alone = offer_of("alone", percent_off(50, "a"), stacking=Stacking.NEVER)
    common = offer_of("common", percent_off(10))
    sale = sale_of(line_of("a", 1_000), line_of("b", 1_000))
    pricing = price(club_of(always, alone, common), sale, ADA, PLACE)
    assert applied_in(pricing) == ["always", "common"]
    only = price(club_of(always, alone), sale, ADA, PLACE)
    assert applied_in(only) == ["always"]


def test_at_most_so_many() -> None:
    """U-10: of three that are valid two apply, in their order."""
    offers = [offer_of(f"o{n}", money_off(100), priority=n) for n in (1, 2, 3)]
    pricing = price(
        club_of(*offers, stacking=StackingPolicy(most=2)), sale_of(total=999), ADA, PLACE
    )
    assert applied_in(pricing) == ["o3", "o2"]


@pytest.mark.parametrize(
    ("choice", "applied"),
    [
        (Choice.ALL, ["first", "small", "great"]),
        (Choice.FIRST, ["first"]),
        (Choice.HIGHEST, ["great"]),
        (Choice.LOWEST, ["small"]),
    ],
)
def test_choice(choice: Choice, applied: list[str]) -> None:
    """The programme says which of several stackable offers apply."""
    offers = [
        offer_of("great", money_off(300)),
        offer_of("first", money_off(200), priority=2),
        offer_of("small", money_off(100), priority=1),
    ]
    programme = club_of(*offers, stacking=StackingPolicy(choice=choice))
    assert applied_in(price(programme, sale_of(total=1_000), ADA, PLACE)) == applied


def test_a_choice_without_effect_is_no_choice() -> None:
    """The highest one that still takes something off is chosen, not one that cannot any more."""
    always = offer_of("always", percent_off(100, "a"), stacking=Stacking.ALWAYS, priority=9)
    offers = [always, offer_of("high", percent_off(90, "a")), offer_of("low", money_off(100))]
    programme = club_of(*offers, stacking=StackingPolicy(choice=Choice.HIGHEST))
    sale = sale_of(line_of("a", 1_000), line_of("b", 500))
    assert applied_in(price(programme, sale, ADA, PLACE)) == ["always", "low"]


def test_one_offer_for_a_line() -> None:
    """A line that was lowered is not lowered again; the others are."""
    offers = [offer_of("a", percent_off(10, "a"), priority=1), offer_of("all", percent_off(50))]
    programme = club_of(*offers, stacking=StackingPolicy(one_per_line=True))
    pricing = price(programme, sale_of(line_of("a", 1_000), line_of("b", 400)), ADA, PLACE)
    assert [discount.lines for discount in pricing.discounts] == [(100, 0), (0, 200)]
    # A sale without lines is one line.
    twice = club_of(
        *(offer_of(n, percent_off(10)) for n in "ab"), stacking=programme.rules.stacking
    )
    assert due_for(twice, sale_of(total=1_000)) == 900


def test_best_then_smaller_id() -> None:
    """Of equal priority the greater discount comes first, then the smaller id."""
    offers = [
        offer_of("c", money_off(100)),
        offer_of("b", money_off(100)),
        offer_of("a", money_off(50)),
    ]
    pricing = price(club_of(*offers), sale_of(total=1_000), ADA, PLACE)
    assert applied_in(pricing) == ["b", "c", "a"]


def test_best_is_what_the_budget_still_gives() -> None:
    """An offer whose budget is nearly used up is not the best one for the member."""
    cap = Cap(limit=99, measure=CapMeasure.AMOUNT, period=CapPeriod.SALE)
    offers = [offer_of("great", percent_off(50), budgets=(cap,)), offer_of("small", money_off(100))]
    programme = club_of(*offers, stacking=StackingPolicy(choice=Choice.HIGHEST))
    assert applied_in(price(programme, sale_of(total=1_000), ADA, PLACE)) == ["small"]
