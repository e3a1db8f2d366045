"""``mohr bench ledger``: what a posting costs in a large ledger, over what it costs in a small one.

Both ledgers stand side by side and take turns, so that whatever else the machine does hits both.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gateway.ledger.sql_store import SqlLedgerStore
from gateway.model.ids import MemberId
from gateway.writer.settings import WriterSettings
from gateway.writer.writer import Writer
from simulators.bench.bare_rows import BareRows
from simulators.bench.big_ledger import END_MS, BigLedger, make_big_ledger
from simulators.bench.figures import BenchResult, Figure
from simulators.bench.ledger_work import MIXTURE, LedgerWork
from simulators.bench.many_lots import LOTS, SOME, ManyLots
from simulators.bench.statistics import median, percentile

BATCH: Final = 256
_TERMINALS: Final = 50
_MEMBERS_SMALL: Final = 10_000
_MEMBERS_LARGE: Final = 1_000_000
#: Quick: the sizes are still a factor of ten apart.
_QUICK_SMALL: Final = 1_000
_QUICK_LARGE: Final = 10_000
_ROUNDS: Final = 100
_ROUNDS_QUICK: Final = 5
_REDEEMS: Final = 100
_REDEEMS_QUICK: Final = 3
_WARM_UP: Final = 10
_WARM_UP_QUICK: Final = 1
_MS_BETWEEN_BATCHES: Final = 1_000
#: Each has eight sales, and a run takes back some 1,500 of them.
_RETURNERS: Final = 1_000


@dataclass(slots=True, kw_only=True)
class _Side:
    """One of the two ledgers at work.

    Attributes:
        took_ns: of each batch that was measured.
        journalled: rows that each of them made.
    """

    store: SqlLedgerStore
    writer: Writer
    work: LedgerWork
    now_ms: int = END_MS
    took_ns: list[int] = field(default_factory=list)
    journalled: list[int] = field(default_factory=list)

    def step(self) -> None:
        """Let the writer take one batch."""
        self.now_ms += _MS_BETWEEN_BATCHES
        arrivals = self.work.batch(BATCH, self.now_ms)
        began_ns = time.perf_counter_ns()
        decision = self.writer.apply(arrivals, self.now_ms)
        self.took_ns.append(time.perf_counter_ns() - began_ns)
        self.journalled.append(decision.journalled)
        self.work.learn(decision)

    def forget(self) -> None:
        """Let what was measured so far be the warming up."""
        self.took_ns.clear()
        self.journalled.clear()

    def us_each(self) -> list[float]:
        """Microseconds for a posting, batch by batch."""
        pairs = zip(self.took_ns, self.journalled, strict=True)
        return [took / 1_000 / count for took, count in pairs]

    @property
    def us_mean(self) -> float:
        """Microseconds for a posting over all batches, checkpoints included."""
        return sum(self.took_ns) / 1_000 / sum(self.journalled)


def bench_ledger(*, quick: bool) -> BenchResult:
    """Measure ``Writer.apply`` on SQLite: load, judge, write, and the commit's sync.

    Args:
        quick: measure little, on small ledgers.

    Returns:
        cost of a posting in both ledgers, their ratio, and the bare cost of the same rows.
    """
    small_members, large_members = (
        (_QUICK_SMALL, _QUICK_LARGE) if quick else (_MEMBERS_SMALL, _MEMBERS_LARGE)
    )
    with tempfile.TemporaryDirectory(prefix="mohr-bench-") as folder:
        place = Path(folder)
        small = _make(place / "small.db", small_members)
        began_s = time.perf_counter()
        large = _make(place / "large.db", large_members)
        made_s = time.perf_counter() - began_s
        with BareRows(small.path, place / "bare.db") as bare:
            sides = (_side(small, 1), _side(large, 2))
            bare_ns = _take_turns(
                sides,
                bare,
                rounds=_ROUNDS_QUICK if quick else _ROUNDS,
                warm_up=_WARM_UP_QUICK if quick else _WARM_UP,
            )
        for side in sides:
            side.store.close()
        some_ms, all_ms = _many_lots(place / "lots.db", _REDEEMS_QUICK if quick else _REDEEMS)
        large_bytes = large.path.stat().st_size
    return BenchResult(
        bench="ledger",
        figures=(
            *_figures(sides, bare_ns),
            Figure("redeem_1000_lots_ms_p50", median(some_ms), f"{SOME} points out of them"),
            Figure("redeem_1000_lots_ms_p99", percentile(some_ms, 99)),
            Figure("drain_1000_lots_ms_p50", median(all_ms), "every point of every lot"),
            Figure("drain_1000_lots_ms_p99", percentile(all_ms, 99)),
        ),
        lines=(
            *_lines(small, large),
            f"the large ledger: {large_bytes / 1e9:.2f} GB, made in {made_s:.0f} s",
        ),
    )


def _many_lots(path: Path, times: int) -> tuple[list[float], list[float]]:
    lots = ManyLots(path)
    try:
        return (
            [lots.reserve_ms(SOME) for _ in range(times)],
            [lots.reserve_ms(LOTS) for _ in range(times)],
        )
    finally:
        lots.close()


def _make(path: Path, members: int) -> BigLedger:
    return make_big_ledger(
        path, members=members, terminals=_TERMINALS, returners=min(members, _RETURNERS)
    )


def _side(ledger: BigLedger, seed: int) -> _Side:
    source = random.Random(seed)
    store = SqlLedgerStore(ledger.path)
    writer = Writer(
        store,
        new_member_id=lambda: MemberId(source.randbytes(16).hex()),
        settings=WriterSettings(),
    )
    return _Side(store=store, writer=writer, work=LedgerWork(ledger, seed))


def _take_turns(
    sides: tuple[_Side, _Side], bare: BareRows, *, rounds: int, warm_up: int
) -> list[int]:
    """Work on both ledgers in turn, and repeat the small one's rows bare; returns its times."""
    bare_ns: list[int] = []
    for number in range(warm_up + rounds):
        if number == warm_up:
            bare_ns.clear()
            for side in sides:
                side.forget()
        # Who goes first changes, so that neither always follows the other's writing.
        for side in sides if number % 2 else sides[::-1]:
            side.step()
        bare_ns.append(bare.repeat())
    return bare_ns


