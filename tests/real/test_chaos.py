"""``mohr chaos``: real processes survive what it does to them, and its check can fail."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.errors import ConfigError
from simulators.chaos import machine
from simulators.chaos.cli import app
from simulators.chaos.life import Life
from simulators.chaos.plan import LifePlan, RoundPlan
from simulators.chaos.shop import ChaosShop, ShopKit
from simulators.command_process import PATIENCE_S

pytestmark = [pytest.mark.real, pytest.mark.slow]

SOAK = os.environ.get("MOHR_SOAK") is not None
#: ``./run soak`` runs the promised three hundred by the command.
ROUNDS = 30 if SOAK else 6
QUIET = RoundPlan(number=1, work_ms=900, faults=())
RUN = "from simulators.chaos.cli import app; app()"


def chaos(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    """The command in a process of its own, whose mounts are its own too."""
    return subprocess.Popen(
        [sys.executable, "-c", RUN, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


@pytest.mark.timeout(7_200 if SOAK else 600)
def test_nothing_is_lost_or_doubled_whatever_strikes(tmp_path: Path) -> None:
    """Rounds of kills, holes, wipes, full disks and wrong clocks: every book is as it should be."""
    kept = tmp_path / "kept"
    with chaos("--rounds", str(ROUNDS), "--seed", "3", "--json", "--keep", str(kept)) as process:
        said, complained = process.communicate()
    assert process.returncode == 0, complained
    report = json.loads(said)
    assert (report["rounds"], report["failed"]) == (ROUNDS, [])
    assert (report["lost"], report["doubled"], report["audit"]) == (0, 0, "clean")
    assert report["transactions"] >= ROUNDS
    assert report["faults"] == sum(report["by_fault"].values()) >= ROUNDS
    # What this machine cannot do is said, and never counted as done.
    assert report["unavailable"].keys() >= report["missed"].keys()
    assert (kept / "seed-3-shop-1" / "gateway" / "ledger.db").is_file()


@pytest.fixture
def shop() -> Iterator[ChaosShop]:
    """A shop with nothing that could be struck but its processes."""
    life = LifePlan(number=1, small_disks=False, faked_clocks=False, rounds=())
    with (
        tempfile.TemporaryDirectory(prefix="mohr-chaos-") as folder,
        ChaosShop(Path(folder), life, ShopKit()) as shop,
    ):
        yield shop


def played(shop: ChaosShop) -> Life:
    """A shop that has sold, has settled, and whose processes have ended."""
    life = Life(shop, seed=1)
    life.begin()
    report = life.play(QUIET, 0)
    assert report.clean, report.findings
    assert report.transactions > 3
    assert life.end() == ()
    assert life.check().findings == []
    return life


def change(database: Path, *statements: str) -> None:
    """Write into a database behind its owner's back."""
    with closing(sqlite3.connect(database)) as connection, connection:
        for one in statements:
            assert connection.execute(one).rowcount > 0, one


def test_the_check_sees_points_that_nobody_earned(shop: ChaosShop) -> None:
    """One point more in a wallet of the ledger is found by the model, and by the audit as well."""
    life = played(shop)
    change(
        shop.gateway.data_dir / "ledger.db",
        "UPDATE wallet SET available = available + 1 WHERE available ="
        " (SELECT max(available) FROM wallet)",
    )
    verdict = life.check()
    kinds = {one.partition(":")[0] for one in verdict.findings}
    assert kinds >= {"balance", "audit"}


def test_the_check_sees_a_transaction_that_the_ledger_lost(shop: ChaosShop) -> None:
    """A row gone from the ledger's journal is one lost transaction."""
    life = played(shop)
    change(
        shop.gateway.data_dir / "ledger.db",
        "DELETE FROM journal WHERE journal_index ="
        " (SELECT max(journal_index) FROM journal WHERE terminal = 'till-1' AND seq IS NOT NULL)",
    )
    verdict = life.check()
    assert verdict.lost == 1
    assert any(one.startswith("audit: ") for one in verdict.findings)


def test_the_check_sees_what_a_terminal_forgot(shop: ChaosShop) -> None:
    """A journal put back to an earlier day holds less than its screen promised."""
    life = played(shop)
    journal = shop.lanes[0].station.data_dir / "journal-1.sqlite3"
    change(
        journal,
        # The last one before closing time may have been accepted unseen; the others were promised.
        "DELETE FROM envelopes WHERE seq > (SELECT max(seq) - 3 FROM envelopes)",
        "UPDATE state SET next_seq = next_seq - 3, watermark = watermark - 3,"
        " last_hash = (SELECT hash FROM envelopes ORDER BY seq DESC LIMIT 1)",
    )
    verdict = life.check()
    assert verdict.lost >= 1
    kinds = {one.partition(":")[0] for one in verdict.findings}
    assert kinds >= {"lost", "invented"}, "promised by the screen, and kept by the ledger"


def test_a_journal_that_cannot_be_read_is_a_finding(shop: ChaosShop) -> None:
    """A torn file is reported as lost, and does not end the run."""
    life = played(shop)
    journal = shop.lanes[0].station.data_dir / "journal-1.sqlite3"
    change(journal, "UPDATE envelopes SET envelope = x'00' WHERE seq = 1")
    verdict = life.check()
    assert verdict.lost
    assert any("cannot be read" in one for one in verdict.findings)


def processes_of(folder: str) -> list[str]:
    """Command lines of running processes that name a folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # it has just ended
        if folder in words:
            found.append(words)
    return found


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_process_outlives_its_driver(tmp_path: Path, how: signal.Signals) -> None:
    """However the driver ends, broker, gateway and agents end too, and no disk stays mounted."""
    with chaos("--rounds", "50", TMPDIR=str(tmp_path)) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("round 1:")
        assert len(processes_of(str(tmp_path))) >= 3
        process.send_signal(how)
        process.communicate()
        assert process.returncode != 0
    until_s = time.monotonic() + PATIENCE_S
    while left := processes_of(str(tmp_path)):
        assert time.monotonic() < until_s, left
        time.sleep(0.05)
    assert str(tmp_path) not in Path("/proc/mounts").read_text()


def test_without_mosquitto_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without the broker gets one clear line, and no round."""
    monkeypatch.setattr(machine, "mosquitto_program", lambda: None)
    ended = CliRunner().invoke(app, ["--rounds", "1"])
    assert isinstance(ended.exception, ConfigError)
    assert "apt-get install mosquitto" in str(ended.exception)
