"""Programmes from a seed: every part of the rules, in shapes that nobody would think of.

What comes out is always valid and names only what it has. Amounts are those of a corner shop, so
that a fair share of the rules holds for a fair share of ordinary sales.
"""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Final

from gateway.model.card import Assurance
from gateway.model.money import EUR, IRR
from gateway.model.programme import Programme, RefundPolicy, UnknownCardPolicy
from gateway.model.rules.cards import CardPolicy
from gateway.model.rules.expiry import CalendarKind
from gateway.model.rules.offer import Choice, DiscountBasis, StackingPolicy
from gateway.model.rules.returns import RefundBasis, ReturnPolicy, UnknownOriginal
from gateway.model.rules.rules import Rules
from gateway.model.rules.scope import Category, ItemSet, Weekday
from gateway.model.rules.settings import BranchClock, Occasion, Settings
from gateway.model.rules.stored_value import (
    AutoRedeem,
    CreditPolicy,
    GiftCardPolicy,
    HouseholdPolicy,
    LeavePolicy,
)
from gateway.model.rules.tiers import (
    Downgrade,
    TierBasis,
    TierBenefit,
    TierEnd,
    TierLevel,
    TierPeriod,
    TierScheme,
    TierStart,
)
from simulators.programme_rules import (
    BRANCHES,
    Names,
    pick_some,
    random_earning_rule,
    random_expiry,
    random_offer,
    random_reward,
    random_title,
)

