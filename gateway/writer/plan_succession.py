"""Load what money of a superseded currency needs to follow it: both wallets, and their history."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from gateway.ledger.accounts import wallets_beside
from gateway.ledger.batch import LedgerBatch
from gateway.ledger.book import Book
from gateway.ledger.rows import PostingRow
from gateway.model.ids import WalletId


def load_beside(
    batch: LedgerBatch, book: Book, wallets: Collection[WalletId], currencies: Iterable[str]
) -> set[WalletId]:
    """Load the gift cards whose money is in wallets.

    Args:
        batch: where the rows are.
        book: what they are loaded into.
        wallets: the names of wallets that are about to be loaded.
        currencies: the codes of all currencies that there ever were.

    Returns:
        Of wallets of money the names, and those of the same owner in every other currency.
    """
    codes = tuple(currencies)
    beside = [wallets_beside(one, codes) for one in wallets]
    money = {name for names in beside if len(names) > 1 for name in names}
    book.load_cards_of(money, batch.gift_cards_in(money) if money else ())
    return money


def load_branches(batch: LedgerBatch, book: Book) -> None:
    """Load where the lots and debts were booked that are known of money."""
    money = {row.wallet_id for row in book.wallets.rows() if row.ledger != book.points_ledger}
    indexes = {lot.opened_index for lot in book.lots.rows() if lot.wallet_id in money}
    indexes |= {debt.owner_index for debt in book.debts.rows() if debt.wallet_id in money}
    missing = indexes - book.branches.keys()
    for row in batch.rows(PostingRow, missing) if missing else ():
        book.branches[row.journal_index] = row.branch
