"""Settings that say something and do nothing, because another one does not let them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Any, Final

from gateway.model.rules.condition import Condition, TaxBasis
from gateway.model.rules.earning import EarningKind, EarningRule
from gateway.model.rules.expiry import CalendarKind, Expiry, ExpiryKind
from gateway.model.rules.reward import MONEY_GIFTS, Gift, GiftKind
from gateway.model.rules.stored_value import CreditPolicy
from gateway.model.rules.tiers import TierBasis, TierEnd, TierPeriod, TierScheme
from gateway.program.linting.doubt import Doubt, DoubtCode
from gateway.program.linting.look import Look

_WITHOUT_CALENDAR: Final = (ExpiryKind.NEVER, ExpiryKind.DAYS, ExpiryKind.DATE)
_COUNTED: Final = frozenset(
    {GiftKind.FREE_ITEM, GiftKind.PRODUCT_PRICE, GiftKind.COUPON, GiftKind.BENEFIT}
)
_LAPSING: Final = (GiftKind.COUPON, GiftKind.BENEFIT)


def check_effects(look: Look) -> Iterator[Doubt]:
    """Find settings without effect."""
    rules = look.rules
    for subject, name in _idle(look):
        values = {"setting": name}
        yield Doubt(code=DoubtCode.SETTING_WITHOUT_EFFECT, subject=subject, values=values)
    for subject, part, on in (
        ("gift_cards", rules.gift_cards, rules.gift_cards.maximum_minor),
        ("households", rules.households, rules.households.members_maximum),
        ("tiers", rules.tiers, len(rules.tiers.levels)),
    ):
        if not on:
            for name in _changed(part):
                values = {"setting": name}
                yield Doubt(code=DoubtCode.SETTING_WITHOUT_EFFECT, subject=subject, values=values)


def _idle(look: Look) -> Iterator[tuple[str, str]]:
    for subject, condition in look.conditions():
        yield from ((subject, name) for name in _of_condition(condition))
    for subject, gift in look.gifts():
        yield from ((subject, name) for name in _of_gift(gift))
    for rule in look.rules.earning:
        yield from ((f"earning.{rule.id}", name) for name in _of_rule(rule))
    for subject, expiry in look.expiries():
        yield from ((subject, name) for name in _of_expiry(expiry))
    if look.rules.tiers.levels:
        yield from (("tiers", name) for name in _of_tiers(look.rules.tiers))
    yield from (("credit", name) for name in _of_credit(look.rules.credit))


def _of_condition(condition: Condition) -> Iterator[str]:
    counts = (condition.visit_every, condition.visits_minimum, condition.visits_maximum)
    if condition.visits_within_days and not any(counts):
        yield "when.visits_within_days"
    amounts = (condition.minimum_minor, condition.maximum_minor)
    if condition.amount_basis is not TaxBasis.AFTER_TAX and amounts == (None, None):
        yield "when.amount_basis"


def _of_gift(gift: Gift) -> Iterator[str]:
    money = gift.kind in MONEY_GIFTS
    if gift.valid_days is not None and gift.kind not in _LAPSING:
        yield "gift.valid_days"
    if gift.quantity != 1 and gift.kind not in _COUNTED and not (money and gift.cheapest):
        yield "gift.quantity"
    if gift.cheapest and not money:
        yield "gift.cheapest"
    if not gift.items.empty and not money:
        yield "gift.items"


def _of_rule(rule: EarningRule) -> Iterator[str]:
    if rule.per_pieces != 1 and rule.kind is not EarningKind.ITEM:
        yield "per_pieces"
    if rule.basis is not TaxBasis.AFTER_TAX and rule.kind is not EarningKind.PER_AMOUNT:
        yield "basis"


def _of_expiry(expiry: Expiry) -> Iterator[str]:
    if expiry.calendar is not CalendarKind.GREGORIAN and expiry.kind in _WITHOUT_CALENDAR:
        yield "calendar"


def _of_tiers(scheme: TierScheme) -> Iterator[str]:
    idle: list[tuple[bool, tuple[str, ...]]] = [
        (scheme.period is not TierPeriod.ROLLING, ("window_months",)),
        (scheme.end is not TierEnd.FIXED, ("keep_months", "keep_days")),
        (scheme.end is not TierEnd.ABSOLUTE, ("keep_until_month", "keep_until_day")),
        (scheme.basis is TierBasis.BALANCE, ("period",)),
    ]
    changed = set(_changed(scheme))
    for without_effect, names in idle:
        if without_effect:
            yield from (name for name in names if name in changed)


def _of_credit(credit: CreditPolicy) -> Iterator[str]:
    if not credit.top_up_maximum_minor and credit.top_up_minimum_minor > 1:
        yield "top_up_minimum_minor"


def _changed(part: Any) -> Iterable[str]:  # noqa: ANN401 - any part of the rules
    """The settings of a part that are not as they are when nobody says anything."""
    usual = type(part)()
    names = (field.name for field in fields(part))
    return [name for name in names if getattr(part, name) != getattr(usual, name)]
