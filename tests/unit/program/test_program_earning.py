"""What a sale brings: rules, how they go together, limits, lines."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from gateway.model.ids import BranchId, MemberId, SaleKey
from gateway.model.money import EUR
from gateway.model.programme import Programme
from gateway.model.rules.caps import Cap, CapMeasure, CapOwner, CapPeriod
from gateway.model.rules.condition import Condition, MemberDay, TaxBasis
from gateway.model.rules.earning import EarningKind, EarningRule, Rounding, Unit
from gateway.model.rules.expiry import Expiry, ExpiryKind
from gateway.model.rules.rules import Rules
from gateway.model.rules.scope import ItemFilter, ItemSet, Window
from gateway.model.rules.stored_value import CreditPolicy
from gateway.model.rules.tiers import TierBasis, TierLevel, TierScheme
from gateway.model.sale import Sale, SaleLine, SaleSource, Tender, TenderKind
from gateway.program.earn import SALE_POINTS_MAX
from gateway.program.earning import evaluate
from gateway.program.evaluation import Award, Evaluation, Use
from gateway.program.facts import MemberDate, MemberFacts, Place, Used
from gateway.program.limits import usage_keys

_MEMBER = MemberId("4f" * 16)
_TODAY = date(2026, 11, 23)
_PLACE = Place(branch=BranchId("bazaar"), at_ms=0, business_day=_TODAY, minute=720)
_FACTS = MemberFacts(member_id=_MEMBER)
_SALE = Sale(key=SaleKey(bytes(16)), total_minor=1_999, source=SaleSource.KEYED, profile="test")


def _programme(*rules: EarningRule, earn_points: int = 0, **more: object) -> Programme:
    return Programme(
        name="club",
        version=1,
        effective_from_ms=0,
        currency=EUR,
        earn_points=earn_points,
        earn_per_minor=100,
        redeem_points=1,
        redeem_value_minor=1,
        rules=Rules(earning=rules, **more),  # type: ignore[arg-type]
    )


def _per_amount(name: str, per_minor: int, points: int = 1) -> EarningRule:
    return EarningRule(id=name, kind=EarningKind.PER_AMOUNT, points=points, per_minor=per_minor)


def _fixed(name: str, points: int) -> EarningRule:
    return EarningRule(id=name, kind=EarningKind.FIXED, points=points)


def _times(name: str, permille: int) -> EarningRule:
    return EarningRule(id=name, kind=EarningKind.MULTIPLIER, multiplier_permille=permille)


def _only(*words: str) -> ItemFilter:
    return ItemFilter(only=ItemSet(label_words=words))


def _sale(*lines: tuple[str, int], total_minor: int | None = None) -> Sale:
    goods = tuple(
        SaleLine(label=label, quantity_milli=1_000, amount_minor=amount) for label, amount in lines
    )
    total = sum(amount for _, amount in lines) if total_minor is None else total_minor
    return replace(_SALE, lines=goods, total_minor=total)


def _earn(
    programme: Programme, sale: Sale = _SALE, facts: MemberFacts = _FACTS, place: Place = _PLACE
) -> Evaluation:
    return evaluate(programme, sale, facts, place)


def _by_source(found: Evaluation) -> dict[str, int]:
    return {award.source: award.amount for award in found.awards}


# --- Figures of other systems -------------------------------------------------------------------


@pytest.mark.parametrize("discount_minor", [None, 1_000])
def test_a_discount_on_the_whole_sale_lowers_the_points(discount_minor: int | None) -> None:
    """Odoo: 100 less 10 % earns 90, whether a promotion or a code took it off."""
    sale = replace(_sale(("table", 10_000), total_minor=9_000), discount_minor=discount_minor)
    assert _earn(_programme(earn_points=1), sale).total(Unit.POINTS) == 90
    filtered = replace(_per_amount("t", 100), items=_only("table"))
    assert _earn(_programme(filtered), sale).total(Unit.POINTS) == 90


def test_a_discount_on_one_group_lowers_that_groups_points() -> None:
    """Odoo: 10 off the food of a sale of 150, whose food is 100, leaves 90 points for food."""
    sale = _sale(("food a", 10_000), ("food discount", -1_000), ("chair", 5_000))
    rule = replace(_per_amount("food", 100), items=_only("food"))
    assert _earn(_programme(rule), sale).total(Unit.POINTS) == 90


def test_stored_money_pays_and_does_not_discount() -> None:
    """Odoo: 100 of which 10 come from a wallet earn 100; points on 100 less 30 % are 70."""
    wallet = (Tender(kind=TenderKind.STORE_CREDIT, amount_minor=1_000),)
    sale = replace(_SALE, total_minor=10_000, tenders=wallet)
    assert _earn(_programme(earn_points=1), sale).total(Unit.POINTS) == 100
    assert (
        _earn(_programme(earn_points=1), replace(sale, total_minor=7_000)).total(Unit.POINTS) == 70
    )


def test_stackable_rules_add_up() -> None:
    """Setono: one per 1.00 and one per 2.00 of 19.99 are 19 and 9, each floored by itself."""
    found = _earn(_programme(_per_amount("r7", 100), _per_amount("r9", 200)))
    assert found.total(Unit.POINTS) == 28
    assert _by_source(found) == {"r7": 19, "r9": 9}


def test_a_rule_that_does_not_stack_stands_alone() -> None:
    """Setono: a fixed hundred that does not stack takes the place of 28, and of a multiplier."""
    alone = replace(_fixed("alone", 100), stackable=False)
    rules = (_per_amount("r7", 100), _per_amount("r9", 200), _times("double", 2_000), alone)
    assert _by_source(_earn(_programme(*rules, earn_points=1))) == {"alone": 100}


@pytest.mark.parametrize("turned", [False, True])
def test_of_several_that_do_not_stack_priority_decides(*, turned: bool) -> None:
    """Setono: 200 at priority 20 goes before 50 at priority 5, wherever they stand."""
    rules = [
        replace(_fixed("a", 50), stackable=False, priority=5),
        replace(_fixed("b", 200), stackable=False, priority=20),
    ]
    assert _by_source(_earn(_programme(*(rules[::-1] if turned else rules)))) == {"b": 200}
    lower = [replace(rules[0], priority=30), rules[1]]
    assert _by_source(_earn(_programme(*(lower[::-1] if turned else lower)))) == {"a": 50}


@pytest.mark.parametrize("turned", [False, True])
def test_then_what_is_best_and_then_the_smaller_id(*, turned: bool) -> None:
    """Of equal priorities the most points win, and of equal points the smaller id."""
    rules = [replace(_fixed(name, 5), stackable=False) for name in ("b", "a")]
    best = replace(_fixed("z", 6), stackable=False)
    order = -1 if turned else 1
    assert _by_source(_earn(_programme(*rules[::order]))) == {"a": 5}
    assert _by_source(_earn(_programme(*[*rules, best][::order]))) == {"z": 6}


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
    rules = (_per_amount("r", 100), replace(_times("m", permille), rounding=rounding))
    assert _earn(_programme(*rules)).total(Unit.POINTS) == points


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
    programme = _programme(_per_amount("r", per_minor), _times("m", permille))
    sale = replace(_SALE, total_minor=total_minor)
    assert _earn(programme, sale).total(Unit.POINTS) == points


def test_multipliers_are_multiplied_before_they_are_rounded() -> None:
    """Three halves of a third are a half: 19 times 1.5 times 1.5 is 42 and not 28 times 1.5."""
    programme = _programme(_per_amount("r", 100), _times("a", 1_500), _times("b", 1_500))
    assert _by_source(_earn(programme)) == {"r": 19, "a": 9, "b": 14}
    # Down and up again is as if nothing had been.
    halved = _programme(_per_amount("r", 100), _times("half", 500), _times("twice", 2_000))
    assert _by_source(_earn(halved)) == {"r": 9, "twice": 10}


def test_a_promotion_whose_limit_is_reached_lets_another_apply() -> None:
    """Square: who had the better promotion as often as allowed gets the next one."""
    best = replace(
        _fixed("best", 50), stackable=False, priority=9, caps=(Cap(limit=1, period=CapPeriod.DAY),)
    )
    programme = _programme(best, replace(_fixed("next", 20), stackable=False), earn_points=1)
    first = _earn(programme)
    assert _by_source(first) == {"best": 50}
    used = tuple(Used(key=use.key, amount=use.amount) for use in first.uses)
    again = _earn(programme, facts=replace(_FACTS, used=used))
    assert _by_source(again) == {"next": 20}
    assert again.uses == ()


@pytest.mark.parametrize(
    "when",
    [
        Condition(window=Window(first_day=_TODAY + timedelta(days=1))),
        Condition(window=Window(last_day=_TODAY - timedelta(days=1))),
        Condition(branches=(BranchId("other"),)),
        Condition(minimum_minor=2_000),
    ],
)
def test_a_rule_that_does_not_hold_gives_nothing(when: Condition) -> None:
    """Setono: rules of the future, and all whose condition fails, earn nothing and bar nothing."""
    rule = replace(_fixed("late", 100), stackable=False, when=when)
    assert _earn(_programme(rule)) == Evaluation()
    assert _by_source(_earn(_programme(rule, earn_points=1))) == {"base": 19}


def test_the_breakdown_names_each_rule() -> None:
    """Setono: what each rule gave is known by its id, in the order of the rules."""
    found = _earn(_programme(_per_amount("rule-7", 100), _fixed("rule-9", 5)))
    assert [(award.source, award.amount) for award in found.awards] == [
        ("rule-7", 19),
        ("rule-9", 5),
    ]


def test_what_was_paid_with_points_earns_none() -> None:
    """ERPNext: 10000 earn 10; when 10 of them pay part of the next 10000, that one earns 9."""
    programme = replace(_programme(earn_points=1), earn_per_minor=1_000)
    sale = replace(_SALE, total_minor=10_000)
    assert _earn(programme, sale).total(Unit.POINTS) == 10
    paid = replace(sale, tenders=(Tender(kind=TenderKind.POINTS, amount_minor=10),))
    assert _earn(programme, paid).total(Unit.POINTS) == 9
    assert _earn(replace(programme, redeemed_amount_earns=True), paid).total(Unit.POINTS) == 10


def test_a_level_reached_by_the_sale_rates_it() -> None:
    """ERPNext: 18000 spent so far and 3000 now are Gold, and Gold's double points count."""
    levels = tuple(
        TierLevel(id=name, threshold=threshold)
        for name, threshold in (("bronze", 0), ("silver", 10_000), ("gold", 20_000))
    )
    scheme = TierScheme(basis=TierBasis.SPEND, counts_this_sale=True, levels=levels)
    double = replace(_times("gold", 2_000), when=Condition(tiers=("gold",)))
    programme = _programme(double, earn_points=1, tiers=scheme)
    sale, facts = replace(_SALE, total_minor=3_000), replace(_FACTS, tier="silver")
    near = _earn(programme, sale, replace(facts, tier_basis=16_999))
    there = _earn(programme, sale, replace(facts, tier_basis=18_000))
    assert (near.tier, near.total(Unit.POINTS)) == ("silver", 30)
    assert (there.tier, there.total(Unit.POINTS)) == ("gold", 60)


