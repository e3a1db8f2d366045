"""One shop through its rounds: work under faults, healing, and a look at all books."""

from __future__ import annotations

import random
import time
from typing import Final

from gateway.errors import MohrError
from gateway.service.data_dir import DataDir
from simulators.chaos.check import AUDIT, check
from simulators.chaos.customers import Customers, Promises
from simulators.chaos.healing import Healer, Recovery
from simulators.chaos.misfortune import Misfortune
from simulators.chaos.plan import FaultKind, RoundPlan
from simulators.chaos.report import RoundReport, Seconds
from simulators.chaos.shop import ChaosShop
from simulators.chaos.watch import Watch
from simulators.shop.checker import Verdict

#: Of the six digits of a receipt number, a till has these for one round.
_NUMBERS_PER_TILL: Final = 1_000


class Life:
    """A shop that has been opened, and what its outside was promised so far.

    Args:
        shop: open.
        seed: of the whole run.
    """

    def __init__(self, shop: ChaosShop, seed: int) -> None:
        self._shop = shop
        self._seed = seed
        self._promised = {lane.terminal: Promises() for lane in shop.lanes}
        self._sold: list[str] = []
        self._transactions = 0

    def begin(self) -> None:
        """Wait until the shop that was just opened is well.

        Raises:
            MohrError: if it never is: then no fault is to blame.
        """
        recovery = Healer(self._shop, frozenset()).heal()
        if recovery.findings:
            raise MohrError(f"the shop does not open: {recovery.findings}")

    def play(self, plan: RoundPlan, place_in_life: int) -> RoundReport:
        """Play one round.

        Args:
            plan: what strikes when.
            place_in_life: counts from 0; keeps receipt numbers of the rounds apart.
        """
        began_s = time.monotonic()
        self._shop.save_broker()
        watch = Watch(self._shop)
        misfortune = Misfortune(self._shop, plan, watch.look)
        self._work(misfortune, plan, place_in_life)
        worked_s = time.monotonic()
        excused = frozenset(
            self._shop.gateway.name if one.till is None else self._shop.lanes[one.till].terminal
            for one in plan.faults
            if one.kind is FaultKind.DISK_FULL
        )
        recovery = Healer(self._shop, excused).heal()
        healed_s = time.monotonic()
        verdict = self.check()
        new = verdict.transactions - self._transactions
        self._transactions = verdict.transactions
        return RoundReport(
            number=plan.number,
            transactions=new,
            planned=tuple(str(fault) for fault in plan.faults),
            done=dict(misfortune.done),
            missed=dict(misfortune.missed),
            restarts=recovery.restarts,
            lost=verdict.lost,
            doubled=verdict.doubled,
            audit_clean=not any(one.startswith(f"{AUDIT}: ") for one in verdict.findings),
            findings=_all_findings(watch, recovery, verdict),
            seconds=Seconds(
                work=worked_s - began_s,
                heal=healed_s - worked_s,
                check=time.monotonic() - healed_s,
            ),
        )

    def end(self) -> tuple[str, ...]:
        """Close the shop in order.

        Returns:
            which process did not stop in order.
        """
        wrong = [station.stop() for station in reversed(self._shop.stations)]
        return tuple(one for one in wrong if one is not None)

    def check(self) -> Verdict:
        """Compare all books, of processes that may be running and have settled everything."""
        shop = self._shop
        terminals = {
            lane.terminal: (lane.station.data_dir, self._promised[lane.terminal])
            for lane in shop.lanes
        }
        try:
            return check(terminals, DataDir(shop.gateway.data_dir).ledger, shop.programme)
        except MohrError as error:
            # A book that cannot be read is the worst of findings, not a fault of this program.
            verdict = Verdict(transactions=self._transactions, lost=1)
            verdict.find(AUDIT, f"a book cannot be read: {error}")
            return verdict

    def _work(self, misfortune: Misfortune, plan: RoundPlan, place_in_life: int) -> None:
        customers = []
        for index, lane in enumerate(self._shop.lanes):
            chance = random.Random(f"{self._seed}/round {plan.number}/till {index}")
            first = (place_in_life * len(self._shop.lanes) + index) * _NUMBERS_PER_TILL
            promises = self._promised[lane.terminal]
            customers.append(Customers(lane, promises, self._sold, chance, first))
        for one in customers:
            one.start()
        try:
            misfortune.strike()
        finally:
            # A paused agent keeps its customers waiting; nobody can be sent home from there.
            for station in self._shop.stations:
                station.resume()
            for one in customers:
                one.send_home()


def _all_findings(watch: Watch, recovery: Recovery, verdict: Verdict) -> tuple[str, ...]:
    return (*watch.findings, *recovery.findings, *verdict.findings)
