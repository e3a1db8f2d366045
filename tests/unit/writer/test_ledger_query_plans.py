"""Cost does not grow with the tables: every read of a batch goes by an index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from gateway.ledger.sql_store import SqlLedgerStore

if TYPE_CHECKING:
    from tests.unit.writer.conftest import Shop

#: What may be read whole: the rules, the counts, a batch's own keys, and the index that holds
#: nothing but chains with a gap.
_SMALL = ("programme", "tally", "wanted", "CONSTANT ROW", "CONSTANT ROWS", "ix_chain_gap")


def _busy_day(shop: Shop) -> None:
    """Use every read that the writer has."""
    box = shop.box("till-1")
    ada, bob = shop.card("ada"), shop.card("bob")
    first = box.earn(ada, 1, 50_000, "1")
    shop.apply(first)
    shop.apply(first, box.earn(bob, 2, 1_000, "2"))
    answer = shop.ask(box.reserve(ada, 3, 100))
    late = shop.ask(box.reserve(ada, 4, 100))
    shop.apply(box.redeem(ada, 3, answer))
    shop.ask(box.cancel(late.request_id))
    shop.apply(box.refund(3), box.refund(receipt="2"))
    shop.apply(box.refund(1), box.earn(ada, 5, 1_000))
    shop.ask(box.reserve(bob, 6, 10))
    waiting = [box.earn(ada, number, 100) for number in range(10, 14)]
    shop.apply(*waiting[2:])
    shop.apply(waiting[3], waiting[1])
    shop.apply(waiting[0])
    shop.apply(*(box.earn(shop.card(f"card {n}"), n, 100) for n in range(100, 300)))
    shop.tick(400_000)
    shop.restart()
    shop.tick()


def test_no_read_of_the_writer_scans_a_table(sqlite_shop: Shop) -> None:
    """SQLite's own plan of every SELECT that a busy day makes uses a key or an index."""
    store = sqlite_shop.store
    assert isinstance(store, SqlLedgerStore)
    connection = store._connection
    assert connection is not None
    seen: dict[str, Any] = {}

    def note(_c: Any, _cur: Any, sql: str, parameters: Any, _ctx: Any, _many: bool) -> None:  # noqa: ANN401, FBT001 - SQLAlchemy's own shape
        if sql.lstrip().upper().startswith(("SELECT", "WITH")):
            seen.setdefault(sql, parameters)

    sqlite_shop.check = lambda: None  # type: ignore[method-assign]
    event.listen(store._engine, "before_cursor_execute", note)
    _busy_day(sqlite_shop)
    event.remove(store._engine, "before_cursor_execute", note)
    assert len(seen) > 20
    with connection.begin():
        for sql, parameters in seen.items():
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters).all()
            steps = [step[3] for step in plan]
            scans = [step for step in steps if step.startswith("SCAN ")]
            assert [step for step in scans if not step.endswith(_SMALL)] == [], sql
