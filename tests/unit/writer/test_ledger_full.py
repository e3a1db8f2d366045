"""A full disk: nothing of the batch is applied, and it works again when there is space."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway.ledger.errors import StoreClosedError, StoreFullError
from gateway.ledger.sql_store import SqlLedgerStore

if TYPE_CHECKING:
    from tests.unit.writer.conftest import Shop


def _limit_pages(shop: Shop, pages: int) -> None:
    store = shop.store
    assert isinstance(store, SqlLedgerStore)
    assert store._connection is not None
    with store._connection.begin():
        store._connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")


def test_a_full_store_applies_nothing_and_recovers(sqlite_shop: Shop) -> None:
    """The same batch is refused whole while there is no space, and applied once there is."""
    shop = sqlite_shop
    box = shop.box("till-1")
    ada = shop.card("ada")
    shop.apply(box.earn(ada, 0, 10_000))
    _limit_pages(shop, 1)
    arrivals = [box.earn(ada, number, 10_000) for number in range(1, 200)]
    for _ in range(3):
        with pytest.raises(StoreFullError, match="no space"):
            shop.writer.apply(arrivals, shop.now_ms)
        shop.check()
        assert shop.watermark(box) == 1
        assert shop.balance(ada) == (100, 0)
    _limit_pages(shop, 1_000_000)
    decision = shop.apply(*arrivals)
    assert decision.journalled == 199
    assert decision.duplicates == 0
    assert shop.balance(ada) == (20_000, 0)


def test_a_gap_seen_only_by_a_failed_batch_is_not_asked_for(sqlite_shop: Shop) -> None:
    """What a failed commit would have noticed is forgotten with it."""
    shop = sqlite_shop
    box = shop.box("till-1")
    ada = shop.card("ada")
    arrivals = [box.earn(ada, number, 10_000) for number in range(300)]
    _limit_pages(shop, 1)
    with pytest.raises(StoreFullError):
        shop.writer.apply(arrivals[1:], shop.now_ms)
    assert shop.tick(10_000).resend == ()
    _limit_pages(shop, 1_000_000)
    shop.apply(*arrivals[2:])
    shop.apply(*arrivals[:2])
    assert shop.watermark(box) == 300


def test_a_closed_store_says_so(sqlite_shop: Shop) -> None:
    """Using a closed store is a fault with a name, and closing again is none."""
    sqlite_shop.store.close()
    sqlite_shop.store.close()
    with pytest.raises(StoreClosedError):
        sqlite_shop.tick()
