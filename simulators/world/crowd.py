"""Many worlds on all processors, and the short stories of those that fail."""

from __future__ import annotations

import logging
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from typing import Final

import structlog

from simulators.world.report import WorldReport
from simulators.world.run import run_script, run_world
from simulators.world.script import draw_script
from simulators.world.shrink import shrink
from simulators.world.size import WorldSize

#: A world that failed is told in at most so many lines, its end rather than its beginning.
_STORY_LINES_MAX: Final = 80
#: Worlds handed to a process at once.
_CHUNK: Final = 4


def run_worlds(seeds: Sequence[int], size: WorldSize, jobs: int) -> Iterator[WorldReport]:
    """Run worlds, several at a time, and give their reports in the order of the seeds.

    The reports bring no story along; ``short_story`` makes one.

    Args:
        seeds: which.
        size: how much happens in each.
        jobs: processes to use; 1 runs them in this one.
    """
    if jobs <= 1 or len(seeds) <= 1:
        be_quiet()
        yield from (_run_one(seed, size) for seed in seeds)
        return
    # Not forked: a child must not inherit the databases and locks of whoever calls this.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=be_quiet) as pool:
        yield from pool.map(_run_one, seeds, [size] * len(seeds), chunksize=_CHUNK)


def short_story(failed: WorldReport, size: WorldSize) -> tuple[str, ...]:
    """Tell why a world failed in as few events as it takes.

    Args:
        failed: its report.
        size: as it was run with.
    """
    short = shrink(draw_script(failed.seed, size), failed, run_script)
    return run_script(short).story[-_STORY_LINES_MAX:]


def be_quiet() -> None:
    """Log nothing: a world of faults logs each of them, and the report says what matters."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def _run_one(seed: int, size: WorldSize) -> WorldReport:
    return replace(run_world(seed, size), story=())
