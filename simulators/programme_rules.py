"""Earning rules, rewards and offers from a seed, for ``simulators.programmes``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any, Final, TypeVar

from gateway.model.ids import BranchId
from gateway.model.rules.caps import Cap, CapMeasure, CapOwner, CapPeriod
from gateway.model.rules.condition import Condition, MemberDay, TaxBasis
from gateway.model.rules.earning import EarningKind, EarningRule, Rounding, Unit
from gateway.model.rules.expiry import CalendarKind, Expiry, ExpiryKind
from gateway.model.rules.offer import Offer, Stacking
from gateway.model.rules.reward import MONEY_GIFTS, Gift, GiftKind, Reward
from gateway.model.rules.scope import Hours, ItemFilter, ItemSet, Weekday, Window

T = TypeVar("T")

BRANCHES: Final = (BranchId("north"), BranchId("south"), BranchId("airport"))

#: Nobody's rule is in force before this day; most windows begin in the two years after it.
FIRST_DAY: Final = date(2027, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What the rules may name."""

    categories: tuple[str, ...]
    occasions: tuple[str, ...]
    segments: tuple[str, ...]
    tiers: tuple[str, ...]
    rewards: tuple[str, ...]


def pick_some(rng: Random, choices: tuple[T, ...]) -> tuple[T, ...]:
    """Take any number of choices, also none, in their order."""
    return tuple(choice for choice in choices if rng.random() < 0.5)


def random_title(rng: Random) -> str:
    """Make a title that a careless writer of files would break on."""
    return rng.choice(("", "Double points", "امتیاز دوبرابر", 'a "quoted" \\ title # here', "۱۰٪"))


def random_expiry(rng: Random) -> Expiry:
    """Make any rule of expiry."""
    kind = rng.choice(tuple(ExpiryKind))
    counted = kind in (ExpiryKind.DAYS, ExpiryKind.MONTHS)
    uncounted = kind in (ExpiryKind.NEVER, ExpiryKind.DATE)
    return Expiry(
        kind=kind,
        count=0 if uncounted else rng.randint(1 if counted else 0, 24),
        calendar=rng.choice(tuple(CalendarKind)),
        last_day=_day(rng) if kind is ExpiryKind.DATE else None,
        sliding=counted and rng.random() < 0.3,
    )


def random_earning_rule(rng: Random, name: str, names: Names) -> EarningRule:
    """Make an earning rule of any kind."""
    kind = rng.choice(tuple(EarningKind))
    parts: dict[str, Any] = {}
    if kind is EarningKind.PER_AMOUNT:
        parts["per_minor"] = rng.choice((1, 100, 333))
    if kind is EarningKind.MULTIPLIER:
        parts["multiplier_permille"] = rng.choice((500, 1_500, 2_000))
    if kind is EarningKind.EVENT:
        parts["event"] = rng.choice(("sign-up", "survey"))
    return EarningRule(
        id=name,
        kind=kind,
        unit=rng.choice(tuple(Unit)),
        points=0 if kind is EarningKind.MULTIPLIER else rng.choice((1, 5, 100)),
        per_pieces=rng.choice((1, 1, 3)),
        basis=rng.choice(tuple(TaxBasis)),
        rounding=rng.choice(tuple(Rounding)),
        items=_items(rng, names),
        when=_condition(rng, names),
        caps=_caps(rng, tuple(CapMeasure)),
        priority=rng.choice((0, 0, 5, -3)),
        stackable=kind is EarningKind.MULTIPLIER or rng.random() < 0.7,
        pending_days=rng.choice((None, 0, 7)),
        expiry=random_expiry(rng) if rng.random() < 0.3 else None,
        title_en=random_title(rng),
        title_fa=random_title(rng),
        **parts,
    )


def random_reward(rng: Random, name: str, names: Names) -> Reward:
    """Make a reward of any kind."""
    kinds = tuple(kind for kind in GiftKind if kind is not GiftKind.COUPON)
    return Reward(
        id=name,
        cost_points=rng.choice((0, 50, 500)),
        gift=_gift(rng, rng.choice(kinds), names),
        when=_condition(rng, names),
        funder=rng.choice((None, *BRANCHES)),
        most_per_sale=rng.choice((1, 3)),
        title_en=random_title(rng),
        title_fa=random_title(rng),
    )


def random_offer(rng: Random, name: str, names: Names) -> Offer:
    """Make an offer of any kind."""
    kinds = tuple(kind for kind in GiftKind if kind is not GiftKind.COUPON or names.rewards)
    gift = _gift(rng, rng.choice(kinds), names)
    published = rng.random() < 0.3
    limited = CapMeasure.AMOUNT if gift.kind in MONEY_GIFTS else CapMeasure.POINTS
    return Offer(
        id=name,
        gift=gift,
        when=_condition(rng, names),
        budgets=_caps(rng, (CapMeasure.USES, limited)),
        priority=rng.choice((0, 0, 5, -3)),
        stacking=rng.choice(tuple(Stacking)),
        published=published,
        holdout_percent=0 if published else rng.choice((0, 0, 10)),
        campaign=rng.choice((None, "spring")),
        funder=rng.choice((None, *BRANCHES)),
        title_en=random_title(rng),
        title_fa=random_title(rng),
    )


