"""A ledger with a long past is a good ledger, and the bench that grows it measures both sizes."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.errors import ValueRangeError
from gateway.ledger.checks import broken_invariants
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.model.ids import MemberId
from gateway.model.outcome import Status
from gateway.writer.decision import Decision
from gateway.writer.settings import WriterSettings
from gateway.writer.writer import Writer
from simulators.bench.bare_rows import BareRows
from simulators.bench.big_ledger import END_MS, BigLedger, make_big_ledger
from simulators.bench.cli import app
from simulators.bench.ledger_work import LedgerWork
from simulators.ledger_day import LedgerDay

MEMBERS, TERMINALS = 60, 3


@pytest.fixture
def ledger(tmp_path: Path) -> BigLedger:
    """A small ledger with a long past."""
    return make_big_ledger(
        tmp_path / "ledger.db", members=MEMBERS, terminals=TERMINALS, returners=MEMBERS
    )


def _findings(path: Path) -> tuple[str, ...]:
    store = SqlLedgerStore(path)
    try:
        with store.batch() as batch:
            return broken_invariants(batch)
    finally:
        store.close()


def _count(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - a name from the test


def _work(ledger: BigLedger, batches: int, size: int = 40) -> list[Decision]:
    """Let the real writer do a few batches of the bench's work."""
    store = SqlLedgerStore(ledger.path)
    work = LedgerWork(ledger, seed=5)
    ids = iter(range(1, 10_000))
    writer = Writer(
        store,
        new_member_id=lambda: MemberId(f"{next(ids):08x}{'e' * 24}"),
        settings=WriterSettings(),
    )
    decisions = []
    for number in range(1, batches + 1):
        now_ms = END_MS + number * 1_000
        decision = writer.apply(work.batch(size, now_ms), now_ms)
        work.learn(decision)
        decisions.append(decision)
    store.close()
    return decisions


def test_the_past_breaks_no_invariant(ledger: BigLedger) -> None:
    """Balances, lots, holds, movements and chains agree, and there are as many as was said."""
    assert _findings(ledger.path) == ()
    assert _count(ledger.path, "member") == MEMBERS
    assert _count(ledger.path, "entry") == ledger.entries == MEMBERS * 10
    assert _count(ledger.path, "sale") == MEMBERS * 8


def test_a_false_past_is_noticed(ledger: BigLedger) -> None:
    """The check of the past can fail: one point too many is found."""
    with closing(sqlite3.connect(ledger.path)) as connection:
        connection.execute(
            "UPDATE wallet SET available = available + 1"
            " WHERE wallet_id = (SELECT min(wallet_id) FROM wallet)"
        )
        connection.commit()
    assert _findings(ledger.path) != ()


def test_every_index_is_back(ledger: BigLedger, tmp_path: Path) -> None:
    """The ledger with a past has the very schema that the migrations make."""
    plain = tmp_path / "plain.db"
    SqlLedgerStore(plain).close()

    def schema(path: Path) -> list[tuple[str, str]]:
        with closing(sqlite3.connect(path)) as connection:
            return sorted(connection.execute("SELECT name, sql FROM sqlite_master WHERE sql != ''"))

    assert schema(ledger.path) == schema(plain)


def test_the_writer_goes_on_where_the_past_ends(ledger: BigLedger) -> None:
    """All of the work is posted, reservations are redeemed, and the books stay whole."""
    decisions = _work(ledger, batches=6)
    assert sum(one.journalled for one in decisions) == 6 * 40
    assert sum(one.quarantined + one.waiting + one.duplicates for one in decisions) == 0
    results = [
        result for one in decisions for receipt in one.receipts for result in receipt.results
    ]
    assert {result.status for result in results} == {Status.APPLIED}
    with closing(sqlite3.connect(ledger.path)) as connection:
        kinds = {
            row[0]
            for row in connection.execute(
                "SELECT DISTINCT kind FROM posting WHERE journal_index > ?", (MEMBERS * 11,)
            )
        }
    assert kinds == {"earn", "reserve", "redeem", "refund", "enrol"}
    assert _findings(ledger.path) == ()


def test_the_bare_copy_gets_the_same_rows(ledger: BigLedger, tmp_path: Path) -> None:
    """What the raw cost is measured on is all that was posted, and nothing is repeated twice."""
    copy = tmp_path / "copy.db"
    with BareRows(ledger.path, copy) as bare:
        _work(ledger, batches=2)
        assert bare.repeat() > 0
        bare.repeat()
    for table in ("journal", "posting", "entry", "movement", "lot", "allocation", "sale"):
        assert _count(copy, table) == _count(ledger.path, table)


@pytest.mark.parametrize(("members", "terminals"), [(10, 3), (10, 0), (2, 4)])
def test_numbers_that_do_not_fit_are_refused(tmp_path: Path, members: int, terminals: int) -> None:
    """Members are shared out evenly, to at least one terminal."""
    with pytest.raises(ValueRangeError):
        make_big_ledger(tmp_path / "ledger.db", members=members, terminals=terminals)


def test_a_ledger_with_a_past_keeps_it(tmp_path: Path) -> None:
    """A ledger that somebody used is not written over."""
    store = SqlLedgerStore(tmp_path / "used.db")
    LedgerDay(store, seed=1).play(5)
    store.close()
    with pytest.raises(ValueRangeError, match="past"):
        make_big_ledger(tmp_path / "used.db", members=4, terminals=2)


@pytest.mark.usefixtures("quiet_logs")
def test_the_quick_bench_prints_its_figures_and_nothing_else() -> None:
    """``mohr bench ledger --quick --json`` prints one object with every promised figure."""
    done = CliRunner().invoke(app, ["ledger", "--quick", "--json"], catch_exceptions=False)
    assert done.exit_code == 0
    printed = json.loads(done.stdout)
    assert printed["bench"] == "ledger"
    figures = printed["figures"]
    assert set(figures) == {
        "growth_ratio",
        "growth_ratio_p50",
        "posting_us_p50_small",
        "posting_us_p50_large",
        "postings_per_s_small",
        "postings_per_s_large",
        "raw_posting_us_mean",
        "share_of_raw",
        "batch_postings_mean",
        "redeem_1000_lots_ms_p50",
        "redeem_1000_lots_ms_p99",
        "drain_1000_lots_ms_p50",
        "drain_1000_lots_ms_p99",
    }
    assert all(value > 0 for value in figures.values())
    assert figures["batch_postings_mean"] == 256
    assert done.stderr.startswith("machine: ")
