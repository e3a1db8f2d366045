"""Members and their cards, as they are made."""

from __future__ import annotations

from gateway.ledger.kinds import CardState
from gateway.ledger.posting import Posting
from gateway.ledger.rows_members import CardRow
from gateway.model.card import CardEvidence
from gateway.model.ids import BranchId, MemberId
from gateway.writer.bench import Bench


def open_member(bench: Bench, card: CardEvidence, posting: Posting, branch: BranchId) -> MemberId:
    """Make a member of a card that nobody owns, and give it what waited for its owner."""
    book = bench.book
    member_id = bench.new_member_id()
    book.add_member(member_id, branch, bench.now_ms)
    book.cards.add(
        CardRow(
            token=card.token,
            profile=card.profile,
            member_id=member_id,
            state=CardState.ACTIVE,
            added_at_ms=bench.now_ms,
        )
    )
    for waiting in book.suspended_for(card.token):
        wallet_id = book.wallet_in(member_id, waiting.ledger).wallet_id
        posting.adopt(wallet_id, waiting, at_ms=bench.now_ms)
    return member_id
