"""On what scenarios can be played, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from gateway.errors import ValueRangeError
from simulators.scenario.port import ScenarioShop
from simulators.scenario.pure.shop import PureShop
from simulators.scenario.story import Scenario

EXECUTORS: Final[Mapping[str, Callable[[Scenario], ScenarioShop]]] = {"pure": PureShop}
"""Each opens a fresh shop for a scenario: its rules in force, its members enrolled."""

BOTH: Final = "both"
"""All of them, where there are several."""


def executors_named(name: str) -> tuple[str, ...]:
    """Say which executors a name means.

    Raises:
        ValueRangeError: listing the names that there are.
    """
    every = tuple(EXECUTORS)
    known = {one: (one,) for one in every} | ({BOTH: every} if len(every) > 1 else {})
    if name not in known:
        raise ValueRangeError(", ".join(known))
    return known[name]
