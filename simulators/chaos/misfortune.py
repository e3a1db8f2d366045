"""Does what a round's plan says to the processes, moment by moment, and watches them meanwhile."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from simulators.chaos.plan import Fault, FaultKind, Place, RoundPlan
from simulators.chaos.shop import ChaosShop
from simulators.chaos.station import Station
from simulators.tcp_proxy import CLEAR, Weather

#: How often somebody looks whether a promise is being broken while nothing strikes.
_WATCH_S: Final = 0.12
#: A little room may be left on a full disk; an agent's reserve is one mebibyte.
_LEFT_BYTES_MAX: Final = 1_500_000


#: What begins a fault, None where this machine or shop cannot do it; and what ends it.
_Acts = tuple[Callable[[], None] | None, Callable[[], None]]


@dataclass(frozen=True, slots=True)
class _Moment:
    """Something that is done at a time of the round, in milliseconds."""

    at_ms: int
    do: Callable[[], None]


class Misfortune:
    """The faults of one round.

    Args:
        shop: whom they strike.
        plan: what strikes when.
        watch: called again and again while nothing strikes.

    Attributes:
        done: how often each fault struck, by its name.
        missed: how often each fault was planned and could not strike here, by its name.
    """

    def __init__(self, shop: ChaosShop, plan: RoundPlan, watch: Callable[[], None]) -> None:
        self._shop = shop
        self._plan = plan
        self._watch = watch
        self.done: Counter[str] = Counter()
        self.missed: Counter[str] = Counter()

    def strike(self) -> None:
        """Let the round's working time pass, with everything that goes wrong in it."""
        moments = [moment for fault in self._plan.faults for moment in self._moments_of(fault)]
        began_s = time.monotonic()
        for moment in sorted(moments, key=lambda moment: moment.at_ms):
            if moment.at_ms > self._plan.work_ms:
                break  # the end of the round mends it
            self._pass_time(began_s + moment.at_ms / 1_000)
            moment.do()
        self._pass_time(began_s + self._plan.work_ms / 1_000)

    def _pass_time(self, until_s: float) -> None:
        while (left_s := until_s - time.monotonic()) > 0:
            if left_s > _WATCH_S:
                self._watch()
            time.sleep(min(max(until_s - time.monotonic(), 0), _WATCH_S))

    def _moments_of(self, fault: Fault) -> tuple[_Moment, ...]:
        begin, end = (
            self._broker_acts(fault) if fault.place is Place.BROKER else self._station_acts(fault)
        )

        def strike() -> None:
            if begin is None:
                self.missed[fault.name] += 1
                return
            self.done[fault.name] += 1
            begin()

        moments = (_Moment(fault.at_ms, strike), _Moment(fault.at_ms + fault.lasts_ms, end))
        return moments[:1] if begin is None else moments

    def _victim(self, fault: Fault) -> Station:
        if fault.till is None:
            return self._shop.gateway
        return self._shop.lanes[fault.till].station

    def _broker_acts(self, fault: Fault) -> _Acts:
        shop = self._shop
        if fault.kind is FaultKind.PAUSE:
            return shop.pause_broker, shop.mend_broker
        wipe = fault.kind is FaultKind.WIPE
        return partial(shop.kill_broker, wipe=wipe), shop.mend_broker

    def _station_acts(self, fault: Fault) -> _Acts:
        victim = self._victim(fault)
        network, disk, clock = victim.network, victim.disk, victim.clock
        begin: Callable[[], None] | None = None
        end = victim.resume
        match fault.kind:
            case FaultKind.KILL:
                begin, end = victim.kill, victim.start
            case FaultKind.PAUSE:
                begin = victim.pause
            case FaultKind.CUT:
                begin, end = partial(_cut, victim), partial(network.refuse, refusing=False)
            case FaultKind.HOLE:
                begin, end = network.swallow, network.stop_swallowing
            case FaultKind.SLOW | FaultKind.TRICKLE:
                begin = partial(network.set_weather, _weather(fault))
                end = partial(network.set_weather, CLEAR)
            case FaultKind.DISK_FULL if disk is not None:
                left_bytes = round(fault.severity * _LEFT_BYTES_MAX)
                begin, end = partial(disk.fill, leave_bytes=left_bytes), disk.free
            case FaultKind.CLOCK if clock is not None:
                begin = partial(clock.set_wrong_by, fault.jump_s)
                end = partial(clock.set_wrong_by, 0)
        return begin, end


def _cut(victim: Station) -> None:
    victim.network.refuse(refusing=True)
    victim.network.cut()


def _weather(fault: Fault) -> Weather:
    if fault.kind is FaultKind.TRICKLE:
        return Weather(bytes_per_s=round(200 + 1_800 * (1 - fault.severity)), piece_bytes=1)
    return Weather(
        latency_s=0.02 + 0.2 * fault.severity,
        bytes_per_s=round(2_000 + 30_000 * (1 - fault.severity)),
        piece_bytes=500,
    )
