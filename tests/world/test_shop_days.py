"""Whole shops from a seed: everything goes wrong, and nothing is lost or doubled."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path

import pytest

from simulators.shop.day import BAD_DAY, Day
from simulators.shop.plan import ShopSize
from simulators.shop.report import DayReport, to_json

#: Reduced in the everyday run; ``./run soak`` runs the promised twenty.
SEEDS = range(20) if os.environ.get("MOHR_SOAK") else range(4)
SMALL = ShopSize(visits=24, members=5)


def _run(seed: int, folder: Path, size: ShopSize | None = None) -> DayReport:
    with Day(seed, size or ShopSize(), BAD_DAY, folder) as day:
        return day.run()


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_bad_day_loses_and_doubles_nothing(seed: int, tmp_path: Path) -> None:
    """Under drops, repeats, reorders, wipes and killed processes the ledger is the model's."""
    report = _run(seed, tmp_path)
    assert report.findings == ()
    assert (report.lost, report.doubled) == (0, 0)
    assert report.transactions > 20, "a day without customers proves nothing"
    assert report.faults > 5, "a day without faults proves nothing"


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_seed_replays_exactly(tmp_path: Path) -> None:
    """The same seed gives the same judgements, at the same times, in the same order."""
    first = _run(7, tmp_path / "first", SMALL)
    second = _run(7, tmp_path / "second", SMALL)
    assert first == second
    assert first.fingerprint != _run(8, tmp_path / "third", SMALL).fingerprint


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_checker_sees_what_is_wrong(tmp_path: Path) -> None:
    """A transaction taken out of the ledger is lost, and a changed balance is found."""
    with Day(3, SMALL, BAD_DAY, tmp_path) as day:
        assert day.run().clean
        day.server.store.close()
        ledger = sqlite3.connect(tmp_path / "ledger.db")
        ledger.execute("PRAGMA foreign_keys=OFF")
        ledger.execute(
            "DELETE FROM journal WHERE journal_index ="
            " (SELECT max(journal_index) FROM journal WHERE kind = 'transaction')"
        )
        ledger.execute("UPDATE wallet SET available = available + 1")
        ledger.commit()
        ledger.close()
        day.server.restart(answered=False)
        verdict = day.check()
    assert verdict.lost == 1
    assert any("points, not" in finding for finding in verdict.findings)


def test_the_report_names_the_failing_seed() -> None:
    """The sum over days says how many, and keeps what is needed to replay the bad one."""
    good = DayReport(
        seed=1, transactions=5, faults=2, lost=0, doubled=0, findings=(), fingerprint="a"
    )
    bad = DayReport(
        seed=2, transactions=7, faults=1, lost=1, doubled=0, findings=("lost: x",), fingerprint="b"
    )
    told = json.loads(to_json([good, bad]))
    assert (told["seeds"], told["transactions"], told["lost"]) == (2, 12, 1)
    assert told["audit"] == "findings"
    assert [day["seed"] for day in told["failed"]] == [2]
