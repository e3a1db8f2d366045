"""What of a sale is counted, when it can be spent, and how its lines share it."""

from __future__ import annotations

from dataclasses import replace

from gateway.model.rules.condition import TaxBasis
from gateway.model.rules.earning import EarningKind, EarningRule, Rounding, Unit
from gateway.model.rules.expiry import Expiry, ExpiryKind
from gateway.model.rules.stored_value import CreditPolicy
from gateway.program.evaluation import Award
from simulators.given.rated import (
    FACTS,
    SALE,
    by_source,
    club_of,
    earn_on,
    fixed_points,
    multiplied,
    only_words,
    per_amount,
    sale_of,
)


def test_a_visit_earns_with_the_days_first_sale() -> None:
    """The first sale of a business day at a branch earns it, the second does not."""
    visit = EarningRule(id="v", kind=EarningKind.VISIT, points=5)
    assert by_source(earn_on(club_of(visit))) == {"v": 5}
    assert earn_on(club_of(visit), facts=replace(FACTS, visited_today=True)).awards == ()


def test_pieces_earn_by_whole_steps_over_all_lines() -> None:
    """Three pieces on two lines are one step of two, told by the pieces of each line."""
    rule = EarningRule(
        id="cups", kind=EarningKind.ITEM, points=10, per_pieces=2, items=only_words("coffee")
    )
    sale = sale_of(("coffee", 300), ("cake", 500), ("coffee large", 400), ("coffee", 0))
    assert earn_on(club_of(rule), sale).awards == (
        Award(source="cups", unit=Unit.POINTS, amount=10, lines=(5, 0, 5, 0)),
    )
    assert earn_on(club_of(rule), SALE).awards == ()
    assert earn_on(club_of(replace(rule, per_pieces=3)), sale).awards == ()


def test_a_fraction_is_rounded_once_for_the_sale() -> None:
    """Steps are rounded as the rule says, over all lines together and never line by line."""
    sale = sale_of(("a", 90), ("b", 90), ("c", 70))
    for rounding, points in ((Rounding.FLOOR, 2), (Rounding.NEAREST, 3), (Rounding.CEILING, 3)):
        rule = replace(per_amount("r", 100), rounding=rounding)
        assert earn_on(club_of(rule), sale).total(Unit.POINTS) == points


def test_a_rule_may_look_at_the_price_before_tax() -> None:
    """115.00 with 15.00 of tax in it are 100.00 for a rule that leaves the tax out."""
    rule = replace(per_amount("r", 100), basis=TaxBasis.BEFORE_TAX)
    sale = replace(SALE, total_minor=11_500, tax_minor=1_500)
    assert earn_on(club_of(rule), sale).total(Unit.POINTS) == 100


def test_a_filter_bars_rules_of_every_kind() -> None:
    """A rule for goods needs them: without lines, or with others, no kind of it gives anything."""
    rules = (
        replace(fixed_points("f", 5), items=only_words("tea")),
        EarningRule(id="v", kind=EarningKind.VISIT, points=5, items=only_words("tea")),
        replace(per_amount("p", 1), items=only_words("tea")),
        replace(multiplied("m", 9_000), items=only_words("tea")),
    )
    programme = club_of(*rules, earn_points=1)
    assert by_source(earn_on(programme)) == {"base": 19}
    assert by_source(earn_on(programme, sale_of(("pen", 100)))) == {"base": 1}
    tea = earn_on(programme, sale_of(("tea", 100)))
    assert by_source(tea) == {"base": 1, "f": 5, "v": 5, "p": 100, "m": 808}


def test_events_and_referrals_are_no_sales() -> None:
    """A sale earns nothing by a rule for something else."""
    rules = (
        EarningRule(id="e", kind=EarningKind.EVENT, event="survey", points=5),
        EarningRule(id="r", kind=EarningKind.REFERRAL, points=5),
    )
    first = replace(FACTS, referred=True)
    assert earn_on(club_of(*rules), facts=first).awards == ()


def test_time_is_the_rules_or_else_the_programmes() -> None:
    """Pending days and expiry are the programme's, for credit credit's, unless a rule has some."""
    year = Expiry(kind=ExpiryKind.YEAR_END, count=1)
    month = Expiry(kind=ExpiryKind.MONTHS, count=1)
    week = Expiry(kind=ExpiryKind.DAYS, count=7)
    rules = (
        replace(fixed_points("own", 1), pending_days=0, expiry=week),
        replace(fixed_points("back", 1), unit=Unit.CREDIT),
        replace(multiplied("m", 2_000), pending_days=30),
    )
    credit = CreditPolicy(earned_expiry=month)
    programme = club_of(*rules, earn_points=1, pending_days=14, expiry=year, credit=credit)
    times = {
        award.source: (award.pending_days, award.expiry) for award in earn_on(programme).awards
    }
    assert times == {"base": (14, year), "own": (0, week), "back": (14, month), "m": (30, year)}


def test_lines_share_what_the_sale_earned() -> None:
    """Points are split over the lines that count, and what is for the sale as a whole is not."""
    sale = sale_of(("a", 333), ("b", 333), ("return", -100), ("c", 434))
    found = earn_on(club_of(fixed_points("f", 3), earn_points=1), sale)
    assert [award.lines for award in found.awards] == [(3, 3, 0, 4), ()]
    free = sale_of(("a", 0), total_minor=500)
    assert earn_on(club_of(earn_points=1), free).awards[0].lines == ()


def test_a_multiplier_for_goods_multiplies_what_they_earned() -> None:
    """Double points on coffee double coffee's share of every rule, and nothing else."""
    double = replace(multiplied("m", 2_000), items=only_words("coffee"))
    sale = sale_of(("coffee", 600), ("cake", 400))
    found = earn_on(club_of(fixed_points("f", 3), double, earn_points=1), sale)
    assert by_source(found) == {"base": 10, "f": 3, "m": 6}
    assert found.awards[2].lines == (6, 0)
    every = earn_on(club_of(fixed_points("f", 3), multiplied("m", 2_000), earn_points=1), sale)
    assert (every.awards[2].amount, every.awards[2].lines) == (13, ())


def test_a_multiplier_for_goods_may_lower_them() -> None:
    """Half points on tobacco take from tobacco's share alone, of each rule in its measure."""
    half = replace(multiplied("m", 500), items=only_words("tobacco"))
    sale = sale_of(("tobacco", 600), ("cake", 400))
    found = earn_on(club_of(per_amount("r", 50), half, earn_points=1), sale)
    assert {award.source: award.lines for award in found.awards} == {"base": (3, 4), "r": (6, 8)}


def test_lowering_some_goods_raises_no_other_rule() -> None:
    """A total that is rounded up gives no rule more than it had: one point stays one."""
    almost = replace(multiplied("m", 1), items=only_words("tobacco"), rounding=Rounding.CEILING)
    tobacco = replace(per_amount("t", 100), items=only_words("tobacco"))
    found = earn_on(club_of(tobacco, fixed_points("f", 1), almost), sale_of(("tobacco", 100)))
    assert by_source(found) == {"t": 1, "f": 1}
