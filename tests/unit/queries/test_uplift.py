"""Two groups of members compared: intervals that hold the truth as often as they say."""

from __future__ import annotations

import math
import random
import statistics
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.queries.uplift import (
    Group,
    Interval,
    Spending,
    difference,
    group_of,
    ratio,
    rounded,
)

SEEDS = 200
MEAN_MINOR = 6_000


def spending(amounts: list[int]) -> Group:
    """A group in which each member spent one of these amounts, on one sale."""
    return group_of(Spending(sales=1, visits=1, spent_minor=amount) for amount in amounts)


def crowd(rng: random.Random, members: int, percent: int) -> Group:
    """Members whose skewed spending has a known mean, raised by so many percent."""
    return spending(
        [
            sum(500 + int(rng.expovariate(1 / 1_500)) for _ in range(3)) * (100 + percent) // 100
            for _ in range(members)
        ]
    )


def holds(interval: Interval, truth: Fraction) -> bool:
    """Whether an interval covers what is true."""
    return interval.low <= truth <= interval.high


@pytest.mark.parametrize("percent", [0, 20])
@pytest.mark.parametrize("sizes", [(120, 120), (300, 35)])
def test_the_truth_is_inside_about_95_of_100_times(percent: int, sizes: tuple[int, int]) -> None:
    """Over many seeds both intervals cover the true effect in about 95 of 100 comparisons."""
    money = share = 0
    for seed in range(SEEDS):
        rng = random.Random(seed * 1_000 + percent)
        treated, control = crowd(rng, sizes[0], percent), crowd(rng, sizes[1], 0)
        money += holds(difference(treated, control), Fraction(MEAN_MINOR * percent, 100))
        found = ratio(treated, control)
        share += found is not None and holds(found, Fraction(percent, 100))
    # Three standard deviations of a share of 95 in 200; the skew takes a little away.
    for covered in (money, share):
        assert 0.90 * SEEDS <= covered <= 0.995 * SEEDS


def test_welch_by_the_textbook() -> None:
    """A worked example: means, the standard error and Student's factor are those of the formula."""
    treated, control = spending([10, 12, 14, 16, 18] * 8), spending([9, 9, 10, 11, 11] * 8)
    found = difference(treated, control)
    error = math.sqrt(
        statistics.variance([10, 12, 14, 16, 18] * 8) / 40
        + statistics.variance([9, 9, 10, 11, 11] * 8) / 40
    )
    assert found.middle == 4
    # 46 degrees of freedom, rounded down, and 2.0129 in any table.
    assert float(found.high - found.middle) == pytest.approx(2.0129 * error, rel=1e-3)
    assert found.high - found.middle == found.middle - found.low


def test_fieller_by_the_textbook() -> None:
    """The ratio's limits solve Fieller's equation: just as far as chance goes."""
    rng = random.Random(3)
    treated, control = crowd(rng, 80, 20), crowd(rng, 60, 0)
    found = ratio(treated, control)
    assert found is not None
    for limit in (found.low + 1, found.high + 1):
        gap = treated.mean_spent - limit * control.mean_spent
        error = treated.uncertainty + limit**2 * control.uncertainty
        assert float(gap**2 / error) == pytest.approx(1.98**2, rel=2e-2)


def test_a_share_of_nothing_is_not_told() -> None:
    """Where the others spend nothing, or hardly more than chance, there is no percentage."""
    some = spending([100] * 30)
    assert ratio(some, spending([0] * 30)) is None
    assert ratio(some, spending([0] * 29 + [90])) is None


def test_no_variance_at_all() -> None:
    """Where everybody spends the same the interval is a point."""
    found = difference(spending([120] * 30), spending([100] * 30))
    assert [found.low, found.middle, found.high] == [Fraction(20)] * 3


@given(
    st.lists(st.integers(0, 10**9), min_size=2, max_size=40),
    st.lists(st.integers(0, 10**9), min_size=2, max_size=40),
    st.integers(1, 1_000),
)
@settings(max_examples=60, deadline=None)
def test_the_interval_follows_the_unit(ours: list[int], theirs: list[int], factor: int) -> None:
    """In a unit that is so many times smaller every figure is so many times larger."""
    small = difference(spending(ours), spending(theirs))
    large = difference(
        spending([one * factor for one in ours]), spending([one * factor for one in theirs])
    )
    assert small.low <= small.middle <= small.high
    assert large.middle == small.middle * factor
    assert abs(large.low - small.low * factor) < 1
    assert small.times(factor).high == small.high * factor


@given(st.fractions(min_value=-1_000, max_value=1_000))
def test_rounding(figure: Fraction) -> None:
    """What is rounded is nearest, a half upwards."""
    assert -Fraction(1, 2) < rounded(figure) - figure <= Fraction(1, 2)


def test_means_of_nobody() -> None:
    """An empty group has done nothing."""
    nobody = group_of(())
    assert nobody == Group()
    assert nobody.mean_spent == nobody.mean_visits == Fraction(0)
