"""On what scenarios can be played, by name, and in which ways."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gateway.errors import ValueRangeError
from simulators.scenario.gateway.cutting import CutShop
from simulators.scenario.gateway.homes import Homes
from simulators.scenario.gateway.shop import GatewayShop, Racing
from simulators.scenario.port import Stage
from simulators.scenario.pure.shop import PureShop
from simulators.scenario.story import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Executor:
    """One way to play a scenario.

    Attributes:
        name: what reports call it.
        open: opens a fresh shop for a scenario: its rules in force, its members enrolled.
        only_races: it adds nothing where no two things happen at once.
    """

    name: str
    open: Callable[[Scenario], Stage]
    only_races: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How a gateway is to be played on.

    Attributes:
        homes: where its ledgers live.
        cuts: every scenario is played once more on a gateway that loses its power.
        audited: the books are audited in the end.
    """

    homes: Homes
    cuts: bool = False
    audited: bool = True


PURE: Final = Executor(name="pure", open=PureShop)
"""The rule engine and books of values."""

GATEWAY: Final = "gateway"
"""A whole gateway."""

BOTH: Final = "both"
"""All of them."""


def executors_named(name: str, wanted: Wanted) -> tuple[Executor, ...]:
    """Say what a name means.

    Raises:
        ValueRangeError: listing the names that there are.
    """
    known = {PURE.name: (PURE,), GATEWAY: gateways(wanted)}
    known[BOTH] = (PURE, *known[GATEWAY])
    if name not in known:
        raise ValueRangeError(", ".join(known))
    return known[name]


def gateways(wanted: Wanted) -> tuple[Executor, ...]:
    """Every way to play on a gateway: races in turn, in one batch and from threads, and cuts."""

    def shop(scenario: Scenario, racing: Racing) -> GatewayShop:
        home = wanted.homes.make()
        return GatewayShop(scenario, home, racing=racing, audited=wanted.audited)

    in_turn = Executor(name=GATEWAY, open=lambda told: shop(told, Racing.IN_TURN))
    others = tuple(
        Executor(
            name=f"{GATEWAY}, {racing}",
            open=lambda told, racing=racing: shop(told, racing),  # type: ignore[misc]
            only_races=True,
        )
        for racing in Racing
        if racing is not Racing.IN_TURN
    )
    cut = Executor(
        name=f"{GATEWAY}, with power cuts",
        open=lambda told: CutShop(
            shop(told, Racing.IN_TURN),
            GatewayShop(told, wanted.homes.make(), cuts=True, audited=wanted.audited),
        ),
    )
    return (in_turn, *others, *((cut,) if wanted.cuts else ()))
