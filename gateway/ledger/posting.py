"""How points move: every way in which one journal row may change balances, lots and holds.

Each method keeps the books' invariants by itself: entries have two sides; a wallet's spendable
points equal its open lots minus its open debts; and a member has open debts only while no lot is
open, because every credit pays debts first.
"""

from __future__ import annotations

from dataclasses import replace

from gateway.ledger.book import Book
from gateway.ledger.errors import InvariantError
from gateway.ledger.kinds import PostingKind, SystemAccount
from gateway.ledger.rows import (
    AllocationRow,
    DebtRow,
    EntryRow,
    HoldRow,
    LotRow,
    MovementRow,
    PostingRow,
    SuspendedRow,
)
from gateway.model.ids import BranchId, CardToken, MemberId


class Posting:
    """The entries of one journal row. ``close`` writes its head and the members' movements."""

    def __init__(self, book: Book, index: int) -> None:
        self.index = index
        self._book = book
        self._line = 0
        self._allocation_line = 0
        self._deltas: dict[MemberId, tuple[int, int]] = {}

    # -- credits ------------------------------------------------------------------------------

    def earn(self, member_id: MemberId, points: int, *, at_ms: int) -> None:
        """Issue points to a member as a new lot numbered after this posting."""
        wallet = self._book.wallets.require(member_id)
        self._transfer(self._system(SystemAccount.ISSUED), wallet.available_account, points)
        self._open_lot(member_id, self.index, points, available_from_ms=at_ms, expires_at_ms=None)

    def suspend(self, token: CardToken, points: int, *, at_ms: int) -> None:
        """Issue points that wait for a card's owner."""
        self._transfer(
            self._system(SystemAccount.ISSUED), self._system(SystemAccount.SUSPENSE), points
        )
        self._book.add_suspended(
            SuspendedRow(
                journal_index=self.index,
                card_token=token,
                points=points,
                available_from_ms=at_ms,
                expires_at_ms=None,
                resolved_index=None,
            )
        )

    def adopt(self, member_id: MemberId, waiting: SuspendedRow) -> None:
        """Give points that waited to their member, as the lot that they would have been."""
        wallet = self._book.wallets.require(member_id)
        self._resolve(waiting)
        self._transfer(
            self._system(SystemAccount.SUSPENSE), wallet.available_account, waiting.points
        )
        self._open_lot(
            member_id,
            waiting.journal_index,
            waiting.points,
            available_from_ms=waiting.available_from_ms,
            expires_at_ms=waiting.expires_at_ms,
        )

    def discard(self, waiting: SuspendedRow) -> None:
        """Take back points that still wait, because their sale was refunded."""
        self._resolve(waiting)
        self._transfer(
            self._system(SystemAccount.SUSPENSE),
            self._system(SystemAccount.CLAWED_BACK),
            waiting.points,
        )

    # -- holds and spending -------------------------------------------------------------------

    def hold(self, member_id: MemberId, points: int) -> None:
        """Move spendable points to the held account, out of the lots that are next to be spent.

        Raises:
            InvariantError: if there are not enough; the caller asked the rules first.
        """
        wallet = self._book.wallets.require(member_id)
        if self._take(member_id, points) != points:
            raise InvariantError(f"member {member_id} has fewer than {points} points to hold")
        self._transfer(wallet.available_account, wallet.held_account, points)
        self._move(member_id, available=-points, held=points)

    def release(self, hold: HoldRow) -> None:
        """Give held points back into the lots they came from."""
        wallet = self._book.wallets.require(hold.member_id)
        self._transfer(wallet.held_account, wallet.available_account, hold.points)
        self._move(hold.member_id, available=hold.points, held=-hold.points)
        self._give_back(hold.member_id, hold.owner_index)

    def redeem(self, hold: HoldRow) -> None:
        """Turn held points into redeemed ones; the lots gave them up when they were held."""
        wallet = self._book.wallets.require(hold.member_id)
        redeemed = self._system(SystemAccount.REDEEMED)
        self._transfer(wallet.held_account, redeemed, hold.points)
        self._move(hold.member_id, held=-hold.points)

    def redeem_late(self, hold: HoldRow, *, allow_negative: bool) -> int:
        """Redeem what a hold stood for after it freed itself, because the till gave the discount.

        Returns:
            Points the programme bore in its shortfall account: what the member did not have,
            unless the policy lets the balance go below zero.
        """
        taken = self._debit(hold.member_id, hold.points, allow_negative=allow_negative)
        wallet = self._book.wallets.require(hold.member_id)
        redeemed = self._system(SystemAccount.REDEEMED)
        shortfall = hold.points - taken
        self._transfer(wallet.available_account, redeemed, taken)
        self._transfer(self._system(SystemAccount.SHORTFALL), redeemed, shortfall)
        return shortfall

    def undo_redeem(self, hold: HoldRow) -> None:
        """Give a posted hold's points back into the lots they came from, with their expiry."""
        wallet = self._book.wallets.require(hold.member_id)
        redeemed = self._system(SystemAccount.REDEEMED)
        points = hold.points - hold.shortfall_points
        self._transfer(redeemed, wallet.available_account, points)
        self._transfer(redeemed, self._system(SystemAccount.SHORTFALL), hold.shortfall_points)
        self._move(hold.member_id, available=points)
        self._give_back(hold.member_id, hold.owner_index)

    def claw_back(self, lot: LotRow, *, allow_negative: bool) -> int:
        """Take a lot's earned points back: from itself, then from the next to be spent.

        Returns:
            Points taken; fewer than earned only where the policy stops at a balance of zero.
        """
        taken = self._debit(
            lot.member_id, lot.points, allow_negative=allow_negative, first=lot.lot_id
        )
        wallet = self._book.wallets.require(lot.member_id)
        self._transfer(wallet.available_account, self._system(SystemAccount.CLAWED_BACK), taken)
        return taken

    # -- the end ------------------------------------------------------------------------------

    def close(self, kind: PostingKind, *, programme_version: int, branch: BranchId) -> None:
        """Write the posting's head and one movement for each member it touched."""
        if self._book.ledger is None:
            raise InvariantError("a posting needs a points ledger")
        self._book.postings.append(
            PostingRow(
                journal_index=self.index,
                ledger=self._book.ledger.name,
                kind=kind,
                programme_version=programme_version,
                branch=branch,
            )
        )
        for member_id, (available, held) in self._deltas.items():
            self._book.movements.append(
                MovementRow(
                    member_id=member_id,
                    journal_index=self.index,
                    available_points=available,
                    held_points=held,
                    balance_points=self._book.wallets.require(member_id).available,
                )
            )

    def moved(self, member_id: MemberId) -> int:
        """What this posting did so far to a member's points, spendable and held together."""
        return sum(self._deltas.get(member_id, (0, 0)))

    # -- parts --------------------------------------------------------------------------------

    def _system(self, account: SystemAccount) -> int:
        return self._book.system(account)

    def _transfer(self, debit_account: int, credit_account: int, points: int) -> None:
        if points == 0:
            return  # a sale too small to earn moves nothing, and an entry of nothing says nothing
        self._book.entries.append(
            EntryRow(
                journal_index=self.index,
                line=self._line,
                debit_account=debit_account,
                credit_account=credit_account,
                points=points,
            )
        )
        self._line += 1

    def _move(self, member_id: MemberId, *, available: int = 0, held: int = 0) -> None:
        wallet = self._book.wallets.require(member_id)
        held_after = wallet.held + held
        if held_after < 0:
            raise InvariantError(f"member {member_id} would hold {held_after} points")
        self._book.wallets.replace(
            replace(wallet, available=wallet.available + available, held=held_after)
        )
        before = self._deltas.get(member_id, (0, 0))
        self._deltas[member_id] = (before[0] + available, before[1] + held)

    def _resolve(self, waiting: SuspendedRow) -> None:
        if waiting.resolved_index is not None:
            raise InvariantError(f"suspended points {waiting.journal_index} are resolved already")
        self._book.suspended.replace(replace(waiting, resolved_index=self.index))

    def _open_lot(
        self,
        member_id: MemberId,
        lot_id: int,
        points: int,
        *,
        available_from_ms: int,
        expires_at_ms: int | None,
    ) -> None:
        self._move(member_id, available=points)
        if points == 0:
            return
        self._book.add_lot(
            LotRow(
                lot_id=lot_id,
                member_id=member_id,
                points=points,
                remaining=points,
                available_from_ms=available_from_ms,
                expires_at_ms=expires_at_ms,
                opened_index=self.index,
            )
        )
        self._pay_debts(member_id)

    def _debit(
        self, member_id: MemberId, points: int, *, allow_negative: bool, first: int | None = None
    ) -> int:
        """Take points out of lots, and into debt where that is allowed; say how many."""
        taken = self._take(member_id, points, first=first)
        if allow_negative and taken < points:
            self._book.add_debt(
                DebtRow(
                    owner_index=self.index,
                    member_id=member_id,
                    points=points - taken,
                    remaining=points - taken,
                )
            )
            taken = points
        self._move(member_id, available=-taken)
        return taken

    def _take(self, member_id: MemberId, points: int, *, first: int | None = None) -> int:
        lots = self._book.open_lots(member_id)
        if first is not None:
            lots.sort(key=lambda lot: lot.lot_id != first)
        left = points
        for lot in lots:
            if left == 0:
                break
            part = min(left, lot.remaining)
            self._allocate(lot, self.index, part)
            left -= part
        return points - left

    def _give_back(self, member_id: MemberId, owner_index: int) -> None:
        debt = self._book.debt_of(owner_index)
        if debt is not None and debt.remaining:
            self._book.debts.replace(replace(debt, remaining=0))
        for lot_id, points in sorted(self._book.held_by(owner_index).items()):
            if points:
                self._allocate(self._book.lots.require(lot_id), owner_index, -points)
        self._pay_debts(member_id)

    def _pay_debts(self, member_id: MemberId) -> None:
        debts = self._book.open_debts(member_id)
        if not debts:
            return
        lots = self._book.open_lots(member_id)
        for debt in debts:
            left = debt.remaining
            for lot in lots:
                part = min(left, self._book.lots.require(lot.lot_id).remaining)
                if part:
                    self._allocate(self._book.lots.require(lot.lot_id), debt.owner_index, part)
                    left -= part
            self._book.debts.replace(replace(debt, remaining=left))

    def _allocate(self, lot: LotRow, owner_index: int, points: int) -> None:
        remaining = lot.remaining - points
        if not 0 <= remaining <= lot.points:
            raise InvariantError(f"lot {lot.lot_id} would keep {remaining} of {lot.points} points")
        self._book.lots.replace(replace(lot, remaining=remaining))
        self._book.allocate(
            AllocationRow(
                journal_index=self.index,
                line=self._allocation_line,
                owner_index=owner_index,
                lot_id=lot.lot_id,
                points=points,
            )
        )
        self._allocation_line += 1
