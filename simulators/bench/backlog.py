"""``mohr bench backlog``: sales a second from terminals that were offline, in batches of 64."""

from __future__ import annotations

from simulators.bench.figures import BenchResult, Figure
from simulators.bench.load_figures import LoadPlan, measure_load

FULL = LoadPlan(members=100_000, terminals=1_000, per_terminal=128, batch=64, window=16_384)
QUICK = LoadPlan(members=500, terminals=20, per_terminal=64, batch=64, window=512)


def bench_backlog(*, quick: bool) -> BenchResult:
    """Measure, with every sale of a batch verified by its own seal, posted and receipted.

    Raises:
        LoadError: if anything was refused or not answered.
    """
    plan = QUICK if quick else FULL
    measured = measure_load(plan)
    return BenchResult(
        bench="backlog",
        figures=(
            Figure("backlog_per_s", measured.per_s, "first byte sent to last receipt heard"),
            *measured.figures,
        ),
        lines=(
            (
                f"{plan.transactions:,} sales of {plan.members:,} members, {plan.batch} a batch, "
                f"from {plan.terminals:,} terminals that were offline, on a ledger with a past of "
                f"{plan.members * 10:,} entries."
            ),
            *measured.lines,
        ),
    )
