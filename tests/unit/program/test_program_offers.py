"""Who gets an offer, who is held out, and what offers give beside money off."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import ValueRangeError
from gateway.model.ids import BranchId, MemberId, SaleKey
from gateway.model.money import EUR
from gateway.model.programme import Programme
from gateway.model.rules.caps import Cap, CapMeasure, CapOwner, CapPeriod
from gateway.model.rules.condition import Condition, MemberDay
from gateway.model.rules.earning import Unit
from gateway.model.rules.expiry import Expiry, ExpiryKind
from gateway.model.rules.offer import Offer, Stacking, StackingPolicy
from gateway.model.rules.reward import Gift, GiftKind, Reward
from gateway.model.rules.rules import Rules
from gateway.model.rules.scope import ItemFilter, ItemSet
from gateway.model.rules.stored_value import CreditPolicy
from gateway.model.sale import Sale, SaleSource
from gateway.program.earn import SALE_POINTS_MAX
from gateway.program.evaluation import Award, Use, Voucher
from gateway.program.facts import MemberDate, MemberFacts, Place, Used
from gateway.program.offers import OfferGifts, eligible, gifts_of_sale, is_held_out

_MONTHS = Expiry(kind=ExpiryKind.MONTHS, count=6)
_YEAR = Expiry(kind=ExpiryKind.YEAR_END)
_PLACE = Place(branch=BranchId("north"), at_ms=1, business_day=date(2026, 11, 23), minute=600)
_ADA = MemberFacts(member_id=MemberId("a" * 32))
_FREE = dict.fromkeys(Unit, SALE_POINTS_MAX)
_SALE = Sale(key=SaleKey(bytes(16)), total_minor=4_000, source=SaleSource.KEYED, profile="test")
_CAKE = Reward(
    id="cake",
    cost_points=0,
    gift=Gift(kind=GiftKind.FREE_ITEM, items=ItemFilter(only=ItemSet(skus=("cake",)))),
)


def _rules(*offers: Offer, stacking: StackingPolicy = StackingPolicy()) -> Programme:
    return Programme(
        name="club",
        version=1,
        effective_from_ms=0,
        currency=EUR,
        earn_points=1,
        earn_per_minor=100,
        redeem_points=10,
        redeem_value_minor=5,
        rules=Rules(
            pending_days=14,
            expiry=_MONTHS,
            rewards=(_CAKE,),
            offers=offers,
            stacking=stacking,
            credit=CreditPolicy(earned_expiry=_YEAR),
        ),
    )


def _offer(name: str, gift: Gift, **parts: object) -> Offer:
    return Offer(id=name, gift=gift, **parts)  # type: ignore[arg-type]


def _points(points: int) -> Gift:
    return Gift(kind=GiftKind.POINTS, points=points)


def _times(permille: int) -> Gift:
    return Gift(kind=GiftKind.MULTIPLIER, multiplier_permille=permille)


def _credit(amount_minor: int) -> Gift:
    return Gift(kind=GiftKind.CREDIT, amount_minor=amount_minor)


def _gifts(
    *offers: Offer, points: int = 40, facts: MemberFacts = _ADA, **policy: object
) -> OfferGifts:
    programme = _rules(*offers, stacking=StackingPolicy(**policy))  # type: ignore[arg-type]
    return gifts_of_sale(programme, _SALE, facts, _PLACE, points, left=_FREE)


def _given(gifts: OfferGifts) -> list[tuple[str, int]]:
    return [(award.source, award.amount) for award in gifts.awards]


def test_what_each_kind_gives() -> None:
    """Points, credit, coupons and benefits are given as the programme dates them."""
    gifts = _gifts(
        _offer("a-points", _points(50), funder=BranchId("brand")),
        _offer("b-credit", _credit(20)),
        _offer("c-coupon", Gift(kind=GiftKind.COUPON, reward="cake", quantity=2, valid_days=30)),
        _offer("d-benefit", Gift(kind=GiftKind.BENEFIT), funder=BranchId("brand")),
        _offer("e-money", Gift(kind=GiftKind.MONEY_OFF, amount_minor=5)),
    )
    assert gifts.awards == (
        Award(
            source="a-points",
            unit=Unit.POINTS,
            amount=50,
            pending_days=14,
            expiry=_MONTHS,
            funder=BranchId("brand"),
        ),
        Award(source="b-credit", unit=Unit.CREDIT, amount=20, pending_days=14, expiry=_YEAR),
    )
    assert gifts.vouchers == (
        Voucher(source="c-coupon", kind=GiftKind.COUPON, reward="cake", quantity=2, valid_days=30),
        Voucher(
            source="d-benefit",
            kind=GiftKind.BENEFIT,
            reward=None,
            quantity=1,
            valid_days=None,
            funder=BranchId("brand"),
        ),
    )
    assert (gifts.uses, gifts.held_out) == ((), ())


@pytest.mark.parametrize(
    ("points", "permille", "surplus"),
    [
        pytest.param(5, 3_000, 10, id="Q-2"),
        pytest.param(4, 1_500, 2, id="Q-3"),
        pytest.param(19, 1_500, 9, id="S-42 floored"),
        pytest.param(1, 1_500, 0, id="less than a point"),
        pytest.param(0, 9_000, 0, id="nothing to multiply"),
    ],
)
def test_a_multiplier_gives_the_surplus(points: int, permille: int, surplus: int) -> None:
    """The gift is what the multiplied points have more, floored."""
    gifts = _gifts(_offer("more", _times(permille)), points=points)
    assert _given(gifts) == ([("more", surplus)] if surplus else [])


def test_multipliers_do_not_multiply_one_another() -> None:
    """Each multiplier is reckoned from what the sale earned by the rules."""
    assert _given(_gifts(_offer("a", _times(2_000)), _offer("b", _times(1_500)))) == [
        ("a", 40),
        ("b", 20),
    ]


def test_no_offer_gives_more_than_a_sale_may_earn() -> None:
    """A multiplier of a huge sale stays within what the ledger can keep."""
    gifts = _gifts(_offer("more", _times(100_000)), points=SALE_POINTS_MAX)
    assert _given(gifts) == [("more", SALE_POINTS_MAX)]


def test_alone_always_and_most() -> None:
    """Gifts stack like money off: alone, always, at most so many, by priority and worth."""
    common, always = (
        _offer("common", _points(50)),
        _offer("always", _points(1), stacking=Stacking.ALWAYS),
    )
    alone = _offer("alone", _points(5), stacking=Stacking.NEVER)
    assert _given(_gifts(common, always, alone)) == [("alone", 5), ("always", 1)]
    assert _given(_gifts(common, always, most=1)) == [("common", 50)]
    assert _given(_gifts(common, always)) == [("common", 50), ("always", 1)]


def test_worth_is_compared_in_money() -> None:
    """Twenty minor units of credit are better than 30 points that redeem for 15."""
    gifts = _gifts(_offer("a", _points(30)), _offer("b", _credit(20)), most=1)
    assert _given(gifts) == [("b", 20)]
    gifts = _gifts(_offer("a", _points(42)), _offer("b", _credit(20)), most=1)
    assert _given(gifts) == [("a", 42)]


def test_budgets_of_gifts() -> None:
    """A limit on uses refuses the next; one on points gives what is left; both are counted."""
    caps = (
        Cap(limit=100, measure=CapMeasure.POINTS, owner=CapOwner.ALL, period=CapPeriod.DAY),
        Cap(limit=2, owner=CapOwner.MEMBER, period=CapPeriod.WEEK),
    )
    offer = _offer("some", _points(50), budgets=caps)
    day = "offer:some/points/all/2026-11-23"
    week = f"offer:some/uses/member:{_ADA.member_id}/2026-W48"
    gifts = _gifts(offer, facts=replace(_ADA, used=(Used(key=day, amount=70),)))
    assert _given(gifts) == [("some", 30)]
    assert gifts.uses == (Use(key=day, amount=30), Use(key=week, amount=1))
    for used in (Used(key=day, amount=100), Used(key=week, amount=2)):
        assert _gifts(offer, facts=replace(_ADA, used=(used,))) == OfferGifts()


def test_a_birthday_gift_comes_once_a_year() -> None:
    """A gift around a member's day is given once for the year of the day, S-46."""
    offer = _offer("cake", _points(150), when=Condition(member_day=MemberDay()))
    ada = replace(_ADA, dates=(MemberDate(month=11, day_of_month=23),))
    gifts = _gifts(offer, facts=ada)
    assert _given(gifts) == [("cake", 150)]
    again = replace(ada, used=tuple(Used(key=use.key, amount=use.amount) for use in gifts.uses))
    assert _gifts(offer, facts=again) == OfferGifts()
    tomorrow = replace(ada, dates=(MemberDate(month=11, day_of_month=24),))
    assert _gifts(offer, facts=tomorrow) == OfferGifts()