def test_products_may_earn_beside_the_whole() -> None:
    """Open Loyalty: 40 of which A and B are 10 each earn 10 and 20 by product and 40 in all."""
    rules = (
        replace(_per_amount("a", 100), items=_only("alpha")),
        replace(_per_amount("b", 100, 2), items=_only("beta")),
    )
    sale = _sale(("alpha", 1_000), ("beta", 1_000), ("gamma", 2_000))
    found = _earn(_programme(*rules, earn_points=1), sale)
    assert found.total(Unit.POINTS) == 70
    lines = {award.source: award.lines for award in found.awards}
    assert lines == {"base": (10, 10, 20), "a": (10, 0, 0), "b": (0, 20, 0)}


def test_points_of_a_tenth_are_earned_whole() -> None:
    """Odoo: 0.1 per 1 on 1000 and on 265 are 100 and 26.5, which tenths of a point keep exactly."""
    programme = _programme(earn_points=1)
    tenths = [
        _earn(programme, replace(_SALE, total_minor=total)).total(Unit.POINTS)
        for total in (100_000, 26_500)
    ]
    assert tenths == [1_000, 265]


# --- What is counted ----------------------------------------------------------------------------


def test_a_visit_earns_with_the_days_first_sale() -> None:
    """The first sale of a business day at a branch earns it, the second does not."""
    visit = EarningRule(id="v", kind=EarningKind.VISIT, points=5)
    assert _by_source(_earn(_programme(visit))) == {"v": 5}
    assert _earn(_programme(visit), facts=replace(_FACTS, visited_today=True)).awards == ()


