"""A world's story before it runs: who there is, and everything that will happen. Pure.

Each part is drawn from a generator of its own, made from the seed, so that a change of one part
does not shift the others.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

from gateway.model.money import EUR
from gateway.model.programme import Programme, RefundPolicy, UnknownCardPolicy
from simulators.world.draw_troubles import draw_troubles
from simulators.world.draw_visits import draw_visits
from simulators.world.events import Event
from simulators.world.size import WorldSize

#: 2027-01-15 08:00 in Tehran.
OPENING_MS: Final = 1_799_987_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Who and what there is.

    Attributes:
        branches: the branch of each till, by the till's name.
        members: how many cards.
        programme: the first version of the rules.
        outbox_window: messages that a till may have unsettled; small ones make batches early.
        inbox_rows_max: how much may wait out of order at the gateway.
        queue_max: messages that the broker keeps for one session.
        journal_page_bytes: page size of the tills' databases.
    """

    branches: tuple[tuple[str, str], ...]
    members: int
    programme: Programme
    outbox_window: int
    inbox_rows_max: int
    queue_max: int
    journal_page_bytes: int

    @property
    def tills(self) -> tuple[str, ...]:
        """The names of the tills."""
        return tuple(name for name, _ in self.branches)


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One whole story.

    Attributes:
        seed: also makes what the parts draw for themselves while it runs.
        setting: who and what there is.
        events: what happens, by rising time.
    """

    seed: int
    setting: Setting
    events: tuple[Event, ...]


def draw_script(seed: int, size: WorldSize) -> Script:
    """Draw everything that happens.

    Args:
        seed: the same seed and size give the same script.
        size: how much happens.
    """
    setting = _draw_setting(random.Random(f"{seed}/setting"), size)
    visits = draw_visits(
        random.Random(f"{seed}/visits"),
        size,
        setting.tills,
        setting.members,
        enrols=setting.programme.unknown_card is UnknownCardPolicy.HOLD,
    )
    troubles = draw_troubles(
        random.Random(f"{seed}/troubles"), size, setting.tills, setting.members, visits
    )
    events = sorted((*visits, *troubles), key=lambda event: event.at_ms)
    return Script(seed=seed, setting=setting, events=tuple(events))


def _draw_setting(rng: random.Random, size: WorldSize) -> Setting:
    terminals = rng.randint(1, size.terminals_max)
    branches = rng.randint(1, min(size.branches_max, terminals))
    programme = Programme(
        name="world",
        version=1,
        effective_from_ms=0,
        currency=EUR,
        earn_points=rng.choice((1, 5, 20)),
        earn_per_minor=100,
        redeem_points=rng.choice((1, 5, 10)),
        redeem_value_minor=rng.choice((5, 10)),
        redeem_minimum_points=rng.choice((1, 10)),
        redeem_share_percent=rng.choice((50, 100)),
        redeemed_amount_earns=rng.random() < 0.3,
        unknown_card=rng.choices(tuple(UnknownCardPolicy), (3, 1))[0],
        refund=rng.choice(tuple(RefundPolicy)),
        hold_ttl_ms=rng.choice((4_000, 15_000, 60_000)),
    )
    return Setting(
        branches=tuple(
            (f"till-{number}", f"branch-{(number - 1) % branches + 1}")
            for number in range(1, terminals + 1)
        ),
        members=min(1 + int(rng.expovariate(0.25)), size.members_max),
        programme=programme,
        outbox_window=rng.choice((20, 8, 5)),
        inbox_rows_max=rng.choice((1_024, 1_024, 2)),
        queue_max=rng.choice((100_000, 100_000, 20)),
        journal_page_bytes=rng.choice((512, 4_096)),
    )
