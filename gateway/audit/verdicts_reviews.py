"""What papers that were not sure must come to: kept once, then settled as a late sale or dismissed.

At which branch a paper was kept no posting says: its row does, and a row without its envelope, or
an envelope without its row, is found when the tables are compared.
"""

from __future__ import annotations

from dataclasses import replace

from gateway.audit.bench import Bench
from gateway.audit.books import HeldReview
from gateway.audit.verdict import Effect, Verdict, refusal
from gateway.audit.verdicts_sales import earned
from gateway.ledger.kinds import ReviewState
from gateway.ledger.rows_reviews import ReviewRow
from gateway.model.card import CardEvidence
from gateway.model.ids import SaleKey
from gateway.model.ledger_command import LedgerCommand
from gateway.model.outcome import Reason, Status
from gateway.model.programme import Programme
from gateway.model.settled_review import settled_card, settled_earn
from gateway.model.transaction import Transaction


def kept_for_review(bench: Bench, transaction: Transaction, at_ms: int) -> Verdict:
    """A paper waits for a person; told once more, it only brings the card that was missing."""
    del at_ms
    review, books = transaction.review, bench.books
    if review is None:
        return refusal(Reason.MALFORMED)
    name = (bench.branch, review.key)
    sale = books.sales.get(name)
    if sale is not None and (sale.earn_index or sale.refund_index):
        return refusal(Reason.SALE_ALREADY_RECORDED)
    known = books.reviews.get(name)
    if known is not None and known.row.state is not ReviewState.OPEN:
        return refusal(Reason.REVIEW_CLOSED)
    if known is None and bench.stored.review(*name) is None:
        return refusal(Reason.REVIEW_CHANGED)  # it was kept at another branch

    def carry_out() -> Effect:
        index = books.index
        shown = None if transaction.card is None else index
        if known is None:
            row = ReviewRow(
                branch=bench.branch,
                sale_key=review.key,
                nth=0,
                first_index=index,
                card_index=shown,
                state=ReviewState.OPEN,
                closed_index=None,
            )
            moments = tuple(bench.moments(transaction.time))
            books.reviews[name] = HeldReview(row, transaction, transaction.card, moments)
        elif known.row.card_index is None and shown is not None:
            row = replace(known.row, card_index=shown)
            books.reviews[name] = replace(known, row=row, card=transaction.card)
        return Effect()

    return Verdict(status=Status.HELD, reason=Reason.IN_REVIEW, carry_out=carry_out)


def settled(bench: Bench, rules: Programme, command: LedgerCommand) -> Verdict:
    """The paper's card earned what a sale of this total earns by the rules of its own time."""
    del rules
    held = _held(bench, command)
    if isinstance(held, Reason):
        return refusal(held)
    card = settled_card(held.card, command)
    if card is None:
        return refusal(Reason.CARD_MISSING)
    if held.card is None and card.token not in bench.books.cards:
        return refusal(Reason.UNKNOWN_CARD)
    if command.token is not None and command.token != card.token.hex():
        return refusal(Reason.REVIEW_CHANGED)
    return _late_sale(bench, command, held, card)


def _late_sale(
    bench: Bench, command: LedgerCommand, held: HeldReview, card: CardEvidence
) -> Verdict:
    """Of several moments that the paper's clock allows, the one whose rules and day were taken."""
    first: Verdict | None = None
    for at_ms in held.moments:
        earn = settled_earn(
            held.transaction, card=card, total_minor=command.amount or 0, happened_at_ms=at_ms
        )
        verdict = _closing(bench, held, ReviewState.SETTLED, earned(bench, earn, at_ms), earn)
        first = first or verdict
        rules = bench.rules_of(verdict.version)
        if verdict.version != bench.row.programme_version or rules is None:
            continue
        day = bench.place(rules, at_ms).business_day.isoformat()
        if bench.rating is None or bench.rating.business_day == day:
            return verdict
    return first or refusal(Reason.REVIEW_CHANGED)


def dismissed(bench: Bench, rules: Programme, command: LedgerCommand) -> Verdict:
    """The paper earned nothing and never will."""
    held = _held(bench, command)
    if isinstance(held, Reason):
        return refusal(held)
    done = bench.applied(None, rules, Effect)
    return _closing(bench, held, ReviewState.DISMISSED, done, None)


def _held(bench: Bench, command: LedgerCommand) -> HeldReview | Reason:
    name = (bench.branch, SaleKey(bytes.fromhex(command.review_key or "")))
    held = bench.books.reviews.get(name)
    if held is None or held.row.first_index != command.review:
        return Reason.REVIEW_CHANGED
    return held if held.row.state is ReviewState.OPEN else Reason.REVIEW_CLOSED


def _closing(
    bench: Bench, held: HeldReview, state: ReviewState, verdict: Verdict, earn: Transaction | None
) -> Verdict:
    if verdict.status is Status.REFUSED:
        return verdict
    books = bench.books

    def carry_out() -> Effect:
        if earn is not None:
            books.settled[books.index] = earn
        effect = verdict.carry_out()
        review = held.transaction.review
        for nth, key in enumerate(() if review is None else review.names):
            known = books.reviews.get((held.row.branch, key))
            if known is None:
                known = replace(held, row=replace(held.row, sale_key=key, nth=nth))
            elif known.row.state is not ReviewState.OPEN:
                continue
            row = replace(known.row, state=state, closed_index=books.index)
            books.reviews[row.branch, key] = replace(known, row=row)
        return effect

    return replace(verdict, carry_out=carry_out)
