"""Members and their cards, as they are made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from gateway.ledger.kinds import CardState
from gateway.ledger.posting import Posting
from gateway.ledger.rows_lots import SuspendedRow
from gateway.ledger.rows_members import CardRow
from gateway.model.card import CardEvidence
from gateway.model.ids import CardToken, MemberId
from gateway.model.outcome import Reason
from gateway.model.programme import Programme
from gateway.program.facts import Place
from gateway.program.standing import Standing, with_sale
from gateway.program.succession import first_minor
from gateway.writer.awarding import keeps_standings
from gateway.writer.bench import Bench
from gateway.writer.levels import level_today
from gateway.writer.standing_rows import standing_of, standing_row, visit_of, visit_row


def active_owner(bench: Bench, token: CardToken) -> MemberId | Reason:
    """Whose card it is; why nothing can be done with it where it is nobody's, or is not active."""
    card = bench.book.cards.get(token)
    if card is None:
        return Reason.UNKNOWN_CARD
    return card.member_id if card.state is CardState.ACTIVE else Reason.CARD_BLOCKED


def open_member(
    bench: Bench, card: CardEvidence, posting: Posting, rules: Programme, place: Place
) -> MemberId:
    """Make a member of a card that nobody owns, and give it what waited for its owner."""
    book = bench.book
    member_id = bench.new_member_id()
    book.add_member(member_id, place.branch, bench.now_ms)
    book.cards.add(
        CardRow(
            token=card.token,
            profile=card.profile,
            member_id=member_id,
            state=CardState.ACTIVE,
            added_at_ms=bench.now_ms,
        )
    )
    found = _adopt_waiting(bench, posting, member_id, card.token)
    _note_purchases(bench, rules, member_id, found, place)
    return member_id


def add_card(bench: Bench, card: CardRow, posting: Posting, rules: Programme, place: Place) -> bool:
    """Give a member one more card, and what waited for its owner.

    Returns:
        Whether anything waited.
    """
    bench.book.cards.add(card)
    found = _adopt_waiting(bench, posting, card.member_id, card.token)
    if found:
        _note_purchases(bench, rules, card.member_id, found, place)
    return bool(found)


def _adopt_waiting(
    bench: Bench, posting: Posting, member_id: MemberId, token: CardToken
) -> list[SuspendedRow]:
    """Give a card's new owner what waited; say what that was."""
    book = bench.book
    found = book.suspended_for(token)
    for waiting in found:
        wallet_id = book.wallet_in(member_id, waiting.ledger).wallet_id
        posting.adopt(wallet_id, waiting, at_ms=bench.now_ms)
    return found


def _note_purchases(
    bench: Bench,
    rules: Programme,
    member_id: MemberId,
    found: Sequence[SuspendedRow],
    place: Place,
) -> None:
    if not keeps_standings(rules):
        return
    book = bench.book
    before = book.standings.get(member_id)
    standing = standing_of(before, place.business_day)
    standing = _with_waiting(bench, member_id, standing, found)
    standing = level_today(bench, member_id, standing, place.branch)
    if before is None:
        book.standings.add(standing_row(member_id, standing, None))
    else:
        book.standings.replace(standing_row(member_id, standing, before))


def _with_waiting(
    bench: Bench, member_id: MemberId, standing: Standing, found: Sequence[SuspendedRow]
) -> Standing:
    """Count the sales that waited as the purchases and visits that they were."""
    book = bench.book
    for index in sorted({row.journal_index for row in found}):
        rating = book.rating_of(index)
        if rating is None:
            continue  # money that was paid in, or a sale whose rules looked at nothing before it
        sale = book.sales.require((rating.branch, rating.sale_key))
        factor = first_minor(bench.programmes, bench.rules_of(rating.programme_version))
        name = (rating.business_day, rating.branch)
        known = [row for row in book.visits_of(member_id) if (row.business_day, row.branch) == name]
        day = date.fromisoformat(rating.business_day)
        standing, visit = with_sale(
            standing,
            visit_of(known[0] if known else None, day, rating.branch),
            amount_minor=((sale.total_minor or 0) - sale.returned_minor) * factor,
            points=sum(
                row.waiting
                for row in found
                if row.journal_index == index and row.ledger == book.points_ledger
            ),
        )
        book.put_visit(visit_row(member_id, visit))
    return standing
