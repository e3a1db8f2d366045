"""How lots are opened, taken from, given back to and closed, whatever the reason."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from gateway.ledger.book import Book
from gateway.ledger.errors import InvariantError
from gateway.ledger.kinds import SystemAccount
from gateway.ledger.numbering import number_of
from gateway.ledger.posting_entries import PostingEntries
from gateway.ledger.rows_lots import AllocationRow, DebtRow, LotRow
from gateway.model.ids import MemberId, WalletId


@dataclass(frozen=True, slots=True, kw_only=True)
class LotGrant:
    """What one lot is to hold.

    Attributes:
        amount: in the unit of the wallet that it goes to; nothing makes no lot.
        available_from_ms: since when it can be spent, or will be.
        expires_at_ms: when it lapses; None for never.
        pending: it cannot be spent before ``available_from_ms``.
        source: the rule or offer that gives it.
    """

    amount: int
    available_from_ms: int
    expires_at_ms: int | None = None
    pending: bool = False
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapse:
    """What becomes of points that come back after they lapsed.

    Attributes:
        at_ms: the moment; what lapses at or before it has lapsed.
        until_ms: they can be spent until then, or until their old last moment if that is later.
    """

    at_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class Taken:
    """A part of a lot that a debit took."""

    lot: LotRow
    points: int


class PostingLots(PostingEntries):
    """The moves that every other is made of."""

    def __init__(self, book: Book, index: int) -> None:
        super().__init__(book, index)
        self._allocation_line = 0
        self._lots = 0

    # -- the life of a lot --------------------------------------------------------------------

    def activate(self, lot: LotRow) -> None:
        """Let a pending lot be spent from now on; what is owed is paid from it at once.

        Raises:
            InvariantError: if it is not pending, or has lapsed.
        """
        if not lot.pending or lot.closed_index is not None:
            raise InvariantError(f"lot {lot.lot_id} is not pending")
        self._book.lots.replace(replace(lot, activated_index=self.index))
        wallet = self._book.wallets.require(lot.wallet_id)
        self._transfer(wallet.pending_account, wallet.available_account, lot.remaining)
        self._move(lot.wallet_id, available=lot.remaining, pending=-lot.remaining)
        self._pay_debts(lot.wallet_id)

    def expire(self, lot: LotRow) -> None:
        """Close a lot that has lapsed, and take what is left in it.

        Raises:
            InvariantError: if it is closed already.
        """
        if lot.closed_index is not None:
            raise InvariantError(f"lot {lot.lot_id} is closed already")
        left = lot.remaining
        if left:
            self._allocate(lot, self.index, left)
        closed = replace(self._book.lots.require(lot.lot_id), closed_index=self.index)
        self._book.lots.replace(closed)
        wallet = self._book.wallets.require(lot.wallet_id)
        expired = self._system(SystemAccount.EXPIRED, wallet)
        if lot.pending:
            self._transfer(wallet.pending_account, expired, left)
            self._move(lot.wallet_id, pending=-left)
        else:
            self._transfer(wallet.available_account, expired, left)
            self._move(lot.wallet_id, available=-left)

    def slide(
        self,
        wallet_id: WalletId,
        expires_at_ms: int,
        *,
        sources: Collection[str] | None = None,
    ) -> None:
        """Let what a wallet has lapse later: never sooner, and nothing that never lapses.

        Args:
            wallet_id: whose open lots.
            expires_at_ms: when they lapse now.
            sources: only what these rules and offers gave; None for all.
        """
        for lot in self._book.open_lots(wallet_id):
            fits = sources is None or lot.source in sources
            if fits and lot.expires_at_ms is not None and lot.expires_at_ms < expires_at_ms:
                self._book.lots.replace(replace(lot, expires_at_ms=expires_at_ms))

    # -- parts --------------------------------------------------------------------------------

    def _credit(
        self,
        wallet_id: WalletId,
        source: SystemAccount,
        grants: Sequence[LotGrant],
        *,
        brought_by: MemberId | None = None,
    ) -> None:
        """Let lots come into a wallet from a system account of its ledger."""
        wallet = self._book.wallets.require(wallet_id)
        pending = sum(grant.amount for grant in grants if grant.pending)
        available = sum(grant.amount for grant in grants) - pending
        system = self._system(source, wallet)
        self._transfer(system, wallet.available_account, available)
        self._transfer(system, wallet.pending_account, pending)
        self._move(wallet_id, available=available, pending=pending)
        for grant in grants:
            self._open_lot(wallet_id, self._next_lot(), grant, brought_by=brought_by)
        self._pay_debts(wallet_id)

    def _next_lot(self) -> int:
        self._lots += 1
        return number_of(self.index, self._lots - 1)

    def _open_lot(
        self,
        wallet_id: WalletId,
        lot_id: int,
        grant: LotGrant,
        *,
        earned_index: int | None = None,
        brought_by: MemberId | None = None,
    ) -> None:
        if grant.amount == 0:
            return
        self._book.add_lot(
            LotRow(
                lot_id=lot_id,
                wallet_id=wallet_id,
                points=grant.amount,
                remaining=grant.amount,
                available_from_ms=grant.available_from_ms,
                expires_at_ms=grant.expires_at_ms,
                opened_index=self.index,
                earned_index=self.index if earned_index is None else earned_index,
                source=grant.source,
                activated_index=None if grant.pending else self.index,
                closed_index=None,
                brought_by=brought_by,
            )
        )

    def _debit(self, wallet_id: WalletId, points: int, *, allow_negative: bool) -> int:
        """Take points out of lots, and into debt where that is allowed; say how many."""
        taken = sum(
            part.points for part in self._take(self._book.spendable_lots(wallet_id), points)
        )
        if allow_negative and taken < points:
            self._owe(wallet_id, points - taken)
            taken = points
        self._move(wallet_id, available=-taken)
        return taken

    def _owe(self, wallet_id: WalletId, points: int) -> None:
        known = self._book.debt_of(self.index, wallet_id)
        if known is None:
            debt = DebtRow(
                owner_index=self.index, wallet_id=wallet_id, points=points, remaining=points
            )
            self._book.add_debt(debt)
            return
        # A second debit of the same posting: what a reward had brought, then what the sale had.
        more = replace(known, points=known.points + points, remaining=known.remaining + points)
        self._book.debts.replace(more)

    def _take(self, lots: Iterable[LotRow], points: int) -> list[Taken]:
        """Take up to ``points`` out of lots, in the order in which they are given."""
        taken: list[Taken] = []
        for lot in lots:
            if points == 0:
                break
            part = min(points, lot.remaining)
            self._allocate(lot, self.index, part)
            taken.append(Taken(lot, part))
            points -= part
        return taken

    def _give_back(
        self, wallet_id: WalletId, owner_index: int, points: int, lapse: Lapse | None = None
    ) -> None:
        """Undo a part of a debit: what it took last goes back first, with its old expiry.

        The balance has risen by ``points`` when this is called. What the debit still owes was
        taken last of all. A lot that lapsed meanwhile is open again as far as it gets something.

        Raises:
            InvariantError: if the debit did not take so much.
        """
        debt = self._book.debt_of(owner_index, wallet_id)
        if debt is not None:
            forgiven = min(points, debt.remaining)
            self._book.debts.replace(replace(debt, remaining=debt.remaining - forgiven))
            points -= forgiven
        for lot_id, served in reversed(list(self._book.held_by(owner_index).items())):
            part = min(points, served)
            if part:
                self._reopen(self._book.lots.require(lot_id), lapse)
                self._allocate(self._book.lots.require(lot_id), owner_index, -part)
                points -= part
        if points:
            raise InvariantError(f"posting {owner_index} has {points} fewer to give back")
        self._pay_debts(wallet_id)

    def _reopen(self, lot: LotRow, lapse: Lapse | None) -> None:
        """Make a lot ready to get something back."""
        expires_at_ms = lot.expires_at_ms
        if lapse is not None and expires_at_ms is not None and expires_at_ms <= lapse.at_ms:
            if lot.closed_index is None:
                # What else is in it has lapsed all the same and must not be saved by a return.
                self.expire(lot)
                lot = self._book.lots.require(lot.lot_id)
            expires_at_ms = max(expires_at_ms, lapse.until_ms)
        elif lot.closed_index is None:
            return
        self._book.lots.replace(replace(lot, expires_at_ms=expires_at_ms, closed_index=None))

    def _pay_debts(self, wallet_id: WalletId) -> None:
        debts = self._book.open_debts(wallet_id)
        if not debts:
            return
        lots = self._book.spendable_lots(wallet_id)
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