def test_pieces_earn_by_whole_steps_over_all_lines() -> None:
    """Three pieces on two lines are one step of two, told by the pieces of each line."""
    rule = EarningRule(
        id="cups", kind=EarningKind.ITEM, points=10, per_pieces=2, items=_only("coffee")
    )
    sale = _sale(("coffee", 300), ("cake", 500), ("coffee large", 400), ("coffee", 0))
    assert _earn(_programme(rule), sale).awards == (
        Award(source="cups", unit=Unit.POINTS, amount=10, lines=(5, 0, 5, 0)),
    )
    assert _earn(_programme(rule), _SALE).awards == ()
    assert _earn(_programme(replace(rule, per_pieces=3)), sale).awards == ()


def test_a_fraction_is_rounded_once_for_the_sale() -> None:
    """Steps are rounded as the rule says, over all lines together and never line by line."""
    sale = _sale(("a", 90), ("b", 90), ("c", 70))
    for rounding, points in ((Rounding.FLOOR, 2), (Rounding.NEAREST, 3), (Rounding.CEILING, 3)):
        rule = replace(_per_amount("r", 100), rounding=rounding)
        assert _earn(_programme(rule), sale).total(Unit.POINTS) == points


def test_a_rule_may_look_at_the_price_before_tax() -> None:
    """115.00 with 15.00 of tax in it are 100.00 for a rule that leaves the tax out."""
    rule = replace(_per_amount("r", 100), basis=TaxBasis.BEFORE_TAX)
    sale = replace(_SALE, total_minor=11_500, tax_minor=1_500)
    assert _earn(_programme(rule), sale).total(Unit.POINTS) == 100


