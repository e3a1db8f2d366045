"""The nightly run of a scenario's gateway, in slices, and what it did."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from gateway.ledger.accounts import unit_of_ledger
from gateway.ledger.batch import LedgerBatch
from gateway.ledger.kinds import JournalKind, SystemAccount
from gateway.ledger.rows import EntryRow, JournalRow
from gateway.ledger.rows_lots import LotRow
from gateway.ledger.rows_members import WalletRow
from gateway.model.rules.earning import Unit
from simulators.scenario.gateway.house import House
from simulators.scenario.port import Answer, ShopFaultError

_BUDGET: Final = 100


def run_nights(house: House, now_ms: int, *, cuts: bool = False) -> Answer:
    """Run every night that is due.

    Args:
        house: whose.
        now_ms: Unix time in milliseconds.
        cuts: the power is lost after every slice, and slices are as small as they can be.

    Raises:
        ShopFaultError: if a wallet had to be left out.
    """
    with house.store.batch() as batch:
        before = batch.head().journal_index
    while True:
        done = house.night(now_ms, 1 if cuts else _BUDGET)
        if done.left_out or done.alarms:
            raise ShopFaultError(done.left_out or done.alarms[0].detail)
        if not done.left:
            break
        if cuts:
            house.cut()
    with house.store.batch() as batch:
        return _told(batch, before)


def _told(batch: LedgerBatch, before: int) -> Answer:
    nights = {
        row.journal_index
        for row in batch.every(JournalRow)
        if row.journal_index > before and row.kind is JournalKind.NIGHTLY
    }
    entries = [row for row in batch.every(EntryRow) if row.journal_index in nights]
    wallets = {row.wallet_id: row for row in batch.every(WalletRow)}
    points = [row for row in wallets.values() if unit_of_ledger(row.ledger) is Unit.POINTS]
    credit = [row for row in wallets.values() if unit_of_ledger(row.ledger) is Unit.CREDIT]
    return Answer(
        activated=sum(
            row.points
            for row in entries
            for wallet in points
            if (row.debit_account, row.credit_account)
            == (wallet.pending_account, wallet.available_account)
        ),
        converted_minor=_between(batch, entries, SystemAccount.CONVERTED, credit, coming=True),
        expired=_between(batch, entries, SystemAccount.EXPIRED, points, coming=False),
        closed=_closed(batch, nights, wallets.values()),
    )


def _between(
    batch: LedgerBatch,
    entries: Iterable[EntryRow],
    account: SystemAccount,
    wallets: Iterable[WalletRow],
    *,
    coming: bool,
) -> int:
    """What came into wallets from a system account, or went to it."""
    system = {ledger.accounts[account] for ledger in batch.ledgers().by_name.values()}
    mine = {
        number
        for row in wallets
        for number in (row.available_account, row.held_account, row.pending_account)
    }
    return sum(
        row.points
        for row in entries
        for giver, taker in [(row.debit_account, row.credit_account)]
        if ((giver in system and taker in mine) if coming else (giver in mine and taker in system))
    )


def _closed(batch: LedgerBatch, nights: set[int], wallets: Iterable[WalletRow]) -> tuple[int, ...]:
    """What was left in each lot of points that the night closed, nothing included."""
    points = {row.wallet_id for row in wallets if unit_of_ledger(row.ledger) is Unit.POINTS}
    lots = [
        lot for lot in batch.every(LotRow) if lot.closed_index in nights and lot.wallet_id in points
    ]
    lots.sort(key=lambda lot: (lot.closed_index or 0, lot.lot_id))
    left: dict[int, int] = {}
    for row in batch.allocations({lot.closed_index for lot in lots if lot.closed_index}):
        if row.owner_index == row.journal_index:
            left[row.lot_id] = left.get(row.lot_id, 0) + row.points
    return tuple(left.get(lot.lot_id, 0) for lot in lots)
