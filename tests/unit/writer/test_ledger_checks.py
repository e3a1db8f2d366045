"""A database edited by hand is found out."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from gateway.ledger.checks import broken_invariants
from gateway.ledger.sql_store import SqlLedgerStore

if TYPE_CHECKING:
    from tests.unit.writer.conftest import Shop


@pytest.mark.parametrize(
    ("edit", "complaint"),
    [
        ("UPDATE wallet SET available = available + 1", "but the entries say"),
        ("UPDATE entry SET points = points + 1 WHERE journal_index = 1", "but the entries say"),
        ("UPDATE lot SET remaining = remaining - 1", "its allocations say otherwise"),
        ("UPDATE allocation SET points = points + 1", "its allocations say otherwise"),
        ("UPDATE hold SET state = 'voided' WHERE state = 'pending'", "points behind it"),
        ("UPDATE hold SET resolved_index = 1 WHERE state = 'pending'", "resolved 1"),
        ("UPDATE wallet SET held = held + 5", "holds"),
        ("UPDATE movement SET available_points = 0 WHERE journal_index = 1", "does not add up"),
        ("UPDATE movement SET balance_points = 0", "does not show the balance"),
        ("DELETE FROM journal WHERE journal_index = 2", "the journal misses a row"),
        ("UPDATE journal SET recorded_at_ms = 0 WHERE journal_index = 2", "is not later"),
        ("UPDATE journal SET envelope = NULL WHERE journal_index = 1", "names no transaction"),
        ("UPDATE chain SET watermark = 1", "is not settled without gaps"),
        ("UPDATE chain SET watermark_hash = x'00'", "another envelope at its watermark"),
        ("UPDATE chain SET waiting = 3", "waiting envelopes wrongly"),
        ("UPDATE posting SET kind = 'redeem' WHERE kind = 'reserve'", "postings of kind redeem"),
    ],
)
def test_an_edited_ledger_is_found_out(sqlite_shop: Shop, edit: str, complaint: str) -> None:
    """Each kind of tampering with the rows breaks an invariant that is named."""
    shop = sqlite_shop
    box = shop.box("till-1")
    ada = shop.card("ada")
    shop.apply(box.earn(ada, 1, 10_000))
    answer = shop.ask(box.reserve(ada, 2, 30))
    shop.apply(box.redeem(ada, 2, answer))
    shop.ask(box.reserve(ada, 3, 20))
    store = shop.store
    assert isinstance(store, SqlLedgerStore)
    with closing(sqlite3.connect(str(store.place))) as connection:
        assert connection.execute(edit).rowcount > 0
        connection.commit()
    with store.batch() as batch:
        complaints = broken_invariants(batch)
    assert any(complaint in one for one in complaints), complaints
