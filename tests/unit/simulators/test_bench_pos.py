"""The bench of the till's lines: every dialect is in it, and its figures are all there."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from simulators.bench.cli import app


@pytest.mark.usefixtures("quiet_logs")
def test_the_quick_pos_bench_prints_its_figures_and_no_line_holds_a_megabyte() -> None:
    """``mohr bench pos --quick --json`` prints every figure; memory is bounded on any machine."""
    done = CliRunner().invoke(app, ["pos", "--quick", "--json"], catch_exceptions=False)
    assert done.exit_code == 0
    figures = json.loads(done.stdout)["figures"]
    assert set(figures) == {
        "escpos_mb_per_s",
        "escpos_over_bare",
        "random_mb_per_s",
        "worst_dialect_mb_per_s",
        "peak_port_mb",
        "total_to_offer_ms_p50",
        "total_to_offer_ms_p99",
    }
    assert all(value > 0 for value in figures.values())
    assert figures["peak_port_mb"] < 1
