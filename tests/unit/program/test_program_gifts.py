"""What a gift takes off a sale, and off which lines."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model.ids import SaleKey
from gateway.model.money import EUR
from gateway.model.programme import Programme
from gateway.model.rules.reward import Gift, GiftKind
from gateway.model.rules.rules import Rules
from gateway.model.rules.scope import Category, ItemFilter, ItemSet
from gateway.model.sale import Sale, SaleLine, SaleSource
from gateway.program.evaluation import Discount
from gateway.program.gifts import (
    MoneyOff,
    line_costs,
    money_off,
    sale_after,
    worth_minor,
)
from gateway.program.lines import basket

_RULES = Programme(
    name="club",
    version=1,
    effective_from_ms=0,
    currency=EUR,
    earn_points=1,
    earn_per_minor=100,
    redeem_points=1,
    redeem_value_minor=1,
    rules=Rules(categories=(Category(id="fruit", items=ItemSet(skus=("apple", "pear"))),)),
)
_PERCENT = Gift(kind=GiftKind.PERCENT_OFF, percent_bp=1_000)
_COFFEE = ItemFilter(only=ItemSet(skus=("coffee",)))
_FRUIT = ItemFilter(only=ItemSet(categories=("fruit",)))


def _line(sku: str, amount_minor: int, quantity_milli: int = 1_000) -> SaleLine:
    return SaleLine(label=sku, sku=sku, amount_minor=amount_minor, quantity_milli=quantity_milli)


def _sale(*lines: SaleLine, total: int | None = None, tax: int | None = None) -> Sale:
    return Sale(
        key=SaleKey(bytes(16)),
        total_minor=sum(line.amount_minor for line in lines) if total is None else total,
        source=SaleSource.RECEIPT,
        profile="test",
        lines=lines,
        tax_minor=tax,
    )


def _off(gift: Gift, sale: Sale) -> MoneyOff:
    return money_off(_RULES, gift, sale, line_costs(sale), sale.total_minor)


@pytest.mark.parametrize(
    ("sale", "costs"),
    [
        pytest.param(_sale(_line("a", 300), _line("b", 200)), (300, 200), id="they agree"),
        pytest.param(_sale(_line("a", 300), _line("b", 100), total=360), (270, 90), id="discount"),
        pytest.param(
            _sale(_line("a", 100), _line("b", 100), _line("off", -100)), (50, 50, 0), id="below 0"
        ),
        pytest.param(
            _sale(_line("a", 100), _line("b", 100), total=230, tax=30), (115, 115), id="tax on top"
        ),
        pytest.param(_sale(_line("a", 100), total=230), (100,), id="goods not listed"),
        pytest.param(_sale(_line("a", 100), total=115, tax=10), (100,), id="tax explains it not"),
        pytest.param(_sale(_line("a", 0), total=10), (0,), id="free goods"),
        pytest.param(_sale(total=10), (), id="only a total"),
        pytest.param(_sale(_line("a", 70), _line("b", 30), total=0), (0, 0), id="nothing owed"),
    ],
)
def test_lines_cost_their_share(sale: Sale, costs: tuple[int, ...]) -> None:
    """What the lines cost together is never more than what the customer owes."""
    assert line_costs(sale) == costs


def test_tax_on_top_is_seen_behind_a_discount() -> None:
    """Lines of 200, 20 off and 27 of tax make 207, of which each half is one line's."""
    sale = replace(_sale(_line("a", 100), _line("b", 100), total=207, tax=27), discount_minor=20)
    assert line_costs(sale) == (104, 103)


def test_a_percentage_is_floored_once() -> None:
    """Ten per cent of three lines of 0.33 is 0.09, and the lines add up to it."""
    sale = _sale(*(_line("a", 33) for _ in range(3)))
    assert _off(_PERCENT, sale) == MoneyOff(amount_minor=9, lines=(3, 3, 3))
    assert _off(replace(_PERCENT, percent_bp=1_100), sale).lines == (4, 3, 3)


