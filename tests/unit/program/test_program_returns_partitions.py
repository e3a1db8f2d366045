"""However the goods of a sale come back, together they take the same."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model.programme import Programme
from gateway.model.rules.condition import Condition
from gateway.model.rules.earning import EarningKind, EarningRule, Unit
from gateway.model.rules.returns import RefundBasis, ReturnPolicy
from gateway.model.sale import Sale
from gateway.program.earning import evaluate
from gateway.program.goods_back import GoodsBack, LineBack, kept_sale
from gateway.program.returns import Rated
from simulators.given.goods import goods_of
from simulators.given.rated import fixed_points
from simulators.given.returned import (
    BASE,
    FACTS,
    PLACE,
    club_of,
    per_item,
    rated_by,
    sale_of,
    take_back,
)


def _taken_of(rated: Rated, unit: Unit, taken: Sequence[tuple[int, ...]]) -> int:
    """All that several returns took of one unit."""
    awards = rated.evaluation.awards
    return sum(
        amount
        for took in taken
        for amount, award in zip(took, awards, strict=True)
        if award.unit is unit
    )


_RULES = (
    per_item("per-item", 7, "A"),
    fixed_points("fixed", 25),
    fixed_points("large", 40, when=Condition(minimum_minor=3_000)),
    EarningRule(
        id="per-amount",
        kind=EarningKind.PER_AMOUNT,
        points=3,
        per_minor=170,
        items=goods_of("B", "C"),
    ),
    EarningRule(
        id="cash-back", kind=EarningKind.PER_AMOUNT, unit=Unit.CREDIT, points=1, per_minor=33
    ),
    EarningRule(id="half-more", kind=EarningKind.MULTIPLIER, multiplier_permille=1_500),
)
_programmes = st.builds(
    lambda earning, basis: club_of(BASE, *earning, returns=ReturnPolicy(basis=basis)),
    st.lists(st.sampled_from(_RULES), unique=True, max_size=6),
    st.sampled_from(RefundBasis),
)
_prices = st.tuples(*[st.integers(1, 2_000)] * 3)


def _returns(
    prices: tuple[int, ...], order: Sequence[int], discount_percent: int
) -> tuple[Sale, list[GoodsBack]]:
    """A sale of three pieces of each, and its pieces coming back one by one."""
    lines = [(sku, 3, 3 * price) for sku, price in zip("ABC", prices, strict=True)]
    gross = sum(3 * price for price in prices)
    total = gross - gross * discount_percent // 100
    sale, parts, gone, paid = sale_of(*lines, total_minor=total), [], 0, 0
    for at in order:
        gone += prices[at]
        amount = total * gone // gross - paid
        paid += amount
        part = LineBack(line=at, quantity_milli=1_000, amount_minor=prices[at])
        parts.append(GoodsBack(amount_minor=amount, lines=(part,)))
    return sale, parts


@settings(max_examples=60, deadline=None)
@given(
    programme=_programmes,
    prices=_prices,
    discount_percent=st.integers(0, 50),
    order=st.permutations([0, 0, 0, 1, 1, 1, 2, 2, 2]),
    cuts=st.sets(st.integers(1, 8)),
    returned=st.integers(1, 9),
)
def test_any_partition_takes_what_one_return_takes(
    programme: Programme,
    prices: tuple[int, ...],
    discount_percent: int,
    order: list[int],
    cuts: set[int],
    returned: int,
) -> None:
    """Pieces that come back one by one, in groups or at once take the same, and the whole all."""
    sale, pieces = _returns(prices, order[:returned], discount_percent)
    rated = rated_by(programme, sale)
    groups = [GoodsBack()]
    for at, piece in enumerate(pieces):
        if at in cuts:
            groups.append(GoodsBack())
        groups[-1] += piece
    everything = sum(pieces, GoodsBack())
    kept = evaluate(programme, kept_sale(sale, everything), FACTS, PLACE)
    kept_minor = sale.total_minor - everything.amount_minor
    for unit in Unit:
        earned = rated.evaluation.total(unit)
        if returned == 9:
            stays = 0
        elif programme.rules.returns.basis is RefundBasis.PRO_RATA:
            stays = earned * kept_minor // sale.total_minor
        else:
            stays = kept.total(unit)
        for parts in (pieces, groups, [everything]):
            assert _taken_of(rated, unit, take_back(rated, parts)) == earned - stays
