"""The auditor and the writer, written apart, come to the same books on random shop days."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.audit.auditor import audit
from gateway.ledger.memory_store import MemoryLedgerStore
from simulators.ledger_day import LedgerDay


@given(st.integers(0, 2**32))
def test_random_shop_days_audit_clean(seed: int) -> None:
    """Whatever two tills do, the auditor's own arithmetic agrees with the writer's to the point."""
    store = MemoryLedgerStore()
    day = LedgerDay(store, seed)
    day.play(60)
    with store.batch() as batch:
        report = audit(batch)
    assert report.findings == ()
    assert report.checked.journal_rows > 0
