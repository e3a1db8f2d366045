"""A member, a place and a sale, and what rules bring them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from gateway.model.ids import BranchId, MemberId, SaleKey
from gateway.model.money import EUR
from gateway.model.programme import Programme
from gateway.model.rules.earning import EarningKind, EarningRule
from gateway.model.rules.rules import Rules
from gateway.model.rules.scope import ItemFilter, ItemSet
from gateway.model.sale import Sale, SaleLine, SaleSource
from gateway.program.earning import evaluate
from gateway.program.evaluation import Evaluation
from gateway.program.facts import MemberFacts, Place

MEMBER = MemberId("4f" * 16)
TODAY = date(2026, 11, 23)
PLACE = Place(branch=BranchId("bazaar"), at_ms=0, business_day=TODAY, minute=720)
FACTS = MemberFacts(member_id=MEMBER)
SALE = Sale(key=SaleKey(bytes(16)), total_minor=1_999, source=SaleSource.KEYED, profile="test")


def club_of(*rules: EarningRule, earn_points: int = 0, **more: object) -> Programme:
    """A programme of these rules; its base earns nothing unless told."""
    return Programme(
        name="club",
        version=1,
        effective_from_ms=0,
        currency=EUR,
        earn_points=earn_points,
        earn_per_minor=100,
        redeem_points=1,
        redeem_value_minor=1,
        rules=Rules(earning=rules, **more),  # type: ignore[arg-type]
    )


def per_amount(name: str, per_minor: int, points: int = 1) -> EarningRule:
    """A rule that gives points for every so much money."""
    return EarningRule(id=name, kind=EarningKind.PER_AMOUNT, points=points, per_minor=per_minor)


def fixed_points(name: str, points: int, **more: object) -> EarningRule:
    """A rule that gives the same for every sale; ``more`` are parts of ``EarningRule``."""
    return EarningRule(id=name, kind=EarningKind.FIXED, points=points, **more)  # type: ignore[arg-type]


def multiplied(name: str, permille: int) -> EarningRule:
    """A rule that multiplies, in thousandths."""
    return EarningRule(id=name, kind=EarningKind.MULTIPLIER, multiplier_permille=permille)


def only_words(*words: str) -> ItemFilter:
    """Goods by words of their labels."""
    return ItemFilter(only=ItemSet(label_words=words))


def sale_of(*lines: tuple[str, int], total_minor: int | None = None) -> Sale:
    """A sale of these goods; its total is theirs unless another is told."""
    goods = tuple(
        SaleLine(label=label, quantity_milli=1_000, amount_minor=amount) for label, amount in lines
    )
    total = sum(amount for _, amount in lines) if total_minor is None else total_minor
    return replace(SALE, lines=goods, total_minor=total)


def earn_on(
    programme: Programme, sale: Sale = SALE, facts: MemberFacts = FACTS, place: Place = PLACE
) -> Evaluation:
    """What a sale brings."""
    return evaluate(programme, sale, facts, place)


def by_source(found: Evaluation) -> dict[str, int]:
    """The amounts of what was brought, by the rule."""
    return {award.source: award.amount for award in found.awards}
