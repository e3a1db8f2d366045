"""100,000 waiting transactions cost no more per call than a hundred."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gateway.model.ids import EnvelopeHash
from gateway.model.outcome import Reason
from gateway.model.receipt import Rejection
from terminal_agent.journal import integrity
from terminal_agent.journal.journal import Journal

if TYPE_CHECKING:
    from tests.unit.agent.journal.conftest import Bench

BACKLOG = 100_000

#: Reading a whole index or table is fine where it has one row, where it holds only what a person
#: must look at, or where a LIMIT ends it.
_ALLOWED = re.compile(
    r"SCAN (state|holds|pragma_\w+"
    r"|envelopes USING (COVERING )?INDEX envelopes_rejected)"
)


def _grow(journal: Journal, count: int) -> None:
    """Put made-up rows before the real ones: sealing 100,000 would take half a minute."""
    with journal._database.transaction():
        journal._database.execute(
            "WITH RECURSIVE n (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM n WHERE seq < ?)"
            " INSERT INTO envelopes (seq, hash, envelope, kind, sale_key, receipt_number,"
            " accepted_at_ms) SELECT seq, randomblob(32), zeroblob(40), 'earn', randomblob(16),"
            " 'R-' || seq, seq FROM n",
            (count,),
        )
        journal._database.execute(
            "UPDATE state SET next_seq = ?, last_hash = (SELECT hash FROM envelopes WHERE seq = ?)",
            (count + 1, count),
        )


def _steps(journal: Journal, call: Callable[[], object]) -> int:
    """How many instructions SQLite's virtual machine ran for a call, in tens."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    connection = journal._database._db.conn
    connection.set_progress_handler(count, 10)
    call()
    connection.set_progress_handler(None, 10)
    return steps


def _calls(bench: Bench, journal: Journal) -> dict[str, Callable[[], object]]:
    newest = journal.position().next_seq - 1
    middle = newest // 2
    unknown = Rejection(envelope_hash=EnvelopeHash(b"\x55" * 32), reason=Reason.CLONE)
    receipt = bench.receipt(
        journal,
        middle,
        results=(bench.applied(journal, middle),),
        rejections=(unknown, replace(unknown, reason=Reason.MALFORMED)),
    )
    return {
        "accept": lambda: journal.accept([bench.earn], 1),
        "pending": lambda: journal.pending(middle, 64),
        "envelopes": lambda: journal.envelopes(newest - 10, 64),
        "counts": journal.counts,
        "find_sale": lambda: journal.find_sale(f"R-{middle}"),
        "position": journal.position,
        "settle": lambda: journal.settle(receipt),
        "marks": lambda: integrity.check_marks(journal._database, journal._state()),
        "tail": lambda: integrity.check_tail(
            journal._database, journal._state(), journal._settings
        ),
    }


def test_no_call_works_harder_in_a_long_journal(bench: Bench) -> None:
    """SQLite runs about as many instructions per call over 100,000 rows as over 1,000."""
    work: list[dict[str, int]] = []
    for count in (1_000, BACKLOG):
        for path in bench.directory.iterdir():
            path.unlink()
        journal = bench.open(tail_check=16)
        _grow(journal, count)
        bench.fill(journal, 16)
        calls = _calls(bench, journal)
        work.append({name: _steps(journal, call) for name, call in calls.items()})
        bench.close(journal)
    short, long = work
    assert {name: long[name] <= 2 * short[name] + 20 for name in long} == dict.fromkeys(long, True)


def test_a_long_backlog_survives_a_restart_and_is_read_page_by_page(bench: Bench) -> None:
    """With 100,000 waiting, opening works, and pages follow each other without holes."""
    journal = bench.open()
    _grow(journal, BACKLOG)
    bench.fill(journal, 300)
    bench.drop(journal)
    journal = bench.open()
    assert journal.counts().pending == BACKLOG + 300
    seen = 0
    while page := journal.pending(seen, 20_000):
        assert [item.seq for item in page] == list(range(seen + 1, seen + 1 + len(page)))
        seen = page[-1].seq
    assert seen == BACKLOG + 300


def test_no_hot_query_reads_a_whole_table(bench: Bench) -> None:
    """EXPLAIN QUERY PLAN of every statement that accept, send and settle run names an index."""
    journal = bench.open()
    bench.fill(journal, 200)
    connection = journal._database._db.conn
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    for call in _calls(bench, journal).values():
        call()
    journal.envelopes(0, 10)
    connection.set_trace_callback(None)
    plans = [
        f"{row[3]} <- {statement}"
        for statement in statements
        if re.match(r"(SELECT|UPDATE|DELETE|INSERT)", statement)
        for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")
    ]
    scans = [plan for plan in plans if plan.startswith("SCAN") and not _ALLOWED.match(plan)]
    bounded = [plan for plan in scans if re.search(r"ORDER BY \w+( DESC)? LIMIT \d+$", plan)]
    assert len(plans) > 20
    assert scans == bounded


@pytest.mark.parametrize("count", [1, 63, 64, 65])
def test_settling_a_whole_backlog_at_once_packs_it_call_by_call(bench: Bench, count: int) -> None:
    """However many blocks one receipt settles, each call packs a bounded number of them."""
    journal = bench.open()
    bench.fill(journal, count + 600)
    journal.settle(bench.receipt(journal, count + 600))
    calls = 0
    while journal._state().archived_seq < (count + 600) // 64 * 64:
        assert journal.tidy()
        calls += 1
    assert calls >= 1
    assert journal.verify() == count + 600
