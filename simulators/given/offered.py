"""A club whose offers are priced on one day at one place."""

from __future__ import annotations

from datetime import date

from gateway.model.ids import BranchId, MemberId
from gateway.model.money import EUR
from gateway.model.programme import Programme
from gateway.model.rules.condition import Condition, TaxBasis
from gateway.model.rules.offer import Offer, StackingPolicy
from gateway.model.rules.reward import Gift
from gateway.model.rules.rules import Rules
from gateway.model.sale import Sale
from gateway.program.evaluation import Pricing
from gateway.program.facts import MemberFacts, Place
from gateway.program.pricing import price

DAY = date(2026, 11, 23)
PLACE = Place(branch=BranchId("north"), at_ms=1_795_000_000_000, business_day=DAY, minute=600)
ADA = MemberFacts(member_id=MemberId("a" * 32))


def club_of(*offers: Offer, stacking: StackingPolicy = StackingPolicy()) -> Programme:
    """A programme whose only rules are these offers."""
    return Programme(
        name="club",
        version=1,
        effective_from_ms=0,
        currency=EUR,
        earn_points=1,
        earn_per_minor=100,
        redeem_points=1,
        redeem_value_minor=1,
        rules=Rules(offers=offers, stacking=stacking),
    )


def offer_of(name: str, gift: Gift, **parts: object) -> Offer:
    """An offer by name; ``parts`` are those of ``Offer``."""
    return Offer(id=name, gift=gift, **parts)  # type: ignore[arg-type]


def due_for(programme: Programme, sale: Sale, facts: MemberFacts = ADA) -> int:
    """What is to be paid for a sale after the offers."""
    return sale.total_minor - price(programme, sale, facts, PLACE).amount_minor


def applied_in(pricing: Pricing) -> list[str]:
    """Which offers applied, in their order."""
    return [discount.source for discount in pricing.discounts]


def at_least(minor: int, basis: TaxBasis = TaxBasis.AFTER_TAX) -> Condition:
    """Asks for at least this much money."""
    return Condition(minimum_minor=minor, amount_basis=basis)
