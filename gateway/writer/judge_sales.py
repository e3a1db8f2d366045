"""Enrolments, earns and refunds of whole sales."""

from __future__ import annotations

from dataclasses import replace

from gateway.ledger.book import Book
from gateway.ledger.errors import InvariantError
from gateway.ledger.kinds import CardState, PostingKind
from gateway.ledger.posting import Posting
from gateway.ledger.rows import CardRow, SaleRow
from gateway.model.card import CardEvidence
from gateway.model.ids import BranchId, MemberId
from gateway.model.outcome import Reason, Status
from gateway.model.programme import Programme, RefundPolicy, UnknownCardPolicy
from gateway.model.sale import Sale
from gateway.model.transaction import SaleReference
from gateway.program.earn import points_for_sale
from gateway.writer.bench import Bench, Case, Outcome, refused


def judge_enrol(bench: Bench, case: Case, posting: Posting) -> Outcome:
    """Make a member of a card that nobody owns, and give it what waited for its owner."""
    card = case.transaction.card
    if card is None:
        raise InvariantError("an enrolment carries a card")
    rules = bench.rules_for(case.transaction.time)
    if rules is None:
        return refused(Reason.PROGRAMME_UNKNOWN)
    if bench.book.cards.get(card.token) is not None:
        return refused(Reason.CARD_ALREADY_ENROLLED)
    member_id = _open_member(bench, card, posting, case.branch)
    return _applied(bench.book, posting, member_id, PostingKind.ENROL, rules)


def judge_earn(bench: Bench, case: Case, posting: Posting) -> Outcome:
    """Credit what the gateway's own reckoning says a sale earns, once for each sale."""
    transaction, book = case.transaction, bench.book
    card, sale = transaction.card, transaction.sale
    if card is None or sale is None:
        raise InvariantError("an earn carries a card and a sale")
    rules = bench.rules_for(transaction.time)
    if rules is None:
        return refused(Reason.PROGRAMME_UNKNOWN)
    if transaction.currency != rules.currency:
        return refused(Reason.CURRENCY_MISMATCH)
    known = book.sales.get((case.branch, sale.key))
    if known is not None and (known.earn_index is not None or known.refund_index is not None):
        return refused(Reason.SALE_ALREADY_RECORDED)
    owned = book.cards.get(card.token)
    if owned is not None and owned.state is not CardState.ACTIVE:
        return refused(Reason.CARD_BLOCKED)
    points = points_for_sale(rules, sale)
    note_sale(book, case.branch, sale, posting.index, earned=True)
    if owned is None and rules.unknown_card is UnknownCardPolicy.HOLD:
        posting.suspend(card.token, points, at_ms=bench.now_ms)
        return Outcome(
            status=Status.HELD,
            reason=Reason.UNKNOWN_CARD,
            posting=PostingKind.SUSPEND,
            programme_version=rules.version,
            points=points,
        )
    if owned is None:
        member_id = _open_member(bench, card, posting, case.branch)
    else:
        member_id = owned.member_id
    posting.earn(member_id, points, at_ms=bench.now_ms)
    return _applied(book, posting, member_id, PostingKind.EARN, rules)


def judge_refund(bench: Bench, case: Case, posting: Posting) -> Outcome:
    """Undo a whole sale: give back what was redeemed on it, then take back what it earned."""
    transaction, book = case.transaction, bench.book
    if transaction.original is None:
        raise InvariantError("a refund names its sale")
    rules = bench.rules_for(transaction.time)
    if rules is None:
        return refused(Reason.PROGRAMME_UNKNOWN)
    if transaction.currency != rules.currency:
        return refused(Reason.CURRENCY_MISMATCH)
    sale = _find_sale(book, case.branch, transaction.original)
    if sale is None:
        return refused(Reason.SALE_NOT_FOUND)
    if sale.refund_index is not None:
        return refused(Reason.SALE_ALREADY_REFUNDED)
    redeemer: MemberId | None = None
    for hold in book.posted_holds(sale.branch, sale.sale_key):
        posting.undo_redeem(hold)
        redeemer = redeemer or hold.member_id
    earner = _take_back(book, sale, posting, rules)
    book.sales.replace(replace(sale, refund_index=posting.index))
    member_id = earner or redeemer
    if member_id is None:
        return Outcome(
            status=Status.APPLIED, posting=PostingKind.REFUND, programme_version=rules.version
        )
    return _applied(book, posting, member_id, PostingKind.REFUND, rules)


def note_sale(book: Book, branch: BranchId, sale: Sale, index: int, *, earned: bool) -> None:
    """Write down that points were earned or redeemed on a sale, so that it can be refunded."""
    known = book.sales.get((branch, sale.key))
    if known is None:
        book.sales.add(
            SaleRow(
                branch=branch,
                sale_key=sale.key,
                receipt_number=sale.receipt_number,
                first_index=index,
                earn_index=index if earned else None,
                refund_index=None,
            )
        )
        return
    book.sales.replace(
        replace(
            known,
            receipt_number=known.receipt_number or sale.receipt_number,
            earn_index=index if earned else known.earn_index,
        )
    )


def _find_sale(book: Book, branch: BranchId, original: SaleReference) -> SaleRow | None:
    if original.key is not None:
        sale = book.sales.get((branch, original.key))
        if sale is not None:
            return sale
    if original.receipt_number is not None:
        return book.sale_by_receipt(branch, original.receipt_number)
    return None


def _take_back(book: Book, sale: SaleRow, posting: Posting, rules: Programme) -> MemberId | None:
    if sale.earn_index is None:
        return None
    waiting = book.suspended_of(sale.earn_index)
    if waiting is not None and waiting.resolved_index is None:
        posting.discard(waiting)
        return None
    lot = book.lot_of(sale.earn_index)
    if lot is None:
        return None
    posting.claw_back(lot, allow_negative=rules.refund is RefundPolicy.ALLOW_NEGATIVE)
    return lot.member_id


def _open_member(bench: Bench, card: CardEvidence, posting: Posting, branch: BranchId) -> MemberId:
    member_id = bench.new_member_id()
    bench.book.add_member(member_id, branch, bench.now_ms)
    bench.book.cards.add(
        CardRow(
            token=card.token,
            profile=card.profile,
            member_id=member_id,
            state=CardState.ACTIVE,
            added_at_ms=bench.now_ms,
        )
    )
    for waiting in bench.book.suspended_for(card.token):
        posting.adopt(member_id, waiting)
    return member_id


def _applied(
    book: Book, posting: Posting, member_id: MemberId, kind: PostingKind, rules: Programme
) -> Outcome:
    return Outcome(
        status=Status.APPLIED,
        posting=kind,
        programme_version=rules.version,
        member_id=member_id,
        points=posting.moved(member_id),
        balance_points=book.wallets.require(member_id).available,
    )
