"""What the offers take off a sale: figures of other systems, minimums, bases and what is left."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.model.rules.caps import Cap
from gateway.model.rules.condition import Condition, TaxBasis
from gateway.model.rules.offer import DiscountBasis, Offer, StackingPolicy
from gateway.model.rules.reward import Gift, GiftKind
from gateway.model.rules.scope import Window
from gateway.model.sale import Sale
from gateway.program.evaluation import Pricing
from gateway.program.pricing import price
from simulators.given.goods import goods_of, line_of, money_off, percent_off, sale_of
from simulators.given.offered import (
    ADA,
    DAY,
    PLACE,
    applied_in,
    at_least,
    club_of,
    due_for,
    offer_of,
)

_CABINET = offer_of(
    "cabinet", percent_off(20, "cabinet"), when=at_least(32_000, TaxBasis.BEFORE_TAX)
)
_FREE_TABLE = offer_of(
    "table",
    Gift(kind=GiftKind.FREE_ITEM, items=goods_of("table")),
    when=Condition(minimum_pieces=1, items=goods_of("drawer")),
)
_FREE_CABINETS = offer_of(
    "free", Gift(kind=GiftKind.FREE_ITEM, items=goods_of("cabinet"), quantity=2), priority=5
)


@pytest.mark.parametrize(
    ("offers", "sale", "due_minor"),
    [
        pytest.param(
            [offer_of("ten", percent_off(10), when=at_least(1_000))],
            sale_of(line_of("a", 10_000)),
            9_000,
            id="O-1",
        ),
        pytest.param(
            [offer_of("ten", percent_off(10, "a"))],
            sale_of(line_of("a", 10_000), line_of("a", 10_000), line_of("free", -10_000)),
            9_000,
            id="O-11 goods that are free already, told as a line below zero",
        ),
        pytest.param(
            [offer_of("ten", percent_off(10, "a"))],
            sale_of(line_of("a", 10_000), line_of("a", 0)),
            9_000,
            id="O-11 goods that are free already, told as they cost",
        ),
        pytest.param(
            [offer_of("most", percent_off(90))], sale_of(line_of("d", 10_000)), 1_000, id="O-13"
        ),
        pytest.param(
            [_FREE_TABLE],
            sale_of(line_of("drawer", 7_500, 3), line_of("table", 4_000_000)),
            7_500,
            id="O-28",
        ),
        pytest.param(
            [_CABINET], sale_of(line_of("cabinet", 32_000), tax=4_174), 32_000, id="O-29 too small"
        ),
        pytest.param([_CABINET], sale_of(line_of("cabinet", 36_800), tax=4_800), 29_440, id="O-29"),
        pytest.param(
            [_CABINET],
            sale_of(line_of("cabinet", 36_800), line_of("drawer", 25_000, 10), tax=4_800),
            54_440,
            id="O-29 with other goods",
        ),
        pytest.param(
            [_CABINET, _FREE_CABINETS],
            sale_of(line_of("cabinet", 368_000, 10), line_of("drawer", 25_000, 10), tax=48_000),
            260_520,
            id="O-29 after free ones",
        ),
        pytest.param(
            [offer_of("cabinet", percent_off(20, "cabinet", cap_minor=20_000)), _FREE_CABINETS],
            sale_of(line_of("cabinet", 368_000, 10), line_of("drawer", 25_000, 10)),
            299_400,
            id="O-29 capped",
        ),
        pytest.param(
            [offer_of("fix", money_off(24_900))], sale_of(line_of("x", 2_500)), 0, id="O-32"
        ),
        pytest.param(
            [offer_of("fix", money_off(24_900))],
            sale_of(line_of("x", 42_500, 17)),
            17_600,
            id="O-32 more",
        ),
        pytest.param(
            [
                offer_of(
                    "fix", money_off(1), when=Condition(window=Window(last_day=DAY - timedelta(1)))
                )
            ],
            sale_of(line_of("x", 2_500)),
            2_500,
            id="O-32 over",
        ),
        pytest.param(
            [offer_of("coupon", money_off(10_000), when=at_least(10_000))],
            sale_of(line_of("chair", 16_500, 10)),
            6_500,
            id="O-34",
        ),
        pytest.param(
            [offer_of("ten", percent_off(10)), offer_of("fix", money_off(29_000), priority=-1)],
            sale_of(line_of("x", 30_000)),
            0,
            id="O-37",
        ),
        pytest.param(
            [offer_of("ten", percent_off(10)), offer_of("fix", money_off(29_000), priority=1)],
            sale_of(line_of("x", 30_000)),
            900,
            id="O-37 the other way",
        ),
        pytest.param(
            [offer_of("both", percent_off(25, "chair", "drawer"))],
            sale_of(line_of("chair", 6_600, 4), line_of("drawer", 5_000, 2)),
            8_700,
            id="O-38",
        ),
        pytest.param(
            [offer_of("chairs", percent_off(25, "chair"))],
            sale_of(line_of("chair", 6_600, 4), line_of("drawer", 5_000, 2)),
            9_950,
            id="O-38 one kind",
        ),
        pytest.param(
            [offer_of("chairs", percent_off(100, "chair", cap_minor=20_000))],
            sale_of(line_of("cabinet", 50_000), line_of("chair", 20_000, 2)),
            50_000,
            id="O-40",
        ),
        pytest.param(
            [offer_of("chairs", percent_off(100, "chair", cap_minor=20_000))],
            sale_of(line_of("cabinet", 50_000), line_of("chair", 10_000)),
            50_000,
            id="O-40 less goods",
        ),
        pytest.param(
            [offer_of("coupon", percent_off(10))],
            replace(sale_of(line_of("x", 9_000)), discount_minor=1_000),
            8_100,
            id="O-47",
        ),
        pytest.param(
            [offer_of("twenty", percent_off(20))], sale_of(total=20_000_000), 16_000_000, id="U-12"
        ),
    ],
)
def test_scenarios(offers: list[Offer], sale: Sale, due_minor: int) -> None:
    """What other systems ask of the same offers and sales is asked here."""
    assert due_for(club_of(*offers), sale) == due_minor


@pytest.mark.parametrize(("chairs", "due_minor"), [(10, 6_500), (15, 4_750), (5, 8_250)])
def test_two_offers_with_a_minimum(chairs: int, due_minor: int) -> None:
    """O-35: the second offer asks for its minimum of what the first has left."""
    offers = [offer_of(name, money_off(10_000), when=at_least(10_000)) for name in ("one", "two")]
    sale = sale_of(line_of("chair", 1_650 * chairs, chairs))
    assert due_for(club_of(*offers), sale) == due_minor


def test_a_minimum_of_goods_is_asked_of_what_they_cost_now() -> None:
    """A minimum of some goods counts those alone, and counts what was taken off them."""
    first = offer_of("first", percent_off(10, "a"), priority=1)
    wanted = Condition(minimum_minor=9_500, items=goods_of("a"))
    second = offer_of("second", money_off(100), when=wanted)
    sale = sale_of(line_of("a", 10_000), line_of("b", 10_000))
    assert applied_in(price(club_of(first, second), sale, ADA, PLACE)) == ["first"]
    wanted = replace(wanted, minimum_minor=9_000)
    second = replace(second, when=wanted)
    assert applied_in(price(club_of(first, second), sale, ADA, PLACE)) == ["first", "second"]


def test_initial_minimum_and_basis() -> None:
    """Where every offer is reckoned from the sale as it came, so are the minimums."""
    offers = [
        offer_of(name, percent_off(10), when=at_least(10_000)) for name in ("one", "two", "x")
    ]
    stacking = StackingPolicy(basis=DiscountBasis.INITIAL)
    sale = sale_of(line_of("a", 10_000))
    assert due_for(club_of(*offers), sale) == 9_000
    assert due_for(club_of(*offers, stacking=stacking), sale) == 7_000


def test_initial_basis_never_takes_more_than_there_is() -> None:
    """Offers reckoned from the sale as it came still leave no line below zero."""
    offers = [offer_of("one", percent_off(80, "a"), priority=1), offer_of("two", percent_off(60))]
    stacking = StackingPolicy(basis=DiscountBasis.INITIAL)
    sale = sale_of(line_of("a", 1_000), line_of("b", 1_000))
    pricing = price(club_of(*offers, stacking=stacking), sale, ADA, PLACE)
    assert [discount.lines for discount in pricing.discounts] == [(800, 0), (200, 600)]


def test_goods_not_listed() -> None:
    """A discount that goods not listed bear a part of names no lines, and others still do."""
    offers = [offer_of("all", percent_off(10), priority=1), offer_of("a", percent_off(50, "a"))]
    pricing = price(club_of(*offers), sale_of(line_of("a", 1_000), total=2_000), ADA, PLACE)
    assert [(d.amount_minor, d.lines) for d in pricing.discounts] == [(200, ()), (450, (450,))]


def test_an_offer_without_effect_uses_nothing_up() -> None:
    """What takes nothing off is neither applied nor counted."""
    offer = offer_of("a", percent_off(10, "a"), budgets=(Cap(limit=1),))
    assert price(club_of(offer), sale_of(line_of("b", 1_000)), ADA, PLACE) == Pricing()
    assert price(club_of(offer), sale_of(line_of("a", 9)), ADA, PLACE) == Pricing()
    assert price(club_of(offer), sale_of(total=0), ADA, PLACE) == Pricing()
    assert price(club_of(), sale_of(total=1_000), ADA, PLACE) == Pricing()