def test_a_filter_bars_rules_of_every_kind() -> None:
    """A rule for goods needs them: without lines, or with others, no kind of it gives anything."""
    rules = (
        replace(_fixed("f", 5), items=_only("tea")),
        EarningRule(id="v", kind=EarningKind.VISIT, points=5, items=_only("tea")),
        replace(_per_amount("p", 1), items=_only("tea")),
        replace(_times("m", 9_000), items=_only("tea")),
    )
    programme = _programme(*rules, earn_points=1)
    assert _by_source(_earn(programme)) == {"base": 19}
    assert _by_source(_earn(programme, _sale(("pen", 100)))) == {"base": 1}
    tea = _earn(programme, _sale(("tea", 100)))
    assert _by_source(tea) == {"base": 1, "f": 5, "v": 5, "p": 100, "m": 808}


def test_units_do_not_meet() -> None:
    """Credit has rules of its own: points neither bar nor multiply it."""
    rules = (
        replace(_fixed("points", 7), stackable=False),
        replace(_per_amount("back", 100, 5), unit=Unit.CREDIT),
        replace(_times("double", 2_000), unit=Unit.CREDIT),
    )
    found = _earn(_programme(*rules, earn_points=1))
    assert (found.total(Unit.POINTS), found.total(Unit.CREDIT)) == (7, 190)


def test_events_and_referrals_are_no_sales() -> None:
    """A sale earns nothing by a rule for something else."""
    rules = (
        EarningRule(id="e", kind=EarningKind.EVENT, event="survey", points=5),
        EarningRule(id="r", kind=EarningKind.REFERRAL, points=5),
    )
    first = replace(_FACTS, referred=True)
    assert _earn(_programme(*rules), facts=first).awards == ()


# --- When it can be spent, and until when -------------------------------------------------------


def test_time_is_the_rules_or_else_the_programmes() -> None:
    """Pending days and expiry are the programme's, for credit credit's, unless a rule has some."""
    year = Expiry(kind=ExpiryKind.YEAR_END, count=1)
    month = Expiry(kind=ExpiryKind.MONTHS, count=1)
    week = Expiry(kind=ExpiryKind.DAYS, count=7)
    rules = (
        replace(_fixed("own", 1), pending_days=0, expiry=week),
        replace(_fixed("back", 1), unit=Unit.CREDIT),
        replace(_times("m", 2_000), pending_days=30),
    )
    credit = CreditPolicy(earned_expiry=month)
    programme = _programme(*rules, earn_points=1, pending_days=14, expiry=year, credit=credit)
    times = {award.source: (award.pending_days, award.expiry) for award in _earn(programme).awards}
    assert times == {"base": (14, year), "own": (0, week), "back": (14, month), "m": (30, year)}


# --- Limits -------------------------------------------------------------------------------------


