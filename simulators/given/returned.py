"""Sales that were rated, and what their goods take along as they come back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from gateway.model.ids import BranchId, MemberId, SaleKey
from gateway.model.money import EUR
from gateway.model.programme import Programme
from gateway.model.rules.earning import EarningKind, EarningRule
from gateway.model.rules.rules import Rules
from gateway.model.sale import Sale, SaleLine, SaleSource
from gateway.program.earning import evaluate
from gateway.program.facts import MemberFacts, Place
from gateway.program.goods_back import GoodsBack
from gateway.program.returns import Rated, clawback, owed_after_return
from simulators.given.goods import goods_of

PLACE = Place(
    branch=BranchId("main"), at_ms=1_700_000_000_000, business_day=date(2026, 11, 23), minute=600
)
FACTS = MemberFacts(member_id=MemberId("m" * 32))
BASE = Programme(
    name="club",
    version=1,
    effective_from_ms=0,
    currency=EUR,
    earn_points=1,
    earn_per_minor=100,
    redeem_points=1,
    redeem_value_minor=100,
)


def per_item(rule: str, points: int, sku: str) -> EarningRule:
    """A rule that gives points for each piece of an article."""
    return EarningRule(id=rule, kind=EarningKind.ITEM, points=points, items=goods_of(sku))


def club_of(programme: Programme, *earning: EarningRule, **more: object) -> Programme:
    """A programme with these rules for earning; ``more`` are parts of ``Rules``."""
    return replace(programme, rules=Rules(earning=earning, **more))  # type: ignore[arg-type]


def sale_of(*lines: tuple[str, int, int], total_minor: int | None = None) -> Sale:
    """A sale of articles, each with its pieces and what they cost in all."""
    goods = tuple(
        SaleLine(label=sku, sku=sku, quantity_milli=pieces * 1_000, amount_minor=amount)
        for sku, pieces, amount in lines
    )
    total = sum(line.amount_minor for line in goods) if total_minor is None else total_minor
    return Sale(
        key=SaleKey(bytes(16)),
        total_minor=total,
        source=SaleSource.RECEIPT,
        profile="test",
        lines=goods,
    )


def rated_by(programme: Programme, sale: Sale) -> Rated:
    """A sale with what the programme brought for it."""
    return Rated(
        programme=programme,
        sale=sale,
        facts=FACTS,
        place=PLACE,
        evaluation=evaluate(programme, sale, FACTS, PLACE),
    )


def take_back(rated: Rated, returns: Sequence[GoodsBack]) -> list[tuple[int, ...]]:
    """What each of several returns takes of each award."""
    back, clawed, taken = GoodsBack(), [0] * len(rated.evaluation.awards), []
    for now in returns:
        back += now
        took = clawback(rated.evaluation.awards, owed_after_return(rated, back), clawed)
        clawed = [before + more for before, more in zip(clawed, took, strict=True)]
        taken.append(took)
    return taken


def summed(taken: Sequence[tuple[int, ...]]) -> list[int]:
    """What each return took in all."""
    return [sum(took) for took in taken]
