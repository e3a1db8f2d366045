"""A ledger that the first schema made keeps everything when it is brought up to date."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gateway.audit.auditor import audit
from gateway.ledger.accounts import EVERYWHERE, pending_account, points_wallet_id
from gateway.ledger.checks import broken_invariants
from gateway.ledger.kinds import HoldState, WalletKind
from gateway.ledger.numbering import number_of
from gateway.ledger.rows_lots import HoldRow, LotRow, SuspendedRow
from gateway.ledger.rows_members import WalletRow
from gateway.ledger.rows_sales import SaleRow
from gateway.ledger.sql_store import SqlLedgerStore

# Opens a store and kills its own process, without any chance to clean up, before one statement.
_KILLED_MIDWAY = """
import os, signal, sys
from sqlalchemy import Engine, event
from gateway.ledger.sql_store import SqlLedgerStore

left = int(sys.argv[2])

@event.listens_for(Engine, "before_cursor_execute")
def count(connection, cursor, statement, parameters, context, executemany):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)

SqlLedgerStore(sys.argv[1])
"""


@pytest.fixture(params=["v0001_waiting", "v0001_returned"])
def old(request: pytest.FixtureRequest, project_root: Path, tmp_path: Path) -> Path:
    """A ledger as the first schema kept it: real envelopes, debts, returns, points that wait."""
    dump = project_root / "tests" / "data" / "ledger" / f"{request.param}.sql"
    path = tmp_path / "ledger.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(dump.read_text(encoding="utf-8"))
    return path


def _rows(path: Path, sql: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def test_an_old_ledger_is_clean_when_it_is_brought_up_to_date(old: Path) -> None:
    """The audit, which recomputes everything from the envelopes, finds nothing; nor do checks."""
    store = SqlLedgerStore(old)
    with store.batch() as batch:
        assert broken_invariants(batch) == ()
        report = audit(batch)
    store.close()
    assert _rows(old, "PRAGMA foreign_key_check") == []
    assert report.findings == ()
    assert min(report.checked.journal_rows, report.checked.seals, report.checked.holds) > 0


def test_nothing_is_lost_on_the_way(old: Path) -> None:
    """Balances, lots, allocations, debts, holds and suspense are what they were."""
    wallets = _rows(old, "SELECT * FROM wallet")
    lots = _rows(old, "SELECT lot_id, member_id, points, remaining FROM lot")
    allocations = _rows(old, "SELECT * FROM allocation")
    waiting = _rows(old, "SELECT journal_index, points, resolved_index FROM suspended")
    others = "SELECT * FROM entry", "SELECT * FROM journal", "SELECT * FROM card"
    before = [_rows(old, sql) for sql in others]
    store = SqlLedgerStore(old)
    with store.batch() as batch:
        kept = list(batch.every(WalletRow))
        made = list(batch.every(LotRow))
        held = list(batch.every(HoldRow))
        suspended = list(batch.every(SuspendedRow))
        sales = {sale.key: sale for sale in batch.every(SaleRow)}
    store.close()
    assert [
        (
            one.member_id,
            one.ledger,
            one.available_account,
            one.held_account,
            one.available,
            one.held,
        )
        for one in kept
    ] == wallets
    for wallet in kept:
        assert wallet.member_id is not None
        assert wallet.wallet_id == points_wallet_id(wallet.member_id)
        assert (wallet.kind, wallet.pending) == (WalletKind.POINTS, 0)
        assert wallet.pending_account == pending_account(wallet.available_account)
    assert [(lot.earned_index, lot.wallet_id, lot.points, lot.remaining) for lot in made] == lots
    assert all(lot.lot_id == number_of(lot.earned_index, 0) for lot in made)
    assert all(lot.activated_index == lot.opened_index for lot in made)
    assert _rows(old, "SELECT * FROM allocation") == [
        (index, line, owner, number_of(lot, 0), points)
        for index, line, owner, lot, points in allocations
    ]
    assert [(one.journal_index, one.points, one.resolved_index) for one in suspended] == waiting
    assert [_rows(old, sql) for sql in others] == before
    for hold in held:
        posted = hold.state is HoldState.POSTED
        returned = posted and sales[hold.branch, hold.sale_key].refund_index is not None
        assert hold.redeemed_points == (hold.points if posted else 0)
        assert hold.given_back_points == (hold.points if returned else 0)


def test_its_ledgers_are_those_of_a_new_one(old: Path, tmp_path: Path) -> None:
    """Every ledger of its programmes is open, its system accounts numbered as anywhere."""
    store, new = SqlLedgerStore(old), SqlLedgerStore(tmp_path / "new.db")
    for programme in store.programmes():
        new.add_programme(programme)
    with store.batch() as batch, new.batch() as other:
        ledgers = batch.ledgers()
        assert ledgers == other.ledgers()
    assert set(ledgers.by_name) == {"PTS:points", "CR:EUR", "GC:EUR"}
    assert all(set(one.accounts) == set(EVERYWHERE) for one in ledgers.by_name.values())
    store.close()
    new.close()


@pytest.mark.parametrize("statements", [10, 40, 60])
def test_a_process_killed_on_the_way_changes_nothing(old: Path, statements: int) -> None:
    """After a kill in the middle the ledger is as old as before, and then goes on."""
    before = _rows(old, "SELECT name, sql FROM sqlite_master ORDER BY name")
    command = [sys.executable, "-c", _KILLED_MIDWAY, str(old), str(statements)]
    killed = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert _rows(old, "SELECT name, sql FROM sqlite_master ORDER BY name") == before
    store = SqlLedgerStore(old)
    with store.batch() as batch:
        assert audit(batch).clean
    store.close()
