"""The people at one till, and what they were promised: all that the outside knows of the agent."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from gateway.errors import MohrError
from simulators.chaos.lane import Lane
from simulators.process_setup import receipt
from terminal_agent.control import AgentStatus, Cancel, ControlError, Redeem, Refund, Total
from terminal_agent.session.states import State

_LOOK_S: Final = 0.015
#: Between two customers at one till.
_THINK_S_MAX: Final = 0.06
#: Longer than any answer takes where nothing is wrong; whoever waited so long goes home.
_PATIENCE_S: Final = 1.5
_REPRINT_S: Final = 0.15
#: Bytes that wait in the line are read within this time by an agent that answers.
_DRAIN_S: Final = 0.25
#: States in which a card that is tapped begins a visit.
_FREE: Final = frozenset({State.IDLE, State.ACCEPTED, State.RECEIPTED, State.REFUSED})
MEMBERS: Final = 9
_TOTALS_MINOR: Final = (180, 240, 495, 795, 1_290, 4_200)


@dataclass(frozen=True, slots=True)
class _Paper:
    """A receipt that was printed, and may be printed again."""

    number: str
    total_minor: int


@dataclass(slots=True)
class Promises:
    """What the outside was told of one terminal, noted the moment it was told.

    Attributes:
        accepted: the highest number of accepted transactions that the agent has ever named.
        sales: receipt numbers of sales of which it said that they are accepted.
        refunds: how often it said so of a refund, by the receipt number of the sale.
    """

    accepted: int = 0
    sales: set[str] = field(default_factory=set)
    refunds: Counter[str] = field(default_factory=Counter)


class Customers(threading.Thread):
    """Customers of one till, one after the other, until they are sent home.

    Args:
        lane: the till.
        promises: what they are promised goes here.
        sold: receipt numbers of every accepted sale of the shop, which any till may take back.
        chance: makes every choice.
        first_number: of the receipts printed now; no other till and no other round prints it.
    """

    def __init__(
        self,
        lane: Lane,
        promises: Promises,
        sold: list[str],
        chance: random.Random,
        first_number: int,
    ) -> None:
        super().__init__(name=f"customers-{lane.terminal}", daemon=True)
        self._lane = lane
        self._promises = promises
        self._sold = sold
        self._chance = chance
        self._number = first_number
        self._printed: list[_Paper] = []
        self._last_member = -1
        self._home = threading.Event()
        self.fault: BaseException | None = None

    def send_home(self) -> None:
        """No more customers; wait until the last one has left.

        Raises:
            Exception: whatever went wrong with this simulation itself.
        """
        self._home.set()
        self.join()
        if self.fault is not None:
            raise self.fault

    def run(self) -> None:
        """Serve customers; called by the thread."""
        try:
            while not self._home.wait(self._chance.uniform(0, _THINK_S_MAX)):
                self._serve_one()
            self._leave()
        except Exception as error:  # noqa: BLE001 - carried to the owner, who raises it
            self.fault = error

    def _serve_one(self) -> None:
        try:
            dice = self._chance.random()
            if dice < 0.1 and self._sold:
                self._give_back()
            elif dice < 0.15 and self._printed:
                self._sell(self._chance.choice(self._printed), redeems=False, again=True)
            else:
                self._number += 1
                paper = _Paper(f"2026-{self._number:06d}", self._chance.choice(_TOTALS_MINOR))
                self._printed.append(paper)
                self._sell(paper, redeems=dice > 0.75)
        except MohrError:
            # Nobody is behind the counter: the agent is dead, or stopped where it stands.
            self._home.wait(_LOOK_S * 3)

    def _sell(self, paper: _Paper, *, redeems: bool, again: bool = False) -> None:
        pid = self._lane.station.pid
        before = self._step_up()
        self._last_member = self._chance.choice(
            [member for member in range(MEMBERS) if member != self._last_member]
        )
        self._lane.tap(bytes.fromhex("04c4a05e") + self._last_member.to_bytes(3))
        if self._stands().state != State.CARD:
            # Something else took the tap: a paper that came late, or an agent that just began.
            return
        if redeems:
            self._lane.ask(Total(total_minor=paper.total_minor))
            self._lane.ask(Redeem())
            self._wait(lambda status: status.state != State.AUTHORISING, _PATIENCE_S)
        self._lane.till.print(receipt(paper.number, paper.total_minor))
        # An agent that remembers the sale does nothing; one that has died since records it again,
        # for the gateway to refuse.
        patience_s = _REPRINT_S if again else _PATIENCE_S
        counted = self._wait(lambda status: status.accepted > before.accepted, patience_s)
        if counted and self._lane.station.pid == pid:
            self._promises.sales.add(paper.number)
            self._sold.append(paper.number)
            return
        # Nobody knows whether it counted. What still waits in the line must not be taken for the
        # next sale's.
        self._home.wait(_DRAIN_S)

    def _step_up(self) -> AgentStatus:
        """Wait for a counter at which nothing of an earlier customer's is left.

        A sale that closed without a card waits for a late tap, and the next card would claim it.
        """
        status = self._stands()
        if status.state in _FREE:
            return status
        self._lane.ask(Cancel())
        self._home.wait(_DRAIN_S)
        status = self._stands()
        if status.state not in _FREE:
            raise ControlError("the counter is not free yet")
        return status

    def _give_back(self) -> None:
        number = self._chance.choice(self._sold)
        if self._lane.ask(Refund(receipt_number=number)).code.well:
            self._promises.refunds[number] += 1

    def _leave(self) -> None:
        try:
            self._lane.ask(Cancel())
        except ControlError:
            # A dead agent has no visit under way.
            return

    def _wait(self, wanted: Callable[[AgentStatus], bool], patience_s: float) -> bool:
        until_s = time.monotonic() + patience_s
        # At the end of the day nobody waits for an answer; what it was is found out later.
        while time.monotonic() < until_s and not self._home.is_set():
            if wanted(self._stands()):
                return True
            time.sleep(_LOOK_S)
        return False

    def _stands(self) -> AgentStatus:
        status = self._lane.status()
        if status is None or status.till != "up":
            raise ControlError("nobody answers at the counter")
        self._promises.accepted = max(self._promises.accepted, status.accepted)
        return status
