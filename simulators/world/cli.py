"""What ``mohr sim world`` does with its options."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gateway.errors import ConfigError
from simulators.world.crowd import be_quiet, run_worlds, short_story
from simulators.world.report import WorldReport, to_json
from simulators.world.run import run_world
from simulators.world.size import SIZES, WorldSize

#: Shrinking costs as much as a hundred worlds; the first failures tell.
_SHRUNK_MAX: Final = 3

Echo = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldOrder:
    """What was asked for.

    Attributes:
        seeds: which worlds.
        size: a name of ``SIZES``.
        jobs: processes; 0 takes every processor.
        story: tell everything that happens in each of the worlds.
        as_json: print one JSON object and nothing else.
    """

    seeds: range
    size: str
    jobs: int
    story: bool
    as_json: bool


def run_order(order: WorldOrder, echo: Echo) -> bool:
    """Run the worlds and say what became of them.

    Args:
        order: what was asked for.
        echo: prints a line.

    Returns:
        whether something was found.

    Raises:
        ConfigError: if there is no such size.
    """
    size = SIZES.get(order.size)
    if size is None:
        raise ConfigError(f"there is no size {order.size!r}; one of: {', '.join(SIZES)}")
    worlds: list[WorldReport] = []
    if order.story:
        be_quiet()
        worlds = [run_world(seed, size) for seed in order.seeds]
        _tell(worlds, echo)
    else:
        jobs = order.jobs or os.cpu_count() or 1
        for one in run_worlds(order.seeds, size, jobs):
            worlds.append(one)
            if not order.as_json:
                echo(_line(one))
    stories = _stories(worlds, size)
    if order.as_json:
        echo(to_json(worlds, stories))
    else:
        _tell_failures(order, stories, echo)
    return any(not one.clean for one in worlds)


def _stories(worlds: list[WorldReport], size: WorldSize) -> dict[int, tuple[str, ...]]:
    be_quiet()
    failed = [one for one in worlds if not one.clean]
    return {one.seed: short_story(one, size) for one in failed[:_SHRUNK_MAX]}


def _line(one: WorldReport) -> str:
    state = "clean" if one.clean else "; ".join(one.findings[:5])
    return f"seed {one.seed}: {one.transactions} transactions, {one.faults} faults: {state}"


def _tell(worlds: list[WorldReport], echo: Echo) -> None:
    for one in worlds:
        for line in one.story:
            echo(line)
        echo(_line(one))


def _tell_failures(order: WorldOrder, stories: dict[int, tuple[str, ...]], echo: Echo) -> None:
    for seed, lines in stories.items():
        echo(f"\nThe shortest story found for seed {seed}:")
        for line in lines:
            echo(line)
        echo(f"replay with: mohr sim world --seed {seed} --size {order.size} --story")
