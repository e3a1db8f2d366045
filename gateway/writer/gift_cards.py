"""Gift cards as they stand at a moment, for everybody who looks at one."""

from __future__ import annotations

from gateway.ledger.book import Book
from gateway.ledger.kinds import GiftCardState
from gateway.ledger.rows_members import GiftCardRow
from gateway.model.programme import Programme
from gateway.program.stored import GiftCard
from gateway.writer.bench import Bench
from gateway.writer.settling import spendable


def gift_card_now(bench: Bench, rules: Programme, card: GiftCardRow) -> GiftCard:
    """What is known of a gift card now.

    Args:
        bench: rows and moment.
        rules: in whose currency its money is.
        card: the card's row.
    """
    wallet = bench.book.wallets.require(card.wallet_id)
    return GiftCard(
        balance_minor=max(spendable(bench.book, wallet, bench.now_ms), 0),
        currency=rules.currency,
        expires_at_ms=bench.book.card_ends_ms(card),
        blocked=card.state is not GiftCardState.ACTIVE,
    )


def has_expired(book: Book, card: GiftCardRow, at_ms: int) -> bool:
    """Whether the last day of all that was ever put onto a gift card is over."""
    ends_ms = book.card_ends_ms(card)
    return ends_ms is not None and ends_ms <= at_ms