def _figures(sides: tuple[_Side, _Side], bare_ns: Sequence[int]) -> tuple[Figure, ...]:
    small, large = sides
    pairs = zip(small.us_each(), large.us_each(), strict=True)
    bare_us = sum(bare_ns) / 1_000 / sum(small.journalled)
    return (
        Figure("growth_ratio", large.us_mean / small.us_mean, "mean cost, large over small"),
        Figure("growth_ratio_p50", median([b / a for a, b in pairs]), "of the pairs of batches"),
        Figure("posting_us_p50_small", median(small.us_each())),
        Figure("posting_us_p50_large", median(large.us_each())),
        Figure("postings_per_s_small", 1e6 / small.us_mean, "checkpoints included"),
        Figure("postings_per_s_large", 1e6 / large.us_mean, "checkpoints included"),
        Figure("raw_posting_us_mean", bare_us, "the same rows inserted bare, small ledger"),
        Figure("share_of_raw", bare_us / small.us_mean, "bare cost over ours, small ledger"),
        Figure("batch_postings_mean", sum(small.journalled) / len(small.journalled)),
    )


def _lines(small: BigLedger, large: BigLedger) -> tuple[str, ...]:
    mixture = ", ".join(f"{percent} % {kind}" for kind, percent in MIXTURE.items())
    return (
        (
            f"small: {small.members:,} members, {small.entries:,} entries; "
            f"large: {large.members:,} members, {large.entries:,} entries"
        ),
        (
            f"a batch: {BATCH} arrivals, sealed and verified before: {mixture};"
            " members drawn evenly from all"
        ),
        (
            "measured: Writer.apply, one durable commit; SQLite's cache is the product's 64 MiB;"
            " what it does not hold comes from the system's page cache"
        ),
    )
