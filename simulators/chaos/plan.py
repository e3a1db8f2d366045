"""Which faults strike at which moments: pure, and the same for the same seed and round.

What the processes make of them depends on the machine's scheduler, so a seed replays the faults
and the customers, and not each interleaving.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Place(StrEnum):
    """Who is struck. Of the network, it is the stretch between that one and the broker."""

    AGENT = "agent"
    GATEWAY = "gateway"
    BROKER = "broker"


class FaultKind(StrEnum):
    """What happens to it."""

    KILL = "kill"
    """SIGKILL, and a new start a little later."""
    PAUSE = "pause"
    """SIGSTOP, and SIGCONT a little later."""
    WIPE = "wipe"
    """The broker is killed and comes back without its store."""
    SLOW = "slow"
    """The network has latency and little bandwidth."""
    TRICKLE = "trickle"
    """The network carries byte after byte."""
    CUT = "cut"
    """The network closes every connection and lets none be made."""
    HOLE = "hole"
    """The network swallows everything; the connections seem open."""
    DISK_FULL = "disk_full"
    """Somebody else's files take the small disk that its data lie on."""
    CLOCK = "clock"
    """Its wall clock is wrong for a while; the monotonic one is not."""


_BOTH_ENDS: Final = (Place.AGENT, Place.GATEWAY)
_EVERYONE: Final = (*_BOTH_ENDS, Place.BROKER)

#: What can happen to whom.
VICTIMS: Final[dict[FaultKind, tuple[Place, ...]]] = {
    FaultKind.KILL: _EVERYONE,
    FaultKind.PAUSE: _EVERYONE,
    FaultKind.WIPE: (Place.BROKER,),
    FaultKind.SLOW: _BOTH_ENDS,
    FaultKind.TRICKLE: _BOTH_ENDS,
    FaultKind.CUT: _BOTH_ENDS,
    FaultKind.HOLE: _BOTH_ENDS,
    FaultKind.DISK_FULL: _BOTH_ENDS,
    FaultKind.CLOCK: _BOTH_ENDS,
}

#: How long each lasts, in milliseconds; of a kill, how long the victim stays dead.
_LASTS_MS: Final[dict[FaultKind, tuple[int, int]]] = {
    FaultKind.KILL: (0, 500),
    FaultKind.PAUSE: (50, 1_500),
    FaultKind.WIPE: (0, 500),
    FaultKind.SLOW: (300, 1_500),
    FaultKind.TRICKLE: (300, 1_500),
    FaultKind.CUT: (0, 1_200),
    FaultKind.HOLE: (200, 1_500),
    FaultKind.DISK_FULL: (200, 1_200),
    FaultKind.CLOCK: (200, 2_500),
}

#: Kills are what the promises are about, so they come more often than the rest.
_WEIGHTS: Final = {FaultKind.KILL: 3}

_DAY_S: Final = 86_400
_CLOCK_JUMPS_S: Final = (1, 90, 3_600, 2 * _DAY_S, -1, -90, -3_600, -2 * _DAY_S)

ROUNDS_PER_LIFE: Final = 25
_FAULTS_MAX: Final = 3
_WORK_MS: Final = (900, 1_700)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        kind: what.
        place: to whom.
        till: index of the till whose agent it is; None for gateway and broker.
        at_ms: when it strikes, from the beginning of the round's work.
        lasts_ms: when it ends by itself; the end of the round mends everything anyway.
        severity: from 0 to 1: of a slow network, how slow; of a full disk, how little is left.
        jump_s: of a clock, by how much it is wrong.
    """

    kind: FaultKind
    place: Place
    till: int | None
    at_ms: int
    lasts_ms: int
    severity: float
    jump_s: int = 0

    @property
    def name(self) -> str:
        """What it is counted under, such as ``kill_agent``."""
        return f"{self.kind}_{self.place}"

    def __str__(self) -> str:
        where = "" if self.till is None else f" of till {self.till + 1}"
        jump = f", {self.jump_s:+d} s" if self.jump_s else ""
        return f"{self.name}{where} at {self.at_ms} ms for {self.lasts_ms} ms{jump}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundPlan:
    """One round.

    Attributes:
        number: counts from 1.
        work_ms: for how long customers come.
        faults: by the time at which they strike.
    """

    number: int
    work_ms: int
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LifePlan:
    """One shop, and the rounds that it lives through.

    Attributes:
        number: counts from 1.
        small_disks: gateway and terminals lie on small disks that can be filled.
        faked_clocks: gateway and agents run under a library through which their clocks can be set.
        rounds: in their order.
    """

    number: int
    small_disks: bool
    faked_clocks: bool
    rounds: tuple[RoundPlan, ...]


def plan_lives(
    seed: int, *, rounds: int, first_round: int = 1, tills: int = 2
) -> tuple[LifePlan, ...]:
    """Draw what happens.

    Args:
        seed: makes every choice.
        rounds: how many.
        first_round: begin with this one instead of the first, in a new shop.
        tills: how many tills a shop has.
    """
    lives: dict[int, list[int]] = {}
    for number in range(first_round, first_round + rounds):
        lives.setdefault((number - 1) // ROUNDS_PER_LIFE + 1, []).append(number)
    return tuple(_plan_life(seed, number, tuple(those), tills) for number, those in lives.items())


def _plan_life(seed: int, number: int, rounds: tuple[int, ...], tills: int) -> LifePlan:
    chance = random.Random(f"{seed}/life {number}")
    # A short run shall see every kind of fault, so the first shop has all that they need.
    small_disks, faked_clocks = (number == 1 or chance.random() < 0.5 for _ in range(2))
    kinds = [
        kind
        for kind in FaultKind
        if (small_disks or kind is not FaultKind.DISK_FULL)
        and (faked_clocks or kind is not FaultKind.CLOCK)
    ]
    return LifePlan(
        number=number,
        small_disks=small_disks,
        faked_clocks=faked_clocks,
        rounds=tuple(_plan_round(seed, one, tills, kinds) for one in rounds),
    )


def _plan_round(seed: int, number: int, tills: int, kinds: list[FaultKind]) -> RoundPlan:
    chance = random.Random(f"{seed}/round {number}")
    work_ms = chance.randint(*_WORK_MS)
    weights = [_WEIGHTS.get(kind, 1) * len(VICTIMS[kind]) for kind in kinds]
    drawn = chance.choices(kinds, weights, k=chance.randint(1, _FAULTS_MAX))
    faults = [_draw(chance, kind, work_ms, tills) for kind in drawn]
    return RoundPlan(
        number=number,
        work_ms=work_ms,
        faults=tuple(sorted(faults, key=lambda fault: fault.at_ms)),
    )


def _draw(chance: random.Random, kind: FaultKind, work_ms: int, tills: int) -> Fault:
    place = chance.choice(VICTIMS[kind])
    return Fault(
        kind=kind,
        place=place,
        till=chance.randrange(tills) if place is Place.AGENT else None,
        at_ms=chance.randrange(work_ms * 4 // 5),
        lasts_ms=chance.randint(*_LASTS_MS[kind]),
        severity=chance.random(),
        jump_s=chance.choice(_CLOCK_JUMPS_S) if kind is FaultKind.CLOCK else 0,
    )
