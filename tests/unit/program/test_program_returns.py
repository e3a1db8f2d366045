"""What returns take back and give back, to the point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model.ids import BranchId, MemberId, SaleKey
from gateway.model.money import EUR
from gateway.model.programme import Programme, RefundPolicy
from gateway.model.rules.caps import Cap, CapPeriod
from gateway.model.rules.condition import Condition
from gateway.model.rules.earning import EarningKind, EarningRule, Unit
from gateway.model.rules.offer import Offer
from gateway.model.rules.returns import RefundBasis, ReturnPolicy
from gateway.model.rules.reward import Gift, GiftKind, Reward
from gateway.model.rules.rules import Rules
from gateway.model.rules.scope import ItemFilter, ItemSet
from gateway.model.sale import Sale, SaleLine, SaleSource, Tender, TenderKind
from gateway.program.earning import evaluate, evaluate_referral
from gateway.program.facts import MemberFacts, Place
from gateway.program.goods_back import GoodsBack, LineBack, kept_sale, only_amount, whole_sale
from gateway.program.returns import (
    Clawback,
    OpenUnits,
    Rated,
    clawback,
    given_back,
    owed_after_return,
    split_clawback,
    unloaded,
)

_PLACE = Place(
    branch=BranchId("main"), at_ms=1_700_000_000_000, business_day=date(2026, 11, 23), minute=600
)
_FACTS = MemberFacts(member_id=MemberId("m" * 32))
_BASE = Programme(
    name="club",
    version=1,
    effective_from_ms=0,
    currency=EUR,
    earn_points=1,
    earn_per_minor=100,
    redeem_points=1,
    redeem_value_minor=100,
)
_NO_BASE = replace(_BASE, earn_points=0)


def _items(*skus: str) -> ItemFilter:
    return ItemFilter(only=ItemSet(skus=skus))


def _per_item(rule: str, points: int, sku: str) -> EarningRule:
    return EarningRule(id=rule, kind=EarningKind.ITEM, points=points, items=_items(sku))


def _fixed(rule: str, points: int, **more: object) -> EarningRule:
    return EarningRule(id=rule, kind=EarningKind.FIXED, points=points, **more)  # type: ignore[arg-type]


def _with(programme: Programme, *earning: EarningRule, **more: object) -> Programme:
    return replace(programme, rules=Rules(earning=earning, **more))  # type: ignore[arg-type]


def _by_money(programme: Programme) -> Programme:
    policy = ReturnPolicy(basis=RefundBasis.PRO_RATA)
    return replace(programme, rules=replace(programme.rules, returns=policy))


def _sale(*lines: tuple[str, int, int], total_minor: int | None = None) -> Sale:
    goods = tuple(
        SaleLine(label=sku, sku=sku, quantity_milli=pieces * 1_000, amount_minor=amount)
        for sku, pieces, amount in lines
    )
    total = sum(line.amount_minor for line in goods) if total_minor is None else total_minor
    return Sale(
        key=SaleKey(bytes(16)),
        total_minor=total,
        source=SaleSource.RECEIPT,
        profile="test",
        lines=goods,
    )


def _rated(programme: Programme, sale: Sale) -> Rated:
    return Rated(
        programme=programme,
        sale=sale,
        facts=_FACTS,
        place=_PLACE,
        evaluation=evaluate(programme, sale, _FACTS, _PLACE),
    )


def _line_back(line: int, pieces: int, amount_minor: int) -> GoodsBack:
    part = LineBack(line=line, quantity_milli=pieces * 1_000, amount_minor=amount_minor)
    return GoodsBack(amount_minor=amount_minor, lines=(part,))


def _take(rated: Rated, returns: Sequence[GoodsBack]) -> list[tuple[int, ...]]:
    """What each of several returns takes of each award."""
    back, clawed, taken = GoodsBack(), [0] * len(rated.evaluation.awards), []
    for now in returns:
        back += now
        took = clawback(rated.evaluation.awards, owed_after_return(rated, back), clawed)
        clawed = [before + more for before, more in zip(clawed, took, strict=True)]
        taken.append(took)
    return taken


def _points(taken: Sequence[tuple[int, ...]]) -> list[int]:
    return [sum(took) for took in taken]


def _taken_of(rated: Rated, unit: Unit, taken: Sequence[tuple[int, ...]]) -> int:
    """All that several returns took of one unit."""
    awards = rated.evaluation.awards
    return sum(
        amount
        for took in taken
        for amount, award in zip(took, awards, strict=True)
        if award.unit is unit
    )


_L1 = _with(_BASE, _per_item("item-a", 10, "A"), _per_item("item-b", 20, "B"))
_L1_SALE = _sale(("A", 1, 1_000), ("B", 1, 1_000), ("C", 1, 2_000))


def test_one_case_two_policies() -> None:
    """Open Loyalty's case: of 70 points, the half of the money takes 35, the line itself 20."""
    back = _line_back(2, 1, 2_000)
    assert _rated(_L1, _L1_SALE).evaluation.total(Unit.POINTS) == 70
    assert _points(_take(_rated(_L1, _L1_SALE), [back])) == [20]
    assert _points(_take(_rated(_by_money(_L1), _L1_SALE), [back])) == [35]


