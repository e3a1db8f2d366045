"""Power fails while the log is written: whatever part of it arrived, the journal is whole."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from terminal_agent.journal.journal import Journal

if TYPE_CHECKING:
    from tests.unit.agent.journal.conftest import Bench

COMMITS = 6


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(cut=st.floats(0, 1), tail=st.integers(0, 2), seed=st.integers(0, 2**32))
def test_a_torn_log_keeps_every_commit_before_the_tear(
    bench: Bench, tmp_path: Path, cut: float, tail: int, seed: int
) -> None:
    """The log cut or garbled from any byte on: all commits before are there, nothing half."""
    for path in tmp_path.iterdir():
        path.unlink()
    journal = bench.open()
    ends = [bench.log.stat().st_size]
    for _ in range(COMMITS):
        bench.fill(journal, 2)
        ends.append(bench.log.stat().st_size)
    log, content = bench.log.read_bytes(), bench.path.read_bytes()
    bench.drop(journal)
    # A clean drop checkpoints; put back what the disk held at the moment of the power cut.
    at = int(cut * len(log))
    garbage = [b"", bytes(len(log) - at), Random(seed).randbytes(len(log) - at)][tail]
    bench.path.write_bytes(content)
    bench.log.write_bytes(log[:at] + garbage)
    whole = sum(1 for end in ends[1:] if end <= at)
    with Journal.open(bench.path, settings=bench.settings) as again:
        kept = again.counts().accepted
        assert again.verify() == kept
        # Garbage that happens to equal what was torn off (zeros for zeros) may complete a commit.
        assert kept >= 2 * whole
        assert kept % 2 == 0
        assert again.accept([bench.earn], 1)[0].id.seq == kept + 1
