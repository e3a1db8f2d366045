"""Draws what goes wrong, and what administrators do. Pure."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from simulators.faults import FaultPlan
from simulators.shop.server import CLIENT_ID
from simulators.world.events import (
    Block,
    ClockJump,
    DiskFull,
    DropLink,
    Event,
    Kill,
    NewRules,
    Offline,
    Print,
    Reboot,
    Redeem,
    RegisterAgain,
    Stop,
    Weather,
    WipeBroker,
)
from simulators.world.size import MINUTE_MS, WorldSize

_JUMPS_MS: Final = (
    -2 * 86_400_000,
    -3_600_000,
    -90_000,
    -4_000,
    4_000,
    90_000,
    300_000,
    86_400_000,
)
_DOWN_MS: Final = (500, 2_000, 8_000, 40_000)
_WHILE_MS: Final = (2_000, 10_000, 45_000)


@dataclass(frozen=True, slots=True)
class _Draw:
    rng: random.Random
    tills: Sequence[str]
    members: int
    events: Sequence[Event]
    span_ms: int

    def at_ms(self) -> int:
        """A moment: mostly just before somebody does something, when a trouble meets most."""
        if self.events and self.rng.random() < 0.8:
            return max(self.rng.choice(self.events).at_ms - self.rng.choice((0, 50, 400)), 0)
        return self.rng.randrange(self.span_ms)

    def near(self, kind: type[Event], who: str | None = None) -> int:
        """A moment at, or shortly after, something of this kind; any moment where there is none."""
        same = [
            event.at_ms
            for event in self.events
            if isinstance(event, kind) and who in (None, getattr(event, "who", None))
        ]
        if not same:
            return self.at_ms()
        return self.rng.choice(same) + self.rng.choice((0, 200, 1_200, 3_000))

    def anyone(self) -> str:
        """A till, or the gateway."""
        return CLIENT_ID if self.rng.random() < 0.4 else self.rng.choice(self.tills)

    # -- ends of processes -------------------------------------------------------------------------

    def kill(self) -> Event:
        rng, who = self.rng, self.anyone()
        # Points lie on hold for a few seconds only: a death then is worth aiming at.
        at_ms = self.at_ms() if rng.random() < 0.6 else self.near(Redeem, _till(who))
        return Kill(
            at_ms=at_ms,
            who=who,
            calls=min(1 + int(rng.expovariate(0.15)), 40),
            after=rng.random() < 0.5,
            down_ms=rng.choice(_DOWN_MS),
            boot_calls=rng.randint(1, 8) if rng.random() < 0.25 else None,
        )

    def stop(self) -> Event:
        return Stop(at_ms=self.at_ms(), who=self.anyone(), down_ms=self.rng.choice(_DOWN_MS))

    def reboot(self) -> Event:
        rng = self.rng
        return Reboot(
            at_ms=self.at_ms(),
            who=self.anyone(),
            down_ms=rng.choice(_DOWN_MS),
            wall_jump_ms=rng.choice((0, -5_000, -120_000, -86_400_000)),
            sync_after_ms=rng.choice((None, 1_000, 20_000)),
        )

    # -- the network -------------------------------------------------------------------------------

    def weather(self) -> Event:
        rng = self.rng
        bad = rng.choice((0.05, 0.2, 0.5))
        slow_ms = rng.choice((20, 100, 1_500))
        plan = FaultPlan(
            lose=bad * rng.random(),
            repeat=bad * rng.random(),
            # Where everything waits, nothing is overtaken: half is the most disorder there is.
            reorder=min(3 * bad * rng.random(), 0.5),
            disconnect=bad * rng.random() / 3,
            restart_empty=bad * rng.random() / 30,
            delay_min_ms=1,
            delay_max_ms=slow_ms,
            reorder_ms=rng.choice((400, 6_000, 20_000)),
            outage_ms=rng.choice((100, 3_000)),
        )
        return Weather(at_ms=self.at_ms(), for_ms=rng.choice((30_000, 150_000)), plan=plan)

    def drop(self) -> Event:
        return DropLink(at_ms=self.at_ms(), who=self.anyone())

    def offline(self) -> Event:
        return Offline(
            at_ms=self.at_ms(), who=self.anyone(), for_ms=self.rng.choice((3_000, 20_000, 90_000))
        )

    def wipe(self) -> Event:
        return WipeBroker(at_ms=self.at_ms(), outage_ms=self.rng.choice((0, 2_000, 30_000)))

    # -- clocks and disks --------------------------------------------------------------------------

    def jump(self) -> Event:
        return ClockJump(
            at_ms=self.at_ms(),
            who=self.anyone(),
            by_ms=self.rng.choice(_JUMPS_MS),
            believed=self.rng.random() < 0.6,
            for_ms=self.rng.choice(_WHILE_MS),
        )

    def full(self) -> Event:
        who = CLIENT_ID if self.rng.random() < 0.3 else self.rng.choice(self.tills)
        return DiskFull(
            at_ms=max(self.near(Print, _till(who)) - 4_000, 0),
            who=who,
            spare_pages=self.rng.choice((0, 0, 0, 1)),
            for_ms=self.rng.choice((20_000, 60_000, 200_000)),
        )

    # -- administrators ----------------------------------------------------------------------------

    def block(self) -> Event:
        return Block(
            at_ms=self.at_ms(),
            member=self.rng.randrange(self.members),
            blocked=self.rng.random() < 0.6,
        )

    def rules(self) -> Event:
        return NewRules(
            at_ms=self.at_ms(),
            lead_ms=self.rng.choice((500, 10_000, 100_000)),
            earn_points=self.rng.choice((0, 2, 7)),
        )

    def register(self) -> Event:
        return RegisterAgain(at_ms=self.at_ms(), who=self.rng.choice(self.tills))


def draw_troubles(
    rng: random.Random,
    size: WorldSize,
    tills: Sequence[str],
    members: int,
    events: Sequence[Event],
) -> tuple[Event, ...]:
    """Draw everything that goes wrong around what customers do.

    Args:
        rng: where every choice comes from.
        size: the most of each.
        tills: the tills' names.
        members: how many cards there are.
        events: what customers do.
    """
    end_ms = max((event.at_ms for event in events), default=0)
    draw = _Draw(rng, tills, members, events, max(end_ms, MINUTE_MS))
    deaths: tuple[Callable[[], Event], ...] = (draw.kill, draw.stop, draw.reboot)
    faults: tuple[Callable[[], Event], ...] = (
        draw.weather,
        draw.drop,
        draw.offline,
        draw.wipe,
        draw.jump,
        draw.full,
        draw.block,
        draw.rules,
        draw.register,
    )
    many = rng.randint(1, size.deaths_max)
    made = [rng.choices(deaths, (7, 1, 2))[0]() for _ in range(many)]
    made += [draw.weather() for _ in range(rng.randint(0, 2))]
    many = rng.randint(1, size.faults_max)
    weights = (4, 1, 2, 2, 4, 3, 3, 2, 1)
    made += [rng.choices(faults, weights)[0]() for _ in range(many)]
    if rng.random() < 0.35:
        made += _power_cut(rng, tills, end_ms)
    return tuple(made)


def _power_cut(rng: random.Random, tills: Sequence[str], end_ms: int) -> list[Event]:
    """The line goes dead, and then the lights: what was sold last must be sent after a start."""
    made: list[Event] = []
    for who in tills:
        silent_ms = rng.choice((1_000, 20_000))
        made.append(Offline(at_ms=max(end_ms - silent_ms, 0), who=who, for_ms=silent_ms + 5_000))
        made.append(
            Reboot(
                at_ms=end_ms + 1,
                who=who,
                down_ms=rng.choice(_DOWN_MS),
                wall_jump_ms=0,
                sync_after_ms=None,
            )
        )
    return made


def _till(who: str) -> str | None:
    """A till's own customers concern it; everybody's concern the gateway."""
    return None if who == CLIENT_ID else who
