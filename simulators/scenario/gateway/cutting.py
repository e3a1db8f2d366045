"""Two gateways side by side: one keeps its power, the other loses it at every message."""

from __future__ import annotations

from dataclasses import replace

from simulators.scenario import steps
from simulators.scenario.gateway.shop import GatewayShop
from simulators.scenario.port import Answer, Moment, ShopFaultError, Stage, State


class CutShop(Stage):
    """Plays every step on both, and holds what comes of it against each other.

    Args:
        steady: keeps its power.
        cut: loses it.
    """

    def __init__(self, steady: GatewayShop, cut: GatewayShop) -> None:
        self._steady = steady
        self._cut = cut

    def do(self, kind: str, step: steps.Step, moment: Moment) -> Answer:
        """Do a step on both.

        Raises:
            ShopFaultError: if it comes to something else where the power was lost.
        """
        steady, cut = self._steady.do(kind, step, moment), self._cut.do(kind, step, moment)
        if steady != cut:
            raise ShopFaultError(f"{moment.id} comes to {steady}, and with power cuts to {cut}")
        return cut

    def look(self, moment: Moment) -> State:
        """Say what everybody has, and where that differs."""
        steady, cut = self._steady.look(moment), self._cut.look(moment)
        if steady == cut:
            return cut
        differ = f"everybody has {steady}, and with power cuts {cut}"
        return replace(cut, faults=(*cut.faults, differ))

    def objections(self) -> tuple[str, ...]:
        """What the auditor finds wrong with the one that lost its power."""
        return self._cut.objections()

    def close(self) -> None:
        """Clear both away."""
        self._steady.close()
        self._cut.close()
