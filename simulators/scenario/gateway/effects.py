"""What one journal row did, read from the ledger's rows alone."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from gateway.ledger.accounts import points_wallet_id, unit_of_ledger
from gateway.ledger.batch import LedgerBatch
from gateway.ledger.kinds import SystemAccount
from gateway.ledger.rows import EntryRow, PostingRow
from gateway.ledger.rows_lots import HoldRow, LotRow, SuspendedRow
from gateway.ledger.rows_members import (
    HouseholdMemberRow,
    HouseholdRow,
    VoucherRow,
    WalletRow,
)
from gateway.ledger.rows_sales import RatingRow, SaleReturnRow, SaleRow
from gateway.ledger.store import LedgerStore
from gateway.model.ids import BranchId, HoldId, MemberId, SaleKey
from gateway.model.plain import from_plain
from gateway.model.rules.earning import Unit
from gateway.model.rules.rules import BASE_RULE_ID
from gateway.model.rules.settings import Settings
from gateway.program.evaluation import Evaluation
from gateway.program.local_time import business_day
from gateway.writer.hold_terms import HoldTerms, terms_of
from simulators.scenario.port import NEVER, LotPart, Part, ShopFaultError

_ENTRIES_MAX: Final = 256
_OUT: Final = frozenset({SystemAccount.REDEEMED, SystemAccount.SHORTFALL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a journal row gave a member.

    Attributes:
        points: to spend now or later, or to wait for the card's owner.
        credit: the same in stored credit.
        awards: both by the rule that gave them.
        vouchers: coupons and benefits by the offer or reward that gave them.
        held_out: offers that the member's lot kept from giving.
        tier: the level that it was rated in.
    """

    points: int = 0
    credit: int = 0
    awards: tuple[Part, ...] = ()
    vouchers: tuple[Part, ...] = ()
    held_out: tuple[str, ...] = ()
    tier: str | None = None


class Effects:
    """Reads a ledger."""

    def __init__(self, store: LedgerStore) -> None:
        self._store = store

    def given(self, index: int, member_id: MemberId | None) -> Given:
        """What a journal row gave.

        Args:
            index: the row.
            member_id: whom; None for a card's owner who is to come.

        Raises:
            ShopFaultError: if a sale's lots are not what its rating says.
        """
        with self._store.batch() as batch:
            awards = _awards(batch, index, member_id)
            vouchers = batch.made_by(VoucherRow, [index])
            ratings = batch.rows(RatingRow, [index])
        given = Given(
            points=sum(one.amount for unit, one in awards if unit is Unit.POINTS),
            credit=sum(one.amount for unit, one in awards if unit is Unit.CREDIT),
            awards=tuple(one for _, one in awards),
            vouchers=tuple(
                Part(name=row.source, amount=row.quantity)
                for row in vouchers
                if row.member_id == member_id
            ),
        )
        return _as_rated(given, ratings[0]) if ratings else given

    def hold(self, hold_id: HoldId) -> tuple[HoldRow, HoldTerms]:
        """A reservation as the ledger keeps it.

        Raises:
            ShopFaultError: if there is none.
        """
        with self._store.batch() as batch:
            rows = batch.rows(HoldRow, [hold_id])
        if not rows:
            raise ShopFaultError(f"hold {hold_id.hex()} was granted and is not in the ledger")
        return rows[0], terms_of(rows[0])

    def taken(self, hold: HoldRow, settings: Settings) -> tuple[LotPart, ...]:
        """The lots that a reservation took from, by their last days."""
        index = hold.owner_index
        with self._store.batch() as batch:
            rows = [row for row in batch.allocations([index]) if row.journal_index == index]
            lots = {lot.lot_id: lot for lot in batch.rows(LotRow, {row.lot_id for row in rows})}
            # What had lapsed is closed by the same posting, before anything is taken.
            rows = [row for row in rows if lots[row.lot_id].closed_index != index]
            rows = sorted((row for row in rows if row.points > 0), key=lambda row: row.line)
            branches = branches_of(batch, lots.values())
        return tuple(
            LotPart(
                day=last_day(lots[row.lot_id], branches[row.lot_id], settings), amount=row.points
            )
            for row in rows
        )

    def clawed(self, index: int, member_id: MemberId | None) -> int:
        """Points that a return took back from a member, or from what waited for one."""
        return self._moved(index, member_id, {SystemAccount.CLAWED_BACK}, leaving=True)

    def returned(self, index: int, member_ids: Collection[MemberId]) -> int:
        """Points that a return gave back to whoever had used them."""
        return sum(self._moved(index, one, _OUT, leaving=False) for one in member_ids)

    def money_back(self, index: int, sale: tuple[BranchId, SaleKey]) -> int:
        """The money that went back with a return."""
        with self._store.batch() as batch:
            returns = batch.returns_of([sale])
            rows = batch.rows(SaleReturnRow, [index])
            sales = batch.rows(SaleRow, [sale])
        if rows or not sales:
            return sum(row.amount_minor for row in rows)
        return sales[0].returned_minor - sum(row.amount_minor for row in returns)

    def moved_to(self, index: int, member_id: MemberId, unit: Unit) -> int:
        """What a journal row brought into a member's own wallet from elsewhere."""
        with self._store.batch() as batch:
            wallets = {row.wallet_id: row for row in batch.every(WalletRow)}
            rows = _entries(batch, index)
        mine = {
            account
            for row in wallets.values()
            if row.member_id == member_id and unit_of_ledger(row.ledger) is unit
            for account in _accounts(row)
        }
        return sum(row.points for row in rows if row.credit_account in mine) - sum(
            row.points for row in rows if row.debit_account in mine
        )

    def _moved(
        self,
        index: int,
        member_id: MemberId | None,
        accounts: Collection[SystemAccount],
        *,
        leaving: bool,
    ) -> int:
        """Points between a member's wallet and system accounts of their ledger."""
        with self._store.batch() as batch:
            points = batch.ledgers().points
            rows = _entries(batch, index)
            wallets = [] if member_id is None else _points_wallets(batch, member_id)
        if points is None:
            return 0
        system = {points.accounts[one] for one in accounts}
        mine = {account for row in wallets for account in _accounts(row)}
        if member_id is None:
            mine = {points.accounts[SystemAccount.SUSPENSE]}
        if leaving:
            return sum(
                row.points
                for row in rows
                if row.debit_account in mine and row.credit_account in system
            )
        return sum(
            row.points for row in rows if row.credit_account in mine and row.debit_account in system
        )


