"""What a card that can be copied may earn: in a sale, in a day, and after goods came back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ValueRangeError
from gateway.model.card import Assurance
from gateway.model.ids import MemberId
from gateway.model.money import EUR
from gateway.model.programme import Programme
from gateway.model.rules.cards import CardPolicy
from gateway.model.rules.condition import Condition
from gateway.model.rules.earning import EarningKind, EarningRule, Unit
from gateway.model.rules.offer import Offer, Stacking
from gateway.model.rules.returns import RefundBasis, ReturnPolicy
from gateway.model.rules.reward import Gift, GiftKind, Reward
from gateway.program.earning import evaluate_event, evaluate_referral
from gateway.program.evaluation import Evaluation, Use
from gateway.program.facts import MemberFacts, Used
from gateway.program.goods_back import GoodsBack, find_lines, whole_sale
from gateway.program.limits import usage_keys
from gateway.program.needs import needs_of
from gateway.program.returns import Rated, clawback, owed_after_return
from gateway.program.succession import counts_money
from simulators.given.rated import (
    FACTS,
    MEMBER,
    PLACE,
    by_source,
    club_of,
    earn_on,
    fixed_points,
    multiplied,
    per_amount,
    sale_of,
)

_TODAY = f"cards:weak/points/member:{MEMBER}/2026-11-23"
_UID = replace(FACTS, card=Assurance.IDENTIFIED)
_SALE = sale_of(("bread", 3_000), ("tea", 5_000), ("rice", 2_000))


def _club(
    *rules: EarningRule,
    per_sale: int | None = None,
    per_day: int | None = None,
    below: Assurance = Assurance.SIGNED,
    **more: object,
) -> Programme:
    policy = CardPolicy(
        weak_below=below, weak_points_per_sale=per_sale, weak_points_per_day=per_day
    )
    made = club_of(*rules)
    parts = replace(made.rules, cards=policy, **more)  # type: ignore[arg-type] # parts by name
    return replace(made, rules=parts)


def _points(found: Evaluation) -> int:
    return found.total(Unit.POINTS)


def _used_before(amount: int) -> MemberFacts:
    return replace(_UID, used=(Used(key=_TODAY, amount=amount),))


@pytest.mark.parametrize(
    ("card", "below", "points"),
    [
        (Assurance.CLAIMED, Assurance.IDENTIFIED, 40),
        (Assurance.IDENTIFIED, Assurance.IDENTIFIED, 100),
        (Assurance.IDENTIFIED, Assurance.SIGNED, 40),
        (Assurance.SIGNED, Assurance.SIGNED, 100),
        (Assurance.SIGNED, Assurance.AUTHENTICATED, 40),
        (Assurance.AUTHENTICATED, Assurance.AUTHENTICATED, 100),
        (None, Assurance.AUTHENTICATED, 100),
    ],
)
def test_what_a_card_proves_decides_whether_it_is_weak(
    card: Assurance | None, below: Assurance, points: int
) -> None:
    """A card worth as much as is asked for earns all; where no card was shown nothing is weak."""
    programme = _club(per_amount("r", 100), per_sale=40, below=below)
    found = earn_on(programme, _SALE, replace(FACTS, card=card))
    assert (_points(found), found.kept_back) == (points, 100 - points)


def test_the_limit_lowers_the_later_rules_first_and_stays_exact_by_line() -> None:
    """What is left is shared out over the lines that had earned it."""
    programme = _club(per_amount("first", 200), per_amount("second", 100), per_sale=70)
    found = earn_on(programme, _SALE, _UID)
    assert by_source(found) == {"first": 50, "second": 20}
    assert [award.lines for award in found.awards] == [(15, 25, 10), (6, 10, 4)]
    assert found.kept_back == 80


def test_multipliers_and_offers_do_not_pass_the_limit() -> None:
    """Whatever multiplies or adds, the whole sale brings a weak card no more."""
    offer = Offer(id="gift", gift=Gift(kind=GiftKind.POINTS, points=30))
    rules = (per_amount("r", 100), multiplied("double", 2_000))
    alone = earn_on(_club(*rules, per_sale=120), _SALE, _UID)
    assert by_source(alone) == {"r": 100, "double": 20}
    with_offer = earn_on(_club(*rules, per_sale=210, offers=(offer,)), _SALE, _UID)
    assert by_source(with_offer) == {"r": 100, "double": 100, "gift": 10}
    assert (alone.kept_back, with_offer.kept_back) == (80, 20)


def test_an_offer_for_which_nothing_is_left_takes_nobodys_place() -> None:
    """A coupon is no points: it is given where an offer of points alone would have kept it out."""
    reward = Reward(id="tea", cost_points=1, gift=Gift(kind=GiftKind.MONEY_OFF, amount_minor=1))
    coupon = Offer(id="coupon", gift=Gift(kind=GiftKind.COUPON, reward="tea", quantity=1))
    alone = Offer(
        id="alone",
        gift=Gift(kind=GiftKind.POINTS, points=30),
        stacking=Stacking.NEVER,
        priority=5,
    )
    rules = _club(per_amount("r", 100), per_sale=100, offers=(coupon, alone), rewards=(reward,))
    weak, strong = earn_on(rules, _SALE, _UID), earn_on(rules, _SALE)
    assert ([one.source for one in weak.vouchers], weak.kept_back) == (["coupon"], 30)
    assert (strong.vouchers, strong.kept_back) == ((), 0)


def test_stored_credit_is_no_points() -> None:
    """The limits are on points; cash back has limits of its own."""
    cash = replace(per_amount("cash", 10), unit=Unit.CREDIT)
    found = earn_on(_club(cash, per_amount("r", 100), per_sale=1, per_day=1), _SALE, _UID)
    assert by_source(found) == {"cash": 1_000, "r": 1}


def test_a_day_is_counted_for_each_member() -> None:
    """The last points of the day are given, then none, and another day begins anew."""
    programme = _club(per_amount("r", 100), per_day=150)
    given = []
    for before in (0, 100, 150):
        found = earn_on(programme, _SALE, _used_before(before))
        given.append(_points(found))
        uses = (Use(key=_TODAY, amount=given[-1]),) if given[-1] else ()
        assert found.uses == uses
    assert given == [100, 50, 0]
    tomorrow = replace(PLACE, business_day=PLACE.business_day + timedelta(days=1))
    assert _points(earn_on(programme, _SALE, _used_before(150), tomorrow)) == 100
    assert _TODAY in usage_keys(programme, MEMBER, PLACE)


def test_a_genuine_card_neither_uses_nor_feels_the_day() -> None:
    """Only what weak cards earn is counted, and only they are stopped."""
    programme = _club(per_amount("r", 100), per_day=20)
    found = earn_on(programme, _SALE, replace(_used_before(20), card=Assurance.AUTHENTICATED))
    assert (_points(found), found.uses) == (100, ())


def test_a_card_that_nobody_owns_yet_earns_within_each_sale() -> None:
    """Nobody could count its day, so that a newcomer's points wait, and no sale brings more."""
    programme = _club(per_amount("r", 100), per_sale=60, per_day=30)
    found = earn_on(programme, _SALE, MemberFacts(card=Assurance.IDENTIFIED))
    assert (_points(found), found.uses) == (30, ())


