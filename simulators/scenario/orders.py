"""Every order in which the lanes of a race can happen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, product
from typing import TypeAlias

from gateway.errors import ValueRangeError
from simulators.scenario.story import Scenario, Scene

ORDERS_MAX = 1_000
"""A scenario is played so often at most: five people with one step each have 120 orders."""

Order: TypeAlias = tuple[int, ...]
"""The lanes, one entry for each step, by number from 0."""


def interleavings(lengths: Sequence[int]) -> Iterator[Order]:
    """List the ways to mix lanes of these lengths that keep each lane's own order."""
    if not any(lengths):
        yield ()
        return
    for lane, length in enumerate(lengths):
        if length:
            rest = [left - (index == lane) for index, left in enumerate(lengths)]
            for order in interleavings(rest):
                yield (lane, *order)


def orders_of(scenario: Scenario) -> tuple[dict[str, Order], ...]:
    """List the ways to play a scenario: an order for each of its races, by the race's path.

    Raises:
        ValueRangeError: if there are too many to try them all.
    """
    races = [scene for scene in scenario.scenes if scene.kind == "race"]
    choices = [_orders_of_race(race) for race in races]
    ways = list(islice(product(*choices), ORDERS_MAX + 1))
    if len(ways) > ORDERS_MAX:
        raise ValueRangeError(f"the races can happen in more than {ORDERS_MAX} orders")
    return tuple(
        {race.where: order for race, order in zip(races, way, strict=True)} for way in ways
    )


def _orders_of_race(race: Scene) -> list[Order]:
    return list(islice(interleavings([len(lane) for lane in race.lanes]), ORDERS_MAX + 1))
