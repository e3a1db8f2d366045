"""Looks at running processes for a promise that is being broken at this moment.

What a terminal calls settled is in the ledger, at every moment: the gateway's receipt comes after
its commit. A ledger that forgot something would be mended by the terminal's next sending, and the
end of a round would not show it.
"""

from __future__ import annotations

from typing import Final

from gateway.errors import MohrError
from simulators.chaos.shop import ChaosShop

#: A glance must not hold up what strikes next.
_GLANCE_S: Final = 0.2


class Watch:
    """Compares what terminals call settled with the ledger.

    Args:
        shop: whose.

    Attributes:
        findings: what was wrong.
        looks: how often both sides could be asked.
    """

    def __init__(self, shop: ChaosShop) -> None:
        self._shop = shop
        self.findings: list[str] = []
        self.looks = 0

    def look(self) -> None:
        """Ask every agent that answers, and then the ledger's file."""
        said = {}
        for lane in self._shop.lanes:
            status = None if lane.station.paused else lane.status(timeout_s=_GLANCE_S)
            if status is not None:
                said[lane.terminal] = status.settled
        try:
            states = self._shop.ledger.terminals()
        except MohrError:
            # A full disk can keep a reader out as well; the next look may get in.
            return
        self.looks += 1
        reached = {state.terminal: state.watermark for state in states}
        for terminal, settled in said.items():
            if settled > reached[terminal]:
                self.findings.append(
                    f"{terminal} calls {settled} transactions settled,"
                    f" and the ledger had {reached[terminal]} of them afterwards"
                )
