"""All rules of a programme beyond its base, checked against each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

from gateway.errors import ValueRangeError
from gateway.model.checks import check_int, check_name
from gateway.model.rules.cards import CardPolicy
from gateway.model.rules.condition import Condition
from gateway.model.rules.earning import EarningRule
from gateway.model.rules.expiry import Expiry
from gateway.model.rules.offer import Offer, StackingPolicy
from gateway.model.rules.returns import ReturnPolicy
from gateway.model.rules.reward import GiftKind, Reward
from gateway.model.rules.scope import Category, ItemFilter
from gateway.model.rules.settings import Occasion, Settings
from gateway.model.rules.stored_value import (
    AutoRedeem,
    CreditPolicy,
    GiftCardPolicy,
    HouseholdPolicy,
)
from gateway.model.rules.tiers import TierScheme

RULES_MAX: Final = 500
"""Earning rules, offers and rewards, each."""

BASE_RULE_ID: Final = "base"
"""The id under which the programme's own points per amount stand in postings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a programme has beyond points per amount and points as money.

    Attributes:
        settings: names, zones, hours.
        categories: groups of goods.
        occasions: the calendar.
        segments: names of groups of members that the shop keeps.
        earning: further ways to earn; the base counts beside them as rule ``base``, stackable,
            unless ``Programme.earn_points`` is 0.
        pending_days: points can be spent so many days after the sale.
        expiry: when points lapse.
        auto_redeem: points that become credit by night.
        rewards: what is given for points or coupons.
        offers: what is given by itself.
        stacking: how offers go together.
        tiers: levels.
        credit: stored money.
        gift_cards: cards that hold money.
        households: common wallets.
        returns: what returns do.
        cards: what a card must prove.

    Raises:
        ValueRangeError: if one part names what another does not have.
    """

    settings: Settings = Settings()
    categories: tuple[Category, ...] = ()
    occasions: tuple[Occasion, ...] = ()
    segments: tuple[str, ...] = ()
    earning: tuple[EarningRule, ...] = ()
    pending_days: int = 0
    expiry: Expiry = Expiry()
    auto_redeem: AutoRedeem | None = None
    rewards: tuple[Reward, ...] = ()
    offers: tuple[Offer, ...] = ()
    stacking: StackingPolicy = StackingPolicy()
    tiers: TierScheme = TierScheme()
    credit: CreditPolicy = CreditPolicy()
    gift_cards: GiftCardPolicy = GiftCardPolicy()
    households: HouseholdPolicy = HouseholdPolicy()
    returns: ReturnPolicy = ReturnPolicy()
    cards: CardPolicy = CardPolicy()

    def __post_init__(self) -> None:
        check_int("pending_days", self.pending_days, 0, 366)
        for group in ("categories", "occasions", "earning", "rewards", "offers"):
            parts = getattr(self, group)
            check_int(f"number of {group}", len(parts), 0, RULES_MAX)
            _check_unique(group, [part.id for part in parts])
        for segment in self.segments:
            check_name("segment", segment)
        _check_unique("segments", self.segments)
        if any(rule.id == BASE_RULE_ID for rule in self.earning):
            raise ValueRangeError(f"the id {BASE_RULE_ID!r} is the programme's own rule")
        self._check_references()

    def conditions(self) -> Iterator[tuple[str, Condition]]:
        """Every condition with the name of what it belongs to."""
        for rule in self.earning:
            yield f"earning rule {rule.id!r}", rule.when
        for reward in self.rewards:
            yield f"reward {reward.id!r}", reward.when
        for offer in self.offers:
            yield f"offer {offer.id!r}", offer.when

    def item_filters(self) -> Iterator[tuple[str, ItemFilter]]:
        """Every filter of goods with the name of what it belongs to."""
        for where, condition in self.conditions():
            yield where, condition.items
        for rule in self.earning:
            yield f"earning rule {rule.id!r}", rule.items
        for reward in self.rewards:
            yield f"reward {reward.id!r}", reward.gift.items
        for offer in self.offers:
            yield f"offer {offer.id!r}", offer.gift.items

    def _check_references(self) -> None:
        categories = {category.id for category in self.categories}
        for where, items in self.item_filters():
            named = chain(items.only.categories, items.without.categories)
            _check_known(where, "category", named, categories)
        tiers = {level.id for level in self.tiers.levels}
        occasions = {occasion.id for occasion in self.occasions}
        for where, condition in self.conditions():
            _check_known(where, "tier", condition.tiers, tiers)
            _check_known(where, "segment", condition.segments, set(self.segments))
            _check_known(where, "occasion", condition.window.occasions, occasions)
        rewards = {reward.id for reward in self.rewards}
        for offer in self.offers:
            if offer.gift.kind is GiftKind.COUPON and offer.gift.reward is not None:
                _check_known(f"offer {offer.id!r}", "reward", [offer.gift.reward], rewards)


def _check_unique(group: str, names: list[str] | tuple[str, ...]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueRangeError(f"{group}: {', '.join(twice)} stands there twice")


def _check_known(where: str, what: str, named: Iterable[str], known: set[str]) -> None:
    for name in named:
        if name not in known:
            raise ValueRangeError(
                f"{where} names the {what} {name!r}, which the programme does not have"
            )
