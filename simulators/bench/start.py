"""``mohr bench start``: how long an agent and a gateway with much behind them take to be ready."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

from simulators.bench.figures import BenchResult, Figure
from simulators.bench.start_agent import AgentStarts, measure_agent_starts
from simulators.bench.start_gateway import GatewayStarts, measure_gateway_starts
from simulators.bench.statistics import median

_PENDING: Final = 100_000
_PENDING_QUICK: Final = 500
_MEMBERS: Final = 1_000_000
_MEMBERS_QUICK: Final = 5_000
_TERMINALS: Final = 1_000
_TERMINALS_QUICK: Final = 50
_STARTS: Final = 5
_STARTS_QUICK: Final = 1
#: Posted before each kill: some megabytes of log are left.
_SALES: Final = 500
_SALES_QUICK: Final = 20


def bench_start(*, quick: bool) -> BenchResult:
    """Start the shipped programs as processes, after orderly ends and after kills.

    Args:
        quick: little behind them, one start of each kind.

    Returns:
        seconds from the start of the process, medians and the slowest.
    """
    starts = _STARTS_QUICK if quick else _STARTS
    with tempfile.TemporaryDirectory(prefix="mohr-bench-") as name:
        folder = Path(name)
        agent = measure_agent_starts(
            _new(folder / "shop"), pending=_PENDING_QUICK if quick else _PENDING, starts=starts
        )
        gateway = measure_gateway_starts(
            _new(folder / "house"),
            members=_MEMBERS_QUICK if quick else _MEMBERS,
            terminals=_TERMINALS_QUICK if quick else _TERMINALS,
            starts=starts,
            sales=_SALES_QUICK if quick else _SALES,
        )
    members, terminals = (_MEMBERS_QUICK, _TERMINALS_QUICK) if quick else (_MEMBERS, _TERMINALS)
    return BenchResult(
        bench="start",
        figures=(*_agent_figures(agent), *_gateway_figures(gateway)),
        lines=(
            f"{starts} starts of each kind, counted from the start of the process; memory in MiB",
            f"agent: {agent.pending:,} transactions pending, accepted in {agent.made_s:.0f} s",
            "  ready when its socket says that reader, till and rules are there",
            f"gateway: {members:,} members, {terminals:,} terminals",
            f"  {gateway.ledger_bytes / 1e9:.2f} GB of ledger, made in {gateway.made_s:.0f} s",
            "  ready when it takes messages and has handed every configuration over",
        ),
    )


def _new(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _agent_figures(agent: AgentStarts) -> tuple[Figure, ...]:
    return (
        Figure("agent_start_s", median(agent.orderly_s), "median, after an orderly end"),
        Figure("agent_start_s_max", max(agent.orderly_s)),
        Figure("agent_start_unclean_s", median(agent.unclean_s), "median, after a kill"),
        Figure("agent_start_unclean_s_max", max(agent.unclean_s)),
        Figure("agent_rss_mb", agent.rss_mib, "MiB, when ready"),
    )


def _gateway_figures(gateway: GatewayStarts) -> tuple[Figure, ...]:
    return (
        Figure("gateway_start_s", median(gateway.orderly_s), "median, after an orderly end"),
        Figure("gateway_start_s_max", max(gateway.orderly_s)),
        Figure("gateway_start_unclean_s", median(gateway.unclean_s), "median, after a kill"),
        Figure("gateway_start_unclean_s_max", max(gateway.unclean_s)),
        Figure("gateway_answers_s", median(gateway.answered_s), "its local socket answers"),
        Figure("gateway_configured_s", median(gateway.configured_s), "all configurations are out"),
        Figure("gateway_rss_mb", gateway.rss_mib, "MiB, when ready"),
    )
