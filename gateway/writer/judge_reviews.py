"""Papers that were not sure: kept for a person, then settled as a late sale or dismissed, once."""

from __future__ import annotations

from dataclasses import replace

from gateway.ledger.errors import InvariantError
from gateway.ledger.kinds import ReviewState
from gateway.ledger.posting import Posting
from gateway.ledger.rows_reviews import ReviewRow
from gateway.model.card import CardEvidence
from gateway.model.ledger_command import LedgerCommand
from gateway.model.outcome import Reason, Status
from gateway.model.programme import Programme
from gateway.model.settled_review import settled_card, settled_earn
from gateway.writer.bench import Bench, Case, Outcome, Reviewed, refused
from gateway.writer.judge_sales import judge_earn
from gateway.writer.reviewed import review_name


def judge_review(bench: Bench, case: Case, posting: Posting) -> Outcome:
    """Keep a paper for a person to look at; the same paper again is the same review.

    A card that was shown a moment after the paper comes with the same paper told once more.
    """
    review, book = case.transaction.review, bench.book
    if review is None:
        raise InvariantError("a review carries what was read")
    name = (case.branch, review.key)
    sale = book.sales.get(name)
    if sale is not None and (sale.earn_index is not None or sale.refund_index is not None):
        return refused(Reason.SALE_ALREADY_RECORDED)
    known = book.reviews.get(name)
    index = None if case.transaction.card is None else posting.index
    if known is None:
        book.reviews.add(
            ReviewRow(
                branch=case.branch,
                sale_key=review.key,
                nth=0,
                first_index=posting.index,
                card_index=index,
                state=ReviewState.OPEN,
                closed_index=None,
            )
        )
    elif known.state is not ReviewState.OPEN:
        return refused(Reason.REVIEW_CLOSED)
    elif known.card_index is None and index is not None:
        book.reviews.replace(replace(known, card_index=index))
    return Outcome(status=Status.HELD, reason=Reason.IN_REVIEW)


def settle_review(
    bench: Bench, rules: Programme, command: LedgerCommand, posting: Posting
) -> Outcome:
    """Let a paper's card earn what a sale of this total would have earned, told late.

    It is rated as every late sale is: by the rules of the time at which it was printed.
    """
    del rules
    row = _open_row(bench, command)
    if isinstance(row, Reason):
        return refused(row)
    reviewed = _reviewed(bench, row)
    card = _card(bench, command, reviewed)
    if isinstance(card, Reason):
        return refused(card)
    earn = settled_earn(
        reviewed.transaction,
        card=card,
        total_minor=command.amount or 0,
        happened_at_ms=reviewed.happened_at_ms,
    )
    outcome = judge_earn(bench, Case(earn, command.branch), posting)
    if outcome.status is not Status.REFUSED:
        _close(bench, row, reviewed, ReviewState.SETTLED, posting.index)
    return outcome


def dismiss_review(
    bench: Bench, rules: Programme, command: LedgerCommand, posting: Posting
) -> Outcome:
    """Say that a paper earns nothing, now or when it is printed again."""
    del rules
    row = _open_row(bench, command)
    if isinstance(row, Reason):
        return refused(row)
    _close(bench, row, _reviewed(bench, row), ReviewState.DISMISSED, posting.index)
    return Outcome(status=Status.APPLIED)


def _open_row(bench: Bench, command: LedgerCommand) -> ReviewRow | Reason:
    row = bench.book.reviews.get(review_name(command))
    if row is None or row.first_index != command.review:
        return Reason.REVIEW_CHANGED
    return row if row.state is ReviewState.OPEN else Reason.REVIEW_CLOSED


def _card(bench: Bench, command: LedgerCommand, reviewed: Reviewed) -> CardEvidence | Reason:
    """The card that was shown; without one the card that somebody at the desk names."""
    card = settled_card(reviewed.card, command)
    if card is None:
        return Reason.CARD_MISSING
    if reviewed.card is None:
        # Nobody showed it, so that it must at least be somebody's.
        return card if bench.book.cards.get(card.token) is not None else Reason.UNKNOWN_CARD
    named = command.token is not None and command.token != card.token.hex()
    return Reason.REVIEW_CHANGED if named else card


def _reviewed(bench: Bench, row: ReviewRow) -> Reviewed:
    if bench.reviewed is None:
        raise InvariantError(f"journal row {row.first_index} was not opened")
    return bench.reviewed


def _close(
    bench: Bench, row: ReviewRow, reviewed: Reviewed, state: ReviewState, index: int
) -> None:
    """Decide about a paper under all its names: read otherwise, it counts no second time."""
    review, book = reviewed.transaction.review, bench.book
    names = (row.sale_key,) if review is None else review.names
    for nth, key in enumerate(names):
        known = book.reviews.get((row.branch, key))
        if known is None:
            other = replace(row, sale_key=key, nth=nth, state=state, closed_index=index)
            book.reviews.add(other)
        elif known.state is ReviewState.OPEN:
            book.reviews.replace(replace(known, state=state, closed_index=index))
