"""What holds of the offers' discounts whatever the rules and the sales are."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model.ids import BranchId, MemberId, SaleKey
from gateway.model.money import EUR
from gateway.model.programme import Programme
from gateway.model.rules.caps import Cap, CapMeasure, CapOwner, CapPeriod
from gateway.model.rules.condition import Condition
from gateway.model.rules.offer import Choice, DiscountBasis, Offer, Stacking, StackingPolicy
from gateway.model.rules.reward import Gift, GiftKind
from gateway.model.rules.rules import Rules
from gateway.model.rules.scope import ItemFilter, ItemSet
from gateway.model.sale import Sale, SaleLine, SaleSource
from gateway.program.facts import MemberFacts, Place, Used
from gateway.program.gifts import line_costs, sale_after
from gateway.program.pricing import price

_DAYS = (date(2026, 11, 23), date(2026, 11, 24), date(2026, 12, 1))
_PLACES = [
    Place(branch=BranchId(branch), at_ms=1, business_day=day, minute=600)
    for branch in ("north", "south")
    for day in _DAYS
]
_MEMBERS = [MemberId(letter * 32) for letter in "ab"]

_FILTERS = st.sampled_from(
    (ItemFilter(), ItemFilter(only=ItemSet(skus=("a",))), ItemFilter(only=ItemSet(skus=("a", "b"))))
)
_MONEY_OFF = st.one_of(
    st.builds(
        Gift,
        kind=st.just(GiftKind.PERCENT_OFF),
        percent_bp=st.integers(1, 10_000),
        items=_FILTERS,
        cheapest=st.booleans(),
    ),
    st.builds(
        Gift,
        kind=st.just(GiftKind.MONEY_OFF),
        amount_minor=st.integers(1, 2_000),
        items=_FILTERS,
    ),
    st.builds(
        Gift,
        kind=st.just(GiftKind.FREE_ITEM),
        items=st.just(ItemFilter(only=ItemSet(skus=("b",)))),
        quantity=st.integers(1, 3),
    ),
)
_CAPS = st.lists(
    st.one_of(
        st.builds(
            Cap,
            limit=st.integers(1, 3),
            owner=st.sampled_from(CapOwner),
            period=st.sampled_from(CapPeriod),
        ),
        st.builds(
            Cap,
            limit=st.integers(1, 900),
            measure=st.just(CapMeasure.AMOUNT),
            owner=st.sampled_from(CapOwner),
            period=st.sampled_from(CapPeriod),
        ),
    ),
    max_size=2,
).map(tuple)
_CONDITIONS = st.builds(Condition, minimum_minor=st.none() | st.integers(0, 2_000), items=_FILTERS)


def _offers(most: int) -> st.SearchStrategy[tuple[Offer, ...]]:
    one = st.builds(
        Offer,
        id=st.sampled_from("abcdefgh"),
        gift=_MONEY_OFF,
        when=_CONDITIONS,
        budgets=_CAPS,
        priority=st.integers(-1, 1),
        stacking=st.sampled_from(Stacking),
        holdout_percent=st.sampled_from((0, 0, 50)),
    )
    return st.lists(one, max_size=most, unique_by=lambda offer: offer.id).map(tuple)


_POLICIES = st.builds(
    StackingPolicy,
    choice=st.sampled_from(Choice),
    basis=st.sampled_from(DiscountBasis),
    most=st.none() | st.integers(1, 3),
    one_per_line=st.booleans(),
)
_LINES = st.lists(
    st.builds(
        SaleLine,
        label=st.just("goods"),
        sku=st.sampled_from("abc"),
        amount_minor=st.integers(-300, 1_500),
        quantity_milli=st.sampled_from((0, 500, 1_000, 2_000)),
    ),
    max_size=5,
).map(tuple)


def _sale(lines: tuple[SaleLine, ...], total: int | None) -> Sale:
    return Sale(
        key=SaleKey(bytes(16)),
        total_minor=max(sum(line.amount_minor for line in lines), 0) if total is None else total,
        source=SaleSource.RECEIPT,
        profile="test",
        lines=lines,
    )


_SALES = st.builds(_sale, _LINES, st.none() | st.integers(0, 6_000))


def _programme(offers: tuple[Offer, ...], policy: StackingPolicy) -> Programme:
    return Programme(
        name="club",
        version=1,
        effective_from_ms=0,
        currency=EUR,
        earn_points=1,
        earn_per_minor=100,
        redeem_points=1,
        redeem_value_minor=1,
        rules=Rules(offers=offers, stacking=policy),
    )


@settings(max_examples=300)
@given(offers=_offers(5), policy=_POLICIES, sale=_SALES)
def test_discounts_never_exceed_the_price(
    offers: tuple[Offer, ...], policy: StackingPolicy, sale: Sale
) -> None:
    """No sale and no line is lowered below zero, the lines add up, and the policy is kept."""
    facts = MemberFacts(member_id=_MEMBERS[0])
    pricing = price(_programme(offers, policy), sale, facts, _PLACES[0])
    assert pricing.amount_minor <= sale.total_minor
    assert all(discount.amount_minor > 0 for discount in pricing.discounts)
    split = [discount for discount in pricing.discounts if discount.lines]
    assert all(sum(discount.lines) == discount.amount_minor for discount in split)
    by_line = zip(*(discount.lines for discount in split), strict=True)
    for cost, parts in zip(line_costs(sale), by_line, strict=False):
        assert sum(parts) <= cost
        if policy.one_per_line:
            assert sum(part > 0 for part in parts) <= 1
    after = sale_after(sale, pricing.discounts)
    assert after.total_minor == sale.total_minor - pricing.amount_minor
    applied = [discount.source for discount in pricing.discounts]
    assert len(set(applied)) == len(applied) <= (policy.most or len(applied))
    assert not set(applied) & set(pricing.held_out)
    stacking = {offer.id: offer.stacking for offer in offers}
    kinds = [stacking[name] for name in applied if stacking[name] is not Stacking.ALWAYS]
    if Stacking.NEVER in kinds or policy.choice is not Choice.ALL:
        assert len(kinds) <= 1


@settings(max_examples=100)
@given(offers=_offers(4), policy=_POLICIES, sale=_SALES)
def test_the_order_of_writing_decides_nothing(
    offers: tuple[Offer, ...], policy: StackingPolicy, sale: Sale
) -> None:
    """The same offers written in any other order take the same off in the same order."""
    facts = MemberFacts(member_id=_MEMBERS[0])
    pricing = price(_programme(offers, policy), sale, facts, _PLACES[0])
    for others in permutations(offers):
        assert price(_programme(others, policy), sale, facts, _PLACES[0]) == pricing


@settings(max_examples=100)
@given(
    offers=_offers(3),
    policy=_POLICIES,
    visits=st.lists(
        st.tuples(st.sampled_from(_PLACES), st.sampled_from(_MEMBERS), _SALES), max_size=12
    ),
)
def test_budgets_are_never_exceeded(
    offers: tuple[Offer, ...],
    policy: StackingPolicy,
    visits: list[tuple[Place, MemberId, Sale]],
) -> None:
    """Over any sequence of sales the counted uses stay within every limit of every offer."""
    programme = _programme(offers, policy)
    counted: dict[str, int] = {}
    limits = _Limits(offers)
    for place, member_id, sale in visits:
        used = tuple(Used(key=key, amount=amount) for key, amount in counted.items())
        pricing = price(programme, sale, MemberFacts(member_id=member_id, used=used), place)
        for use in pricing.uses:
            counted[use.key] = counted.get(use.key, 0) + use.amount
        for discount in pricing.discounts:
            limits.count(discount.source, discount.amount_minor, member_id, place)
    assert limits.exceeded() == []
    assert sum(counted.values()) == limits.counted_lasting()


class _Limits:
    """Counts by itself what each limit allows, from what was really given."""

    def __init__(self, offers: tuple[Offer, ...]) -> None:
        self._caps = {offer.id: set(offer.budgets) for offer in offers}
        self._found: dict[tuple[str, Cap, object], int] = {}
        self._sales = 0

    def count(self, offer: str, amount_minor: int, member: MemberId, place: Place) -> None:
        self._sales += 1
        day = place.business_day
        for cap in self._caps[offer]:
            owner = {CapOwner.ALL: "", CapOwner.MEMBER: member, CapOwner.BRANCH: place.branch}
            period = {
                CapPeriod.SALE: self._sales,
                CapPeriod.DAY: day,
                CapPeriod.WEEK: day.isocalendar()[:2],
                CapPeriod.MONTH: day.month,
                CapPeriod.QUARTER: (day.month - 1) // 3,
                CapPeriod.YEAR: day.year,
                CapPeriod.EVER: "",
            }
            key = (offer, cap, (owner[cap.owner], period[cap.period]))
            more = 1 if cap.measure is CapMeasure.USES else amount_minor
            self._found[key] = self._found.get(key, 0) + more

    def exceeded(self) -> list[object]:
        """The counts that are above their limit."""
        return [key for key, amount in self._found.items() if amount > key[1].limit]

    def counted_lasting(self) -> int:
        """All that limits beyond one sale count; equal ones but for the limit count once."""
        lasting = {
            (offer, replace(cap, limit=1), owner): amount
            for (offer, cap, owner), amount in self._found.items()
            if cap.period is not CapPeriod.SALE
        }
        return sum(lasting.values())


@settings(max_examples=30)
@given(offers=_offers(3), policy=_POLICIES, sale=_SALES)
def test_the_same_question_has_the_same_answer(
    offers: tuple[Offer, ...], policy: StackingPolicy, sale: Sale
) -> None:
    """Equal rules, sales and members that are other objects are priced alike."""
    facts = MemberFacts(member_id=_MEMBERS[1])
    first = price(_programme(offers, policy), sale, facts, _PLACES[0])
    again = price(
        _programme(tuple(map(replace, offers)), policy), replace(sale), replace(facts), _PLACES[0]
    )
    assert first == again
    assert all(use.amount > 0 for use in first.uses)
