"""Hunts for many planted bugs at once, each in a process of its own, and sums up."""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass

import structlog

from simulators.planted.hunt import Budget, Catch, hunt
from simulators.planted.registry import find_bug


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunted:
    """What came of the hunt for one bug."""

    name: str
    catch: Catch | None

    def line(self) -> str:
        """The same for people."""
        if self.catch is None:
            return f"{self.name}: MISSED"
        return f"{self.name}: {self.catch.by} {self.catch.seed}: {self.catch.finding}"


def hunt_all(names: Sequence[str], budget: Budget) -> Iterator[Hunted]:
    """Hunt for bugs, as many at once as there are processors.

    A bug is planted in a process that runs nothing else meanwhile: whatever it breaks, it breaks
    neither the caller nor another hunt.

    Args:
        names: of the bugs.
        budget: for each.

    Yields:
        what came of each, in the order in which the hunts end.

    Raises:
        PlantedError: if one cannot be planted, or nothing would be proven by finding it.
    """
    # Spawned and not forked: the caller may have threads, and nothing of its state is wanted.
    context = multiprocessing.get_context("spawn")
    workers = min(len(names), os.cpu_count() or 1) or 1
    with ProcessPoolExecutor(workers, context, initializer=_be_silent) as pool:
        running = [pool.submit(_hunt_one, name, budget) for name in names]
        try:
            for one in as_completed(running):
                yield one.result()
        finally:
            pool.shutdown(cancel_futures=True)


def to_json(hunted: Sequence[Hunted], order: Sequence[str]) -> str:
    """Sum hunts up as one JSON object, in the given order of names."""
    by_name = {one.name: one.catch for one in hunted}
    return json.dumps(
        {
            "planted": len(order),
            "caught": sum(1 for name in order if by_name.get(name) is not None),
            "missed": [name for name in order if by_name.get(name) is None],
            "bugs": [
                {
                    "name": catch.name,
                    "caught_by": catch.by,
                    "seed": catch.seed,
                    "seeds_needed": catch.seeds_needed,
                    "finding": catch.finding,
                }
                for catch in (by_name.get(name) for name in order)
                if catch is not None
            ],
        }
    )


def _hunt_one(name: str, budget: Budget) -> Hunted:
    return Hunted(name=name, catch=hunt(find_bug(name), budget))


def _be_silent() -> None:
    # A world of faults logs each of them; the finding says what matters.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
