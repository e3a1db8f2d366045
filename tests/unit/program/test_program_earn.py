"""What a sale earns."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model.checks import I63_MAX
from gateway.model.ids import SaleKey
from gateway.model.money import EUR
from gateway.model.programme import Programme
from gateway.model.sale import Sale, SaleLine, SaleSource, Tender, TenderKind
from gateway.program.earn import SALE_POINTS_MAX, earning_base_minor, points_for_sale

_RULES = Programme(
    name="club",
    version=1,
    effective_from_ms=0,
    currency=EUR,
    earn_points=1,
    earn_per_minor=1_000,
    redeem_points=1,
    redeem_value_minor=1,
)
_SALE = Sale(key=SaleKey(bytes(16)), total_minor=10_500, source=SaleSource.KEYED, profile="test")


@pytest.mark.parametrize(
    ("earn_points", "earn_per_minor", "total_minor", "points"),
    [
        # Square's manual: $105 at one point for each $10.
        (1, 1_000, 10_500, 10),
        (1, 1_000, 999, 0),
        (1, 1_000, 1_000, 1),
        # Every whole step earns the whole award: a part of a step earns nothing.
        (3, 1_000, 1_999, 3),
        (0, 1_000, 1_999, 0),
        (2, 1, 7, 14),
    ],
)
def test_whole_steps_earn(
    earn_points: int, earn_per_minor: int, total_minor: int, points: int
) -> None:
    """Points come for each whole step of the total and for no part of one."""
    rules = replace(_RULES, earn_points=earn_points, earn_per_minor=earn_per_minor)
    assert points_for_sale(rules, replace(_SALE, total_minor=total_minor)) == points


def test_the_floor_is_taken_once_for_the_sale() -> None:
    """Ten lines of 0.90 earn as their sum of 9.00 does, and not as ten times nothing."""
    lines = tuple(SaleLine(label="bun", quantity_milli=1_000, amount_minor=90) for _ in range(10))
    rules = replace(_RULES, earn_per_minor=100)
    assert points_for_sale(rules, replace(_SALE, total_minor=900, lines=lines)) == 9


def test_tenders_do_not_lower_the_base_but_points_do() -> None:
    """A gift card pays a full base (Odoo's rule); the part paid with points does not earn."""
    tenders = (
        Tender(kind=TenderKind.POINTS, amount_minor=2_000),
        Tender(kind=TenderKind.GIFT_CARD, amount_minor=5_000),
    )
    sale = replace(_SALE, tenders=tenders)
    assert earning_base_minor(_RULES, sale) == 8_500
    assert earning_base_minor(replace(_RULES, redeemed_amount_earns=True), sale) == 10_500


def test_points_beyond_the_total_leave_no_base() -> None:
    """A till that reports more points than the total cannot make a negative earn."""
    sale = replace(_SALE, tenders=(Tender(kind=TenderKind.POINTS, amount_minor=I63_MAX),))
    assert points_for_sale(_RULES, sale) == 0


@given(
    total_minor=st.integers(0, I63_MAX),
    earn_points=st.integers(0, 10**9),
    earn_per_minor=st.integers(1, I63_MAX),
)
def test_an_earn_is_bounded_and_grows_with_the_sale(
    total_minor: int, earn_points: int, earn_per_minor: int
) -> None:
    """No sale a till may report overflows, and a dearer one never earns less."""
    rules = replace(_RULES, earn_points=earn_points, earn_per_minor=earn_per_minor)
    points = points_for_sale(rules, replace(_SALE, total_minor=total_minor))
    assert 0 <= points <= SALE_POINTS_MAX
    assert points >= points_for_sale(rules, replace(_SALE, total_minor=total_minor // 2))
