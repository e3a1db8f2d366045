"""Money whose currency was superseded becomes its successor: in one posting, to the last unit.

In the old ledger exactly so many times the rate go to ``REDENOMINATED`` as come out of it in the
new one; what is less than one new unit goes to ``ROUNDED``, or comes from there. What the wallet
has is rounded once, half to even, and what it owes once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gateway.ledger.kinds import SystemAccount
from gateway.ledger.posting_holds import PostingHolds
from gateway.ledger.posting_lots import LotGrant
from gateway.ledger.rows_lots import LotRow
from gateway.ledger.rows_members import WalletRow
from gateway.model.ids import WalletId
from gateway.program.succession import converted, rounded


class PostingCurrencies(PostingHolds):
    """The move of a redenomination."""

    def redenominate(self, source: WalletId, target: WalletId, factor: int) -> None:
        """Let all that a wallet has or owes be counted in the successor of its currency.

        All that the same thing gave, lapses at the same moment and can be spent from the same
        moment becomes one lot; what comes to nothing becomes none. What is held stays.

        Args:
            source: the wallet in the old currency.
            target: the wallet in the new one.
            factor: so many old minor units are one new one.
        """
        wallet = self._book.wallets.require(source)
        # What can be spent comes before what cannot yet, as it would be spent.
        lots = sorted(self._book.open_lots(source), key=lambda lot: lot.pending)
        owed = sum(debt.remaining for debt in self._book.open_debts(source))
        self._carry_over(wallet, target, lots, factor)
        if owed:
            self._owe_instead(wallet, target, owed, factor)

    # -- parts --------------------------------------------------------------------------------

    def _carry_over(
        self, wallet: WalletRow, target: WalletId, lots: Sequence[LotRow], factor: int
    ) -> None:
        old = _grants_of(lots)
        amounts = converted([grant.amount for grant in old], factor)
        grants = [replace(grant, amount=new) for grant, new in zip(old, amounts, strict=True)]
        had, became = _sums(old), _sums(grants)
        self._take(lots, sum(had.values()))
        self._leave(wallet, wallet.available_account, had[False], became[False] * factor)
        self._leave(wallet, wallet.pending_account, had[True], became[True] * factor)
        self._move(wallet.wallet_id, available=-had[False], pending=-had[True])
        self._credit(target, SystemAccount.REDENOMINATED, grants)

    def _leave(self, wallet: WalletRow, account: int, had: int, worth: int) -> None:
        """Let ``had`` leave an account, ``worth`` of which the new currency counts."""
        renamed = self._system(SystemAccount.REDENOMINATED, wallet)
        rounding = self._system(SystemAccount.ROUNDED, wallet)
        self._transfer(account, renamed, min(had, worth))
        self._transfer(account, rounding, max(had - worth, 0))
        self._transfer(rounding, renamed, max(worth - had, 0))

    def _owe_instead(self, wallet: WalletRow, target: WalletId, owed: int, factor: int) -> None:
        """Pay the old debt with a lot made for it, and take or owe the same in the new currency."""
        owes = rounded(owed, factor)
        worth, account = owes * factor, wallet.available_account
        renamed = self._system(SystemAccount.REDENOMINATED, wallet)
        rounding = self._system(SystemAccount.ROUNDED, wallet)
        self._transfer(renamed, account, min(owed, worth))
        self._transfer(rounding, account, max(owed - worth, 0))
        self._transfer(renamed, rounding, max(worth - owed, 0))
        self._move(wallet.wallet_id, available=owed)
        grant = LotGrant(amount=owed, available_from_ms=0)
        self._open_lot(wallet.wallet_id, self._next_lot(), grant)
        self._pay_debts(wallet.wallet_id)
        after = self._book.wallets.require(target)
        self._debit(target, owes, allow_negative=True)
        counted = self._system(SystemAccount.REDENOMINATED, after)
        self._transfer(after.available_account, counted, owes)


def _grants_of(lots: Sequence[LotRow]) -> list[LotGrant]:
    """What lots hold, as grants: one for all that differs in nothing but when it came."""
    grants: dict[tuple[int | None, str, int | None], LotGrant] = {}
    for lot in lots:
        name = (lot.expires_at_ms, lot.source, lot.available_from_ms if lot.pending else None)
        known = grants.get(name)
        grants[name] = LotGrant(
            amount=lot.remaining + (0 if known is None else known.amount),
            available_from_ms=lot.available_from_ms if known is None else known.available_from_ms,
            expires_at_ms=lot.expires_at_ms,
            pending=lot.pending,
            source=lot.source,
        )
    return list(grants.values())


def _sums(grants: Sequence[LotGrant]) -> dict[bool, int]:
    """What can be spent of grants, and under ``True`` what cannot yet."""
    return {
        pending: sum(grant.amount for grant in grants if grant.pending is pending)
        for pending in (False, True)
    }
