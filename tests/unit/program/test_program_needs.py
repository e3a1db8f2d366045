"""Which facts a programme's rules look at."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.model.money import EUR
from gateway.model.programme import Programme
from gateway.model.rules.caps import Cap, CapPeriod
from gateway.model.rules.condition import Condition, MemberDay
from gateway.model.rules.earning import EarningKind, EarningRule
from gateway.model.rules.offer import Offer
from gateway.model.rules.reward import Gift, GiftKind, Reward
from gateway.model.rules.rules import Rules
from gateway.model.rules.tiers import TierBasis, TierLevel, TierScheme
from gateway.program.needs import Needs, needs_of

_RULE = EarningRule(id="r", kind=EarningKind.FIXED, points=1)
_EVENT = replace(_RULE, id="e", kind=EarningKind.EVENT, event="survey")
_BENEFIT = Gift(kind=GiftKind.BENEFIT)


def _needs(rules: Rules) -> Needs:
    programme = Programme(
        name="club",
        version=1,
        effective_from_ms=0,
        currency=EUR,
        earn_points=1,
        earn_per_minor=1_000,
        redeem_points=1,
        redeem_value_minor=1,
        rules=rules,
    )
    return needs_of(programme)


def test_the_base_alone_needs_nothing() -> None:
    """A programme that is only its base, or asks for amounts only, reads nothing of a member."""
    assert _needs(Rules()) == Needs()
    assert not _needs(Rules()).facts
    amount = replace(
        _RULE, when=Condition(minimum_minor=5), caps=(Cap(limit=1, period=CapPeriod.SALE),)
    )
    assert not _needs(Rules(earning=(amount,))).facts


@pytest.mark.parametrize(
    ("when", "needs"),
    [
        (Condition(segments=("vip",)), Needs(segments=True)),
        (Condition(first_purchase=True), Needs(purchases=True)),
        (Condition(visit_every=10), Needs(visits=True)),
        (Condition(visits_minimum=2, visits_within_days=30), Needs(visit_days=30)),
        (Condition(visits_within_days=30), Needs()),
        (Condition(days_since_visit_maximum=7), Needs(last_visit=True)),
        (Condition(days_since_visit_minimum=90), Needs(last_visit=True)),
        (Condition(member_day=MemberDay()), Needs(dates=True, limits=True)),
    ],
)
def test_each_part_of_a_condition_needs_its_own(when: Condition, needs: Needs) -> None:
    """Whether a rule, an offer or a reward asks for it, just what it looks at is loaded."""
    segments = ("vip",)
    offer = Offer(id="o", gift=_BENEFIT, when=when)
    reward = Reward(id="w", cost_points=1, gift=_BENEFIT, when=when)
    assert _needs(Rules(segments=segments, earning=(replace(_RULE, when=when),))) == needs
    assert _needs(Rules(segments=segments, offers=(offer,))) == needs
    assert _needs(Rules(segments=segments, rewards=(reward,))) == needs
    assert needs.facts is (needs != Needs())


def test_the_longest_look_back_is_loaded() -> None:
    """Of several conditions the one that looks back longest decides how many days."""
    rules = tuple(
        replace(_RULE, id=f"r{days}", when=Condition(visits_minimum=2, visits_within_days=days))
        for days in (7, 90, 30)
    )
    assert _needs(Rules(earning=rules)).visit_days == 90


@pytest.mark.parametrize(
    ("rule", "needs"),
    [
        (replace(_RULE, kind=EarningKind.VISIT), Needs(visited_today=True)),
        (replace(_RULE, kind=EarningKind.REFERRAL), Needs(referral=True, purchases=True)),
        (_EVENT, Needs()),
        (replace(_EVENT, when=Condition(visits_minimum=2)), Needs(visits=True, visited_today=True)),
        (replace(_RULE, caps=(Cap(limit=1),)), Needs(limits=True)),
    ],
)
def test_kinds_and_limits_need_their_own(rule: EarningRule, needs: Needs) -> None:
    """Visits, referrals, events and limits look at facts by themselves."""
    assert _needs(Rules(earning=(rule,))) == needs


def test_budgets_of_offers_need_their_counts() -> None:
    """An offer with a budget is counted like a rule with a limit."""
    assert _needs(Rules(offers=(Offer(id="o", gift=_BENEFIT, budgets=(Cap(limit=1),)),))).limits


@pytest.mark.parametrize(
    ("basis", "counting", "needs"),
    [
        (TierBasis.SPEND, False, Needs(tier=True)),
        (TierBasis.SPEND, True, Needs(tier=True, tier_basis=True)),
        (TierBasis.VISITS, True, Needs(tier=True, tier_basis=True, visited_today=True)),
    ],
)
def test_levels_need_what_they_measure(basis: TierBasis, *, counting: bool, needs: Needs) -> None:
    """A level is loaded where there are levels, what it measures only where the sale counts."""
    levels = (TierLevel(id="gold", threshold=1),)
    scheme = TierScheme(basis=basis, counts_this_sale=counting, levels=levels)
    assert _needs(Rules(tiers=scheme)) == needs
