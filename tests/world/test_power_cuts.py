"""The current goes at any moment: neither the journal nor the ledger loses what it promised.

And the method can fail: stores that do not sync, and disks that lie, are found out by it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from gateway.errors import ConfigError
from gateway.ledger import sqlite_engine
from simulators.power.cli import power
from simulators.power.run import run_power
from simulators.power.sqlite_vfs import Library, RecorderError
from terminal_agent.journal.database import JournalDatabase

#: ``./run soak`` reopens the promised five hundred by the command.
IMAGES = 120 if os.environ.get("MOHR_SOAK") else 60
#: Enough to find a store that does not sync, ten times over.
FEW = 20

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def _sqlite_can_be_heard() -> None:
    """Skip where Python brings a SQLite of its own whose door is shut."""
    try:
        Library().default()
    except RecorderError as error:
        pytest.skip(str(error))


def _unsynced_journal(monkeypatch: pytest.MonkeyPatch, level: str) -> None:
    real = JournalDatabase.__init__

    def careless(self: JournalDatabase, path: Path) -> None:
        real(self, path)
        self._db.conn.execute(f"PRAGMA synchronous={level}")

    monkeypatch.setattr(JournalDatabase, "__init__", careless)


def _unsynced_ledger(monkeypatch: pytest.MonkeyPatch, level: str) -> None:
    pragmas = sqlite_engine._WRITER_PRAGMAS
    assert "PRAGMA synchronous=FULL" in pragmas
    careless = (*pragmas, f"PRAGMA synchronous={level}")
    monkeypatch.setattr(sqlite_engine, "_WRITER_PRAGMAS", careless)


@pytest.mark.timeout(1_200)
def test_no_power_cut_loses_or_damages_anything() -> None:
    """Every image of both stores opens clean, holds every promise, and is gone on with."""
    report = run_power(IMAGES, seed=1)
    assert report.findings == ()
    assert (report.journal, report.ledger) == (IMAGES // 2, IMAGES - IMAGES // 2)
    assert (report.lost, report.damaged) == (0, 0)
    # Clean for a reason: there was something to lose, and recovery itself was cut too.
    assert report.promised > 10 * IMAGES
    assert report.recut > IMAGES // 10


@pytest.mark.parametrize("level", ["OFF", "NORMAL"])
def test_a_journal_that_does_not_sync_is_found_out(
    monkeypatch: pytest.MonkeyPatch, level: str
) -> None:
    """Without a sync at each commit the same run finds lost transactions."""
    _unsynced_journal(monkeypatch, level)
    report = run_power(FEW, seed=1, what="journal")
    assert not report.clean
    assert report.lost > 0


@pytest.mark.parametrize("level", ["OFF", "NORMAL"])
def test_a_ledger_that_does_not_sync_is_found_out(
    monkeypatch: pytest.MonkeyPatch, level: str
) -> None:
    """Without a sync at each commit the same run finds lost transactions."""
    _unsynced_ledger(monkeypatch, level)
    report = run_power(FEW, seed=1, what="ledger")
    assert not report.clean
    assert report.lost > 0


@pytest.mark.parametrize("what", ["journal", "ledger"])
def test_a_lying_disk_is_found_out(what: str) -> None:
    """Where the disk acknowledges syncs that it does not do, transactions are lost and files torn.

    No software can prevent that; the run must see it.
    """
    report = run_power(FEW, seed=1, what=what, lying_disk=True)
    assert report.lost > 0
    assert report.damaged > 0


def test_a_run_repeats() -> None:
    """The same seed makes the same cuts, and finds the same in them."""
    first, again = (run_power(6, seed=3, what="journal", lying_disk=True) for _ in range(2))
    assert [one.cut for one in first.findings] == [one.cut for one in again.findings]
    assert first.findings


def test_the_store_must_be_one_of_the_two() -> None:
    """A store that does not exist is refused before anything is done."""
    with pytest.raises(ConfigError, match="journal, ledger, both"):
        run_power(1, seed=1, what="till")


def test_the_command_prints_one_object_and_fails_with_findings() -> None:
    """``mohr sim power --json`` gives one JSON object; exit code 1 where a promise was broken."""
    app = typer.Typer()
    app.command()(power)
    clean = CliRunner().invoke(app, ["--images", "4", "--seed", "2", "--json"])
    assert clean.exit_code == 0
    figures = json.loads(clean.stdout)
    assert (figures["images"], figures["journal"], figures["ledger"]) == (4, 2, 2)
    assert (figures["lost"], figures["damaged"], figures["failed"]) == (0, 0, [])
    assert figures["audit"] == "clean"
    lost = CliRunner().invoke(
        app, ["--images", "6", "--seed", "2", "--store", "journal", "--lying-disk"]
    )
    assert lost.exit_code == 1
    assert "mohr sim power --seed 2" in lost.stderr
