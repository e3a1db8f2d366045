"""What brings points beside a sale's own rules: events, referrals, and the offers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from gateway.model.ids import BranchId, MemberId, SaleKey
from gateway.model.money import EUR
from gateway.model.programme import Programme
from gateway.model.rules.caps import Cap, CapMeasure, CapPeriod
from gateway.model.rules.condition import Condition, MemberDay
from gateway.model.rules.earning import EarningKind, EarningRule, Unit
from gateway.model.rules.expiry import Expiry, ExpiryKind
from gateway.model.rules.offer import Offer
from gateway.model.rules.reward import Gift, GiftKind
from gateway.model.rules.rules import Rules
from gateway.model.rules.scope import ItemFilter, ItemSet, Window
from gateway.model.sale import Sale, SaleSource
from gateway.program.earn import SALE_POINTS_MAX
from gateway.program.earning import evaluate, evaluate_event, evaluate_referral
from gateway.program.evaluation import Award, Evaluation, Use
from gateway.program.facts import MemberDate, MemberFacts, Place, Used

_NEW, _FRIEND = MemberId("4f" * 16), MemberId("5a" * 16)
_PLACE = Place(branch=BranchId("bazaar"), at_ms=0, business_day=date(2026, 11, 23), minute=720)
_FACTS = MemberFacts(member_id=_NEW)
_SALE = Sale(key=SaleKey(bytes(16)), total_minor=10_000, source=SaleSource.KEYED, profile="test")
_SIGN_UP = EarningRule(id="welcome", kind=EarningKind.EVENT, event="sign-up", points=250)
_REFERRAL = EarningRule(id="friend", kind=EarningKind.REFERRAL, points=500)


def _programme(*rules: EarningRule, offers: tuple[Offer, ...] = ()) -> Programme:
    return Programme(
        name="club",
        version=1,
        effective_from_ms=0,
        currency=EUR,
        earn_points=1,
        earn_per_minor=100,
        redeem_points=1,
        redeem_value_minor=1,
        rules=Rules(earning=rules, offers=offers, pending_days=3, segments=("vip",)),
    )


def _event(
    *rules: EarningRule,
    event: str = "sign-up",
    facts: MemberFacts = _FACTS,
    place: Place = _PLACE,
) -> Evaluation:
    return evaluate_event(_programme(*rules), event, facts, place)


def test_an_event_earns_by_its_name() -> None:
    """Setono: signing up brings 250; an event that no rule names, and the base, bring nothing."""
    found = _event(_SIGN_UP, replace(_SIGN_UP, id="other", event="survey"))
    assert found.awards == (Award(source="welcome", unit=Unit.POINTS, amount=250, pending_days=3),)
    assert _event(_SIGN_UP, event="review") == Evaluation()


def test_an_event_keeps_the_rules_own_times_and_unit() -> None:
    """Credit for a survey with its own expiry, at once."""
    week = Expiry(kind=ExpiryKind.DAYS, count=7)
    rule = replace(_SIGN_UP, unit=Unit.CREDIT, pending_days=0, expiry=week)
    award = _event(rule).awards[0]
    assert (award.unit, award.pending_days, award.expiry) == (Unit.CREDIT, 0, week)


def test_events_add_up_or_stand_alone() -> None:
    """Several rules for one event go together as rules for a sale do; multipliers are for sales."""
    second = replace(_SIGN_UP, id="extra", points=50)
    double = EarningRule(id="double", kind=EarningKind.MULTIPLIER, multiplier_permille=2_000)
    assert _event(_SIGN_UP, second, double).total(Unit.POINTS) == 300
    alone = replace(second, stackable=False)
    assert [award.source for award in _event(_SIGN_UP, alone).awards] == ["extra"]


@pytest.mark.parametrize(
    ("when", "points"),
    [
        (Condition(segments=("vip",)), 250),
        (Condition(branches=(BranchId("other"),)), 0),
        (Condition(window=Window(last_day=date(2026, 11, 22))), 0),
        (Condition(minimum_minor=0), 0),
        (Condition(minimum_pieces=1), 0),
        (Condition(items=ItemFilter(only=ItemSet(skus=("a",)))), 0),
        (Condition(visits_minimum=3), 250),
        (Condition(visits_minimum=4), 0),
    ],
)
def test_an_event_has_conditions_but_no_goods(when: Condition, points: int) -> None:
    """Member, place and time are asked as of a sale; whatever asks for goods does not hold."""
    facts = replace(_FACTS, segments=("vip",), visits=3)
    assert _event(replace(_SIGN_UP, when=when), facts=facts).total(Unit.POINTS) == points
    goods = replace(_SIGN_UP, items=ItemFilter(only=ItemSet(skus=("a",))), when=when)
    assert _event(goods, facts=facts) == Evaluation()


def test_a_birthday_greeting_comes_once_a_year() -> None:
    """An event around the member's day is counted by its year, as a sale's rule is."""
    rule = replace(_SIGN_UP, event="greeting", when=Condition(member_day=MemberDay()))
    facts = replace(_FACTS, dates=(MemberDate(month=11, day_of_month=23),))
    found = _event(rule, event="greeting", facts=facts)
    assert found.uses == (Use(key=f"earn:welcome/day/member:{_NEW}/2026", amount=1),)
    used = replace(facts, used=(Used(key=found.uses[0].key, amount=1),))
    assert _event(rule, event="greeting", facts=used) == Evaluation()


def test_an_event_has_limits() -> None:
    """Three reviews a month and no more, and only what is left of the points."""
    caps = (
        Cap(limit=3, period=CapPeriod.MONTH),
        Cap(limit=600, measure=CapMeasure.POINTS, period=CapPeriod.MONTH),
    )
    rule = replace(_SIGN_UP, caps=caps)
    given: list[int] = []
    used: dict[str, int] = {}
    for _ in range(4):
        facts = replace(_FACTS, used=tuple(Used(key=key, amount=n) for key, n in used.items()))
        found = _event(rule, facts=facts)
        given.append(found.total(Unit.POINTS))
        for use in found.uses:
            used[use.key] = used.get(use.key, 0) + use.amount
    assert given == [250, 250, 100, 0]


def _brought(
    *rules: EarningRule,
    facts: MemberFacts | None = None,
    referrer: MemberFacts | None = None,
    sale: Sale = _SALE,
) -> Evaluation:
    return evaluate_referral(
        _programme(*rules),
        sale,
        facts or replace(_FACTS, referred=True),
        _PLACE,
        referrer or MemberFacts(member_id=_FRIEND),
    )


def test_the_first_purchase_rewards_whoever_brought_the_member() -> None:
    """Only the first purchase, only of somebody brought, and nobody brings oneself."""
    referred = replace(_FACTS, referred=True)
    assert _brought(_REFERRAL).total(Unit.POINTS) == 500
    assert _brought(_REFERRAL, facts=_FACTS) == Evaluation()
    assert _brought(_REFERRAL, facts=replace(referred, purchases=1)) == Evaluation()
    assert _brought(_REFERRAL, facts=replace(referred, member_id=None)) == Evaluation()
    assert _brought(_REFERRAL, referrer=referred) == Evaluation()
    assert _brought(_REFERRAL, referrer=MemberFacts()) == Evaluation()


def test_a_referral_looks_at_the_purchase() -> None:
    """Conditions are asked of the new member's sale, so that a token purchase brings nothing."""
    rule = replace(_REFERRAL, when=Condition(minimum_minor=10_000))
    assert _brought(rule).total(Unit.POINTS) == 500
    assert _brought(rule, sale=replace(_SALE, total_minor=9_999)) == Evaluation()