def test_held_out_of_gifts() -> None:
    """Who is held out is named where something would have been given, and only there."""
    offers = [
        _offer(name, gift, holdout_percent=50)
        for name, gift in (
            ("b", _points(5)),
            ("a", Gift(kind=GiftKind.BENEFIT)),
            ("c", _times(1_500)),
        )
    ]
    seen = set()
    for number in range(60):
        facts = MemberFacts(member_id=MemberId(f"{number:032x}"))
        gifts = _gifts(*offers, points=1, facts=facts)
        given = {award.source for award in gifts.awards} | {one.source for one in gifts.vouchers}
        assert given | set(gifts.held_out) == {"a", "b"}
        assert not given & set(gifts.held_out)
        seen.add(gifts.held_out)
    assert seen == {(), ("a",), ("b",), ("a", "b")}


@pytest.mark.parametrize("percent", [0, 1, 10, 33, 50])
def test_so_many_of_a_hundred_are_held_out(percent: int) -> None:
    """Of many members about the share that was asked for is held out."""
    offer = _offer("test", _points(1), holdout_percent=percent)
    members = 20_000
    drawn = sum(is_held_out(offer, MemberId(f"{number:032x}")) for number in range(members))
    # Four standard deviations of a fair draw: the ids are fixed, so this never changes.
    assert (
        abs(drawn - members * percent // 100)
        <= 4 * (members * percent * (100 - percent)) ** 0.5 / 100
    )


def test_a_lot_stays() -> None:
    """The draw is by offer and member, the same on every machine and under every version."""
    offer = _offer("test", _points(1), holdout_percent=50)
    members = [MemberId(f"{number:032x}") for number in range(16)]
    drawn = [is_held_out(offer, member) for member in members]
    assert drawn == [is_held_out(replace(offer, priority=5, gift=_points(9)), m) for m in members]
    assert drawn != [is_held_out(replace(offer, id="other"), member) for member in members]
    # A member who is held out at ten per cent is so at fifty.
    few = [is_held_out(replace(offer, holdout_percent=10), member) for member in members]
    assert all(one <= other for one, other in zip(few, drawn, strict=True))
    assert "".join("x" if one else "." for one in drawn) == "xx.xx.xx.xxxx.x."


def test_nobody_is_held_out_of_what_was_promised() -> None:
    """Without a percentage, without a member, or once published, nobody is held out."""
    offer = _offer("test", _points(1), holdout_percent=50)
    members = [MemberId(f"{number:032x}") for number in range(50)]
    assert not any(is_held_out(replace(offer, holdout_percent=0), member) for member in members)
    assert not any(is_held_out(replace(offer, id=f"o{number}"), None) for number in range(50))
    with pytest.raises(ValueRangeError):
        replace(offer, published=True)


def test_eligible_offers_say_what_limits_them() -> None:
    """A candidate names what is left of its budgets, and comes by priority and id."""
    cap = Cap(limit=30, measure=CapMeasure.POINTS, period=CapPeriod.SALE)
    programme = _rules(
        _offer("b", _points(50), budgets=(cap,)),
        _offer("a", _points(50), when=Condition(minimum_minor=4_000)),
        _offer("c", _points(50), priority=1),
        _offer("no", _points(50), when=Condition(minimum_minor=4_001)),
        _offer("money", Gift(kind=GiftKind.MONEY_OFF, amount_minor=5)),
    )
    found = eligible(programme, _SALE, _ADA, _PLACE, money=False)
    assert [(one.offer.id, one.left) for one in found] == [("c", None), ("a", None), ("b", 30)]
    (money,) = eligible(programme, _SALE, _ADA, _PLACE, money=True)
    assert money.offer.id == "money"


_OFFERS = st.lists(
    st.builds(
        Offer,
        id=st.sampled_from("abcdef"),
        gift=st.one_of(
            st.builds(_points, st.integers(1, 90)),
            st.builds(_times, st.integers(1_001, 4_000)),
            st.builds(_credit, st.integers(1, 90)),
            st.just(Gift(kind=GiftKind.BENEFIT)),
        ),
        budgets=st.lists(
            st.builds(
                Cap,
                limit=st.integers(1, 120),
                measure=st.sampled_from((CapMeasure.USES, CapMeasure.POINTS)),
                owner=st.sampled_from(CapOwner),
                period=st.sampled_from(CapPeriod),
            ),
            max_size=2,
        ).map(tuple),
        priority=st.integers(0, 1),
        stacking=st.sampled_from(Stacking),
        holdout_percent=st.sampled_from((0, 50)),
    ),
    max_size=4,
    unique_by=lambda offer: offer.id,
)


@settings(max_examples=80)
@given(offers=_OFFERS, points=st.integers(0, 200), most=st.none() | st.integers(1, 3))
def test_the_order_of_writing_gives_nobody_more(
    offers: list[Offer], points: int, most: int | None
) -> None:
    """The same offers written in any other order give the same."""
    gifts = _gifts(*offers, points=points, most=most)
    for others in permutations(offers):
        assert _gifts(*others, points=points, most=most) == gifts


@settings(max_examples=80)
@given(offers=_OFFERS, sales=st.lists(st.integers(0, 200), max_size=10))
def test_budgets_of_gifts_are_never_exceeded(offers: list[Offer], sales: list[int]) -> None:
    """However many sales come in a day, an offer gives no more than its limits allow."""
    counted: dict[str, int] = {}
    given: dict[str, list[int]] = {offer.id: [] for offer in offers}
    for points in sales:
        used = tuple(Used(key=key, amount=amount) for key, amount in counted.items())
        gifts = _gifts(*offers, points=points, facts=replace(_ADA, used=used))
        for use in gifts.uses:
            counted[use.key] = counted.get(use.key, 0) + use.amount
        for award in gifts.awards:
            given[award.source].append(award.amount)
        for voucher in gifts.vouchers:
            given[voucher.source].append(0)
    for offer in offers:
        amounts = given[offer.id]
        for cap in offer.budgets:
            counts = [1] * len(amounts) if cap.measure is CapMeasure.USES else amounts
            if cap.period is CapPeriod.SALE:
                assert max(counts, default=0) <= cap.limit
            else:
                assert sum(counts) <= cap.limit
