"""What time does to lots: pending ones become spendable, lapsed ones are closed.

The nightly run does it for everybody. Between the end of a business day and that run nobody may
spend what has lapsed or be refused what has become spendable, so whatever touches a wallet first
brings its lots to the present moment.
"""

from __future__ import annotations

from gateway.ledger.book import Book
from gateway.ledger.posting import Posting
from gateway.ledger.rows_lots import LotRow
from gateway.ledger.rows_members import WalletRow
from gateway.model.ids import WalletId
from gateway.model.programme import Programme
from gateway.model.rules.expiry import Expiry, ExpiryKind


def lots_move(rules: Programme) -> bool:
    """Whether lots that a programme makes can wait or lapse at all."""
    own = rules.rules
    expiries: list[Expiry | None] = [
        own.expiry,
        own.credit.earned_expiry,
        own.credit.paid_expiry,
        own.gift_cards.expiry,
        *(rule.expiry for rule in own.earning),
    ]
    return bool(
        own.pending_days
        or any(rule.pending_days for rule in own.earning)
        or any(one is not None and one.kind is not ExpiryKind.NEVER for one in expiries)
    )


def spendable(book: Book, wallet: WalletRow, now_ms: int) -> int:
    """What a wallet could spend if its lots were brought to this moment; below zero where it owes.

    Args:
        book: with the wallet's open lots, where lots of this ledger can move.
        wallet: whose.
        now_ms: Unix time in milliseconds.
    """
    if not book.knows_lots(wallet.wallet_id):
        return wallet.available
    change = 0
    for lot in book.open_lots(wallet.wallet_id):
        if _has_lapsed(lot, now_ms):
            change -= 0 if lot.pending else lot.remaining
        elif _has_begun(lot, now_ms):
            change += lot.remaining
    return wallet.available + change


def settle(book: Book, posting: Posting, wallet_id: WalletId, now_ms: int) -> None:
    """Bring a wallet's lots to this moment: what begins is spendable, what has lapsed is closed.

    What both begins and lapses before anybody looked never could be spent.
    """
    if not book.knows_lots(wallet_id):
        return
    for lot in book.open_lots(wallet_id):
        if _has_lapsed(lot, now_ms):
            posting.expire(lot)
        elif _has_begun(lot, now_ms):
            posting.activate(lot)


def _has_begun(lot: LotRow, now_ms: int) -> bool:
    return lot.pending and lot.available_from_ms <= now_ms


def _has_lapsed(lot: LotRow, now_ms: int) -> bool:
    return lot.expires_at_ms is not None and lot.expires_at_ms <= now_ms
