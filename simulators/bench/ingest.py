"""``mohr bench ingest``: sales a second, one by one, from many terminals that are online."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from gateway.model.ids import BranchId
from simulators.bench.big_ledger import terminal_name
from simulators.bench.figures import BenchResult, Figure
from simulators.bench.load_figures import LoadPlan, gateway_alone, measure_load
from simulators.bench.rules import OFFERS, chain_of, many_offers

FULL = LoadPlan(members=100_000, terminals=1_000, per_terminal=30, batch=1, window=4_000)
QUICK = LoadPlan(members=500, terminals=50, per_terminal=12, batch=1, window=200)

_RULES: Final = (
    f"Under rules: the same load under a programme of {OFFERS} offers with budgets, earning rules "
    "and levels, on a ledger of its own. Chain: each terminal is a branch, and of the offers a "
    "fifth counts everywhere and the others at a tenth of the branches each. Everywhere: all do."
)


def bench_ingest(*, quick: bool) -> BenchResult:
    """Measure, with every sale published and sealed by itself, verified, posted and receipted.

    Raises:
        LoadError: if anything was refused or not answered.
    """
    plan = QUICK if quick else FULL
    plain = measure_load("ingest", plan)
    per_s = plain.figures[0].value
    branches = [BranchId(terminal_name(one)) for one in range(plan.terminals)]
    chain_per_s = gateway_alone(plan, chain_of(OFFERS, branches))
    everywhere_per_s = gateway_alone(plan, many_offers(OFFERS))
    return replace(
        plain,
        figures=(
            *plain.figures,
            Figure("chain_per_s", chain_per_s, f"under {OFFERS} offers of a chain"),
            Figure("chain_share", chain_per_s / per_s, "that over ingest_per_s"),
            Figure("everywhere_per_s", everywhere_per_s, f"under {OFFERS} offers everywhere"),
            Figure("everywhere_share", everywhere_per_s / per_s, "that over ingest_per_s"),
        ),
        lines=(*plain.lines, _RULES),
    )
