"""Programmes for weeks of a shop at random: of any kind, and such that something happens.

Money is taken, points are worth something, members may come together, and rewards can be paid.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Final

from gateway.model.programme import Programme, UnknownCardPolicy
from gateway.model.rules.earning import EarningKind, EarningRule
from gateway.model.rules.reward import Gift, GiftKind, Reward
from gateway.model.rules.rules import Rules
from simulators.programmes import random_programme, random_rules
from simulators.rules_shop import HOUR_MS

_ENROL: Final = UnknownCardPolicy.ENROL
_BROUGHT: Final = EarningRule(id="brought", kind=EarningKind.REFERRAL, points=70)
_REWARDS: Final = (
    Reward(
        id="more-points", cost_points=5, gift=Gift(kind=GiftKind.POINTS, points=30), most_per_sale=2
    ),
    Reward(
        id="euro-off",
        cost_points=3,
        gift=Gift(kind=GiftKind.MONEY_OFF, amount_minor=100),
        most_per_sale=2,
    ),
)


def shop_programme(rng: Random) -> Programme:
    """The first version of a programme, in force since ever."""
    return replace(
        random_programme(rng),
        version=1,
        effective_from_ms=0,
        earn_points=rng.choice((1, 2)),
        earn_per_minor=100,
        redeem_points=rng.choice((1, 10)),
        redeem_value_minor=rng.choice((10, 100)),
        redeem_minimum_points=1,
        redeem_share_percent=rng.choice((50, 100)),
        unknown_card=rng.choice((_ENROL, _ENROL, _ENROL, UnknownCardPolicy.HOLD)),
        hold_ttl_ms=rng.choice((1_000, HOUR_MS, 10 * HOUR_MS)),
        rules=shop_rules(rng),
    )


def shop_rules(rng: Random) -> Rules:
    """Rules of any kind, under which money is taken and members come together."""
    made = random_rules(rng)
    maximum_minor = rng.choice((None, 200_000))
    brought = () if rng.random() < 0.6 else (_BROUGHT,)
    rewards = (*made.rewards, *_REWARDS)
    return replace(
        made,
        earning=(*made.earning, *brought),
        credit=replace(
            made.credit,
            share_percent=100,
            transfers=True,
            balance_maximum_minor=maximum_minor,
        ),
        gift_cards=replace(made.gift_cards, maximum_minor=50_000, reloadable=True),
        households=replace(made.households, members_maximum=3),
        rewards=tuple(replace(one, cost_points=min(one.cost_points, 50)) for one in rewards),
    )