def test_half_a_sale_takes_half_its_points() -> None:
    """Odoo's case: 2 x 50 earn 100, one of them comes back: 50 stay."""
    rated = _rated(_BASE, _sale(("A", 2, 10_000)))
    assert rated.evaluation.total(Unit.POINTS) == 100
    assert _points(_take(rated, [_line_back(0, 1, 5_000)])) == [50]


def test_half_a_sale_gives_back_half_of_what_was_spent() -> None:
    """Odoo's case: 200, less a reward of 150, 35 for each of two; one back: 120 become 160."""
    rated = _rated(_with(_NO_BASE, _per_item("item", 35, "A")), _sale(("A", 2, 10_000)))
    balance = 200 - 150 + rated.evaluation.total(Unit.POINTS)
    assert balance == 120
    taken = _points(_take(rated, [_line_back(0, 1, 5_000)]))
    assert taken == [35]
    assert balance - taken[0] + given_back(150, 10_000, 0, 5_000) == 160


def test_buying_and_returning_a_hundred_times_earns_nothing() -> None:
    """The exploit of shops whose refunds keep points: the balance is where it was."""
    balance = 7
    for _ in range(100):
        rated = _rated(_L1, _L1_SALE)
        balance += rated.evaluation.total(Unit.POINTS)
        balance -= sum(_points(_take(rated, [whole_sale(_L1_SALE)])))
    assert balance == 7


def test_points_paid_come_back_and_are_not_taken_again() -> None:
    """Paid wholly with points, the goods' line comes back: all points do, and none are clawed."""
    sale = replace(
        _sale(("A", 1, 5_000)), tenders=(Tender(kind=TenderKind.POINTS, amount_minor=5_000),)
    )
    rated = _rated(_BASE, sale)
    assert rated.evaluation.awards == ()
    assert _take(rated, [_line_back(0, 1, 5_000)]) == [()]
    assert given_back(50, 5_000, 0, 5_000, whole=True) == 50


def test_half_of_a_sale_paid_in_part_with_points() -> None:
    """Of 100, 20 were points and 80 earned; half back leaves 40 earned and gives 10 back."""
    sale = replace(
        _sale(("A", 2, 10_000)), tenders=(Tender(kind=TenderKind.POINTS, amount_minor=2_000),)
    )
    rated = _rated(_BASE, sale)
    assert rated.evaluation.total(Unit.POINTS) == 80
    assert _points(_take(rated, [_line_back(0, 1, 5_000)])) == [40]
    assert given_back(20, 10_000, 0, 5_000) == 10


