"""Whatever rules a seed makes up and whatever happens under them, the audit comes to the same."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest

import gateway.audit
from gateway.audit.auditor import audit
from gateway.ledger.checks import broken_invariants
from gateway.ledger.sql_store import SqlLedgerStore
from simulators.rules_day import RulesDay, look

SEEDS = range(2_000 if os.environ.get("MOHR_SOAK") else 16)
#: What decides and moves; whoever recomputes it must not ask it.
DECIDING = (
    "gateway.writer",
    "gateway.ledger.posting",
    "gateway.ledger.posting_currencies",
    "gateway.ledger.posting_entries",
    "gateway.ledger.posting_holds",
    "gateway.ledger.posting_lots",
    "gateway.ledger.book",
    "gateway.ledger.book_journal",
    "gateway.ledger.book_lots",
    "gateway.ledger.book_members",
)


@pytest.mark.parametrize("seed", SEEDS)
def test_weeks_under_random_rules_are_audited_clean(seed: int) -> None:
    """Sales, returns, reservations, desks and nights of a seed leave nothing unaccounted for."""
    assert look(seed, 80) is None


def test_a_file_is_audited_like_memory(tmp_path: Path) -> None:
    """The same weeks in a database of files: every row is there, and every row has its reason."""
    store = SqlLedgerStore(tmp_path / "ledger.db")
    RulesDay(store, 3).play(80)
    with store.batch() as batch:
        assert broken_invariants(batch) == ()
        report = audit(batch)
    store.close()
    assert report.findings == ()
    assert report.checked.ratings > 0


def test_the_auditor_asks_nobody_who_decided() -> None:
    """No module of the audit imports the writer, the postings or the book of the ledger."""
    folder = Path(gateway.audit.__file__).parent
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            named = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            named += [one.name for one in node.names] if isinstance(node, ast.Import) else []
            for name in named:
                asked = [one for one in DECIDING if name == one or name.startswith(f"{one}.")]
                assert not asked, f"{path.name} imports {name}"
