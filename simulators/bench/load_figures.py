"""What the benches ``ingest`` and ``backlog`` have in common: one plan, two takers, the figures."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.model.programme import Programme
from simulators.bench.big_ledger import ENTRIES_PER_MEMBER
from simulators.bench.figures import BenchResult, Figure
from simulators.bench.loaded_gateway import BareRun, GatewayRun, load_bench
from simulators.bench.sealed_load import sealed_load

_SEED = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPlan:
    """How much is sent, by whom, and how.

    Attributes:
        members: customers, who all have a past.
        terminals: each with its own key.
        per_terminal: sales of each.
        batch: sales in one message.
        window: sales that may be unanswered at once.
    """

    members: int
    terminals: int
    per_terminal: int
    batch: int
    window: int

    @property
    def transactions(self) -> int:
        """How many sales there are in all."""
        return self.terminals * self.per_terminal


def measure_load(bench_name: str, plan: LoadPlan) -> BenchResult:
    """Give one load to the bare intake, to the gateway, and to the bare intake again.

    Args:
        bench_name: what the bench and its first figure are called.
        plan: how much.

    Raises:
        LoadError: if anything was refused or not answered.
    """
    with load_bench(members=plan.members, terminals=plan.terminals) as bench:
        load = sealed_load(
            bench.ledger, per_terminal=plan.per_terminal, batch=plan.batch, seed=_SEED
        )
        # The machine may change its pace, so the gateway stands between two bare runs.
        before = bench.run_bare(load, window=plan.window)
        gateway = bench.run_gateway(load, window=plan.window)
        after = bench.run_bare(load, window=plan.window)
    return _result(bench_name, plan, gateway, (before, after))


def gateway_alone(plan: LoadPlan, programme: Programme) -> float:
    """Give a load to the gateway alone, under another programme.

    Args:
        plan: how much.
        programme: the first version there.

    Returns:
        Sales a second.

    Raises:
        LoadError: if anything was refused or not answered.
    """
    with load_bench(members=plan.members, terminals=plan.terminals, programme=programme) as bench:
        load = sealed_load(
            bench.ledger, per_terminal=plan.per_terminal, batch=plan.batch, seed=_SEED
        )
        return plan.transactions / bench.run_gateway(load, window=plan.window).sent.seconds


def _result(
    bench_name: str, plan: LoadPlan, gateway: GatewayRun, bare: tuple[BareRun, ...]
) -> BenchResult:
    count = plan.transactions
    per_s = count / gateway.sent.seconds
    raw_per_s = count * len(bare) / sum(run.seconds for run in bare)
    raw_cpu_s = sum(run.cpu_s for run in bare) / len(bare)

    def each_us(seconds: float) -> float:
        return seconds / count * 1_000_000

    figures = (
        Figure(f"{bench_name}_per_s", per_s, "first byte sent to last receipt heard"),
        Figure("raw_per_s", raw_per_s, "the bare intake on the same load, mean of two runs"),
        Figure("share_of_raw", per_s / raw_per_s, "the first over the second"),
        Figure("gateway_rss_mb", gateway.gateway_peak_mib, "MiB, at its highest"),
        Figure("commit_transactions_mean", count / gateway.commits, "the batch size reached"),
        Figure("receipts_per_transaction", gateway.sent.answers / count),
        Figure("gateway_cpu_us_per_transaction", each_us(gateway.gateway_cpu_s)),
        Figure("raw_cpu_us_per_transaction", each_us(raw_cpu_s)),
        Figure("broker_cpu_us_per_transaction", each_us(gateway.broker_cpu_s), "Mosquitto"),
        Figure("generator_cpu_us_per_transaction", each_us(gateway.sent.cpu_s), "sends and reads"),
    )
    return BenchResult(
        bench=bench_name,
        figures=figures,
        lines=(
            (
                f"{plan.transactions:,} sales of {plan.members:,} members, {plan.batch} a message, "
                f"from {plan.terminals:,} terminals, at most {plan.window:,} unanswered, on a "
                f"ledger with a past of {plan.members * ENTRIES_PER_MEMBER:,} entries."
            ),
            (
                "Gateway: the shipped process behind Mosquitto on loopback without TLS, every seal "
                "verified, everything durable and its sealed receipt heard by the generator."
            ),
            (
                "Raw: one thread, one paho client: receive, verify, decode, insert the rows by "
                "the driver alone, fsync, acknowledge. No rules, no order, no answers."
            ),
        ),
    )
