"""What is true of earning whatever the rules and the sale are."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from math import prod

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model.checks import I63_MAX
from gateway.model.ids import BranchId, MemberId, SaleKey
from gateway.model.money import EUR
from gateway.model.programme import Programme
from gateway.model.rules.caps import Cap, CapMeasure, CapOwner, CapPeriod
from gateway.model.rules.condition import Condition, TaxBasis
from gateway.model.rules.earning import EarningKind, EarningRule, Rounding, Unit
from gateway.model.rules.rules import BASE_RULE_ID, Rules
from gateway.model.rules.scope import ItemFilter, ItemSet
from gateway.model.sale import Sale, SaleLine, SaleSource, Tender, TenderKind
from gateway.program.earn import SALE_POINTS_MAX, points_for_sale
from gateway.program.earning import evaluate
from gateway.program.facts import MemberFacts, Place, Used
from gateway.program.limits import earning_source, usage_key
from gateway.program.lines import rounded

_FACTS = MemberFacts(member_id=MemberId("4f" * 16))
_PLACE = Place(branch=BranchId("bazaar"), at_ms=0, business_day=date(2026, 11, 23), minute=720)
_WORDS = ("tea", "bread", "pen")


def _programme(
    rules: list[EarningRule],
    *,
    earn_points: int = 1,
    earn_per_minor: int = 100,
    keeps: bool = False,
) -> Programme:
    return Programme(
        name="club",
        version=1,
        effective_from_ms=0,
        currency=EUR,
        earn_points=earn_points,
        earn_per_minor=earn_per_minor,
        redeem_points=1,
        redeem_value_minor=1,
        redeemed_amount_earns=keeps,
        rules=Rules(earning=tuple(rules)),
    )


_LINES = st.lists(
    st.builds(
        SaleLine,
        label=st.sampled_from(_WORDS),
        quantity_milli=st.integers(0, 5_000),
        amount_minor=st.integers(-2_000, 50_000),
    ),
    max_size=6,
)


@st.composite
def _sales(draw: st.DrawFn, largest: int = 200_000) -> Sale:
    lines = tuple(draw(_LINES))
    adds_up = max(sum(line.amount_minor for line in lines), 0)
    total = (
        draw(st.just(adds_up) | st.integers(0, largest)) if lines else draw(st.integers(0, largest))
    )
    tenders = draw(
        st.lists(
            st.builds(
                Tender, kind=st.sampled_from(TenderKind), amount_minor=st.integers(0, largest)
            ),
            max_size=3,
        )
    )
    return Sale(
        key=SaleKey(bytes(16)),
        total_minor=total,
        source=SaleSource.RECEIPT,
        profile="test",
        lines=lines,
        tenders=tuple(tenders),
        tax_minor=draw(st.none() | st.integers(0, largest)),
    )


_FILTERS = st.builds(
    lambda only, without: ItemFilter(
        only=ItemSet(label_words=tuple(only)), without=ItemSet(label_words=tuple(without))
    ),
    st.lists(st.sampled_from(_WORDS), max_size=2, unique=True),
    st.lists(st.sampled_from(_WORDS), max_size=1),
)
_CAPS = st.lists(
    st.builds(
        Cap,
        limit=st.integers(1, 500),
        measure=st.sampled_from([CapMeasure.USES, CapMeasure.POINTS]),
        owner=st.sampled_from(CapOwner),
        period=st.sampled_from(CapPeriod),
    ),
    max_size=2,
)
_KINDS = (
    EarningKind.PER_AMOUNT,
    EarningKind.ITEM,
    EarningKind.FIXED,
    EarningKind.VISIT,
    EarningKind.MULTIPLIER,
)


@st.composite
def _rules(draw: st.DrawFn) -> list[EarningRule]:
    rules = []
    for at in range(draw(st.integers(0, 5))):
        kind = draw(st.sampled_from(_KINDS))
        multiplier = kind is EarningKind.MULTIPLIER
        rule = EarningRule(
            id=f"r{at}",
            kind=kind,
            unit=draw(st.sampled_from(Unit)),
            points=0 if multiplier else draw(st.integers(1, 50)),
            per_minor=draw(st.integers(1, 5_000)) if kind is EarningKind.PER_AMOUNT else None,
            multiplier_permille=draw(st.integers(1, 5_000)) if multiplier else None,
            basis=draw(st.sampled_from(TaxBasis)),
            rounding=draw(st.sampled_from(Rounding)),
            items=draw(_FILTERS),
            when=draw(st.builds(Condition, minimum_minor=st.none() | st.integers(0, 10_000))),
            caps=tuple(draw(_CAPS)),
            priority=draw(st.integers(0, 2)),
            stackable=multiplier or draw(st.sampled_from([True, True, False])),
        )
        rules.append(rule)
    return rules


@given(
    sale=_sales(largest=I63_MAX),
    earn_points=st.integers(0, 10**9),
    earn_per_minor=st.integers(1, I63_MAX) | st.integers(1, 1_000),
    keeps=st.booleans(),
)
def test_the_base_alone_is_the_old_formula(
    sale: Sale, earn_points: int, earn_per_minor: int, *, keeps: bool
) -> None:
    """A programme without rules earns to the point what it earned before there were rules."""
    programme = _programme([], earn_points=earn_points, earn_per_minor=earn_per_minor, keeps=keeps)
    found = evaluate(programme, sale, MemberFacts(), _PLACE)
    assert found.total(Unit.POINTS) == points_for_sale(programme, sale)
    assert (found.total(Unit.CREDIT), found.uses) == (0, ())


@given(rules=_rules(), sale=_sales())
def test_awards_are_whole_and_their_lines_add_up(rules: list[EarningRule], sale: Sale) -> None:
    """Every award is above nothing, its lines are its amount, and units stay within bounds."""
    found = evaluate(_programme(rules), sale, _FACTS, _PLACE)
    for award in found.awards:
        assert award.amount > 0
        if award.lines:
            assert sum(award.lines) == award.amount
            assert min(award.lines) >= 0
            assert len(award.lines) == len(sale.lines)
    sources = [(award.source, award.unit) for award in found.awards]
    assert len(set(sources)) == len(sources)
    assert all(found.total(unit) <= SALE_POINTS_MAX for unit in Unit)


@given(rules=_rules(), sale=_sales(), data=st.data())
def test_the_order_of_the_rules_is_nothing(
    rules: list[EarningRule], sale: Sale, data: st.DataObject
) -> None:
    """However the rules stand in the programme, the same ones give the same."""
    shuffled = data.draw(st.permutations(rules))
    awards, others = (
        evaluate(_programme(list(order)), sale, _FACTS, _PLACE) for order in (rules, shuffled)
    )
    assert {(one.source, one.unit, one.amount, one.lines) for one in awards.awards} == {
        (one.source, one.unit, one.amount, one.lines) for one in others.awards
    }
    assert set(awards.uses) == set(others.uses)


@given(rules=_rules(), sales=st.lists(_sales(), min_size=2, max_size=6))
@settings(max_examples=40)
def test_limits_are_never_passed(rules: list[EarningRule], sales: list[Sale]) -> None:
    """Over many sales, each told what was used before, no count goes beyond its limit."""
    programme = _programme(rules)
    used: dict[str, int] = {}
    for sale in sales:
        told = tuple(Used(key=key, amount=amount) for key, amount in used.items())
        for use in evaluate(programme, sale, replace(_FACTS, used=told), _PLACE).uses:
            used[use.key] = used.get(use.key, 0) + use.amount
    own = programme.rules.settings
    for rule in rules:
        for cap in rule.caps:
            key = usage_key(earning_source(rule.id), cap, _FACTS.member_id, _PLACE, own)
            assert used.get(key, 0) <= cap.limit


@given(rules=_rules(), sale=_sales(), limit=st.integers(1, 50))
def test_a_sales_own_limit_is_never_passed(
    rules: list[EarningRule], sale: Sale, limit: int
) -> None:
    """Whatever else multiplies or adds, no rule gives more at a sale than its limit for one."""
    cap = Cap(limit=limit, measure=CapMeasure.POINTS, period=CapPeriod.SALE)
    capped = [replace(rule, caps=(cap,)) for rule in rules]
    for award in evaluate(_programme(capped), sale, _FACTS, _PLACE).awards:
        assert award.source == BASE_RULE_ID or award.amount <= limit


@given(
    points=st.lists(st.integers(1, 10_000), min_size=1, max_size=4),
    permilles=st.lists(st.integers(1, 5_000), min_size=1, max_size=4),
    rounding=st.sampled_from(Rounding),
)
def test_the_product_is_rounded_once(
    points: list[int], permilles: list[int], rounding: Rounding
) -> None:
    """The total is the exact sum times the exact product, rounded once, however it is shared."""
    rules = [
        EarningRule(id=f"p{at}", kind=EarningKind.FIXED, points=amount)
        for at, amount in enumerate(points)
    ]
    rules += [
        EarningRule(
            id=f"m{at}",
            kind=EarningKind.MULTIPLIER,
            multiplier_permille=permille,
            rounding=rounding,
        )
        for at, permille in enumerate(permilles)
    ]
    sale = Sale(key=SaleKey(bytes(16)), total_minor=1, source=SaleSource.KEYED, profile="test")
    found = evaluate(_programme(rules), sale, _FACTS, _PLACE)
    exact = rounded(sum(points) * prod(permilles), 1_000 ** len(permilles), rounding)
    assert found.total(Unit.POINTS) == exact


@given(rules=_rules(), sale=_sales(), points=st.integers(1, 100))
def test_one_more_way_to_earn_takes_nothing_away(
    rules: list[EarningRule], sale: Sale, points: int
) -> None:
    """A further stackable rule never lowers what a sale earns where no multiplier lowers."""
    kept = [
        rule
        for rule in rules
        if rule.multiplier_permille is None or rule.multiplier_permille >= 1_000
    ]
    more = EarningRule(id="more", kind=EarningKind.FIXED, points=points)
    before = evaluate(_programme(kept), sale, _FACTS, _PLACE).total(Unit.POINTS)
    after = evaluate(_programme([*kept, more]), sale, _FACTS, _PLACE).total(Unit.POINTS)
    assert after >= before
