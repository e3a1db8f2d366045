"""A club with something for every condition to name, and whether one holds in it."""

from __future__ import annotations

from gateway.model.ids import BranchId, SaleKey
from gateway.model.money import EUR
from gateway.model.programme import Programme
from gateway.model.rules.condition import Condition
from gateway.model.rules.expiry import CalendarKind
from gateway.model.rules.rules import Rules
from gateway.model.rules.scope import Category, ItemFilter, ItemSet
from gateway.model.rules.settings import Occasion
from gateway.model.rules.tiers import TierBasis, TierLevel, TierScheme
from gateway.model.sale import Sale, SaleSource
from gateway.program.conditions import holds
from gateway.program.facts import MemberFacts, Place
from simulators.given.rated import FACTS, PLACE, TODAY

BRANCH = BranchId("bazaar")
SALE = Sale(key=SaleKey(bytes(16)), total_minor=10_000, source=SaleSource.KEYED, profile="test")
FOOD = ItemFilter(only=ItemSet(categories=("food",)))
RULES = Rules(
    categories=(Category(id="food", items=ItemSet(label_words=("bread",))),),
    segments=("vip", "new"),
    occasions=(
        Occasion(id="yalda", month=9, day=30, calendar=CalendarKind.JALALI),
        Occasion(id="feast", dates=(TODAY,)),
    ),
    tiers=TierScheme(
        basis=TierBasis.SPEND,
        levels=tuple(
            TierLevel(id=name, threshold=threshold)
            for name, threshold in (("bronze", 0), ("silver", 10_000), ("gold", 20_000))
        ),
    ),
)


def club_of(rules: Rules = RULES) -> Programme:
    """A programme of these rules, everything unless told."""
    return Programme(
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


CLUB = club_of()


def holds_here(
    condition: Condition,
    *,
    sale: Sale | None = SALE,
    facts: MemberFacts = FACTS,
    place: Place = PLACE,
) -> bool:
    """Whether a condition holds in the club."""
    return holds(CLUB, condition, sale, facts, place)