def test_an_event_is_limited_like_a_sale() -> None:
    """What is no purchase counts for the day, and is never more than a sale may bring."""
    survey = EarningRule(id="form", kind=EarningKind.EVENT, points=80, event="survey")
    programme = _club(survey, per_sale=50, per_day=60)
    found = evaluate_event(programme, "survey", _UID, PLACE)
    assert (_points(found), found.uses) == (50, (Use(key=_TODAY, amount=50),))


def test_whoever_brought_a_member_showed_no_card() -> None:
    """The friend's reward is not limited by what the new member's card proves."""
    brought = EarningRule(id="brought", kind=EarningKind.REFERRAL, points=70)
    friend = MemberFacts(member_id=MemberId("f" * 32))
    new = replace(_UID, referred=True)
    found = evaluate_referral(_club(brought, per_sale=5), _SALE, new, PLACE, friend)
    assert (_points(found), found.uses) == (70, ())


def test_only_rules_with_a_limit_ask_what_a_card_proves() -> None:
    """Elsewhere nothing is written down of it; a limit by the day has to be counted."""
    assert not needs_of(_club(per_amount("r", 100))).card
    sale, day = (needs_of(_club(per_sale=5)), needs_of(_club(per_day=5)))
    assert (sale.card, sale.limits, sale.facts) == (True, False, False)
    assert (day.card, day.limits, day.facts) == (True, True, True)


def test_a_reward_named_like_the_count_does_not_make_it_money() -> None:
    """What weak cards earn is points, whatever the programme's rewards are called."""
    gift = Gift(kind=GiftKind.CREDIT, amount_minor=5)
    programme = _club(per_day=5, rewards=(Reward(id="weak", cost_points=1, gift=gift),))
    assert not counts_money(replace(programme, currency=EUR), _TODAY)


