"""However a stream of arrivals is cut into batches, the ledger comes out the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.crypto.file_signer import FileSigner
from gateway.crypto.signer import Algorithm
from gateway.ledger.memory_store import MemoryLedgerStore
from gateway.ledger.rows import EntryRow
from gateway.ledger.rows_lots import AllocationRow, LotRow
from gateway.ledger.rows_members import WalletRow
from gateway.ledger.store import LedgerStore
from gateway.model.programme import RefundPolicy, UnknownCardPolicy
from gateway.writer.arrival import Arrival

if TYPE_CHECKING:
    from tests.unit.writer.conftest import Shop

MakeShopOf = Callable[[LedgerStore, UnknownCardPolicy, RefundPolicy], "Shop"]
_SIGNER = FileSigner.generate(Algorithm.ED25519)


def _day(shop: Shop) -> list[Arrival]:
    """A stream in which everything depends on what came before it."""
    box = shop.box("till-1", signer=_SIGNER)
    ada, bob = shop.card("ada"), shop.card("bob")
    opening = [box.earn(ada, 1, 30_000, "1"), box.enrol(bob), box.earn(bob, 2, 10_000, "2")]
    reserve = box.reserve(ada, 3, 120)
    # The answer is needed to seal the redeem; a ledger aside gives it.
    aside = type(shop)(MemoryLedgerStore())
    aside.store.add_programme(shop.programme())
    aside.store.add_terminal(box.registration(), shop.store.terminals()[0].branch, shop.now_ms)
    aside.apply(*opening)
    answer = aside.ask(reserve)
    cancelled = box.reserve(bob, 4, 50)
    return [
        *opening,
        reserve,
        box.earn(ada, 3, 5_000, "3"),
        box.redeem(ada, 3, answer, receipt="3"),
        box.refund(1),
        cancelled,
        box.cancel(cancelled.request.request_id),
        box.refund(receipt="3"),
        box.earn(ada, 5, 2_000, "1"),
        box.refund(receipt="1"),
        box.void(answer.request_id),
        box.refund(receipt="2"),
    ]


def _books(shop: Shop) -> list[object]:
    with shop.store.batch() as batch:
        kinds = (WalletRow, EntryRow, LotRow, AllocationRow)
        return [row for kind in kinds for row in batch.every(kind)]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.booleans(), min_size=14, max_size=14), again=st.integers(0, 14))
def test_any_cut_gives_the_same_books(shop_of: MakeShopOf, cuts: list[bool], again: int) -> None:
    """One batch, single steps or anything between, with a repeated start, end the same."""
    policies = (UnknownCardPolicy.ENROL, RefundPolicy.ALLOW_NEGATIVE)
    whole = shop_of(MemoryLedgerStore(), *policies)
    arrivals = _day(whole)
    whole.apply(*arrivals)
    pieces = shop_of(MemoryLedgerStore(), *policies)
    _day(pieces)
    batch: list[Arrival] = []
    for arrival, cut in zip(arrivals, cuts, strict=True):
        batch.append(arrival)
        if cut:
            pieces.apply(*batch)
            batch.clear()
    pieces.apply(*batch)
    assert _books(pieces) == _books(whole)
    pieces.apply(*arrivals[:again])
    assert _books(pieces) == _books(whole)
