"""How points and money move: every way in which one journal row may change balances and lots.

Each method keeps the books' invariants by itself: entries have two sides in one ledger; what a
wallet can spend equals its open lots minus its open debts; what is pending equals its pending
lots; and a wallet has open debts only while no lot can be spent, because every credit pays debts
first. Points that are pending pay no debts until they can be spent.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from gateway.ledger.errors import InvariantError
from gateway.ledger.kinds import SystemAccount
from gateway.ledger.posting_currencies import PostingCurrencies
from gateway.ledger.posting_lots import LotGrant, Taken
from gateway.ledger.rows_lots import SuspendedRow
from gateway.model.ids import CardToken, MemberId, WalletId


@dataclass(frozen=True, slots=True, kw_only=True)
class ClawedBack:
    """Where points that were taken back came from.

    Attributes:
        pending: lots that could not be spent yet.
        active: lots that could.
        debt: what the wallet owes from now on.
        borne: what nobody gave, because the policy stops before; the programme bears it.
    """

    pending: int
    active: int
    debt: int
    borne: int

    @property
    def taken(self) -> int:
        """All that was taken."""
        return self.pending + self.active + self.debt


class Posting(PostingCurrencies):
    """The effect of one journal row. ``close`` writes it down."""

    # -- credits ------------------------------------------------------------------------------

    def earn(
        self,
        wallet_id: WalletId,
        grants: Sequence[LotGrant],
        *,
        brought_by: MemberId | None = None,
    ) -> None:
        """Issue points or credit to a wallet, a lot for each grant.

        Args:
            wallet_id: whose.
            grants: what; their lots are numbered after this posting.
            brought_by: who earned it for a household.
        """
        self._credit(wallet_id, SystemAccount.ISSUED, grants, brought_by=brought_by)

    def top_up(self, wallet_id: WalletId, grant: LotGrant) -> None:
        """Let money come in that was paid for."""
        self._credit(wallet_id, SystemAccount.TOPPED_UP, (grant,))

    def suspend(self, token: CardToken, grants: Sequence[LotGrant], ledger: str) -> None:
        """Issue what waits for a card's owner; even nothing waits, so that its sale is known.

        Args:
            token: the card's.
            grants: what.
            ledger: whose unit they count.
        """
        book = self._book
        self._transfer(
            book.system(SystemAccount.ISSUED, ledger),
            book.system(SystemAccount.SUSPENSE, ledger),
            sum(grant.amount for grant in grants),
        )
        for grant in grants:
            book.add_suspended(
                SuspendedRow(
                    lot_id=self._next_lot(),
                    journal_index=self.index,
                    ledger=ledger,
                    card_token=token,
                    points=grant.amount,
                    available_from_ms=grant.available_from_ms,
                    expires_at_ms=grant.expires_at_ms,
                    pending=grant.pending,
                    source=grant.source,
                    taken_back=0,
                    resolved_index=None,
                )
            )

    def adopt(self, wallet_id: WalletId, waiting: SuspendedRow, *, at_ms: int) -> None:
        """Give what waited to its owner, as the lot that it would have been.

        Args:
            wallet_id: a wallet of the owner's in the ledger of what waited.
            waiting: what waited.
            at_ms: the moment; what would be active by now is.
        """
        wallet = self._book.wallets.require(wallet_id)
        grant = LotGrant(
            amount=waiting.waiting,
            available_from_ms=waiting.available_from_ms,
            expires_at_ms=waiting.expires_at_ms,
            pending=waiting.pending and waiting.available_from_ms > at_ms,
            source=waiting.source,
        )
        self._resolve(waiting)
        into = wallet.pending_account if grant.pending else wallet.available_account
        self._transfer(self._system(SystemAccount.SUSPENSE, wallet), into, grant.amount)
        if grant.pending:
            self._move(wallet_id, pending=grant.amount)
        else:
            self._move(wallet_id, available=grant.amount)
        self._open_lot(wallet_id, waiting.lot_id, grant, earned_index=waiting.journal_index)
        self._pay_debts(wallet_id)

    def discard(self, waiting: SuspendedRow, points: int | None = None) -> None:
        """Take back what still waits, because its sale came back.

        Args:
            waiting: what waits.
            points: how much of it; None for all, because nothing is left of the sale. Otherwise
                it goes on waiting, were it with nothing: a purchase it still is.
        """
        taken = waiting.waiting if points is None else points
        if not 0 <= taken <= waiting.waiting:
            raise InvariantError(f"of lot {waiting.lot_id} only {waiting.waiting} wait")
        after = replace(waiting, taken_back=waiting.taken_back + taken)
        if points is None:
            self._resolve(after)
        else:
            self._book.suspended.replace(after)
        self._transfer(
            self._book.system(SystemAccount.SUSPENSE, waiting.ledger),
            self._book.system(SystemAccount.CLAWED_BACK, waiting.ledger),
            taken,
        )

    # -- taking back and correcting -----------------------------------------------------------

    def claw_back(
        self,
        wallet_id: WalletId,
        points: int,
        *,
        own: Collection[int] = (),
        only_pending: bool = False,
        allow_negative: bool = False,
        covered: int = 0,
    ) -> ClawedBack:
        """Take points back: from a sale's own lots first, and from pending lots before others.

        Args:
            wallet_id: whose.
            points: how many.
            own: numbers of the lots that the sale itself had made.
            only_pending: nothing that can be spent already.
            allow_negative: what no lot covers is owed.
            covered: so much of it is owed in any case, because another wallet pays it at once.
        """
        lots = [lot for lot in self._book.open_lots(wallet_id) if lot.pending or not only_pending]
        lots.sort(key=lambda lot: (lot.lot_id not in own, not lot.pending))
        parts = self._take(lots, points)
        pending = sum(part.points for part in parts if part.lot.pending)
        active = sum(part.points for part in parts) - pending
        left = points - pending - active
        debt = 0 if only_pending else left if allow_negative else min(left, covered)
        if debt:
            self._owe(wallet_id, debt)
        wallet = self._book.wallets.require(wallet_id)
        clawed_back = self._system(SystemAccount.CLAWED_BACK, wallet)
        self._transfer(wallet.pending_account, clawed_back, pending)
        self._transfer(wallet.available_account, clawed_back, active + debt)
        self._move(wallet_id, available=-active - debt, pending=-pending)
        return ClawedBack(pending=pending, active=active, debt=debt, borne=left - debt)

    def adjust(
        self,
        wallet_id: WalletId,
        amount: int,
        *,
        at_ms: int,
        expires_at_ms: int | None = None,
        allow_negative: bool = False,
    ) -> int:
        """Give or take by hand.

        Args:
            wallet_id: whose.
            amount: how much; below zero takes, from what is next to be spent.
            at_ms: since when what is given can be spent.
            expires_at_ms: when it lapses.
            allow_negative: what no lot covers is owed.

        Returns:
            What the wallet changed by; nearer to zero than ``amount`` where there was not enough.
        """
        if amount >= 0:
            grant = LotGrant(amount=amount, available_from_ms=at_ms, expires_at_ms=expires_at_ms)
            self._credit(wallet_id, SystemAccount.ADJUSTED, (grant,))
            return amount
        taken = self._debit(wallet_id, -amount, allow_negative=allow_negative)
        wallet = self._book.wallets.require(wallet_id)
        adjusted = self._system(SystemAccount.ADJUSTED, wallet)
        self._transfer(wallet.available_account, adjusted, taken)
        return -taken

    def pay_out(
        self,
        wallet_id: WalletId,
        amount: int,
        *,
        own: Collection[int] = (),
        allow_negative: bool = False,
        covered: int = 0,
    ) -> int:
        """Take money out that is paid back to whoever paid it in.

        Args:
            wallet_id: where from.
            amount: how much was paid back.
            own: numbers of the lots that it was paid into; they give first.
            allow_negative: what no lot covers is owed.
            covered: so much of it is owed in any case, because another wallet pays it at once.

        Returns:
            What nobody gave: it was spent before.
        """
        lots = self._book.spendable_lots(wallet_id)
        lots.sort(key=lambda lot: lot.lot_id not in own)
        taken = sum(part.points for part in self._take(lots, amount))
        left = amount - taken
        debt = left if allow_negative else min(left, covered)
        if debt:
            self._owe(wallet_id, debt)
            taken += debt
        wallet = self._book.wallets.require(wallet_id)
        paid_out = self._system(SystemAccount.PAID_OUT, wallet)
        self._transfer(wallet.available_account, paid_out, taken)
        self._move(wallet_id, available=-taken)
        return amount - taken

    # -- between wallets ----------------------------------------------------------------------

    def transfer(
        self,
        source: WalletId,
        target: WalletId,
        amount: int,
        *,
        lots: Collection[int] | None = None,
        pending: bool = False,
        brought_by: MemberId | None = None,
    ) -> None:
        """Move from one wallet to another of the same ledger; what lapses when it did, still does.

        What is next to be spent moves first. At the receiver there is one lot for each moment at
        which something of it lapses.

        Args:
            source: where from.
            target: where to.
            amount: how much.
            lots: only from these; None for all.
            pending: move what cannot be spent yet, and nothing else.
            brought_by: who brings it into a household.

        Raises:
            InvariantError: if there is not enough, or the ledgers differ.
        """
        open_lots = self._book.open_lots(source)
        wanted = [
            lot
            for lot in open_lots
            if lot.pending is pending and (lots is None or lot.lot_id in lots)
        ]
        parts = self._take(wanted, amount)
        if sum(part.points for part in parts) != amount:
            raise InvariantError(f"wallet {source} has fewer than {amount} to move")
        giver, taker = self._book.wallets.require(source), self._book.wallets.require(target)
        if pending:
            self._transfer(giver.pending_account, taker.pending_account, amount)
            self._move(source, pending=-amount)
            self._move(target, pending=amount)
        else:
            self._transfer(giver.available_account, taker.available_account, amount)
            self._move(source, available=-amount)
            self._move(target, available=amount)
        for grant in _grants_of(parts):
            self._open_lot(target, self._next_lot(), grant, brought_by=brought_by)
        self._pay_debts(target)

    def convert(self, source: WalletId, amount: int, target: WalletId, grant: LotGrant) -> None:
        """Let something become another unit: points credit.

        Args:
            source: where from.
            amount: how much leaves, in its unit.
            target: where to, in another ledger.
            grant: what it becomes there.

        Raises:
            InvariantError: if there is not enough.
        """
        wallet = self._book.wallets.require(source)
        self._take_all(wallet, amount)
        converted = self._system(SystemAccount.CONVERTED, wallet)
        self._transfer(wallet.available_account, converted, amount)
        self._move(source, available=-amount)
        self._credit(target, SystemAccount.CONVERTED, (grant,))

    # -- parts --------------------------------------------------------------------------------

    def _resolve(self, waiting: SuspendedRow) -> None:
        if waiting.resolved_index is not None:
            raise InvariantError(f"suspended lot {waiting.lot_id} is resolved already")
        self._book.suspended.replace(replace(waiting, resolved_index=self.index))


def _grants_of(parts: Sequence[Taken]) -> list[LotGrant]:
    """What parts of lots become elsewhere: one lot for all that lapses at the same moment."""
    grants: dict[tuple[int | None, int | None], LotGrant] = {}
    for part in parts:
        lot = part.lot
        name = (lot.expires_at_ms, lot.available_from_ms if lot.pending else None)
        known = grants.get(name)
        if known is None:
            grants[name] = LotGrant(
                amount=part.points,
                available_from_ms=lot.available_from_ms,
                expires_at_ms=lot.expires_at_ms,
                pending=lot.pending,
                source=lot.source,
            )
        else:
            source = known.source if known.source == lot.source else ""
            grants[name] = replace(known, amount=known.amount + part.points, source=source)
    return list(grants.values())
