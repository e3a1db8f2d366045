"""How sales and returns change what rules may ask about a member's past."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.model.ids import BranchId
from gateway.model.rules.tiers import TierBasis, TierLevel, TierPeriod, TierScheme
from gateway.program.standing import Standing, Visit, tier_basis, with_return, with_sale

MAIN = BranchId("main")
DAY = date(2027, 3, 21)


def bought(*days: int) -> tuple[Standing, dict[int, Visit]]:
    """The standing after one sale of 100, earning 10, on each of these days in this order."""
    standing = Standing(joined_on=DAY)
    visits: dict[int, Visit] = {}
    for day in days:
        visit = visits.get(day) or Visit(business_day=DAY + timedelta(days=day), branch=MAIN)
        standing, visits[day] = with_sale(standing, visit, amount_minor=100, points=10)
    return standing, visits


def test_sales_of_one_day_at_one_branch_are_one_visit() -> None:
    """Two sales on a day and one on the next are three purchases and two visits."""
    standing, visits = bought(0, 0, 1)
    assert (standing.purchases, standing.visits) == (3, 2)
    assert (visits[0].sales, visits[0].amount_minor) == (2, 200)
    assert (standing.last_visit_on, standing.visit_before_on) == (DAY + timedelta(days=1), DAY)


def test_a_late_sale_does_not_move_the_last_visit_back() -> None:
    """A sale of an earlier day that arrives later is a visit, but not the last one."""
    standing, _ = bought(5, 2)
    assert standing.last_visit_on == DAY + timedelta(days=5)
    assert standing.visit_before_on == DAY + timedelta(days=2)


def test_a_day_whose_sales_all_came_back_is_no_visit() -> None:
    """A part that comes back leaves the visit; the last of it takes the visit away."""
    standing, visits = bought(0, 3)
    part, visit = with_return(standing, visits[3], amount_minor=40, points=4, whole=False)
    assert (part.purchases, part.visits, part.spent_minor) == (2, 2, 160)
    whole, visit = with_return(part, visit, amount_minor=60, points=6, whole=True)
    assert (whole.purchases, whole.visits, whole.last_visit_on) == (1, 1, DAY)
    assert (visit.sales, visit.amount_minor, visit.points) == (0, 0, 0)


@given(st.lists(st.integers(0, 6), min_size=1, max_size=12))
def test_a_whole_return_undoes_a_sale_whatever_the_order(days: list[int]) -> None:
    """Purchases, visits, money and points are back at nothing when everything came back."""
    standing, visits = bought(*days)
    assert standing.visits == len(set(days))
    for day in days:
        standing, visits[day] = with_return(
            standing, visits[day], amount_minor=100, points=10, whole=True
        )
    assert (standing.purchases, standing.visits) == (0, 0)
    assert (standing.spent_minor, standing.earned_points) == (0, 0)


def test_a_basis_is_measured_in_its_window() -> None:
    """A month's spend leaves the month before out; since ever takes the totals."""
    standing, visits = bought(0, 1, 40)
    levels = (TierLevel(id="gold", threshold=1),)
    month = TierScheme(basis=TierBasis.SPEND, period=TierPeriod.MONTH, levels=levels)
    ever = TierScheme(basis=TierBasis.VISITS, period=TierPeriod.EVER, levels=levels)
    balance = TierScheme(basis=TierBasis.BALANCE, levels=levels)
    day = DAY + timedelta(days=40)
    measured = [
        tier_basis(scheme, standing, visits.values(), day=day, balance_points=-3)
        for scheme in (month, ever, balance)
    ]
    assert measured == [100, 3, 0]