def last_day(lot: LotRow, branch: BranchId, settings: Settings) -> str:
    """The last business day on which a lot can be spent."""
    if lot.expires_at_ms is None:
        return NEVER
    return business_day(settings, branch, lot.expires_at_ms - 1).isoformat()


def branches_of(batch: LedgerBatch, lots: Iterable[LotRow]) -> dict[int, BranchId]:
    """The branch whose days count for each lot: where it was earned."""
    earned = {lot.lot_id: lot.earned_index for lot in lots}
    postings = {
        row.journal_index: row.branch for row in batch.rows(PostingRow, set(earned.values()))
    }
    return {lot_id: postings[index] for lot_id, index in earned.items()}


def _awards(batch: LedgerBatch, index: int, member_id: MemberId | None) -> list[tuple[Unit, Part]]:
    """The lots that a row made for a member, or that wait for one."""
    if member_id is None:
        waiting = batch.made_by(SuspendedRow, [index])
        return [_part(row.ledger, row.source, row.points) for row in waiting if row.points]
    lots = sorted(batch.made_by(LotRow, [index]), key=lambda lot: lot.lot_id)
    wallets = {row.wallet_id: row for row in batch.rows(WalletRow, {lot.wallet_id for lot in lots})}
    return [
        _part(wallets[lot.wallet_id].ledger, lot.source, lot.points)
        for lot in lots
        if member_id in (lot.brought_by, wallets[lot.wallet_id].member_id)
    ]


def _part(ledger: str, source: str, amount: int) -> tuple[Unit, Part]:
    return unit_of_ledger(ledger), Part(name=source or BASE_RULE_ID, amount=amount)


def _as_rated(given: Given, rating: RatingRow) -> Given:
    """Add what only the rating knows: which rule gave what of a lot that is of several."""
    evaluation = from_plain(Evaluation, json.loads(rating.evaluation))
    rated = (evaluation.total(Unit.POINTS), evaluation.total(Unit.CREDIT))
    if rated != (given.points, given.credit):
        raise ShopFaultError(f"the rating of row {rating.journal_index} gives {rated}, not {given}")
    return Given(
        points=given.points,
        credit=given.credit,
        awards=tuple(Part(name=one.source, amount=one.amount) for one in evaluation.awards),
        vouchers=given.vouchers,
        held_out=evaluation.held_out,
        tier=evaluation.tier,
    )


def _entries(batch: LedgerBatch, index: int) -> list[EntryRow]:
    return batch.rows(EntryRow, [(index, line) for line in range(_ENTRIES_MAX)])


def _accounts(row: WalletRow) -> tuple[int, int, int]:
    return (row.available_account, row.held_account, row.pending_account)


def _points_wallets(batch: LedgerBatch, member_id: MemberId) -> list[WalletRow]:
    """A member's own points, and those of the member's household."""
    names = {points_wallet_id(member_id)}
    joined = batch.rows(HouseholdMemberRow, [member_id])
    for row in batch.rows(HouseholdRow, [one.household_id for one in joined]):
        names.add(row.wallet_id)
    return batch.rows(WalletRow, names)
