"""What is reserved, used and given back: the moves of holds."""

from __future__ import annotations

from gateway.ledger.errors import InvariantError
from gateway.ledger.kinds import SystemAccount
from gateway.ledger.posting_lots import Lapse, PostingLots
from gateway.ledger.rows_lots import HoldRow
from gateway.ledger.rows_members import WalletRow
from gateway.model.ids import WalletId


class PostingHolds(PostingLots):
    """The moves of reservations. Who calls them writes down what becomes of the hold itself."""

    def hold(self, wallet_id: WalletId, points: int) -> None:
        """Move what can be spent to the held account, out of the lots that are next to be spent.

        Raises:
            InvariantError: if there is not enough; the caller asked the rules first.
        """
        wallet = self._book.wallets.require(wallet_id)
        self._take_all(wallet, points)
        self._transfer(wallet.available_account, wallet.held_account, points)
        self._move(wallet_id, available=-points, held=points)

    def release(self, hold: HoldRow) -> None:
        """Give what is held back into the lots it came from."""
        wallet = self._wallet_of(hold)
        if wallet is None:
            return
        self._transfer(wallet.held_account, wallet.available_account, hold.points)
        self._move(wallet.wallet_id, available=hold.points, held=-hold.points)
        self._give_back(wallet.wallet_id, hold.owner_index, hold.points)

    def redeem(self, hold: HoldRow, points: int | None = None) -> None:
        """Turn what is held into redeemed; its lots gave it up when it was held.

        Args:
            hold: the reservation.
            points: how many of those held; None for all. The others go back into their lots.
        """
        wallet = self._wallet_of(hold)
        if wallet is None:
            return
        used = hold.points if points is None else points
        rest = hold.points - used
        if rest < 0:
            raise InvariantError(f"a hold of {hold.points} cannot redeem {used}")
        self._transfer(wallet.held_account, self._system(SystemAccount.REDEEMED, wallet), used)
        self._transfer(wallet.held_account, wallet.available_account, rest)
        self._move(wallet.wallet_id, available=rest, held=-hold.points)
        if rest:
            self._give_back(wallet.wallet_id, hold.owner_index, rest)

    def redeem_late(
        self,
        hold: HoldRow,
        points: int | None = None,
        *,
        allow_negative: bool,
        covered: int = 0,
    ) -> int:
        """Redeem what a hold stood for after it freed itself, because the till gave the discount.

        Args:
            hold: the reservation.
            points: how many of those that were held; None for all.
            allow_negative: the balance may go below zero.
            covered: so far it may in any case, because another wallet pays that at once.

        Returns:
            Points the programme bore in its shortfall account: what the wallet did not have,
            unless the policy lets the balance go below zero.
        """
        wallet = self._wallet_of(hold)
        if wallet is None:
            return 0
        used = hold.points if points is None else points
        has = sum(lot.remaining for lot in self._book.spendable_lots(wallet.wallet_id))
        may = used if allow_negative else min(used, has + covered)
        taken = self._debit(wallet.wallet_id, may, allow_negative=True)
        redeemed = self._system(SystemAccount.REDEEMED, wallet)
        self._transfer(wallet.available_account, redeemed, taken)
        self._transfer(self._system(SystemAccount.SHORTFALL, wallet), redeemed, used - taken)
        return used - taken

    def undo_redeem(
        self, hold: HoldRow, points: int | None = None, *, lapse: Lapse | None = None
    ) -> int:
        """Give back what a posted hold redeemed, into the lots it came from, with their expiry.

        What was redeemed last comes back first: what the programme bore, then what is still owed,
        then the lots that were to be spent last. The caller counts what was given back in the
        hold.

        Args:
            hold: the reservation, as it stands; ``given_back_points`` came back before.
            points: how many; None for all that is left.
            lapse: what becomes of points that have lapsed meanwhile; None leaves their expiry, so
                that the next nightly run takes them.

        Returns:
            How many the wallet got; fewer than ``points`` where the programme had borne some.

        Raises:
            InvariantError: if so many were not redeemed.
        """
        wallet = self._wallet_of(hold)
        if wallet is None:
            return 0
        before = hold.given_back_points
        after = hold.redeemed_points if points is None else before + points
        if not before <= after <= hold.redeemed_points:
            raise InvariantError(f"hold {hold.hold_id.hex()} cannot give {after} back")
        borne = min(after, hold.shortfall_points) - min(before, hold.shortfall_points)
        given = after - before - borne
        redeemed = self._system(SystemAccount.REDEEMED, wallet)
        self._transfer(redeemed, wallet.available_account, given)
        self._transfer(redeemed, self._system(SystemAccount.SHORTFALL, wallet), borne)
        self._move(wallet.wallet_id, available=given)
        self._give_back(wallet.wallet_id, hold.owner_index, given, lapse)
        return given

    # -- parts --------------------------------------------------------------------------------

    def _wallet_of(self, hold: HoldRow) -> WalletRow | None:
        """What a hold holds something of; None where it holds nothing."""
        if hold.wallet_id is None or hold.points == 0:
            return None
        return self._book.wallets.require(hold.wallet_id)

    def _take_all(self, wallet: WalletRow, points: int) -> None:
        parts = self._take(self._book.spendable_lots(wallet.wallet_id), points)
        if sum(part.points for part in parts) != points:
            raise InvariantError(f"wallet {wallet.wallet_id} has fewer than {points}")