def test_a_limit_on_points_gives_what_is_left() -> None:
    """The last points of a limit are given, and then the rule gives no more."""
    cap = Cap(limit=30, measure=CapMeasure.POINTS, period=CapPeriod.MONTH)
    programme = _programme(replace(_per_amount("r", 100), caps=(cap,)))
    key = f"earn:r/points/member:{_MEMBER}/2026-11"
    given = []
    used = 0
    for _ in range(3):
        found = _earn(programme, facts=replace(_FACTS, used=(Used(key=key, amount=used),)))
        given.append(found.total(Unit.POINTS))
        assert found.uses == ((Use(key=key, amount=given[-1]),) if given[-1] else ())
        used += given[-1]
    assert given == [19, 11, 0]


def test_a_sales_own_limit_is_counted_nowhere() -> None:
    """At most so many points a sale, for everybody, with nothing written down."""
    cap = Cap(limit=4, measure=CapMeasure.POINTS, period=CapPeriod.SALE)
    programme = _programme(replace(_per_amount("r", 100), caps=(cap,)))
    found = _earn(programme, _sale(("a", 500), ("b", 500)), MemberFacts())
    assert (found.awards[0].lines, found.uses) == ((2, 2), ())


def test_several_limits_are_counted_together() -> None:
    """The smallest room decides, and each limit is told what was given in its own measure."""
    caps = (
        Cap(limit=9, owner=CapOwner.BRANCH, period=CapPeriod.DAY),
        Cap(limit=15, measure=CapMeasure.POINTS, owner=CapOwner.ALL),
        Cap(limit=12, measure=CapMeasure.POINTS, period=CapPeriod.YEAR),
    )
    found = _earn(_programme(replace(_per_amount("r", 100), caps=caps)))
    assert found.total(Unit.POINTS) == 12
    assert found.uses == (
        Use(key="earn:r/uses/branch:bazaar/2026-11-23", amount=1),
        Use(key="earn:r/points/all/ever", amount=12),
        Use(key=f"earn:r/points/member:{_MEMBER}/2026", amount=12),
    )


def test_a_rule_that_gave_nothing_was_not_used() -> None:
    """A limit on uses counts gifts and not sales that were too small for one."""
    rule = replace(_per_amount("r", 5_000), caps=(Cap(limit=1),))
    assert _earn(_programme(rule)) == Evaluation()
    alone = replace(_fixed("alone", 1), stackable=False)
    barred = replace(_fixed("b", 1), caps=(Cap(limit=1),))
    assert _earn(_programme(alone, barred)).uses == ()


def test_a_limit_on_a_multiplier_is_on_what_it_adds() -> None:
    """A capped multiplier gives what is left, and the next one multiplies only what was given."""
    cap = Cap(limit=5, measure=CapMeasure.POINTS)
    ten = replace(_times("ten", 10_000), caps=(cap,), priority=1)
    programme = _programme(_per_amount("r", 100), ten, _times("twice", 2_000))
    found = _earn(programme, replace(_SALE, total_minor=10_000))
    assert _by_source(found) == {"r": 100, "ten": 5, "twice": 105}
    assert found.uses == (Use(key=f"earn:ten/points/member:{_MEMBER}/ever", amount=5),)
    used = replace(_FACTS, used=(Used(key=found.uses[0].key, amount=5),))
    assert _by_source(_earn(programme, replace(_SALE, total_minor=10_000), used)) == {
        "r": 100,
        "twice": 100,
    }


def test_a_multiplier_used_up_multiplies_nothing() -> None:
    """Double points once a month: the second sale earns as ever."""
    cap = Cap(limit=1, period=CapPeriod.MONTH)
    programme = _programme(replace(_times("m", 2_000), caps=(cap,)), earn_points=1)
    first = _earn(programme)
    assert first.total(Unit.POINTS) == 38
    used = tuple(Used(key=use.key, amount=use.amount) for use in first.uses)
    assert _earn(programme, facts=replace(_FACTS, used=used)).total(Unit.POINTS) == 19
    # Nothing earned, nothing multiplied, nothing used.
    assert _earn(programme, replace(_SALE, total_minor=99)).uses == ()


def test_a_multiplier_that_lowers_is_used_as_well() -> None:
    """Half points are a use of the rule that halves, though it gives nothing of its own."""
    programme = _programme(replace(_times("m", 500), caps=(Cap(limit=1),)), earn_points=1)
    found = _earn(programme)
    assert _by_source(found) == {"base": 9}
    assert [use.key for use in found.uses] == [f"earn:m/uses/member:{_MEMBER}/ever"]


