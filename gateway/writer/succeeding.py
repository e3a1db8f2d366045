"""Money whose currency was superseded: counted in the successor at the first touch.

Before a batch is judged, all superseded money of whoever it concerns is brought over, so that no
rule looks at two wallets of one thing. And whatever a row then leaves in a superseded currency, be
it that it was told late or that a reservation made before is freed, follows at once. Each wallet's
change is a journal row of its own in the same commit. What nobody touches the nightly run brings
over.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from gateway.ledger.accounts import credit_ledger_name, currency_of_ledger, gift_ledger_name
from gateway.ledger.book import Book
from gateway.ledger.errors import InvariantError, NotLoadedError
from gateway.ledger.kinds import JournalKind, PostingKind, WalletKind
from gateway.ledger.posting import Posting
from gateway.ledger.rows import JournalRow
from gateway.ledger.rows_members import WalletRow
from gateway.model.ids import BranchId, MemberId, WalletId
from gateway.model.outcome import Reason, Status
from gateway.program.succession import Successor
from gateway.writer.settling import settle, spendable


def bring_over(book: Book, now_ms: int) -> None:
    """Bring over whatever a batch was loaded with, before anything of it is judged.

    So it makes no difference to anybody's balance whether a night was there before.

    Args:
        book: with every wallet that the batch may touch.
        now_ms: the moment, Unix time in milliseconds.
    """
    if book.superseded:
        _bring_over(book, [row.wallet_id for row in book.wallets.rows()], now_ms)


def let_follow(book: Book, first_index: int, now_ms: int) -> None:
    """Bring over what journal rows left in a superseded currency.

    Args:
        book: with the wallets that they touched.
        first_index: the first of these rows; all later ones are looked at too.
        now_ms: the moment, Unix time in milliseconds.
    """
    if not book.superseded:
        return
    touched: dict[WalletId, None] = {}
    for movement in reversed(book.movements):
        if movement.journal_index < first_index:
            break
        touched[movement.wallet_id] = None
    _bring_over(book, reversed(touched), now_ms)


def bring_wallet_over(book: Book, wallet_id: WalletId, now_ms: int) -> bool:
    """Bring one wallet over.

    Returns:
        Whether there was anything to be done.
    """
    wallet = book.wallets.require(wallet_id)
    successor = successor_of(book, wallet)
    if successor is None:
        return False
    if not book.open_lots(wallet_id) and not book.open_debts(wallet_id):
        return False
    branch = _branch_of(book, wallet_id)
    posting = Posting(book, book.next_index)
    target = _wallet_after(book, wallet, successor.currency.code)
    for one in (wallet_id, target):
        settle(book, posting, one, now_ms)
    posting.redenominate(wallet_id, target, successor.factor)
    posting.close(PostingKind.CONVERT, programme_version=successor.version, branch=branch)
    if wallet.kind is WalletKind.GIFT:
        let_card_follow(book, wallet_id, target)
    book.record(
        JournalRow(
            journal_index=posting.index,
            recorded_at_ms=book.next_recorded_at_ms(now_ms),
            judged_at_ms=now_ms,
            kind=JournalKind.REDENOMINATION,
            status=Status.APPLIED,
            reason=Reason.NONE,
            member_id=wallet.member_id,
            programme_version=successor.version,
            envelope=wallet_id.encode(),
        )
    )
    return True


def covered(book: Book, wallet: WalletRow, now_ms: int) -> int:
    """What the successor of a wallet can pay for it, in the unit of the wallet.

    Where it may owe that much, the debt follows it at once and is paid.

    Args:
        book: with both wallets and what is in them.
        wallet: one in any currency; 0 for what is in force.
        now_ms: the moment, Unix time in milliseconds.
    """
    successor = successor_of(book, wallet)
    if successor is None:
        return 0
    currency = successor.currency.code
    if wallet.kind is WalletKind.GIFT:
        after = book.known_gift_wallet(wallet.wallet_id, currency)
    else:
        after = book.known_credit_wallet(_owner_of(wallet), currency)
    room = 0 if after is None else max(spendable(book, after, now_ms), 0)
    return room * successor.factor


def let_card_follow(book: Book, wallet_id: WalletId, target: WalletId) -> None:
    """Let the gift card whose money was in a wallet name another one from now on."""
    card = book.gift_card_in(wallet_id)
    if card is not None and wallet_id != target:
        book.gift_cards.replace(replace(card, wallet_id=target))


def ledgers_of_money(codes: Iterable[str]) -> list[str]:
    """The ledgers of some currencies, in one order."""
    named = ((credit_ledger_name(one), gift_ledger_name(one)) for one in sorted(codes))
    return [ledger for both in named for ledger in both]


def successor_of(book: Book, wallet: WalletRow) -> Successor | None:
    """What the currency of a wallet is counted in now; None for points and what is in force."""
    return book.superseded.get(currency_of_ledger(wallet.ledger) or "")


def _bring_over(book: Book, wallets: Iterable[WalletId], now_ms: int) -> None:
    for wallet_id in wallets:
        bring_wallet_over(book, wallet_id, now_ms)


def _wallet_after(book: Book, wallet: WalletRow, currency: str) -> WalletId:
    if wallet.kind is WalletKind.GIFT:
        return book.gift_wallet(wallet.wallet_id, currency).wallet_id
    return book.credit_wallet(_owner_of(wallet), currency).wallet_id


def _owner_of(wallet: WalletRow) -> MemberId:
    if wallet.member_id is None:
        raise InvariantError(f"wallet {wallet.wallet_id} is nobody's and of no gift card")
    return wallet.member_id


def _branch_of(book: Book, wallet_id: WalletId) -> BranchId:
    """The branch that booked what comes first in a wallet, or what it owes longest."""
    lots = sorted(book.open_lots(wallet_id), key=lambda lot: lot.pending)
    indexes = [lot.opened_index for lot in lots]
    indexes += [debt.owner_index for debt in book.open_debts(wallet_id)]
    branch = book.branches.get(indexes[0])
    if branch is None:
        raise NotLoadedError(f"where posting {indexes[0]} was booked was not loaded")
    return branch
