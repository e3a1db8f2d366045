"""Races: every order is played, and each lane keeps its own."""

from __future__ import annotations

from collections import Counter
from math import factorial, prod
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import ConfigError
from simulators.scenario.orders import interleavings

if TYPE_CHECKING:
    from tests.unit.scenario.conftest import Played


@settings(max_examples=30)
@given(st.lists(st.integers(0, 3), max_size=3))
def test_every_order_comes_once(lengths: list[int]) -> None:
    """There are as many orders as the multinomial coefficient says, no two of them alike."""
    orders = list(interleavings(lengths))
    assert len(set(orders)) == len(orders)
    assert len(orders) == factorial(sum(lengths)) // prod(map(factorial, lengths))
    wanted = {lane: length for lane, length in enumerate(lengths) if length}
    assert all(Counter(order) == wanted for order in orders)


RACE = """
[programme]
redeem_value_minor = 100
[[members]]
name = "ada"
[[steps]]
do = "adjust"
member = "ada"
amount = 10
[[steps]]
do = "race"
lanes = [
  [{ do = "redeem", card = "ada", points = 10, total_minor = 1_000 }],
  [{ do = "adjust", member = "ada", amount = -4 }],
]
"""


def test_what_depends_on_the_order_is_found(played: Played) -> None:
    """A result of one order only is a difference, and the report names the order it fails in."""
    report = played(RACE + "expect = { applied = 1 }")
    assert (report.orders, report.passed) == (2, False)
    assert report.order == {"steps[2]": (1, 0)}
    failed = [check for step in report.steps for check in step.checks if not check.holds]
    assert [(check.path, check.expected, check.actual) for check in failed] == [
        ("applied", "1", "2")
    ]


def test_what_holds_in_every_order_passes(played: Played) -> None:
    """What is expected of the race, and of the steps behind it, is looked at in each order."""
    report = played(RACE + '[[steps]]\ndo = "look"\nexpect = { members.ada.held = 0 }')
    assert (report.orders, report.passed) == (2, True)


def test_too_many_orders_are_refused(played: Played) -> None:
    """A race that cannot be tried in every order is not tried in some."""
    lane = ", ".join(['{ do = "look" }'] * 7)
    with pytest.raises(ConfigError, match="more than 1000 orders"):
        played(f'[[steps]]\ndo = "race"\nlanes = [[{lane}], [{lane}]]')
