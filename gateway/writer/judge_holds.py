"""What becomes of a reservation: posted, voided, cancelled, or freed because its time is up."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from gateway.ledger.book import Book
from gateway.ledger.errors import InvariantError
from gateway.ledger.kinds import HoldState, JournalKind, PostingKind
from gateway.ledger.posting import Posting
from gateway.ledger.rows import HoldRow, JournalRow
from gateway.model.outcome import Reason, Status
from gateway.model.programme import Programme, RefundPolicy
from gateway.model.transaction import Transaction
from gateway.writer.bench import Bench, Case, Outcome, refused
from gateway.writer.judge_sales import note_sale

HOLD_MOVES: Final[dict[HoldState, frozenset[HoldState]]] = {
    HoldState.PENDING: frozenset(
        {HoldState.POSTED, HoldState.VOIDED, HoldState.CANCELLED, HoldState.EXPIRED}
    ),
    # The points of an expired hold are free, but its terminal may not know: a redeem that it
    # sealed is honoured (ADR 0004), and a void or cancel settles that none will come.
    HoldState.EXPIRED: frozenset({HoldState.POSTED, HoldState.VOIDED, HoldState.CANCELLED}),
    HoldState.POSTED: frozenset(),
    HoldState.VOIDED: frozenset(),
    HoldState.CANCELLED: frozenset(),
}
"""Every way a hold may go. What is not here is refused."""


def judge_redeem(bench: Bench, case: Case, posting: Posting) -> Outcome:
    """Post a reservation exactly once.

    The till gave the discount before the terminal sealed this, so a hold that was truly granted
    is honoured even where it has freed itself meanwhile: what the member has is taken, and the
    rest goes into debt or is borne by the programme, as its refund policy says (ADR 0004).
    """
    transaction, book = case.transaction, bench.book
    sale, redemption = transaction.sale, transaction.redemption
    if sale is None or redemption is None:
        raise InvariantError("a redeem carries a sale and a redemption")
    hold = book.holds.get(redemption.hold_id)
    if hold is None:
        return refused(Reason.HOLD_NOT_FOUND)
    rules = bench.rules_of(hold.programme_version)
    reason = _objection(book, case, hold, rules)
    if reason is not Reason.NONE:
        return refused(reason)
    spendable = max(book.wallets.require(hold.member_id).available, 0)
    if hold.state is HoldState.PENDING:
        posting.redeem(hold)
        posted, shortfall = hold, 0
    else:
        allow_negative = rules.refund is RefundPolicy.ALLOW_NEGATIVE
        borne = posting.redeem_late(hold, allow_negative=allow_negative)
        posted = replace(hold, shortfall_points=borne, owner_index=posting.index)
        shortfall = max(hold.points - spendable, 0)
    # Asked for before the till had printed, a hold knows the sale by a passing name. What the
    # paper says, and where the sale is now, decides where its refund will look for it.
    posted = replace(posted, branch=case.branch, sale_key=sale.key)
    resolve(book, posted, HoldState.POSTED, posting.index)
    note_sale(book, case.branch, sale, posting.index, earned=False)
    return Outcome(
        status=Status.APPLIED,
        posting=PostingKind.REDEEM,
        programme_version=rules.version,
        member_id=hold.member_id,
        points=posting.moved(hold.member_id),
        balance_points=book.wallets.require(hold.member_id).available,
        hold_id=hold.hold_id,
        shortfall_points=shortfall,
    )


def judge_void(bench: Bench, case: Case, posting: Posting) -> Outcome:
    """Free a reservation that the sale did not use."""
    hold_id = case.transaction.hold_id
    if hold_id is None:
        raise InvariantError("a void names a hold")
    hold = bench.book.holds.get(hold_id)
    if hold is None or hold.terminal != case.transaction.id.terminal:
        return refused(Reason.HOLD_NOT_FOUND)
    if HoldState.VOIDED not in HOLD_MOVES[hold.state]:
        return refused(Reason.HOLD_ALREADY_RESOLVED)
    moved = free(bench.book, hold, HoldState.VOIDED, posting)
    return Outcome(
        status=Status.APPLIED,
        posting=PostingKind.RELEASE if moved else None,
        programme_version=hold.programme_version,
        member_id=hold.member_id,
        points=posting.moved(hold.member_id),
        balance_points=bench.book.wallets.require(hold.member_id).available,
        hold_id=hold.hold_id,
    )


def expire(book: Book, hold: HoldRow, now_ms: int) -> None:
    """Free a pending hold whose time is up, and write that into the journal."""
    posting = Posting(book, book.next_index)
    free(book, hold, HoldState.EXPIRED, posting)
    posting.close(PostingKind.RELEASE, programme_version=hold.programme_version, branch=hold.branch)
    book.record(
        JournalRow(
            journal_index=posting.index,
            recorded_at_ms=book.next_recorded_at_ms(now_ms),
            judged_at_ms=now_ms,
            kind=JournalKind.EXPIRY,
            terminal=hold.terminal,
            hold_id=hold.hold_id,
            status=Status.APPLIED,
            reason=Reason.NONE,
            member_id=hold.member_id,
            points=posting.moved(hold.member_id),
            balance_points=book.wallets.require(hold.member_id).available,
            programme_version=hold.programme_version,
        )
    )


def free(book: Book, hold: HoldRow, state: HoldState, posting: Posting) -> bool:
    """Resolve a hold without a redemption.

    Returns:
        Whether points moved: those of an expired hold are free already.
    """
    moves = hold.state is HoldState.PENDING
    if moves:
        posting.release(hold)
    resolve(book, hold, state, posting.index)
    return moves


def resolve(book: Book, hold: HoldRow, state: HoldState, index: int) -> None:
    """Write down a hold's end.

    Raises:
        InvariantError: if a hold in this state cannot come to that end.
    """
    if state not in HOLD_MOVES[hold.state]:
        raise InvariantError(f"a hold that is {hold.state} cannot become {state}")
    book.holds.replace(replace(hold, state=state, resolved_index=index))


def _objection(book: Book, case: Case, hold: HoldRow, rules: Programme) -> Reason:
    transaction = case.transaction
    if not _same_redemption(book, transaction, hold):
        return Reason.HOLD_MISMATCH
    if transaction.currency != rules.currency:
        return Reason.CURRENCY_MISMATCH
    if HoldState.POSTED not in HOLD_MOVES[hold.state]:
        return Reason.HOLD_ALREADY_RESOLVED
    assert transaction.sale is not None
    sale = book.sales.get((case.branch, transaction.sale.key))
    if sale is not None and sale.refund_index is not None:
        # The whole sale was undone already, by another terminal; the hold frees itself.
        return Reason.SALE_ALREADY_REFUNDED
    return Reason.NONE


def _same_redemption(book: Book, transaction: Transaction, hold: HoldRow) -> bool:
    if transaction.card is None or transaction.sale is None or transaction.redemption is None:
        return False
    card = book.cards.get(transaction.card.token)
    return (
        hold.terminal == transaction.id.terminal
        and card is not None
        and card.member_id == hold.member_id
        and hold.points == transaction.redemption.points
        and hold.amount_minor == transaction.redemption.amount_minor
    )
