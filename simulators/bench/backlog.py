"""``mohr bench backlog``: sales a second from terminals that were offline, in batches of 64."""

from __future__ import annotations

from simulators.bench.figures import BenchResult
from simulators.bench.load_figures import LoadPlan, measure_load

FULL = LoadPlan(members=100_000, terminals=1_000, per_terminal=128, batch=64, window=16_384)
QUICK = LoadPlan(members=500, terminals=20, per_terminal=64, batch=64, window=512)


def bench_backlog(*, quick: bool) -> BenchResult:
    """Measure, with every sale of a batch verified by its own seal, posted and receipted.

    Raises:
        LoadError: if anything was refused or not answered.
    """
    return measure_load("backlog", QUICK if quick else FULL)
