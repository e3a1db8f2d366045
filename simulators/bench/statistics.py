"""Order statistics of measured samples. Nothing is averaged: a mean hides what a customer waits."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.errors import ValueRangeError


def percentile(samples: Sequence[float], percent: float) -> float:
    """The smallest sample that at least ``percent`` of all samples do not exceed (nearest rank).

    Args:
        samples: in any order.
        percent: more than 0, at most 100.

    Returns:
        one of the samples, never a value between two of them.

    Raises:
        ValueRangeError: if there is no sample, or no such percentage.
    """
    if not samples:
        raise ValueRangeError("a percentile needs at least one sample")
    if not 0 < percent <= 100:
        raise ValueRangeError(f"a percentage is in (0, 100], not {percent}")
    rank = -(-len(samples) * percent // 100)
    return sorted(samples)[int(rank) - 1]


def median(samples: Sequence[float]) -> float:
    """The middle sample by nearest rank: the lower one of two.

    Raises:
        ValueRangeError: if there is no sample.
    """
    return percentile(samples, 50)