@pytest.mark.parametrize("name", ["weak_points_per_sale", "weak_points_per_day"])
@pytest.mark.parametrize("value", [0, 10**12 + 1])
def test_a_limit_is_at_least_one_point(name: str, value: int) -> None:
    """Nothing at all is said by what a card must prove to earn."""
    with pytest.raises(ValueRangeError, match=name):
        CardPolicy(**{name: value})  # type: ignore[arg-type] # a name of the parametrisation


def test_a_limit_that_no_card_could_be_under_is_refused() -> None:
    """Every card is worth at least what a number is that somebody says."""
    with pytest.raises(ValueRangeError, match="weak_below must not be claimed alone"):
        CardPolicy(weak_below=Assurance.CLAIMED)


# -- whatever the rules -----------------------------------------------------------------------

_RULES = st.lists(
    st.sampled_from(
        [
            per_amount("a", 100),
            per_amount("b", 70, points=3),
            fixed_points("c", 25),
            replace(fixed_points("d", 60), stackable=False),
            multiplied("e", 1_500),
            multiplied("f", 500),
            EarningRule(id="g", kind=EarningKind.ITEM, points=4, when=Condition(minimum_minor=500)),
        ]
    ),
    unique_by=lambda rule: rule.id,
    min_size=1,
)
_OFFERS = st.sampled_from([(), (Offer(id="more", gift=Gift(kind=GiftKind.POINTS, points=37)),)])
_CAPS = st.none() | st.integers(1, 300)
_LIMITS = st.tuples(_CAPS, _CAPS)
_AMOUNTS = st.lists(st.integers(1, 9_999), min_size=1, max_size=5)
_BASES = st.sampled_from(RefundBasis)


@given(rules=_RULES, offers=_OFFERS, per_sale=_CAPS, per_day=_CAPS, sales=st.lists(_AMOUNTS))
def test_no_sale_and_no_day_brings_more_than_the_limits(
    rules: list[EarningRule],
    offers: tuple[Offer, ...],
    per_sale: int | None,
    per_day: int | None,
    sales: list[list[int]],
) -> None:
    """Over a day, sale by sale; each award still adds up to its lines, and nothing is lost."""
    capped = _club(*rules, per_sale=per_sale, per_day=per_day, offers=offers)
    free = _club(*rules, offers=offers)
    day = 0
    for amounts in sales:
        sale = sale_of(*((f"goods {at}", amount) for at, amount in enumerate(amounts)))
        found, whole = earn_on(capped, sale, _used_before(day)), earn_on(free, sale, _UID)
        assert per_sale is None or _points(found) <= per_sale
        assert _points(found) <= _points(whole)
        assert _points(found) + found.kept_back == _points(whole)
        assert all(sum(award.lines) in (0, award.amount) for award in found.awards)
        day += sum(use.amount for use in found.uses if use.key == _TODAY)
        assert per_day is None or day <= per_day


@given(
    rules=_RULES,
    offers=_OFFERS,
    limits=_LIMITS,
    amounts=_AMOUNTS,
    basis=_BASES,
    order=st.randoms(use_true_random=False),
)
def test_returns_of_a_limited_sale_are_exact(
    rules: list[EarningRule],
    offers: tuple[Offer, ...],
    limits: tuple[int | None, int | None],
    amounts: list[int],
    basis: RefundBasis,
    order: Random,
) -> None:
    """Line by line in any order: what stays is never more than the limits, and at last nothing."""
    per_sale, per_day = limits
    programme = _club(
        *rules,
        per_sale=per_sale,
        per_day=per_day,
        offers=offers,
        returns=ReturnPolicy(basis=basis),
    )
    sale = sale_of(*((f"goods {at}", amount) for at, amount in enumerate(amounts)))
    found = earn_on(programme, sale, _UID)
    rated = Rated(programme=programme, sale=sale, facts=_UID, place=PLACE, evaluation=found)
    lines = list(sale.lines)
    order.shuffle(lines)
    back, clawed = GoodsBack(), (0,) * len(found.awards)
    for line in lines:
        now = find_lines(sale, back, (line,), line.amount_minor)
        assert isinstance(now, GoodsBack)
        back += now
        owed = owed_after_return(rated, back)
        taken = clawback(found.awards, owed, clawed)
        clawed = tuple(had + more for had, more in zip(clawed, taken, strict=True))
        stays = _points(found) - sum(clawed)
        assert 0 <= stays <= min(per_sale or stays, per_day or stays)
        counted = sum(use.amount for use in owed.uses if use.key == _TODAY)
        assert counted <= _points(found)
    assert sum(clawed) == _points(found)
    assert owed_after_return(rated, whole_sale(sale)).uses == ()
