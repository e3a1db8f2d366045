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
CARD = {
    "apdu_round_trip_ms_p50",
    "apdu_round_trip_ms_p99",
    "uid_ms_p50",
    "uid_ms_p99",
    "uid_raw_ms_p50",
    "uid_raw_ms_p99",
    "uid_share_of_raw",
    "ntag424_ms_p50",
    "ntag424_ms_p99",
    "ntag424_raw_ms_p50",
    "ntag424_raw_ms_p99",
    "ntag424_share_of_raw",
    "ntag424_in_process_us_p50",
    "desfire_in_process_us_p50",
    "ultralight_aes_in_process_us_p50",
    "uid_apdus",
    "ntag424_apdus",
    "desfire_apdus",
    "ultralight_aes_apdus",
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


def test_a_card_is_measured_through_the_daemon_and_without(
    figures_of: Callable[[str], dict[str, float]],
) -> None:
    """Every kind of card is read as what it is, in no more commands than the card demands."""
    figures = figures_of("card")
    assert set(figures) == CARD
    assert all(value > 0 for value in figures.values())
    assert figures["uid_apdus"] == 1
    # Beside the UID: SELECT, ReadData, both parts of AuthenticateEV2First.
    assert figures["ntag424_apdus"] == 1 + 4
    # SELECT of the NTAG's application, which it has not; SELECT, its key's version, because the
    # terminal holds two, authentication, one file.
    assert figures["desfire_apdus"] == 1 + 1 + 5
    # The marker; opening, selecting and closing raw frames; authentication, two pages of settings.
    assert figures["ultralight_aes_apdus"] == 1 + 1 + 3 + 4
    assert figures["uid_ms_p50"] <= figures["uid_ms_p99"]
    assert figures["ntag424_ms_p50"] <= figures["ntag424_ms_p99"]