def _gift(rng: Random, kind: GiftKind, names: Names) -> Gift:
    parts: dict[str, Any] = {}
    if kind in (GiftKind.MONEY_OFF, GiftKind.CREDIT):
        parts["amount_minor"] = rng.choice((50, 500))
    elif kind is GiftKind.PERCENT_OFF:
        parts["percent_bp"] = rng.choice((500, 3_333, 10_000))
    elif kind is GiftKind.PRODUCT_PRICE:
        parts["price_minor"] = rng.choice((0, 99))
    elif kind is GiftKind.POINTS:
        parts["points"] = rng.choice((1, 100))
    elif kind is GiftKind.MULTIPLIER:
        parts["multiplier_permille"] = rng.choice((1_500, 3_000))
    elif kind is GiftKind.COUPON:
        parts["reward"] = rng.choice(names.rewards)
    items = _items(rng, names)
    if kind in (GiftKind.FREE_ITEM, GiftKind.PRODUCT_PRICE) and items.only.empty:
        items = ItemFilter(only=ItemSet(label_words=("coffee",)), without=items.without)
    return Gift(
        kind=kind,
        cap_minor=rng.choice((None, 300)) if kind in MONEY_GIFTS else None,
        items=items,
        cheapest=rng.random() < 0.2,
        quantity=rng.choice((1, 1, 2)),
        valid_days=rng.choice((None, 30)),
        **parts,
    )


def _condition(rng: Random, names: Names) -> Condition:
    """Make a condition in which each part is rare, so that many of them hold now and then."""
    parts: dict[str, Any] = {}
    makers: dict[str, Any] = {
        "window": lambda: _window(rng, names),
        "branches": lambda: pick_some(rng, BRANCHES),
        "tiers": lambda: pick_some(rng, names.tiers),
        "segments": lambda: pick_some(rng, names.segments),
        "minimum_minor": lambda: rng.choice((0, 500, 2_000)),
        "maximum_minor": lambda: rng.choice((2_000, 50_000)),
        "minimum_pieces": lambda: rng.randint(1, 4),
        "amount_basis": lambda: TaxBasis.BEFORE_TAX,
        "items": lambda: _items(rng, names),
        "first_purchase": lambda: True,
        "visit_every": lambda: rng.choice((2, 10)),
        "visits_minimum": lambda: rng.randint(1, 5),
        "visits_maximum": lambda: rng.randint(5, 9),
        "visits_within_days": lambda: rng.choice((7, 30)),
        "days_since_visit_minimum": lambda: rng.choice((0, 7)),
        "days_since_visit_maximum": lambda: rng.choice((7, 60)),
        "member_day": lambda: MemberDay(
            day=rng.choice(("birthday", "wedding")), days_before=rng.choice((0, 3))
        ),
    }
    for name, make in makers.items():
        if rng.random() < 0.12:
            parts[name] = make()
    return Condition(**parts)


def _window(rng: Random, names: Names) -> Window:
    first = _day(rng) if rng.random() < 0.4 else None
    last = (first or _day(rng)) + timedelta(days=rng.randrange(90)) if rng.random() < 0.4 else None
    hours = tuple(
        Hours(from_minute=rng.randrange(1_440), to_minute=rng.randint(1, 1_440))
        for _ in range(rng.randrange(3))
    )
    return Window(
        first_day=first,
        last_day=last,
        weekdays=pick_some(rng, tuple(Weekday)),
        hours=hours,
        occasions=pick_some(rng, names.occasions),
    )


def _items(rng: Random, names: Names) -> ItemFilter:
    if rng.random() < 0.6:
        return ItemFilter()
    return ItemFilter(only=_item_set(rng, names), without=_item_set(rng, names))


def _item_set(rng: Random, names: Names) -> ItemSet:
    return ItemSet(
        skus=pick_some(rng, ("111", "222")),
        categories=pick_some(rng, names.categories),
        label_words=pick_some(rng, ("latte", "نان")),
    )


def _caps(rng: Random, measures: tuple[CapMeasure, ...]) -> tuple[Cap, ...]:
    return tuple(
        Cap(
            limit=rng.choice((1, 3, 1_000)),
            measure=rng.choice(measures),
            owner=rng.choice(tuple(CapOwner)),
            period=rng.choice(tuple(CapPeriod)),
        )
        for _ in range(rng.choice((0, 0, 1, 2)))
    )


def _day(rng: Random) -> date:
    return FIRST_DAY + timedelta(days=rng.randrange(730))
