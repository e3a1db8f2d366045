"""What is left to pay of a sale: never below zero, and together never more than it came to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.model.instrument import Instrument
from gateway.model.money import EUR
from gateway.model.outcome import Reason
from gateway.model.programme import Programme
from gateway.model.rules.reward import GiftKind
from gateway.model.rules.rules import Rules
from gateway.model.rules.stored_value import CreditPolicy
from gateway.program.rewards import RewardQuote
from gateway.program.still_due import LOWERING, Reserved, StillDue, still_due

OFFER, REWARD, POINTS, CREDIT = (
    Instrument.OFFER,
    Instrument.REWARD,
    Instrument.POINTS,
    Instrument.CREDIT,
)
PROGRAMME = Programme(
    name="club",
    version=1,
    effective_from_ms=0,
    currency=EUR,
    earn_points=1,
    earn_per_minor=100,
    redeem_points=10,
    redeem_value_minor=100,
    redeem_share_percent=50,
    rules=Rules(credit=CreditPolicy(share_percent=60, top_up_maximum_minor=1)),
)
QUOTE = RewardQuote(
    reward_id="off",
    times=1,
    points=5,
    kind=GiftKind.MONEY_OFF,
    amount_minor=300,
    lines=(200, 100),
)


def off(amount_minor: int, total_minor: int) -> Reserved:
    """A discount on a sale that came to so much when it was asked for."""
    return Reserved(instrument=OFFER, amount_minor=amount_minor, total_minor=total_minor)


@pytest.mark.parametrize(
    ("total", "reserved", "price", "due"),
    [
        (10_000, [], 10_000, 10_000),
        # Who knows of a discount tells a lower total; who asked beside it tells the same.
        (9_000, [off(1_000, 10_000)], 9_000, 9_000),
        (10_000, [off(1_000, 10_000)], 9_000, 9_000),
        (8_500, [off(1_000, 10_000), off(500, 9_000)], 8_500, 8_500),
        (10_000, [off(9_000, 10_000), off(1_000, 10_000)], 0, 0),
        (10_000, [Reserved(instrument=POINTS, amount_minor=4_000)], 10_000, 6_000),
        (
            9_000,
            [off(1_000, 10_000), Reserved(instrument=CREDIT, amount_minor=9_000)],
            9_000,
            0,
        ),
    ],
)
def test_what_is_left_is_known_whatever_a_terminal_knew(
    total: int, reserved: list[Reserved], price: int, due: int
) -> None:
    """A discount lowers the price once; what pays lowers only what is due."""
    still = still_due(total, reserved)
    assert (still.price_minor, still.due_minor) == (price, due)


@settings(max_examples=80)
@given(
    total=st.integers(0, 5_000),
    wishes=st.lists(st.tuples(st.sampled_from(Instrument), st.integers(0, 5_000)), max_size=6),
    knows=st.booleans(),
)
def test_together_it_never_comes_to_more_than_the_sale(
    total: int, wishes: list[tuple[Instrument, int]], *, knows: bool
) -> None:
    """Whether every terminal lowers its total by what it knows, or none does."""
    granted: list[Reserved] = []
    for instrument, wish in wishes:
        lowered = sum(one.amount_minor for one in granted if one.instrument in LOWERING)
        told = total - lowered if knows else total
        amount = min(wish, still_due(told, granted).due_minor)
        granted.append(Reserved(instrument=instrument, amount_minor=amount, total_minor=told))
    assert sum(one.amount_minor for one in granted) <= total


def test_points_and_credit_keep_their_shares_together() -> None:
    """Half of 80.00 may be points and 48.00 credit, in however many parts."""
    still = StillDue(price_minor=8_000, due_minor=8_000)
    assert (still.most_points(PROGRAMME), still.most_credit_minor(PROGRAMME)) == (400, 4_800)
    some = StillDue(price_minor=8_000, due_minor=4_000, points_minor=3_050, credit_minor=950)
    assert (some.most_points(PROGRAMME), some.most_credit_minor(PROGRAMME)) == (90, 3_850)
    over = StillDue(price_minor=100, due_minor=0, points_minor=4_000, credit_minor=4_000)
    assert (over.most_points(PROGRAMME), over.most_credit_minor(PROGRAMME)) == (0, 0)


def test_a_reward_lowers_no_more_than_is_due() -> None:
    """Each line bears its share of what is left of it; of nothing there is none."""
    assert StillDue(price_minor=300, due_minor=300).lowered_by(QUOTE) == QUOTE
    less = StillDue(price_minor=300, due_minor=100).lowered_by(QUOTE)
    assert less == replace(QUOTE, amount_minor=100, lines=(67, 33))
    nothing = StillDue(price_minor=300, due_minor=0)
    assert nothing.lowered_by(QUOTE) is Reason.REWARD_NOT_AVAILABLE
    seat = replace(QUOTE, kind=GiftKind.BENEFIT, amount_minor=0, lines=())
    assert nothing.lowered_by(seat) == seat