@pytest.mark.parametrize(
    ("gift", "lines"),
    [
        pytest.param(Gift(kind=GiftKind.MONEY_OFF, amount_minor=50), (30, 20), id="shared"),
        pytest.param(Gift(kind=GiftKind.MONEY_OFF, amount_minor=9_000), (300, 200), id="no more"),
        pytest.param(replace(_PERCENT, cap_minor=5), (3, 2), id="capped"),
        pytest.param(replace(_PERCENT, items=_COFFEE), (30, 0), id="only coffee"),
        pytest.param(
            replace(_PERCENT, items=ItemFilter(without=_COFFEE.only)), (0, 20), id="all but coffee"
        ),
        pytest.param(replace(_PERCENT, items=_FRUIT), (0, 20), id="a category"),
        pytest.param(replace(_PERCENT, cheapest=True), (0, 20), id="the cheapest"),
        pytest.param(Gift(kind=GiftKind.POINTS, points=500), (0, 0), id="no money"),
        pytest.param(Gift(kind=GiftKind.CREDIT, amount_minor=500), (0, 0), id="no money off"),
    ],
)
def test_what_counts_is_lowered(gift: Gift, lines: tuple[int, ...]) -> None:
    """Only the goods that count are lowered, in proportion, and never below zero."""
    off = _off(gift, _sale(_line("coffee", 300), _line("apple", 200)))
    assert off == MoneyOff(amount_minor=sum(lines), lines=lines)


@pytest.mark.parametrize(
    ("gift", "amount_minor"),
    [
        pytest.param(_PERCENT, 100, id="percent"),
        pytest.param(Gift(kind=GiftKind.MONEY_OFF, amount_minor=70), 70, id="money"),
        pytest.param(replace(_PERCENT, items=_COFFEE), 0, id="goods"),
        pytest.param(replace(_PERCENT, cheapest=True), 0, id="a piece"),
        pytest.param(Gift(kind=GiftKind.FREE_ITEM, items=_COFFEE), 0, id="free goods"),
    ],
)
def test_a_total_without_lines(gift: Gift, amount_minor: int) -> None:
    """Of a sale whose goods nobody knows, only gifts on the whole of it take something off."""
    assert _off(gift, _sale(total=1_000)) == MoneyOff(amount_minor=amount_minor, lines=())


def test_goods_not_listed_bear_their_part() -> None:
    """A percentage of the whole counts what is not listed; the listed lines bear their part."""
    off = _off(_PERCENT, _sale(_line("coffee", 300), total=1_000))
    assert off == MoneyOff(amount_minor=100, lines=(30,))


@pytest.mark.parametrize(
    ("pieces", "lines"),
    [(1, (333, 0)), (2, (666, 0)), (3, (1_000, 0)), (4, (1_000, 150)), (9, (1_000, 300))],
)
def test_free_pieces_dearest_first(pieces: int, lines: tuple[int, int]) -> None:
    """The dearest pieces are free first, and all pieces of a line are worth all of its price."""
    sale = _sale(_line("coffee", 1_000, 3_000), _line("coffee", 300, 2_000))
    gift = Gift(kind=GiftKind.FREE_ITEM, items=_COFFEE, quantity=pieces)
    assert _off(gift, sale).lines == lines


def test_the_cheapest_pieces() -> None:
    """A gift of the two cheapest pieces passes over goods that cost nothing."""
    sale = _sale(
        _line("coffee", 0), _line("coffee", 800, 2_000), _line("coffee", 300), _line("tea", 1)
    )
    gift = Gift(kind=GiftKind.FREE_ITEM, items=_COFFEE, quantity=2, cheapest=True)
    assert _off(gift, sale).lines == (0, 400, 300, 0)
    assert _off(replace(gift, quantity=1), sale).lines == (0, 0, 300, 0)


@pytest.mark.parametrize(
    ("quantity_milli", "pieces", "off_minor"),
    [
        pytest.param(1_500, 1, 1_000, id="a kilogram"),
        pytest.param(1_500, 2, 1_500, id="the rest is a piece of its own"),
        pytest.param(350, 1, 1_500, id="part of a kilogram"),
        pytest.param(0, 1, 0, id="no goods"),
    ],
)
def test_weighed_goods(quantity_milli: int, pieces: int, off_minor: int) -> None:
    """A part of a kilogram is a piece that costs its part."""
    sale = _sale(_line("coffee", 1_500, quantity_milli))
    gift = Gift(kind=GiftKind.FREE_ITEM, items=_COFFEE, quantity=pieces)
    assert _off(gift, sale).amount_minor == off_minor


