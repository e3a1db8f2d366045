"""Answers to inquiries, reservations and cancellations on the ``auth`` topic."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from gateway.ledger.errors import InvariantError
from gateway.ledger.kinds import CardState, HoldState, JournalKind, PostingKind
from gateway.ledger.posting import Posting
from gateway.ledger.rows import HoldRow, JournalRow, WalletRow
from gateway.ledger.rows_intake import AuthRow, TombstoneRow
from gateway.model.authorisation import AuthAnswer, AuthKind, AuthRequest
from gateway.model.ids import BranchId, MemberId
from gateway.model.outcome import Reason, Status
from gateway.program.redeem import Quote, quote_redemption
from gateway.wire.auth import encode_auth_request
from gateway.writer.arrival import AuthArrival
from gateway.writer.bench import Bench
from gateway.writer.judge_holds import HOLD_MOVES, free


@dataclass(frozen=True, slots=True)
class _Change:
    """A request that changed a hold, for the journal."""

    arrival: AuthArrival
    hold: HoldRow
    posting: Posting
    programme_version: int


def judge_auth(bench: Bench, arrival: AuthArrival, branch: BranchId) -> AuthAnswer:
    """Answer one request; the same request again gets the same answer.

    A refusal is kept like a grant: whoever wants another answer asks under another id. Inquiries
    change nothing and are answered afresh each time.
    """
    request = arrival.request
    if request.kind is AuthKind.INQUIRE:
        return _inquire(bench, request)
    content = hashlib.sha256(encode_auth_request(request)).digest()
    known = bench.book.requests.get(request.request_id)
    if known is not None:
        if known.content_hash != content:
            return _refused(bench, request, Reason.REQUEST_ID_REUSED)
        return _same_again(known)
    if bench.now_ms > request.deadline_ms:
        answer = _refused(bench, request, Reason.REQUEST_EXPIRED)
    elif request.kind is AuthKind.RESERVE:
        answer = _reserve(bench, arrival, branch)
    else:
        answer = _cancel(bench, arrival, branch)
    bench.book.requests.add(_remembered(answer, content))
    return answer


def inquired_member(bench: Bench, request: AuthRequest, answer: AuthAnswer) -> MemberId | None:
    """Whose balance an applied inquiry was told; None for every other request."""
    if request.kind is not AuthKind.INQUIRE or answer.status is not Status.APPLIED:
        return None
    wallet = _wallet(bench, request)
    return None if isinstance(wallet, Reason) else wallet.member_id


def _inquire(bench: Bench, request: AuthRequest) -> AuthAnswer:
    if bench.now_ms > request.deadline_ms:
        return _refused(bench, request, Reason.REQUEST_EXPIRED)
    wallet = _wallet(bench, request)
    if isinstance(wallet, Reason):
        return _refused(bench, request, wallet)
    return _granted(bench, request, balance_points=wallet.available)


def _reserve(bench: Bench, arrival: AuthArrival, branch: BranchId) -> AuthAnswer:
    request, book = arrival.request, bench.book
    if book.tombstones.get((request.request_id, request.terminal)) is not None:
        return _refused(bench, request, Reason.HOLD_ALREADY_RESOLVED)
    rules = bench.rules_now()
    if rules is None:
        return _refused(bench, request, Reason.PROGRAMME_UNKNOWN)
    if request.currency != rules.currency:
        return _refused(bench, request, Reason.CURRENCY_MISMATCH)
    wallet = _wallet(bench, request)
    if isinstance(wallet, Reason):
        return _refused(bench, request, wallet)
    if request.points is None or request.sale_total_minor is None or request.sale_key is None:
        raise InvariantError("a reserve request carries points and a sale")
    quote = quote_redemption(
        rules,
        asked_points=request.points,
        balance_points=wallet.available,
        sale_total_minor=request.sale_total_minor,
    )
    if isinstance(quote, Reason):
        answer = _refused(bench, request, quote)
        return replace(answer, balance_points=wallet.available)
    posting = Posting(book, book.next_index)
    posting.hold(wallet.member_id, quote.points)
    hold = HoldRow(
        hold_id=request.request_id,
        member_id=wallet.member_id,
        terminal=request.terminal,
        branch=branch,
        sale_key=request.sale_key,
        points=quote.points,
        amount_minor=quote.amount_minor,
        programme_version=rules.version,
        expires_at_ms=bench.now_ms + rules.hold_ttl_ms,
        state=HoldState.PENDING,
        owner_index=posting.index,
        shortfall_points=0,
        resolved_index=None,
    )
    book.holds.add(hold)
    posting.close(PostingKind.RESERVE, programme_version=rules.version, branch=branch)
    return _hold_answer(bench, _Change(arrival, hold, posting, rules.version), quote)


def _cancel(bench: Bench, arrival: AuthArrival, branch: BranchId) -> AuthAnswer:
    request, book = arrival.request, bench.book
    if request.hold_id is None:
        raise InvariantError("a cancel request names a hold")
    hold = book.holds.get(request.hold_id)
    if hold is None:
        # The reservation may still be on its way: MQTT promises no order between messages of
        # different connections. The cancel must win, or points stay held that nobody will post.
        if book.tombstones.get((request.hold_id, request.terminal)) is None:
            book.tombstones.add(
                TombstoneRow(
                    hold_id=request.hold_id,
                    terminal=request.terminal,
                    cancelled_at_ms=bench.now_ms,
                )
            )
        return _granted(bench, request)
    if hold.terminal != request.terminal:
        return _refused(bench, request, Reason.HOLD_NOT_FOUND)
    if hold.state is HoldState.POSTED:
        return _refused(bench, request, Reason.HOLD_ALREADY_RESOLVED)
    if HoldState.CANCELLED in HOLD_MOVES[hold.state]:
        posting = Posting(book, book.next_index)
        moved = free(book, hold, HoldState.CANCELLED, posting)
        if moved:
            version = hold.programme_version
            posting.close(PostingKind.RELEASE, programme_version=version, branch=branch)
        return _hold_answer(bench, _Change(arrival, hold, posting, hold.programme_version), None)
    balance_points = book.wallets.require(hold.member_id).available
    return _granted(bench, request, balance_points=balance_points)


def _hold_answer(bench: Bench, change: _Change, quote: Quote | None) -> AuthAnswer:
    """Journal a request that changed a hold, and grant it."""
    request, hold = change.arrival.request, change.hold
    balance_points = bench.book.wallets.require(hold.member_id).available
    bench.book.record(
        JournalRow(
            journal_index=change.posting.index,
            recorded_at_ms=bench.book.next_recorded_at_ms(bench.now_ms),
            judged_at_ms=bench.now_ms,
            kind=JournalKind.AUTH,
            terminal=request.terminal,
            request_id=request.request_id,
            hold_id=hold.hold_id,
            envelope_hash=change.arrival.envelope_hash,
            key_id=change.arrival.key_id,
            status=Status.APPLIED,
            reason=Reason.NONE,
            member_id=hold.member_id,
            points=change.posting.moved(hold.member_id),
            balance_points=balance_points,
            programme_version=change.programme_version,
            envelope=change.arrival.envelope,
        )
    )
    answer = _granted(bench, request, balance_points=balance_points)
    if quote is None:
        return answer
    return replace(
        answer,
        points=quote.points,
        amount_minor=quote.amount_minor,
        expires_at_ms=hold.expires_at_ms,
    )


def _wallet(bench: Bench, request: AuthRequest) -> WalletRow | Reason:
    if request.card is None:
        raise InvariantError(f"a request to {request.kind} carries a card")
    card = bench.book.cards.get(request.card.token)
    if card is None:
        return Reason.UNKNOWN_CARD
    if card.state is not CardState.ACTIVE:
        return Reason.CARD_BLOCKED
    return bench.book.wallets.require(card.member_id)


def _granted(
    bench: Bench, request: AuthRequest, *, balance_points: int | None = None
) -> AuthAnswer:
    return AuthAnswer(
        request_id=request.request_id,
        terminal=request.terminal,
        kind=request.kind,
        status=Status.APPLIED,
        reason=Reason.NONE,
        answered_at_ms=bench.now_ms,
        balance_points=balance_points,
    )


def _refused(bench: Bench, request: AuthRequest, reason: Reason) -> AuthAnswer:
    return AuthAnswer(
        request_id=request.request_id,
        terminal=request.terminal,
        kind=request.kind,
        status=Status.REFUSED,
        reason=reason,
        answered_at_ms=bench.now_ms,
    )


def _remembered(answer: AuthAnswer, content_hash: bytes) -> AuthRow:
    return AuthRow(
        request_id=answer.request_id,
        terminal=answer.terminal,
        kind=answer.kind,
        content_hash=content_hash,
        status=answer.status,
        reason=answer.reason,
        answered_at_ms=answer.answered_at_ms,
        balance_points=answer.balance_points,
        points=answer.points,
        amount_minor=answer.amount_minor,
        expires_at_ms=answer.expires_at_ms,
    )


def _same_again(known: AuthRow) -> AuthAnswer:
    return AuthAnswer(
        request_id=known.request_id,
        terminal=known.terminal,
        kind=known.kind,
        status=known.status,
        reason=known.reason,
        answered_at_ms=known.answered_at_ms,
        balance_points=known.balance_points,
        points=known.points,
        amount_minor=known.amount_minor,
        expires_at_ms=known.expires_at_ms,
    )