def test_a_return_by_amount_alone_lowers_the_points() -> None:
    """ERPNext's thread: 1000 were sold, 100 came back, and the points fall with them."""
    rated = _rated(_BASE, _sale(total_minor=100_000))
    assert _points(_take(rated, [only_amount(10_000)])) == [100]


def test_cancelled_after_points_were_used() -> None:
    """A thread of nopCommerce: 50 for joining, all used; 21 earned; cancelled, 50 again."""
    sale = replace(
        _sale(total_minor=7_100), tenders=(Tender(kind=TenderKind.POINTS, amount_minor=5_000),)
    )
    rated = _rated(_BASE, sale)
    earned = rated.evaluation.total(Unit.POINTS)
    balance = 50 - 50 + earned
    assert balance == 21
    balance -= sum(_points(_take(rated, [whole_sale(sale)])))
    assert balance == 0
    assert balance + given_back(50, 7_100, 0, 7_100, whole=True) == 50


def test_three_thirds_never_leak_a_point() -> None:
    """Ten points of three equal lines go as 4, 3 and 3, by lines as by money."""
    sale = _sale(("A", 1, 334), ("B", 1, 333), ("C", 1, 333))
    thirds = [_line_back(0, 1, 334), _line_back(1, 1, 333), _line_back(2, 1, 333)]
    rated = _rated(_BASE, sale)
    assert _points(_take(rated, thirds)) == [4, 3, 3]
    assert _points(_take(_rated(_by_money(_BASE), sale), thirds)) == [4, 3, 3]


def test_a_whole_return_takes_everything() -> None:
    """Fixed points, points for the visit and coupons go too, in parts or at once."""
    visit = EarningRule(id="visit", kind=EarningKind.VISIT, points=5)
    cash_back = EarningRule(
        id="cash", kind=EarningKind.PER_AMOUNT, unit=Unit.CREDIT, points=3, per_minor=100
    )
    programme = _with(
        _BASE,
        _fixed("welcome", 100, caps=(Cap(limit=1, period=CapPeriod.DAY),)),
        visit,
        cash_back,
        rewards=(Reward(id="cup", cost_points=0, gift=Gift(kind=GiftKind.BENEFIT)),),
        offers=(
            Offer(id="next", gift=Gift(kind=GiftKind.COUPON, reward="cup", quantity=2)),
            Offer(
                id="big",
                gift=Gift(kind=GiftKind.BENEFIT),
                when=Condition(minimum_minor=1_500),
            ),
        ),
    )
    for rules in (programme, _by_money(programme)):
        rated = _rated(rules, _sale(("A", 2, 2_000)))
        assert rated.evaluation.total(Unit.POINTS) == 125
        assert rated.evaluation.total(Unit.CREDIT) == 60
        assert [voucher.source for voucher in rated.evaluation.vouchers] == ["big", "next"]
        owed = owed_after_return(rated, whole_sale(rated.sale))
        assert (set(owed.awards), set(owed.vouchers), owed.uses, owed.whole) == (
            {0},
            {0},
            (),
            True,
        )
        parts = _points(_take(rated, [_line_back(0, 1, 1_000), _line_back(0, 1, 1_000)]))
        assert sum(parts) == 185


def test_what_stays_of_a_part() -> None:
    """By lines fixed points and limits stay while their rule holds; coupons for more go."""
    programme = _with(
        _BASE,
        _fixed("welcome", 100, caps=(Cap(limit=1, period=CapPeriod.DAY),)),
        _fixed("large", 30, when=Condition(minimum_minor=1_500)),
        offers=(Offer(id="big", gift=Gift(kind=GiftKind.BENEFIT, quantity=3),
                      when=Condition(minimum_minor=1_500)),),
    )  # fmt: skip
    rated = _rated(programme, _sale(("A", 2, 2_000)))
    owed = owed_after_return(rated, _line_back(0, 1, 1_000))
    assert [award.source for award in rated.evaluation.awards] == ["base", "welcome", "large"]
    assert owed.awards == (10, 100, 0)
    assert owed.vouchers == (0,)
    assert owed.uses == rated.evaluation.uses
    by_money = owed_after_return(_rated(_by_money(programme), rated.sale), _line_back(0, 1, 1_000))
    assert by_money.awards == (10, 50, 15)
    assert by_money.vouchers == (3,)
    assert by_money.uses == rated.evaluation.uses


