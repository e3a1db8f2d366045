"""Whole worlds from a seed: processes die at any call, and every promise is held all the same."""

from __future__ import annotations

import json
import os
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from simulators.cli import app
from simulators.planted.registry import planted
from simulators.world.crowd import be_quiet, run_worlds, short_story
from simulators.world.run import World, run_world
from simulators.world.script import draw_script
from simulators.world.size import NORMAL, SMALL

#: ``./run soak`` runs the promised two thousand by the command.
_SEEDS = 200 if os.environ.get("MOHR_SOAK") else 16
_BLOCK = 50 if os.environ.get("MOHR_SOAK") else 8
_JOBS = 2 if os.environ.get("MOHR_SOAK") else 1
BLOCKS = [range(first, first + _BLOCK) for first in range(0, _SEEDS, _BLOCK)]

#: What a handful of worlds must have gone through, or their being clean says little.
EXERCISED = (
    *("deaths", "kills", "stops", "reboots", "clock_jumps", "disk_full", "commits_without_room"),
    *("sales_without_room", "offline", "weathers", "wipes", "batches", "rules", "blocks"),
    *("earned", "redeemed", "refunded", "expired_holds", "holds_cancelled", "holds_posted"),
    *("earn_sale_already_recorded", "refund_sale_already_refunded", "refund_sale_not_found"),
    *("reserve_applied", "reserve_refused", "earn_card_blocked", "promises", "receipts"),
)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """A world of faults logs each of them."""
    import structlog  # noqa: PLC0415 - only to put it back

    before = structlog.get_config()
    be_quiet()
    yield
    structlog.configure(**before)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seeds", BLOCKS, ids=lambda seeds: f"{seeds[0]}-{seeds[-1]}")
def test_worlds_keep_every_promise(seeds: range) -> None:
    """Nothing accepted is lost, nothing is doubled, money is conserved, and everything settles."""
    worlds = list(run_worlds(seeds, NORMAL, _JOBS))
    assert {one.seed: one.findings for one in worlds if not one.clean} == {}
    assert [one.seed for one in worlds] == list(seeds)
    counts: Counter[str] = Counter()
    for one in worlds:
        counts.update(one.counts)
    missing = [name for name in EXERCISED if not counts[name]]
    assert len(missing) <= 3, f"these worlds met hardly anything: {missing}"


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_world_replays_exactly() -> None:
    """The same seed gives the same deaths, screens and judgements at the same times."""
    first, second = run_world(5, SMALL), run_world(5, SMALL)
    assert first == second
    assert first.story, "a world without a story proves nothing"
    assert first.fingerprint != run_world(6, SMALL).fingerprint


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_planted_bug_is_caught_and_told_in_few_lines() -> None:
    """A gateway that takes a sale back twice is found, and the story is short enough to read."""
    with planted("refunded-twice"):
        failed = next(
            world for seed in range(20) if not (world := run_world(seed)).clean and world.doubled
        )
        story = short_story(failed, NORMAL)
    assert any(finding.startswith("doubled:") for finding in failed.findings)
    assert run_world(failed.seed).clean, "the seed is clean without the bug"
    assert any("back" in line for line in story)
    told = [line for line in story if " !: " not in line]
    assert len(told) <= 20, story
    assert any("doubled" in line for line in story)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_row_taken_out_of_the_ledger_is_lost(tmp_path: Path) -> None:
    """The checker sees a transaction that the gateway no longer holds, and the wrong money."""
    with World(draw_script(3, SMALL), tmp_path) as world:
        world.play()
        assert world.report().clean
        server = world.stage.gateway.server
        world.stage.gateway.eye.close()
        server.stop()
        ledger = sqlite3.connect(server.ledger)
        ledger.execute("PRAGMA foreign_keys=OFF")
        ledger.execute(
            "DELETE FROM journal WHERE journal_index ="
            " (SELECT max(journal_index) FROM journal WHERE kind = 'transaction')"
        )
        ledger.execute("UPDATE wallet SET available = available + 1")
        ledger.commit()
        ledger.close()
        server.start()
        report = world.report()
    assert report.lost == 1
    kinds = {finding.partition(":")[0] for finding in report.findings}
    assert {"lost", "balance", "receipt", "audit"} <= kinds


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_row_taken_out_of_a_journal_is_lost(tmp_path: Path) -> None:
    """A terminal that forgets what it once called accepted is found out."""
    with World(draw_script(3, NORMAL), tmp_path) as world:
        world.play()
        # The newest would be missed at once, when the journal is opened.
        tills = world.stage.tills.values()
        till = next(one for one in tills if one.counter.journal.watermark() > 1)
        till.eye.close()
        till.counter.stop()
        journal = sqlite3.connect(till.counter.journal_file)
        journal.execute("DELETE FROM envelopes WHERE seq = 1")
        journal.commit()
        journal.close()
        till.counter.start()
        report = world.report()
    assert report.lost >= 1
    assert any(finding.startswith("lost:") for finding in report.findings)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_command_prints_one_object_and_fails_where_something_is_found() -> None:
    """``mohr sim world --json`` says what soak and issue ask for; its exit code says it again."""
    runner = CliRunner()
    clean = runner.invoke(app, ["world", "--seeds", "0..1", "--size", "small", "--json"])
    told = json.loads(clean.output)
    assert clean.exit_code == 0
    assert (told["seeds"], told["lost"], told["doubled"]) == (2, 0, 0)
    assert (told["audit"], told["failed"]) == ("clean", [])
    assert told["totals"]["receipts"] > 0
    with planted("points-floored-per-line"):
        bad = runner.invoke(app, ["world", "--seed", "0", "--size", "small", "--json"])
    assert bad.exit_code == 1
    failed = json.loads(bad.output)["failed"]
    assert [one["seed"] for one in failed] == [0]
    assert failed[0]["findings"]
    assert failed[0]["story"]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_command_tells_a_story() -> None:
    """``--story`` tells everything that happened, a failing seed how it is replayed."""
    runner = CliRunner()
    told = runner.invoke(app, ["world", "--seed", "1", "--size", "small", "--story"])
    assert told.exit_code == 0
    assert "shows the card" in told.output
    assert "seed 1:" in told.output
    with planted("points-floored-per-line"):
        bad = runner.invoke(app, ["world", "--seed", "0", "--size", "small"])
    assert bad.exit_code == 1
    assert "replay with: mohr sim world --seed 0 --size small --story" in bad.output