@pytest.mark.parametrize(
    ("amount_minor", "quantity_milli", "pieces", "off_minor"),
    [
        pytest.param(1_001, 2_000, 2, 401, id="both"),
        pytest.param(1_001, 2_000, 1, 200, id="one"),
        pytest.param(300, 1_000, 1, 0, id="no cheaper"),
        pytest.param(250, 1_000, 1, 0, id="dearer"),
        pytest.param(350, 350, 1, 245, id="part of a kilogram at its part of the price"),
        pytest.param(350, 351, 1, 244, id="rounded up"),
    ],
)
def test_a_price_for_a_piece(
    amount_minor: int, quantity_milli: int, pieces: int, off_minor: int
) -> None:
    """Pieces cost the named price where that is less."""
    gift = Gift(kind=GiftKind.PRODUCT_PRICE, price_minor=300, items=_COFFEE, quantity=pieces)
    sale = _sale(_line("coffee", amount_minor, quantity_milli))
    assert _off(gift, sale).amount_minor == off_minor


def test_a_price_goes_where_it_saves_most() -> None:
    """A dear piece that the price hardly lowers stands behind a part that it lowers more."""
    gift = Gift(kind=GiftKind.PRODUCT_PRICE, price_minor=400, items=_COFFEE)
    sale = _sale(_line("coffee", 410), _line("coffee", 350, 350))
    assert _off(gift, sale).lines == (0, 210)


def test_a_sale_after_its_discounts() -> None:
    """Lines and total fall by what was taken off, and the tax in proportion."""
    sale = _sale(_line("coffee", 300), _line("apple", 200), tax=100)
    assert sale_after(sale, ()) is sale
    after = sale_after(sale, (Discount(source="one", amount_minor=100, lines=(100, 0)),))
    assert [line.amount_minor for line in after.lines] == [200, 200]
    assert (after.total_minor, after.tax_minor, after.discount_minor) == (400, 80, 100)
    again = sale_after(after, (Discount(source="two", amount_minor=40, lines=(20, 20)),))
    assert (again.total_minor, again.discount_minor) == (360, 140)
    assert line_costs(again) == (180, 180)


_GIFTS = st.one_of(
    st.builds(
        Gift,
        kind=st.just(GiftKind.PERCENT_OFF),
        percent_bp=st.integers(1, 10_000),
        cap_minor=st.none() | st.integers(1, 3_000),
        items=st.sampled_from((ItemFilter(), _COFFEE, _FRUIT)),
        cheapest=st.booleans(),
    ),
    st.builds(
        Gift,
        kind=st.just(GiftKind.MONEY_OFF),
        amount_minor=st.integers(1, 9_000),
        items=st.sampled_from((ItemFilter(), _COFFEE)),
        cheapest=st.booleans(),
    ),
    st.builds(
        Gift,
        kind=st.just(GiftKind.FREE_ITEM),
        items=st.sampled_from((_COFFEE, _FRUIT)),
        quantity=st.integers(1, 6),
        cheapest=st.booleans(),
    ),
    st.builds(
        Gift,
        kind=st.just(GiftKind.PRODUCT_PRICE),
        price_minor=st.integers(0, 900),
        items=st.sampled_from((_COFFEE, _FRUIT)),
        quantity=st.integers(1, 6),
        cap_minor=st.none() | st.integers(1, 3_000),
    ),
)
_LINES = st.lists(
    st.builds(
        _line,
        sku=st.sampled_from(("coffee", "apple", "pear", "tea")),
        amount_minor=st.integers(-500, 2_000),
        quantity_milli=st.sampled_from((0, 350, 1_000, 1_500, 3_000)),
    ),
    max_size=6,
)


@settings(max_examples=300)
@given(gift=_GIFTS, lines=_LINES, total=st.integers(0, 9_000), tax=st.none() | st.integers(0, 900))
def test_no_gift_takes_more_than_there_is(
    *, gift: Gift, lines: list[SaleLine], total: int, tax: int | None
) -> None:
    """Whatever lines and total say: no line and no sale falls below zero, and the sums agree."""
    sale = _sale(*lines, total=total, tax=tax)
    costs = line_costs(sale)
    off = money_off(_RULES, gift, sale, costs, total)
    assert sum(costs) <= total
    assert 0 <= off.amount_minor <= total
    assert all(0 <= part <= cost for part, cost in zip(off.lines, costs, strict=True))
    unlisted = off.amount_minor - sum(off.lines)
    assert 0 <= unlisted <= total - sum(costs)
    assert (
        worth_minor(basket(_RULES.rules, sale), gift, (*costs, total - sum(costs)))
        == off.amount_minor
    )
    after = sale_after(
        sale, (Discount(source="gift", amount_minor=off.amount_minor, lines=off.lines),)
    )
    assert after.total_minor == total - off.amount_minor
    assert sum(line_costs(after)) <= after.total_minor
