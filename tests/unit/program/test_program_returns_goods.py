"""Which goods of a sale came back, and what sale is left."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import ValueRangeError
from gateway.model.checks import I63_MAX
from gateway.model.ids import SaleKey
from gateway.model.outcome import Reason
from gateway.model.rules.returns import ReturnPolicy
from gateway.model.sale import Sale, SaleLine, SaleSource, Tender, TenderKind
from gateway.program.goods_back import (
    GoodsBack,
    LineBack,
    check_return,
    check_return_day,
    find_lines,
    is_whole,
    kept_sale,
    only_amount,
    rest_of,
    whole_sale,
)


def _line(label: str, pieces: int, amount_minor: int, sku: str | None = None) -> SaleLine:
    return SaleLine(label=label, quantity_milli=pieces * 1_000, amount_minor=amount_minor, sku=sku)


def _sale(*lines: SaleLine, total_minor: int | None = None) -> Sale:
    total = sum(line.amount_minor for line in lines) if total_minor is None else total_minor
    return Sale(
        key=SaleKey(bytes(16)),
        total_minor=total,
        source=SaleSource.RECEIPT,
        profile="test",
        lines=lines,
    )


_BUNS = _line("Bun", 3, 300)
_TEA = _line("Green tea", 1, 450, "T1")
_SALE = _sale(_BUNS, _TEA)


def _back(line: int, pieces: int, amount_minor: int) -> GoodsBack:
    part = LineBack(line=line, quantity_milli=pieces * 1_000, amount_minor=amount_minor)
    return GoodsBack(amount_minor=amount_minor, lines=(part,))


def test_returns_add_up() -> None:
    """Of each line the sum came back, and money for unnamed goods is kept apart."""
    both = _back(1, 1, 450) + _back(0, 1, 100) + only_amount(50) + _back(0, 2, 200)
    assert both == GoodsBack(
        amount_minor=800,
        lines=(
            LineBack(line=0, quantity_milli=3_000, amount_minor=300),
            LineBack(line=1, quantity_milli=1_000, amount_minor=450),
        ),
        unplaced_minor=50,
    )
    with pytest.raises(ValueRangeError, match="unplaced_minor"):
        GoodsBack(amount_minor=10, unplaced_minor=11)


@pytest.mark.parametrize(
    ("goods", "found"),
    [
        # A label in another case and spacing, one of three pieces.
        (_line("bun ", 1, 100), _back(0, 1, 100)),
        (_line("BUN", 3, 300), _back(0, 3, 300)),
        # The article number names it where both have one, whatever the label says.
        (_line("Return tea", 1, 450, "T1"), _back(1, 1, 450)),
        (_line("Green  tea", 1, 450), _back(1, 1, 450)),
        # A wholly returned line is lowered to nothing, though a discount made it cheaper...
        (_line("Bun", 3, 270), GoodsBack(amount_minor=270, lines=_back(0, 3, 300).lines)),
        # ...and a part by what the till reckons, never by more than the line has left.
        (_line("Bun", 1, 90), _back(0, 1, 90)),
        (_line("Bun", 1, 500), GoodsBack(amount_minor=500, lines=_back(0, 1, 300).lines)),
        # What the sale does not show counts by its money.
        (_line("Green tea", 1, 450, "T2"), only_amount(450)),
        (_line("Deposit", 1, 25), only_amount(25)),
    ],
)
def test_goods_are_found_among_the_lines(goods: SaleLine, found: GoodsBack) -> None:
    """By article number, else by label; the money is what the till says."""
    assert find_lines(_SALE, GoodsBack(), (goods,), goods.amount_minor) == found


def test_a_return_without_goods_is_an_amount() -> None:
    """A till that prints no lines on its returns can still make them."""
    assert find_lines(_SALE, GoodsBack(), (), 75) == only_amount(75)


def test_equal_lines_are_told_apart_by_what_fits() -> None:
    """Two buns were bought at two prices: the dear one comes back, then both are gone."""
    sale = _sale(_line("Bun", 1, 100), _line("Bun", 1, 150))
    first = find_lines(sale, GoodsBack(), (_line("Bun", 1, 150),), 150)
    assert first == _back(1, 1, 150)
    both = find_lines(sale, GoodsBack(), (_line("Bun", 2, 250),), 250)
    assert both == GoodsBack(amount_minor=250, lines=(*_back(0, 1, 100).lines, *first.lines))
    twice = find_lines(sale, GoodsBack(), (_line("Bun", 1, 100), _line("Bun", 1, 150)), 250)
    assert twice == both


def test_the_same_goods_come_back_once() -> None:
    """A second return of a line is refused, and so is one of more than is left."""
    once = _back(1, 1, 450)
    tea = (_line("Tea", 1, 450, "T1"),)
    assert find_lines(_SALE, once, tea, 450) is Reason.LINE_ALREADY_RETURNED
    assert find_lines(_SALE, GoodsBack(), tea * 2, 900) is Reason.LINE_ALREADY_RETURNED
    buns = (_line("Bun", 2, 200),)
    assert find_lines(_SALE, _back(0, 2, 200), buns, 200) is Reason.RETURN_TOO_LARGE


def test_what_a_till_makes_up_is_no_fault() -> None:
    """Amounts that no sale has are refused or passed over, and nothing overflows."""
    huge = _line("Gold bar", 1, I63_MAX)
    found = find_lines(_SALE, GoodsBack(), (huge,) * 3, 100)
    assert found == only_amount(100)
    assert check_return(_SALE, GoodsBack(), only_amount(I63_MAX)) is Reason.RETURN_TOO_LARGE


@pytest.mark.parametrize(
    ("before", "now", "reason"),
    [
        (GoodsBack(), _back(0, 1, 100), None),
        (GoodsBack(), whole_sale(_SALE), None),
        (_back(0, 2, 200), _back(0, 1, 100), None),
        (_back(0, 3, 300), _back(0, 1, 100), Reason.LINE_ALREADY_RETURNED),
        (_back(0, 2, 200), _back(0, 2, 100), Reason.RETURN_TOO_LARGE),
        (_back(0, 2, 200), _back(0, 1, 101), Reason.RETURN_TOO_LARGE),
        (GoodsBack(), _back(2, 1, 1), Reason.RETURN_TOO_LARGE),
        (only_amount(700), _back(0, 1, 100), Reason.RETURN_TOO_LARGE),
        (GoodsBack(), only_amount(751), Reason.RETURN_TOO_LARGE),
        (only_amount(750), only_amount(1), Reason.SALE_ALREADY_REFUNDED),
        (whole_sale(_SALE), _back(0, 1, 100), Reason.SALE_ALREADY_REFUNDED),
    ],
)
def test_no_more_comes_back_than_was_sold(
    before: GoodsBack, now: GoodsBack, reason: Reason | None
) -> None:
    """Quantities, amounts and the total have each their limit, over all returns."""
    assert check_return(_SALE, before, now) is reason


def test_old_sales_stay_sold() -> None:
    """Fourteen days from Monday are until the Monday after next."""
    policy, sold_on = ReturnPolicy(days_maximum=14), date(2026, 11, 23)
    assert check_return_day(policy, sold_on, date(2026, 12, 7)) is None
    assert check_return_day(policy, sold_on, date(2026, 12, 8)) is Reason.RETURN_TOO_LATE
    assert check_return_day(ReturnPolicy(), sold_on, date(2036, 1, 1)) is None


@pytest.mark.parametrize(
    ("sale", "back", "whole"),
    [
        (_SALE, GoodsBack(), False),
        (_SALE, only_amount(749), False),
        (_SALE, only_amount(750), True),
        (_SALE, whole_sale(_SALE), True),
        # All goods back, and a fee stays with the shop.
        (_SALE, replace(whole_sale(_SALE), amount_minor=700), True),
        # A bag that cost nothing stays with the customer.
        (_sale(_TEA, _line("Bag", 1, 0)), _back(0, 1, 450), True),
        (_sale(_TEA, _line("Bag", 1, 0)), _back(1, 1, 0), False),
        # A free coffee is all there was.
        (_sale(_line("Coffee", 1, 0)), GoodsBack(), False),
        (_sale(_line("Coffee", 1, 0)), _back(0, 1, 0), True),
        (_sale(), GoodsBack(), True),
        (_sale(total_minor=10), GoodsBack(), False),
    ],
)
def test_when_nothing_is_left(sale: Sale, back: GoodsBack, whole: bool) -> None:  # noqa: FBT001
    """All of the money, or all of the goods that cost any."""
    assert is_whole(sale, back) is whole


def test_the_rest_is_what_makes_it_whole() -> None:
    """Whatever came back before, the rest and it are everything; nothing is left of everything."""
    before = _back(0, 2, 200) + only_amount(50)
    rest = rest_of(_SALE, before)
    assert rest == GoodsBack(
        amount_minor=500, lines=(*_back(0, 1, 100).lines, *_back(1, 1, 450).lines)
    )
    assert check_return(_SALE, before, rest) is None
    assert is_whole(_SALE, before + rest)
    assert rest_of(_SALE, whole_sale(_SALE)) == GoodsBack()


def test_the_kept_sale_is_the_sale_without_the_goods() -> None:
    """Lines keep their places; tax, discount and points fall with the total, cash does not."""
    tenders = (
        Tender(kind=TenderKind.POINTS, amount_minor=100),
        Tender(kind=TenderKind.CASH, amount_minor=575),
    )
    sale = replace(
        _sale(_BUNS, _TEA, total_minor=675), tax_minor=61, discount_minor=75, tenders=tenders
    )
    kept = kept_sale(sale, _back(1, 1, 405) + _back(0, 1, 90))
    assert kept.total_minor == 180
    assert [line.amount_minor for line in kept.lines] == [210, 0]
    assert [line.quantity_milli for line in kept.lines] == [2_000, 0]
    # Of 100 paid with points 73 went back: 495 / 675, rounded down.
    assert [tender.amount_minor for tender in kept.tenders] == [27, 575]
    assert (kept.tax_minor, kept.discount_minor) == (16, 20)
    assert kept_sale(sale, GoodsBack()) == sale


def test_an_amount_alone_lowers_all_goods_alike() -> None:
    """Nobody says what came back: pieces fall with the money, prices stay shares of the total."""
    kept = kept_sale(_sale(_line("Bun", 4, 400), _TEA, total_minor=850), only_amount(425))
    assert kept.total_minor == 425
    assert [line.quantity_milli for line in kept.lines] == [2_000, 500]
    assert [line.amount_minor for line in kept.lines] == [400, 450]


def test_lines_that_are_a_part_of_the_sale_fall_with_the_money() -> None:
    """The receipt shows goods for 300 of 900: half of the money back is half of those."""
    kept = kept_sale(_sale(_BUNS, total_minor=900), only_amount(450))
    assert [line.amount_minor for line in kept.lines] == [150]


def test_tax_on_top_stays_on_top() -> None:
    """Lines without tax and the tax still come to the total, to the last minor unit."""
    sale = replace(_sale(_line("A", 1, 33), _line("B", 1, 67), total_minor=111), tax_minor=11)
    kept = kept_sale(sale, GoodsBack(amount_minor=37, lines=_back(0, 1, 33).lines))
    assert (kept.total_minor, kept.tax_minor) == (74, 7)
    assert sum(line.amount_minor for line in kept.lines) == 67
    # A till that pays the price without tax back leaves no room for that: then it is a share.
    odd = kept_sale(sale, GoodsBack(amount_minor=5, lines=_back(0, 1, 33).lines))
    assert (odd.total_minor, odd.tax_minor) == (106, 10)


def test_money_given_inside_the_sale_is_not_returned() -> None:
    """A line below zero is no goods: it stays, and nothing is found on it."""
    sale = _sale(_BUNS, _line("Bottles", 1, -25))
    assert find_lines(sale, GoodsBack(), (_line("Bottles", 1, 25),), 25) == only_amount(25)
    assert kept_sale(sale, _back(0, 3, 275)).lines[1].amount_minor == -25
    assert is_whole(sale, _back(0, 3, 275))


@settings(max_examples=60)
@given(
    prices=st.lists(st.integers(0, 5_000), min_size=1, max_size=5),
    taken=st.lists(st.tuples(st.integers(0, 4), st.integers(1, 2)), max_size=10),
)
def test_returns_in_any_order_leave_the_same_sale(
    prices: list[int], taken: list[tuple[int, int]]
) -> None:
    """What is accepted adds up to what is left, never exceeds the sale, and order is nothing."""
    sale = _sale(*(_line(f"Item {at}", 3, 3 * price) for at, price in enumerate(prices)))
    back, accepted = GoodsBack(), []
    for at, pieces in taken:
        if at < len(prices):
            amount_minor = pieces * prices[at]
            goods = (_line(f"Item {at}", pieces, amount_minor),)
            now = find_lines(sale, back, goods, amount_minor)
            if isinstance(now, GoodsBack) and check_return(sale, back, now) is None:
                back += now
                accepted.append(now)
    kept = kept_sale(sale, back)
    for at, line in enumerate(kept.lines):
        assert line.amount_minor == line.quantity_milli // 1_000 * prices[at]
    assert kept.total_minor == sum(line.amount_minor for line in kept.lines)
    backwards = GoodsBack()
    for now in reversed(accepted):
        backwards += now
    assert backwards == back
