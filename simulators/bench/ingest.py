"""``mohr bench ingest``: sales a second, one by one, from many terminals that are online."""

from __future__ import annotations

from simulators.bench.figures import BenchResult, Figure
from simulators.bench.load_figures import LoadPlan, measure_load

FULL = LoadPlan(members=100_000, terminals=1_000, per_terminal=30, batch=1, window=4_000)
QUICK = LoadPlan(members=500, terminals=50, per_terminal=12, batch=1, window=200)


def bench_ingest(*, quick: bool) -> BenchResult:
    """Measure, with every sale published and sealed by itself, verified, posted and receipted.

    Raises:
        LoadError: if anything was refused or not answered.
    """
    plan = QUICK if quick else FULL
    measured = measure_load(plan)
    return BenchResult(
        bench="ingest",
        figures=(
            Figure("ingest_per_s", measured.per_s, "first byte sent to last receipt heard"),
            *measured.figures,
        ),
        lines=(
            (
                f"{plan.transactions:,} sales of {plan.members:,} members from {plan.terminals:,} "
                f"terminals, at most {plan.window:,} unanswered, on a ledger with a past of "
                f"{plan.members * 10:,} entries."
            ),
            *measured.lines,
        ),
    )
