"""``mohr bench ingest``: sales a second, one by one, from many terminals that are online."""

from __future__ import annotations

from simulators.bench.figures import BenchResult
from simulators.bench.load_figures import LoadPlan, measure_load

FULL = LoadPlan(members=100_000, terminals=1_000, per_terminal=30, batch=1, window=4_000)
QUICK = LoadPlan(members=500, terminals=50, per_terminal=12, batch=1, window=200)


def bench_ingest(*, quick: bool) -> BenchResult:
    """Measure, with every sale published and sealed by itself, verified, posted and receipted.

    Raises:
        LoadError: if anything was refused or not answered.
    """
    return measure_load("ingest", QUICK if quick else FULL)