def test_what_another_rule_gives_makes_up_for_what_falls_away() -> None:
    """A rule that stood alone falls; the base, which it had kept out, still counts for the rest."""
    alone = _fixed("jackpot", 100, stackable=False, when=Condition(minimum_minor=1_500))
    rated = _rated(_with(_BASE, alone), _sale(("A", 2, 2_000)))
    assert [award.source for award in rated.evaluation.awards] == ["jackpot"]
    halves = [_line_back(0, 1, 1_000), _line_back(0, 1, 1_000)]
    assert _take(rated, halves) == [(90,), (10,)]


def test_a_return_never_gives_points() -> None:
    """A rule for small sales would give the rest more; the customer gets nothing for returning."""
    small = _fixed("small", 500, when=Condition(maximum_minor=1_500))
    rated = _rated(_with(_BASE, small), _sale(("A", 2, 2_000)))
    assert _points(_take(rated, [_line_back(0, 1, 1_000)])) == [0]
    assert owed_after_return(rated, _line_back(0, 1, 1_000)).awards == (20,)


def test_a_referral_is_reckoned_as_a_referral() -> None:
    """Whoever brought the member loses the points when the first purchase comes back."""
    brought = EarningRule(
        id="friend",
        kind=EarningKind.REFERRAL,
        points=200,
        when=Condition(minimum_minor=1_500),
    )
    programme, sale = _with(_BASE, brought), _sale(("A", 2, 2_000))
    facts, friend = replace(_FACTS, referred=True), MemberFacts(member_id=MemberId("f" * 32))
    rated = Rated(
        programme=programme,
        sale=sale,
        facts=facts,
        place=_PLACE,
        evaluation=evaluate_referral(programme, sale, facts, _PLACE, friend),
        referrer=friend,
    )
    assert rated.evaluation.total(Unit.POINTS) == 200
    assert _points(_take(rated, [only_amount(400), only_amount(600)])) == [0, 200]


def test_what_nobody_can_share_comes_back_with_the_whole() -> None:
    """A reward made the sale free: its points return with the last of the goods."""
    assert given_back(100, 0, 0, 0) == 0
    assert given_back(100, 0, 0, 0, whole=True) == 100


def test_a_fee_keeps_no_points() -> None:
    """All goods are back and the shop keeps a fee: what was spent comes back wholly."""
    assert given_back(50, 1_000, 300, 900, whole=True) == 35


@settings(max_examples=80)
@given(
    redeemed=st.integers(0, 10**6),
    parts=st.lists(st.integers(0, 10**6), min_size=1, max_size=6),
    rest=st.integers(0, 10**6),
)
def test_given_back_in_parts_is_given_back_at_once(
    redeemed: int, parts: list[int], rest: int
) -> None:
    """Any parts give what their sum gives, and all of them give all."""
    total = sum(parts) + rest
    given, before = 0, 0
    for part in parts:
        given += given_back(redeemed, total, before, before + part)
        before += part
    assert given == given_back(redeemed, total, 0, before)
    assert given + given_back(redeemed, total, before, total, whole=True) == redeemed


_RULES = (
    _per_item("per-item", 7, "A"),
    _fixed("fixed", 25),
    _fixed("large", 40, when=Condition(minimum_minor=3_000)),
    EarningRule(
        id="per-amount",
        kind=EarningKind.PER_AMOUNT,
        points=3,
        per_minor=170,
        items=_items("B", "C"),
    ),
    EarningRule(
        id="cash-back", kind=EarningKind.PER_AMOUNT, unit=Unit.CREDIT, points=1, per_minor=33
    ),
    EarningRule(id="half-more", kind=EarningKind.MULTIPLIER, multiplier_permille=1_500),
)
_programmes = st.builds(
    lambda earning, basis: _with(_BASE, *earning, returns=ReturnPolicy(basis=basis)),
    st.lists(st.sampled_from(_RULES), unique=True, max_size=6),
    st.sampled_from(RefundBasis),
)
_prices = st.tuples(*[st.integers(1, 2_000)] * 3)


