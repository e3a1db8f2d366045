"""Makes a mistreated shop well again, and waits until all that was accepted is settled.

This is what a service manager, a time daemon and whoever empties a disk do in a real shop. Links
that have failed often wait longer and longer before they connect again; nobody here waits minutes
for that, so such a process is restarted in order, which is a test of its own.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Final

from gateway.ledger.kinds import HoldState
from gateway.ledger.rows_lots import HoldRow
from simulators.chaos.lane import Lane
from simulators.chaos.shop import ChaosShop
from simulators.chaos.station import Station
from terminal_agent.control import AgentStatus

#: What has not settled by then never will, on however busy a machine.
PATIENCE_S: Final = 60.0
#: A connection that is not back by then belongs to a link that waits out its failures.
_LINK_PATIENCE_S: Final = 1.8
_LOOK_S: Final = 0.03
#: A process that ends as often as it is started would do so for ever.
_FINDINGS_MAX: Final = 3

_STARTED: Final = "mohr gateway: started"
_UP: Final = "connected to the broker"
_DOWN: Final = "broker connection lost"
_FAULT_EXIT: Final = 2


@dataclass(slots=True)
class Recovery:
    """How a shop came back.

    Attributes:
        restarts: processes that were restarted because their link was still waiting.
        findings: what did not come back, or ended by itself without a reason.
    """

    restarts: int = 0
    findings: list[str] = field(default_factory=list)


class Healer:
    """Mends a shop after a round.

    Args:
        shop: which.
        excused: names of stations whose disk was full in this round: they may have ended with a
            fault, because they could not even open their database.
    """

    def __init__(self, shop: ChaosShop, excused: frozenset[str]) -> None:
        self._shop = shop
        self._excused = excused
        self._recovery = Recovery()
        self._patient_until_s: dict[str, float] = {}

    def heal(self) -> Recovery:
        """Mend everything and wait until it is well."""
        self._shop.mend_broker()
        for station in self._shop.stations:
            station.mend()
        until_s = time.monotonic() + PATIENCE_S
        while trouble := self._look():
            if len(self._recovery.findings) >= _FINDINGS_MAX:
                break
            if time.monotonic() > until_s:
                said = "\n".join(one.last_words() for one in self._shop.stations)
                self._recovery.findings.append(
                    f"not well after {PATIENCE_S:g} s: {trouble}\n{said}"
                )
                break
            time.sleep(_LOOK_S)
        return self._recovery

    def _look(self) -> str | None:
        """What is not well yet, in words; whatever has ended is started on the way."""
        for station in self._shop.stations:
            self._keep_alive(station)
        gateway = self._shop.gateway
        if not gateway_connected(gateway):
            # Before it has started it has no link that could be waiting.
            if _STARTED in gateway.said():
                self._lose_patience(gateway)
            return "the gateway has no broker"
        for lane in self._shop.lanes:
            trouble = self._trouble_of(lane)
            if trouble is not None:
                return f"{lane.terminal} {trouble}"
        held = self._held()
        return f"{held} reservations of the gateway's are open" if held else None

    def _held(self) -> int:
        with self._shop.ledger.batch() as batch:
            return sum(hold.state is HoldState.PENDING for hold in batch.every(HoldRow))

    def _keep_alive(self, station: Station) -> None:
        if station.running:
            return
        code = station.ended_with
        if code is not None and not (code == _FAULT_EXIT and station.name in self._excused):
            self._recovery.findings.append(
                f"{station.name} ended by itself with {code}: {station.last_words()}"
            )
        station.start()
        self._patient_until_s.pop(station.name, None)

    def _trouble_of(self, lane: Lane) -> str | None:
        status = lane.status()
        if status is None:
            return "does not answer"
        if status.link != "up":
            self._lose_patience(lane.station)
            return "has no broker"
        return unsettled(status)

    def _lose_patience(self, station: Station) -> None:
        """Restart a process whose link has been down for long enough."""
        now_s = time.monotonic()
        if now_s > self._patient_until_s.setdefault(station.name, now_s + _LINK_PATIENCE_S):
            wrong = station.stop()
            if wrong is not None:
                self._recovery.findings.append(wrong)
            station.start()
            self._recovery.restarts += 1
            del self._patient_until_s[station.name]


def gateway_connected(gateway: Station) -> bool:
    """Whether the gateway's last word on its broker is that it is connected."""
    said = gateway.said()
    return said.rfind(_UP) > said.rfind(_DOWN)


def unsettled(status: AgentStatus) -> str | None:
    """What of a terminal's is not settled, in words; None if all is well."""
    if status.till != "up" or status.reader != "ready":
        return f"has till {status.till} and reader {status.reader}"
    if status.stopped is not None:
        return f"accepts nothing any more: {status.stopped}"
    if status.rejected:
        return f"has {status.rejected} rejected transactions"
    if status.settled != status.accepted or status.open_holds or not status.configuration_version:
        return (
            f"has settled {status.settled} of {status.accepted}, with {status.open_holds} open"
            f" holds and configuration {status.configuration_version}"
        )
    return None
