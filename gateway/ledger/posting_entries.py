"""One journal row's entries, and the proof that they are what its wallets say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gateway.ledger.book import Book
from gateway.ledger.errors import InvariantError
from gateway.ledger.kinds import PostingKind, SystemAccount
from gateway.ledger.rows import EntryRow, MovementRow, PostingRow
from gateway.ledger.rows_members import WalletRow
from gateway.model.ids import BranchId, WalletId


class PostingEntries:
    """Transfers between accounts. ``close`` writes the posting's head and the wallets' movements.

    Attributes:
        index: the journal row.
    """

    def __init__(self, book: Book, index: int) -> None:
        self.index = index
        self._book = book
        self._entries: list[EntryRow] = []
        self._deltas: dict[WalletId, tuple[int, int, int]] = {}

    def close(self, kind: PostingKind, *, programme_version: int, branch: BranchId) -> None:
        """Write the posting's head, its entries, and one movement for each wallet it touched.

        Raises:
            InvariantError: if an entry leads from one ledger into another, or the entries are not
                what the wallets changed by, so that some ledger would not sum to zero.
        """
        self._prove()
        book = self._book
        book.postings.append(
            PostingRow(
                journal_index=self.index,
                ledger=book.points_ledger,
                kind=kind,
                programme_version=programme_version,
                branch=branch,
            )
        )
        book.branches[self.index] = branch
        book.entries.extend(self._entries)
        for wallet_id, (available, held, pending) in self._deltas.items():
            book.movements.append(
                MovementRow(
                    wallet_id=wallet_id,
                    journal_index=self.index,
                    available_points=available,
                    held_points=held,
                    pending_points=pending,
                    balance_points=book.wallets.require(wallet_id).available,
                )
            )

    def moved(self, wallet_id: WalletId) -> int:
        """What this posting did so far to all that a wallet has: spendable, held and pending."""
        return sum(self._deltas.get(wallet_id, ()))

    # -- parts --------------------------------------------------------------------------------

    def _system(self, account: SystemAccount, wallet: WalletRow) -> int:
        """A system account of the ledger that a wallet is in."""
        return self._book.system(account, wallet.ledger)

    def _transfer(self, debit_account: int, credit_account: int, points: int) -> None:
        if points == 0:
            return  # a sale too small to earn moves nothing, and an entry of nothing says nothing
        self._entries.append(
            EntryRow(
                journal_index=self.index,
                line=len(self._entries),
                debit_account=debit_account,
                credit_account=credit_account,
                points=points,
            )
        )

    def _move(
        self, wallet_id: WalletId, *, available: int = 0, held: int = 0, pending: int = 0
    ) -> None:
        wallet = self._book.wallets.require(wallet_id)
        held_after, pending_after = wallet.held + held, wallet.pending + pending
        if held_after < 0 or pending_after < 0:
            raise InvariantError(
                f"wallet {wallet_id} would hold {held_after}, with {pending_after} pending"
            )
        self._book.wallets.replace(
            replace(
                wallet,
                available=wallet.available + available,
                held=held_after,
                pending=pending_after,
            )
        )
        before = self._deltas.get(wallet_id, (0, 0, 0))
        self._deltas[wallet_id] = (before[0] + available, before[1] + held, before[2] + pending)

    def _prove(self) -> None:
        """Hold every entry to one ledger, and every wallet to its entries.

        Then each ledger sums to zero with the wallets as they are kept, and not only with its
        entries, of which every one has two sides by its nature.
        """
        ledger_of: dict[int, str] = {}
        net: dict[int, int] = {}
        for wallet_id, deltas in self._deltas.items():
            wallet = self._book.wallets.require(wallet_id)
            accounts = (wallet.available_account, wallet.held_account, wallet.pending_account)
            for account, change in zip(accounts, deltas, strict=True):
                ledger_of[account], net[account] = wallet.ledger, change
        for entry in self._entries:
            debit, credit = entry.debit_account, entry.credit_account
            ledgers = {self._ledger(one, ledger_of) for one in (debit, credit)}
            if entry.points < 0 or len(ledgers) != 1:
                raise InvariantError(f"posting {self.index} moves {entry.points} in {ledgers}")
            for account, points in ((debit, entry.points), (credit, -entry.points)):
                if account in net:
                    net[account] += points
        if any(net.values()):
            raise InvariantError(f"the entries of posting {self.index} are not what wallets say")

    def _ledger(self, account: int, ledger_of: Mapping[int, str]) -> str:
        ledger = ledger_of.get(account) or self._book.ledgers.home.get(account)
        if ledger is None:
            raise InvariantError(f"posting {self.index} moves account {account} of no wallet")
        return ledger