def _returns(
    prices: tuple[int, ...], order: Sequence[int], discount_percent: int
) -> tuple[Sale, list[GoodsBack]]:
    """A sale of three pieces of each, and its pieces coming back one by one."""
    lines = [(sku, 3, 3 * price) for sku, price in zip("ABC", prices, strict=True)]
    gross = sum(3 * price for price in prices)
    total = gross - gross * discount_percent // 100
    sale, parts, gone, paid = _sale(*lines, total_minor=total), [], 0, 0
    for at in order:
        gone += prices[at]
        amount = total * gone // gross - paid
        paid += amount
        part = LineBack(line=at, quantity_milli=1_000, amount_minor=prices[at])
        parts.append(GoodsBack(amount_minor=amount, lines=(part,)))
    return sale, parts


@settings(max_examples=60, deadline=None)
@given(
    programme=_programmes,
    prices=_prices,
    discount_percent=st.integers(0, 50),
    order=st.permutations([0, 0, 0, 1, 1, 1, 2, 2, 2]),
    cuts=st.sets(st.integers(1, 8)),
    returned=st.integers(1, 9),
)
def test_any_partition_takes_what_one_return_takes(
    programme: Programme,
    prices: tuple[int, ...],
    discount_percent: int,
    order: list[int],
    cuts: set[int],
    returned: int,
) -> None:
    """Pieces that come back one by one, in groups or at once take the same, and the whole all."""
    sale, pieces = _returns(prices, order[:returned], discount_percent)
    rated = _rated(programme, sale)
    groups = [GoodsBack()]
    for at, piece in enumerate(pieces):
        if at in cuts:
            groups.append(GoodsBack())
        groups[-1] += piece
    everything = sum(pieces, GoodsBack())
    kept = evaluate(programme, kept_sale(sale, everything), _FACTS, _PLACE)
    kept_minor = sale.total_minor - everything.amount_minor
    for unit in Unit:
        earned = rated.evaluation.total(unit)
        if returned == 9:
            stays = 0
        elif programme.rules.returns.basis is RefundBasis.PRO_RATA:
            stays = earned * kept_minor // sale.total_minor
        else:
            stays = kept.total(unit)
        for parts in (pieces, groups, [everything]):
            assert _taken_of(rated, unit, _take(rated, parts)) == earned - stays


@pytest.mark.parametrize(
    ("amount", "only_pending", "refund", "pending", "active", "debt", "borne"),
    [
        # Talon's policies on 30 that wait and 50 that can be spent.
        (60, True, RefundPolicy.CLAMP, 30, 0, 0, 30),
        (60, False, RefundPolicy.CLAMP, 30, 30, 0, 0),
        (100, False, RefundPolicy.CLAMP, 30, 50, 0, 20),
        (100, False, RefundPolicy.ALLOW_NEGATIVE, 30, 50, 20, 0),
        # Only what waits means it, also where the balance may go below zero.
        (100, True, RefundPolicy.ALLOW_NEGATIVE, 30, 0, 0, 70),
        (0, False, RefundPolicy.CLAMP, 0, 0, 0, 0),
    ],
)
def test_how_far_a_clawback_goes(  # noqa: PLR0917 - the columns of the table above
    amount: int,
    only_pending: bool,  # noqa: FBT001
    refund: RefundPolicy,
    pending: int,
    active: int,
    debt: int,
    borne: int,
) -> None:
    """What waits goes first, then what can be spent; the rest by policy."""
    policy = ReturnPolicy(only_pending=only_pending)
    for own, other in (
        (OpenUnits(pending=30, active=50), OpenUnits()),
        (OpenUnits(), OpenUnits(pending=30, active=50)),
        (OpenUnits(pending=30), OpenUnits(active=50)),
    ):
        split = split_clawback(amount, own, other, policy, refund)
        assert (split.pending, split.active) == (pending, active)
        assert (split.debt, split.borne) == (debt, borne)


