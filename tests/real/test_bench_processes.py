"""The benches that start real programs run, and print every figure they promise."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
import structlog
from typer.testing import CliRunner

from simulators.bench.cli import app

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.enable_socket]

TAP = {
    "tap_to_accepted_ms_p50",
    "tap_to_accepted_ms_p99",
    "tap_to_receipt_ms_p50",
    "tap_to_receipt_ms_p99",
    "card_to_screen_ms_p50",
    "paper_to_accepted_ms_p50",
    "raw_card_ms_p50",
    "raw_to_receipt_ms_p50",
    "tap_to_receipt_over_raw_ratio",
    "agent_rss_mb",
    "agent_rss_peak_mb",
    "agent_surplus_distributions",
    "gateway_rss_mb",
}
START = {
    "agent_start_s",
    "agent_start_s_max",
    "agent_start_unclean_s",
    "agent_start_unclean_s_max",
    "agent_rss_mb",
    "gateway_start_s",
    "gateway_start_s_max",
    "gateway_start_unclean_s",
    "gateway_start_unclean_s_max",
    "gateway_answers_s",
    "gateway_configured_s",
    "gateway_rss_mb",
}


@pytest.fixture
def figures_of() -> Iterator[Callable[[str], dict[str, float]]]:
    """Runs one quick bench by its command and gives its figures."""

    def run(name: str) -> dict[str, float]:
        done = CliRunner().invoke(app, [name, "--quick", "--json"], catch_exceptions=False)
        assert done.exit_code == 0
        printed = json.loads(done.stdout)
        assert printed["bench"] == name
        figures: dict[str, float] = printed["figures"]
        return figures

    yield run
    # The command turns logging down for its process; here it goes on afterwards.
    structlog.reset_defaults()


@pytest.mark.timeout(300)
def test_a_tap_is_measured_from_card_to_receipt(
    figures_of: Callable[[str], dict[str, float]],
) -> None:
    """Figures are there and make sense, and the agent loads nothing a terminal does not install."""
    figures = figures_of("tap")
    assert set(figures) == TAP
    assert figures.pop("agent_surplus_distributions") == 0
    assert all(value > 0 for value in figures.values())
    assert figures["tap_to_accepted_ms_p50"] <= figures["tap_to_accepted_ms_p99"]
    assert figures["tap_to_receipt_ms_p50"] <= figures["tap_to_receipt_ms_p99"]


@pytest.mark.timeout(300)
def test_starts_are_measured_after_both_kinds_of_end(
    figures_of: Callable[[str], dict[str, float]],
) -> None:
    """Agent and gateway become ready after an orderly end and after a kill."""
    figures = figures_of("start")
    assert set(figures) == START
    assert all(value > 0 for value in figures.values())
    assert figures["agent_start_s"] <= figures["agent_start_s_max"]
    assert figures["gateway_answers_s"] <= figures["gateway_configured_s"]