ZONES: Final = ("UTC", "Asia/Tehran", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")


def random_programme(rng: Random) -> Programme:
    """Make a programme; half of all have no rules beyond their base.

    Args:
        rng: decides everything; equal seeds give equal programmes.
    """
    currency = rng.choice((EUR, IRR))
    return Programme(
        name=rng.choice(("points", "mohr", "stars-2027")),
        version=rng.randint(1, 50),
        effective_from_ms=rng.choice((0, rng.randrange(2_000_000_000_000))),
        currency=currency,
        earn_points=rng.choice((0, 1, 1, 2, 10)),
        earn_per_minor=rng.choice((1, 7, 100, 1_000)),
        redeem_points=rng.choice((1, 50, 100)),
        redeem_value_minor=rng.choice((1, 100, 500)),
        redeem_minimum_points=rng.choice((1, 100, 250)),
        redeem_share_percent=rng.choice((0, 50, 100)),
        redeemed_amount_earns=rng.random() < 0.3,
        unknown_card=rng.choice(tuple(UnknownCardPolicy)),
        refund=rng.choice(tuple(RefundPolicy)),
        hold_ttl_ms=rng.choice((1_000, 300_000, 1_234)),
        rules=random_rules(rng) if rng.random() < 0.5 else Rules(),
    )


def random_rules(rng: Random) -> Rules:
    """Make rules in which every part may be there."""
    names = Names(
        categories=pick_some(rng, ("food", "tobacco", "coffee")),
        occasions=pick_some(rng, ("nowruz", "shop-day", "eid")),
        segments=pick_some(rng, ("students", "staff")),
        tiers=pick_some(rng, ("silver", "gold", "platinum")),
        rewards=pick_some(rng, ("free-coffee", "ten-off", "window-seat")),
    )
    return Rules(
        settings=_settings(rng),
        categories=tuple(_category(rng, name) for name in names.categories),
        occasions=tuple(_occasion(rng, name) for name in names.occasions),
        segments=names.segments,
        earning=tuple(
            random_earning_rule(rng, f"rule-{n}", names) for n in range(rng.randrange(4))
        ),
        pending_days=rng.choice((0, 0, 1, 14)),
        expiry=random_expiry(rng),
        auto_redeem=AutoRedeem(points=100, credit_minor=500) if rng.random() < 0.3 else None,
        rewards=tuple(random_reward(rng, name, names) for name in names.rewards),
        offers=tuple(
            random_offer(rng, f"offer-{number}", names) for number in range(rng.randrange(4))
        ),
        stacking=StackingPolicy(
            choice=rng.choice(tuple(Choice)),
            basis=rng.choice(tuple(DiscountBasis)),
            most=rng.choice((None, 1, 3)),
            one_per_line=rng.random() < 0.3,
        ),
        tiers=_tiers(rng, names.tiers),
        credit=_credit(rng),
        gift_cards=GiftCardPolicy(
            minimum_minor=rng.choice((1, 500)),
            maximum_minor=rng.choice((0, 50_000)),
            reloadable=rng.random() < 0.5,
            expiry=random_expiry(rng),
            most_per_sale=rng.randint(1, 16),
        ),
        households=HouseholdPolicy(
            members_maximum=rng.choice((0, 5)),
            leave=rng.choice(tuple(LeavePolicy)),
            spend_limit_points=rng.choice((None, 500)),
        ),
        returns=ReturnPolicy(
            basis=rng.choice(tuple(RefundBasis)),
            unknown_original=rng.choice(tuple(UnknownOriginal)),
            only_pending=rng.random() < 0.2,
            grace_days=rng.choice((0, 30)),
            days_maximum=rng.choice((None, 14)),
        ),
        # No more than any card is worth: a simulated customer's can be copied, and must earn.
        cards=CardPolicy(
            earn_needs=rng.choice((Assurance.CLAIMED, Assurance.IDENTIFIED)),
            block_copies=rng.random() < 0.8,
            terminals_authenticate=rng.random() < 0.8,
            weak_below=rng.choice(tuple(Assurance)[1:]),
            weak_points_per_sale=rng.choice((None, None, None, 30, 400)),
            weak_points_per_day=rng.choice((None, None, None, None, 50, 1_000)),
        ),
    )


def _settings(rng: Random) -> Settings:
    clocks = (
        BranchClock(
            branch=branch,
            zone=rng.choice((None, *ZONES)),
            cutoff_minute=rng.choice((None, 0, 240)),
        )
        for branch in pick_some(rng, BRANCHES)
    )
    return Settings(
        points_name_en=rng.choice(("", "stars")),
        points_name_fa=rng.choice(("", "ستاره")),
        zone=rng.choice(ZONES),
        cutoff_minute=rng.choice((0, 240, 1_439)),
        nightly_minute=rng.choice((180, 0, 271)),
        first_weekday=rng.choice(tuple(Weekday)),
        calendar=rng.choice(tuple(CalendarKind)),
        assumed_tax_bp=rng.choice((0, 900, 1_900)),
        branch_clocks=tuple(clocks),
    )


def _category(rng: Random, name: str) -> Category:
    items = ItemSet(
        skus=pick_some(rng, ("4006381333931", "7 Up", '"quoted"')),
        label_words=pick_some(rng, ("espresso", "قهوه", "back\\slash")),
    )
    return Category(id=name, items=items)


def _occasion(rng: Random, name: str) -> Occasion:
    if rng.random() < 0.5:
        first = date(2027, 1, 1) + timedelta(days=rng.randrange(700))
        days = tuple(first + timedelta(days=354 * year) for year in range(rng.randint(1, 3)))
        return Occasion(id=name, dates=days, title_en=random_title(rng))
    return Occasion(
        id=name,
        month=rng.randint(1, 12),
        day=rng.randint(1, 31),
        calendar=rng.choice(tuple(CalendarKind)),
        title_fa=random_title(rng),
    )


def _tiers(rng: Random, names: tuple[str, ...]) -> TierScheme:
    levels = (
        TierLevel(
            id=name,
            threshold=1_000 * rank,
            keeps_for_ever=rng.random() < 0.2,
            benefits=tuple(
                TierBenefit(id=benefit, title_en="Parking", title_fa="جای پارک")
                for benefit in pick_some(rng, ("parking", "lounge"))
            ),
            title_en=random_title(rng),
            title_fa=random_title(rng),
        )
        for rank, name in enumerate(names)
    )
    period = rng.choice(tuple(TierPeriod))
    periodic = period in (TierPeriod.MONTH, TierPeriod.QUARTER, TierPeriod.YEAR)
    by_period = (TierEnd.PERIOD, TierEnd.NEXT_PERIOD)
    return TierScheme(
        basis=rng.choice(tuple(TierBasis)),
        period=period,
        window_months=rng.choice((12, 3)),
        calendar=rng.choice(tuple(CalendarKind)),
        start=rng.choice(tuple(TierStart)),
        end=rng.choice([end for end in TierEnd if periodic or end not in by_period]),
        keep_months=rng.choice((1, 12)),
        keep_days=rng.choice((0, 30)),
        keep_until_month=rng.randint(1, 12),
        keep_until_day=rng.randint(1, 31),
        grace_days=rng.choice((0, 7)),
        grace_months=rng.choice((0, 1)),
        round_up_to_month=rng.random() < 0.3,
        downgrade=rng.choice(tuple(Downgrade)),
        counts_this_sale=rng.random() < 0.3,
        levels=tuple(levels),
    )


def _credit(rng: Random) -> CreditPolicy:
    return CreditPolicy(
        top_up_minimum_minor=rng.choice((1, 1_000)),
        top_up_maximum_minor=rng.choice((0, 100_000)),
        balance_maximum_minor=rng.choice((None, 200_000)),
        share_percent=rng.choice((0, 50, 100)),
        transfers=rng.random() < 0.3,
        earned_expiry=random_expiry(rng),
        paid_expiry=random_expiry(rng),
    )