def test_a_referral_is_limited_for_whoever_brought() -> None:
    """The limit is the friend's: so many members a year may be brought."""
    rule = replace(_REFERRAL, caps=(Cap(limit=2, period=CapPeriod.YEAR),))
    found = _brought(rule)
    assert found.uses == (Use(key=f"earn:friend/uses/member:{_FRIEND}/2026", amount=1),)
    full = (Used(key=found.uses[0].key, amount=2),)
    assert _brought(rule, referrer=MemberFacts(member_id=_FRIEND, used=full)) == Evaluation()


def test_offers_add_to_what_the_rules_gave() -> None:
    """Offers come behind the rules: points, credit, benefits, and a multiplier of the points."""
    offers = (
        Offer(id="plus", gift=Gift(kind=GiftKind.POINTS, points=7), budgets=(Cap(limit=1),)),
        Offer(id="double", gift=Gift(kind=GiftKind.MULTIPLIER, multiplier_permille=2_000)),
        Offer(id="back", gift=Gift(kind=GiftKind.CREDIT, amount_minor=50)),
        Offer(id="tea", gift=Gift(kind=GiftKind.BENEFIT)),
        Offer(id="off", gift=Gift(kind=GiftKind.MONEY_OFF, amount_minor=5)),
    )
    found = evaluate(_programme(offers=offers), _SALE, _FACTS, _PLACE)
    assert found.awards[0].source == "base"
    assert {award.source: award.amount for award in found.awards} == {
        "base": 100,
        "plus": 7,
        "double": 100,
        "back": 50,
    }
    assert [voucher.source for voucher in found.vouchers] == ["tea"]
    assert found.uses == (Use(key=f"offer:plus/uses/member:{_NEW}/ever", amount=1),)


def test_offers_stay_within_what_a_sale_may_earn() -> None:
    """What the rules leave of the most is what offers may give."""
    offers = (Offer(id="plus", gift=Gift(kind=GiftKind.POINTS, points=10**12)),)
    huge = replace(_SALE, total_minor=2**62)
    found = evaluate(_programme(offers=offers), huge, _FACTS, _PLACE)
    assert [(award.source, award.amount) for award in found.awards] == [("base", SALE_POINTS_MAX)]
    some = evaluate(_programme(offers=offers), _SALE, _FACTS, _PLACE)
    assert some.total(Unit.POINTS) == SALE_POINTS_MAX
    assert some.awards[1].amount == SALE_POINTS_MAX - 100
