"""Out of what a clawback is taken, what is given back, and what gift cards of a sale lose."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model.programme import RefundPolicy
from gateway.model.rules.returns import ReturnPolicy
from gateway.program.goods_back import whole_sale
from gateway.program.returns import Clawback, OpenUnits, given_back, split_clawback, unloaded
from simulators.given.returned import BASE, rated_by, sale_of, summed, take_back


def test_what_nobody_can_share_comes_back_with_the_whole() -> None:
    """A reward made the sale free: its points return with the last of the goods."""
    assert given_back(100, 0, 0, 0) == 0
    assert given_back(100, 0, 0, 0, whole=True) == 100


def test_a_fee_keeps_no_points() -> None:
    """All goods are back and the shop keeps a fee: what was spent comes back wholly."""
    assert given_back(50, 1_000, 300, 900, whole=True) == 35


@settings(max_examples=80)
@given(
    redeemed=st.integers(0, 10**6),
    parts=st.lists(st.integers(0, 10**6), min_size=1, max_size=6),
    rest=st.integers(0, 10**6),
)
def test_given_back_in_parts_is_given_back_at_once(
    redeemed: int, parts: list[int], rest: int
) -> None:
    """Any parts give what their sum gives, and all of them give all."""
    total = sum(parts) + rest
    given, before = 0, 0
    for part in parts:
        given += given_back(redeemed, total, before, before + part)
        before += part
    assert given == given_back(redeemed, total, 0, before)
    assert given + given_back(redeemed, total, before, total, whole=True) == redeemed


@pytest.mark.parametrize(
    ("amount", "only_pending", "refund", "pending", "active", "debt", "borne"),
    [
        # Talon's policies on 30 that wait and 50 that can be spent.
        (60, True, RefundPolicy.CLAMP, 30, 0, 0, 30),
        (60, False, RefundPolicy.CLAMP, 30, 30, 0, 0),
        (100, False, RefundPolicy.CLAMP, 30, 50, 0, 20),
        (100, False, RefundPolicy.ALLOW_NEGATIVE, 30, 50, 20, 0),
        # Only what waits means it, also where the balance may go below zero.
        (100, True, RefundPolicy.ALLOW_NEGATIVE, 30, 0, 0, 70),
        (0, False, RefundPolicy.CLAMP, 0, 0, 0, 0),
    ],
)
def test_how_far_a_clawback_goes(  # noqa: PLR0917 - the columns of the table above
    amount: int,
    only_pending: bool,  # noqa: FBT001
    refund: RefundPolicy,
    pending: int,
    active: int,
    debt: int,
    borne: int,
) -> None:
    """What waits goes first, then what can be spent; the rest by policy."""
    policy = ReturnPolicy(only_pending=only_pending)
    for own, other in (
        (OpenUnits(pending=30, active=50), OpenUnits()),
        (OpenUnits(), OpenUnits(pending=30, active=50)),
        (OpenUnits(pending=30), OpenUnits(active=50)),
    ):
        split = split_clawback(amount, own, other, policy, refund)
        assert (split.pending, split.active) == (pending, active)
        assert (split.debt, split.borne) == (debt, borne)


def test_the_sales_own_lots_come_first() -> None:
    """What this sale brought goes before what others did, though the others' still waits."""
    split = split_clawback(
        60,
        OpenUnits(pending=10, active=20),
        OpenUnits(pending=25, active=100),
        ReturnPolicy(),
        RefundPolicy.CLAMP,
    )
    assert split == Clawback(
        own=OpenUnits(pending=10, active=20), other=OpenUnits(pending=25, active=5)
    )


@pytest.mark.parametrize(
    ("refund", "active", "debt", "borne"),
    [
        # Setono: 150 earned and 100 spent; the refund takes 50, or leaves 100 owing.
        (RefundPolicy.CLAMP, 50, 0, 100),
        (RefundPolicy.ALLOW_NEGATIVE, 50, 100, 0),
    ],
)
def test_spent_points_are_borne_or_owed(
    refund: RefundPolicy, active: int, debt: int, borne: int
) -> None:
    """The clawback asks for all that was earned, whatever was spent since."""
    rated = rated_by(BASE, sale_of(total_minor=15_000))
    taken = sum(summed(take_back(rated, [whole_sale(rated.sale)])))
    assert taken == 150
    split = split_clawback(taken, OpenUnits(active=50), OpenUnits(), ReturnPolicy(), refund)
    assert (split.active, split.debt, split.borne) == (active, debt, borne)


@pytest.mark.parametrize(
    ("loads", "total", "left", "due"),
    [
        # A shirt for 30 and two cards of 50: the shirt, then a part, then a card, then the rest.
        ((5_000, 5_000), 13_000, 10_000, (0, 0)),
        ((5_000, 5_000), 13_000, 9_000, (0, 1_000)),
        ((5_000, 5_000), 13_000, 4_000, (1_000, 5_000)),
        ((5_000, 5_000), 13_000, 0, (5_000, 5_000)),
        # A card of 50 for 45: nothing is due before something came back, and all in the end.
        ((5_000,), 4_500, 4_500, (0,)),
        ((5_000,), 4_500, 0, (5_000,)),
        ((), 4_500, 0, ()),
    ],
)
def test_what_is_left_of_a_sale_stands_for_its_gift_cards(
    loads: tuple[int, ...], total: int, left: int, due: tuple[int, ...]
) -> None:
    """Money goes off a card only where the rest of its sale is worth less than it."""
    assert unloaded(loads, total, left) == due


@settings(max_examples=60)
@given(
    loads=st.lists(st.integers(1, 9_000), max_size=4),
    total=st.integers(0, 20_000),
    parts=st.lists(st.integers(0, 20_000), max_size=4),
)
def test_gift_cards_of_a_sale_are_emptied_bit_by_bit_and_to_the_end(
    loads: list[int], total: int, parts: list[int]
) -> None:
    """With every return more is due and never less, no card gives more than it got, all at last."""
    before = (0,) * len(loads)
    for left in (*sorted((min(part, total) for part in parts), reverse=True), 0):
        due = unloaded(loads, total, left)
        assert all(had <= now <= load for had, now, load in zip(before, due, loads, strict=True))
        before = due
    assert before == tuple(loads)
