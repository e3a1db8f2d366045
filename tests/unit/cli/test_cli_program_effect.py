"""``mohr program effect``: an offer's effect as a table and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.cli.program import app
from gateway.errors import ConfigError
from simulators.clock import VirtualClock
from simulators.offer_days import OFFER, OfferDays, play_offer_days
from simulators.quiet_house import QuietHouse

NOW_MS = 1_795_420_000_000


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gateway's data directory, after days in which an offer brought three fifths more."""
    folder = tmp_path_factory.mktemp("effect") / "gateway"
    clock = VirtualClock(unix_ms=NOW_MS)
    with QuietHouse(folder, clock) as house:
        play_offer_days(house, clock, OfferDays(effect_percent=60, seed=4))
    return folder


def invoke(*arguments: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(app, ("effect", *arguments), env={"COLUMNS": "200"})


def test_the_effect_as_json(played: Path) -> None:
    """Every figure is whole: basis points, minor units, and the range of each."""
    result = invoke(OFFER.id, "--dir", str(played), "--json")
    assert result.exit_code == 0, result.output
    made = json.loads(result.stdout)
    assert made["currency"] == "EUR"
    assert made["given"]["members"] + made["held_out"]["members"] == 150
    assert made["share_bp"]["low"] <= 6_000 <= made["share_bp"]["high"]
    assert made["share_bp"]["low"] > 0
    assert made["cost"]["points"] == 30 * made["given"]["members"]
    assert made["brought_minor"]["middle"] == pytest.approx(
        made["each_minor"]["middle"] * made["given"]["members"], abs=made["given"]["members"]
    )
    assert made["obstacle"] is None


def test_the_effect_for_people(played: Path) -> None:
    """The table has both groups; the lines below say cost, difference, and what it brought."""
    result = invoke(OFFER.id, "--dir", str(played))
    assert result.exit_code == 0, result.output
    for part in ("got the offer", "held out", "in percent:", "brought in all:", "EUR (95 %:"):
        assert part in result.stdout


def test_few_days_are_too_few(played: Path) -> None:
    """Days on which nobody bought say that it takes more members."""
    result = invoke(OFFER.id, "--dir", str(played), "--from", "2026-12-24", "--until", "2026-12-31")
    assert result.exit_code == 0, result.output
    assert "too few to say" in result.stdout
    made = json.loads(
        invoke(OFFER.id, "--dir", str(played), "--until", "2026-01-01", "--json").stdout
    )
    assert (made["obstacle"], made["share_bp"], made["currency"]) == ("too_few", None, None)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nothing",), "no version"),
        ((OFFER.id, "--from", "soon"), "is not a day"),
        ((OFFER.id, "--until", "9999-12-31"), "in no year"),
    ],
)
def test_what_makes_no_sense(played: Path, arguments: tuple[str, ...], said: str) -> None:
    """An unknown offer and a word that is no day are refused by name."""
    result = invoke(*arguments, "--dir", str(played))
    assert isinstance(result.exception, ConfigError)
    assert said in str(result.exception)