def test_a_birthday_comes_once_a_year() -> None:
    """Around the day the first sale gets it; changing the day later does not bring it back."""
    around = Condition(member_day=MemberDay(days_before=3, days_after=3))
    programme = _programme(replace(_fixed("cake", 150), when=around))
    facts = replace(_FACTS, dates=(MemberDate(month=11, day_of_month=24),))
    first = _earn(programme, facts=facts)
    assert first.total(Unit.POINTS) == 150
    assert [use.key for use in first.uses] == [f"earn:cake/day/member:{_MEMBER}/2026"]
    assert first.uses[0].key in usage_keys(programme, _MEMBER, _PLACE)
    used = replace(facts, used=tuple(Used(key=use.key, amount=1) for use in first.uses))
    assert _earn(programme, facts=used).awards == ()
    moved = replace(used, dates=(MemberDate(month=11, day_of_month=26),))
    assert _earn(programme, facts=moved).awards == ()
    next_year = replace(_PLACE, business_day=date(2027, 11, 24))
    assert _earn(programme, facts=used, place=next_year).total(Unit.POINTS) == 150


@pytest.mark.parametrize(
    ("day", "points"), [(date(2026, 11, 23), 150), (date(2026, 11, 22), 0), (date(2026, 11, 24), 0)]
)
def test_a_birthday_is_today(day: date, points: int) -> None:
    """Setono: a birthday today earns, tomorrow's or yesterday's does not."""
    programme = _programme(replace(_fixed("cake", 150), when=Condition(member_day=MemberDay())))
    facts = replace(_FACTS, dates=(MemberDate(month=11, day_of_month=23),))
    found = _earn(programme, facts=facts, place=replace(_PLACE, business_day=day))
    assert found.total(Unit.POINTS) == points


def test_no_sale_earns_more_than_the_most() -> None:
    """Every rule together stays within what a member's balance can hold, the first ones first."""
    huge = replace(_SALE, total_minor=2**62)
    rules = (_per_amount("a", 1, 10**12), _times("m", 100_000), _fixed("b", 5))
    found = _earn(_programme(*rules, earn_points=1), huge)
    assert found.total(Unit.POINTS) == SALE_POINTS_MAX
    assert [award.source for award in found.awards] == ["base"]
    small = _earn(_programme(_fixed("a", 10**12 - 1), _fixed("b", 5)), huge)
    assert _by_source(small) == {"a": 10**12 - 1, "b": 1}


# --- Lines --------------------------------------------------------------------------------------


def test_lines_share_what_the_sale_earned() -> None:
    """Points are split over the lines that count, and what is for the sale as a whole is not."""
    sale = _sale(("a", 333), ("b", 333), ("return", -100), ("c", 434))
    found = _earn(_programme(_fixed("f", 3), earn_points=1), sale)
    assert [award.lines for award in found.awards] == [(3, 3, 0, 4), ()]
    free = _sale(("a", 0), total_minor=500)
    assert _earn(_programme(earn_points=1), free).awards[0].lines == ()


def test_a_multiplier_for_goods_multiplies_what_they_earned() -> None:
    """Double points on coffee double coffee's share of every rule, and nothing else."""
    double = replace(_times("m", 2_000), items=_only("coffee"))
    sale = _sale(("coffee", 600), ("cake", 400))
    found = _earn(_programme(_fixed("f", 3), double, earn_points=1), sale)
    assert _by_source(found) == {"base": 10, "f": 3, "m": 6}
    assert found.awards[2].lines == (6, 0)
    every = _earn(_programme(_fixed("f", 3), _times("m", 2_000), earn_points=1), sale)
    assert (every.awards[2].amount, every.awards[2].lines) == (13, ())


def test_a_multiplier_for_goods_may_lower_them() -> None:
    """Half points on tobacco take from tobacco's share alone, of each rule in its measure."""
    half = replace(_times("m", 500), items=_only("tobacco"))
    sale = _sale(("tobacco", 600), ("cake", 400))
    found = _earn(_programme(_per_amount("r", 50), half, earn_points=1), sale)
    assert {award.source: award.lines for award in found.awards} == {"base": (3, 4), "r": (6, 8)}


def test_lowering_some_goods_raises_no_other_rule() -> None:
    """A total that is rounded up gives no rule more than it had: one point stays one."""
    almost = replace(_times("m", 1), items=_only("tobacco"), rounding=Rounding.CEILING)
    tobacco = replace(_per_amount("t", 100), items=_only("tobacco"))
    found = _earn(_programme(tobacco, _fixed("f", 1), almost), _sale(("tobacco", 100)))
    assert _by_source(found) == {"t": 1, "f": 1}
