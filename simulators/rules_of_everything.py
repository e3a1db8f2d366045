"""One programme with everything in it that rules have, small enough that limits are met by chance.

For machines and soaks of the writer; what a shop would never put together stands together here.
"""

from __future__ import annotations

from typing import Final

from gateway.model.rules.caps import Cap, CapMeasure, CapOwner, CapPeriod
from gateway.model.rules.condition import Condition
from gateway.model.rules.earning import EarningKind, EarningRule, Unit
from gateway.model.rules.expiry import Expiry, ExpiryKind
from gateway.model.rules.offer import Offer
from gateway.model.rules.returns import ReturnPolicy
from gateway.model.rules.reward import Gift, GiftKind, Reward
from gateway.model.rules.rules import Rules
from gateway.model.rules.scope import ItemFilter, ItemSet
from gateway.model.rules.stored_value import (
    AutoRedeem,
    CreditPolicy,
    GiftCardPolicy,
    HouseholdPolicy,
)
from gateway.model.rules.tiers import TierBasis, TierLevel, TierPeriod, TierScheme
from simulators.rules_till import Basket, line

BASKETS: Final = (
    Basket(total_minor=0),
    Basket(total_minor=99),
    Basket(total_minor=1_000, lines=(line("a", 600, 2, sku="A"), line("b", 400))),
    Basket(total_minor=7_001, lines=(line("a", 3_000, 3, sku="A"), line("b", 4_001))),
    Basket(total_minor=20_000),
)
_DAILY: Final = Cap(limit=60, measure=CapMeasure.POINTS, period=CapPeriod.DAY)
_SHORT: Final = Expiry(kind=ExpiryKind.DAYS, count=3, sliding=True)
_EARNING: Final = (
    EarningRule(
        id="cash-back", kind=EarningKind.PER_AMOUNT, unit=Unit.CREDIT, points=3, per_minor=100
    ),
    EarningRule(
        id="welcome", kind=EarningKind.FIXED, points=50, when=Condition(first_purchase=True)
    ),
    EarningRule(id="brought", kind=EarningKind.REFERRAL, points=70),
    EarningRule(
        id="daily",
        kind=EarningKind.PER_AMOUNT,
        points=1,
        per_minor=300,
        caps=(_DAILY,),
        expiry=_SHORT,
    ),
    EarningRule(
        id="goods-a",
        kind=EarningKind.ITEM,
        points=10,
        pending_days=2,
        items=ItemFilter(only=ItemSet(skus=("A",))),
        caps=(Cap(limit=3, owner=CapOwner.ALL, period=CapPeriod.WEEK),),
    ),
    EarningRule(id="visit", kind=EarningKind.VISIT, points=5),
    EarningRule(id="survey", kind=EarningKind.EVENT, event="survey", points=20),
)
_REWARDS: Final = (
    Reward(id="off", cost_points=40, gift=Gift(kind=GiftKind.MONEY_OFF, amount_minor=300)),
    Reward(id="cash", cost_points=30, gift=Gift(kind=GiftKind.CREDIT, amount_minor=111)),
    Reward(id="wash", cost_points=20, gift=Gift(kind=GiftKind.BENEFIT)),
)
_OFFERS: Final = (
    Offer(
        id="next-visit",
        gift=Gift(kind=GiftKind.COUPON, reward="off", valid_days=9),
        budgets=(Cap(limit=2, period=CapPeriod.DAY),),
    ),
    Offer(
        id="tenth",
        gift=Gift(kind=GiftKind.PERCENT_OFF, percent_bp=1_000),
        budgets=(Cap(limit=2_500, measure=CapMeasure.AMOUNT, owner=CapOwner.ALL),),
        holdout_percent=20,
    ),
)


def rules_of_everything(returns: ReturnPolicy, basis: TierBasis, *, lapsing: bool) -> Rules:
    """A programme with all there is; its points lapse, or turn into credit by night."""
    period = TierPeriod.EVER if basis is TierBasis.BALANCE else TierPeriod.ROLLING
    levels = (TierLevel(id="silver", threshold=80), TierLevel(id="gold", threshold=9_000))
    return Rules(
        earning=_EARNING,
        rewards=_REWARDS,
        offers=_OFFERS,
        expiry=Expiry(kind=ExpiryKind.DAYS, count=5) if lapsing else Expiry(),
        auto_redeem=None if lapsing else AutoRedeem(points=90, credit_minor=77),
        tiers=TierScheme(basis=basis, period=period, window_months=1, levels=levels),
        credit=CreditPolicy(
            top_up_maximum_minor=9_000, transfers=True, earned_expiry=_SHORT, share_percent=80
        ),
        gift_cards=GiftCardPolicy(maximum_minor=9_000, reloadable=True, most_per_sale=2),
        households=HouseholdPolicy(members_maximum=3),
        returns=returns,
    )