def test_the_sales_own_lots_come_first() -> None:
    """What this sale brought goes before what others did, though the others' still waits."""
    split = split_clawback(
        60,
        OpenUnits(pending=10, active=20),
        OpenUnits(pending=25, active=100),
        ReturnPolicy(),
        RefundPolicy.CLAMP,
    )
    assert split == Clawback(
        own=OpenUnits(pending=10, active=20), other=OpenUnits(pending=25, active=5)
    )


@pytest.mark.parametrize(
    ("refund", "active", "debt", "borne"),
    [
        # Setono: 150 earned and 100 spent; the refund takes 50, or leaves 100 owing.
        (RefundPolicy.CLAMP, 50, 0, 100),
        (RefundPolicy.ALLOW_NEGATIVE, 50, 100, 0),
    ],
)
def test_spent_points_are_borne_or_owed(
    refund: RefundPolicy, active: int, debt: int, borne: int
) -> None:
    """The clawback asks for all that was earned, whatever was spent since."""
    rated = _rated(_BASE, _sale(total_minor=15_000))
    taken = sum(_points(_take(rated, [whole_sale(rated.sale)])))
    assert taken == 150
    split = split_clawback(taken, OpenUnits(active=50), OpenUnits(), ReturnPolicy(), refund)
    assert (split.active, split.debt, split.borne) == (active, debt, borne)


def test_a_second_refund_takes_nothing() -> None:
    """What was taken or borne once is not taken again, and no more than was ever earned."""
    rated = _rated(_BASE, _sale(total_minor=15_000))
    awards = rated.evaluation.awards
    owed = owed_after_return(rated, whole_sale(rated.sale))
    assert clawback(awards, owed, (0,)) == (150,)
    assert clawback(awards, owed, (150,)) == (0,)
    assert clawback(awards, owed, (9_999,)) == (0,)


@pytest.mark.parametrize(
    ("loads", "total", "left", "due"),
    [
        # A shirt for 30 and two cards of 50: the shirt, then a part, then a card, then the rest.
        ((5_000, 5_000), 13_000, 10_000, (0, 0)),
        ((5_000, 5_000), 13_000, 9_000, (0, 1_000)),
        ((5_000, 5_000), 13_000, 4_000, (1_000, 5_000)),
        ((5_000, 5_000), 13_000, 0, (5_000, 5_000)),
        # A card of 50 for 45: nothing is due before something came back, and all in the end.
        ((5_000,), 4_500, 4_500, (0,)),
        ((5_000,), 4_500, 0, (5_000,)),
        ((), 4_500, 0, ()),
    ],
)
def test_what_is_left_of_a_sale_stands_for_its_gift_cards(
    loads: tuple[int, ...], total: int, left: int, due: tuple[int, ...]
) -> None:
    """Money goes off a card only where the rest of its sale is worth less than it."""
    assert unloaded(loads, total, left) == due


@settings(max_examples=60)
@given(
    loads=st.lists(st.integers(1, 9_000), max_size=4),
    total=st.integers(0, 20_000),
    parts=st.lists(st.integers(0, 20_000), max_size=4),
)
def test_gift_cards_of_a_sale_are_emptied_bit_by_bit_and_to_the_end(
    loads: list[int], total: int, parts: list[int]
) -> None:
    """With every return more is due and never less, no card gives more than it got, all at last."""
    before = (0,) * len(loads)
    for left in (*sorted((min(part, total) for part in parts), reverse=True), 0):
        due = unloaded(loads, total, left)
        assert all(had <= now <= load for had, now, load in zip(before, due, loads, strict=True))
        before = due
    assert before == tuple(loads)
