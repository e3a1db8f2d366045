"""What must hold of the goods of a sale and of its amount."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.model.rules.condition import Condition, TaxBasis
from gateway.model.rules.settings import Settings
from gateway.model.sale import SaleLine, Tender, TenderKind
from gateway.program.conditions import holds
from simulators.given.conditioned import FOOD, RULES, SALE, club_of, holds_here
from simulators.given.rated import FACTS, PLACE, sale_of


@pytest.mark.parametrize(
    ("basis", "minimum", "expected"),
    [
        # Odoo: 1005 without tax, 1155.75 with it.
        (TaxBasis.BEFORE_TAX, 100_600, False),
        (TaxBasis.BEFORE_TAX, 100_500, True),
        (TaxBasis.AFTER_TAX, 100_600, True),
        (TaxBasis.AFTER_TAX, 115_575, True),
        (TaxBasis.AFTER_TAX, 115_576, False),
    ],
)
@pytest.mark.parametrize("told", [True, False])
def test_a_minimum_is_with_or_without_tax(
    basis: TaxBasis, minimum: int, *, expected: bool, told: bool
) -> None:
    """The same basket reaches a minimum with its tax that it misses without, told or assumed."""
    sale = replace(SALE, total_minor=115_575, tax_minor=15_075 if told else None)
    programme = club_of(replace(RULES, settings=Settings(assumed_tax_bp=1_500)))
    condition = Condition(minimum_minor=minimum, amount_basis=basis)
    assert holds(programme, condition, sale, FACTS, PLACE) is expected


@pytest.mark.parametrize(
    ("pieces_a", "pieces_b", "expected"),
    [(2, 4, False), (2, 24, False), (3, 24, True), (4, 0, True), (3, 3, False)],
)
def test_pieces_and_amount_must_both_be_reached(
    pieces_a: int, pieces_b: int, *, expected: bool
) -> None:
    """Odoo's rule of three pieces and 320: either alone is not enough."""
    lines = (
        SaleLine(label="bread", quantity_milli=pieces_a * 1_000, amount_minor=pieces_a * 10_000),
        SaleLine(label="pen", quantity_milli=pieces_b * 1_000, amount_minor=pieces_b * 500),
    )
    total = sum(line.amount_minor for line in lines)
    sale = replace(SALE, lines=lines, total_minor=total)
    needs_pieces = Condition(items=FOOD, minimum_pieces=3)
    needs_amount = Condition(minimum_minor=32_000)
    both = holds_here(needs_pieces, sale=sale) and holds_here(needs_amount, sale=sale)
    assert both is expected


def test_amounts_look_at_the_lines_that_count() -> None:
    """A minimum and a maximum on a category are those of its lines; both ends count."""
    sale = sale_of(("bread", 500), ("pen", 9_500))
    for minimum, maximum, expected in [
        (500, None, True),
        (501, None, False),
        (None, 500, True),
        (None, 499, False),
        (500, 500, True),
    ]:
        condition = Condition(items=FOOD, minimum_minor=minimum, maximum_minor=maximum)
        assert holds_here(condition, sale=sale) is expected


@pytest.mark.parametrize(("minimum", "maximum"), [(None, None), (None, 9), (0, None)])
def test_a_filter_needs_lines_it_lets_through(minimum: int | None, maximum: int | None) -> None:
    """Of a sale without its lines, or with other goods only, nobody can say that it holds."""
    condition = Condition(items=FOOD, minimum_minor=minimum, maximum_minor=maximum)
    assert not holds_here(condition)
    assert not holds_here(condition, sale=sale_of(("pen", 5)))
    assert not holds_here(condition, sale=None)
    assert holds_here(condition, sale=sale_of(("bread", 5)))


def test_what_points_paid_does_not_count_towards_a_minimum() -> None:
    """A minimum is of the amount that earns: what points paid is not bought again."""
    paid = replace(SALE, tenders=(Tender(kind=TenderKind.POINTS, amount_minor=1),))
    assert holds_here(Condition(minimum_minor=10_000))
    assert not holds_here(Condition(minimum_minor=10_000), sale=paid)


def test_without_a_sale_no_goods_are_found() -> None:
    """Something that is no purchase has no amount, not even a small one, and no pieces."""
    for condition in (
        Condition(maximum_minor=10**9),
        Condition(minimum_minor=0),
        Condition(minimum_pieces=1),
    ):
        assert not holds_here(condition, sale=None)
