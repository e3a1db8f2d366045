"""Requests on the ``auth`` topic: inquiries, reservations and cancellations."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from gateway.ledger.errors import InvariantError
from gateway.ledger.kinds import CardState, HoldState, PostingKind
from gateway.ledger.posting import Posting
from gateway.ledger.rows_intake import TombstoneRow
from gateway.ledger.rows_lots import HoldRow
from gateway.model.authorisation import CODE_KINDS, AuthAnswer, AuthKind, AuthRequest
from gateway.model.ids import BranchId
from gateway.model.outcome import Reason
from gateway.model.programme import Programme
from gateway.program.succession import counted_uses
from gateway.wire.auth import encode_auth_request
from gateway.writer.answers import granted, refusal, remembered, same_again, standing_of_hold
from gateway.writer.arrival import AuthArrival
from gateway.writer.bench import Bench
from gateway.writer.hold_terms import count_uses, terms_text
from gateway.writer.inquiring import inquire
from gateway.writer.judge_holds import HOLD_MOVES, free, hold_row, points_after
from gateway.writer.reserving import Grantable, grantable
from gateway.writer.settling import settle


def judge_auth(
    bench: Bench, arrival: AuthArrival, branch: BranchId, objection: Reason = Reason.NONE
) -> AuthAnswer:
    """Answer one request; the same request again gets the same answer.

    A refusal is kept like a grant: whoever wants another answer asks under another id. Inquiries
    change nothing and are answered afresh each time.

    Args:
        bench: rows, rules and moment.
        arrival: the request.
        branch: where the terminal stands.
        objection: why the request's card is not believed; NONE where it is.
    """
    request = arrival.request
    if request.kind is AuthKind.INQUIRE or request.kind in CODE_KINDS:
        return _afresh(bench, request, branch, objection)
    content = hashlib.sha256(encode_auth_request(request)).digest()
    known = bench.book.requests.get(request.request_id)
    if known is not None:
        if known.content_hash != content:
            return refusal(bench, request, Reason.REQUEST_ID_REUSED)
        return same_again(known)
    if bench.now_ms > request.deadline_ms:
        answer = refusal(bench, request, Reason.REQUEST_EXPIRED)
    elif objection is not Reason.NONE:
        answer = refusal(bench, request, objection)
    elif request.kind is AuthKind.RESERVE:
        answer = _reserve(bench, arrival, branch)
    else:
        answer = _cancel(bench, arrival, branch)
    bench.book.requests.add(remembered(answer, content))
    return answer


def _afresh(bench: Bench, request: AuthRequest, branch: BranchId, objection: Reason) -> AuthAnswer:
    """Answer what changes nothing."""
    if request.kind in CODE_KINDS:
        # Where codes are sent, these never come as far as a ledger (``service.one_time_codes``).
        return refusal(bench, request, Reason.CODE_NOT_SENT)
    if objection is not Reason.NONE:
        return refusal(bench, request, objection)
    return inquire(bench, request, branch)


def _reserve(bench: Bench, arrival: AuthArrival, branch: BranchId) -> AuthAnswer:
    request, book = arrival.request, bench.book
    if book.tombstones.get((request.request_id, request.terminal)) is not None:
        return refusal(bench, request, Reason.HOLD_ALREADY_RESOLVED)
    rules = bench.rules_now()
    if rules is None:
        return refusal(bench, request, Reason.PROGRAMME_UNKNOWN)
    if request.currency != rules.currency:
        return refusal(bench, request, Reason.CURRENCY_MISMATCH)
    found = grantable(bench, rules, request, branch)
    if isinstance(found, Reason):
        return refusal(bench, request, found, balance_points=_balance(bench, arrival))
    hold = _hold(bench, arrival, branch, rules, found)
    answer = granted(bench, request, balance_points=points_after(book, hold))
    return replace(
        answer,
        points=hold.points,
        amount_minor=hold.amount_minor,
        expires_at_ms=hold.expires_at_ms,
        standing=standing_of_hold(hold),
    )


def _hold(
    bench: Bench, arrival: AuthArrival, branch: BranchId, rules: Programme, found: Grantable
) -> HoldRow:
    """Hold what is granted, and journal it."""
    request, book = arrival.request, bench.book
    posting = Posting(book, book.next_index)
    if found.wallet is not None:
        settle(book, posting, found.wallet.wallet_id, bench.now_ms)
        posting.hold(found.wallet.wallet_id, found.points)
    used = counted_uses(bench.programmes, rules, found.terms.uses)
    terms = replace(found.terms, uses=used)
    count_uses(book, terms)
    if request.sale_key is None:
        raise InvariantError("a reserve request names its sale")
    hold = HoldRow(
        hold_id=request.request_id,
        member_id=found.member_id,
        wallet_id=None if found.wallet is None else found.wallet.wallet_id,
        instrument=request.instrument,
        source=found.source,
        terms=terms_text(terms),
        terminal=request.terminal,
        branch=branch,
        sale_key=request.sale_key,
        points=found.points,
        amount_minor=found.amount_minor,
        programme_version=rules.version,
        expires_at_ms=bench.now_ms + rules.hold_ttl_ms,
        state=HoldState.PENDING,
        owner_index=posting.index,
        redeemed_points=0,
        redeemed_minor=0,
        shortfall_points=0,
        given_back_points=0,
        given_back_minor=0,
        resolved_index=None,
    )
    book.holds.add(hold)
    posting.close(PostingKind.RESERVE, programme_version=rules.version, branch=branch)
    book.record(hold_row(bench, arrival, hold, posting))
    return hold


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
        return granted(bench, request)
    if hold.terminal != request.terminal:
        return refusal(bench, request, Reason.HOLD_NOT_FOUND)
    if hold.state is HoldState.POSTED:
        return refusal(bench, request, Reason.HOLD_ALREADY_RESOLVED)
    if HoldState.CANCELLED in HOLD_MOVES[hold.state]:
        posting = Posting(book, book.next_index)
        moved = free(book, hold, HoldState.CANCELLED, posting)
        if moved:
            version = hold.programme_version
            posting.close(PostingKind.RELEASE, programme_version=version, branch=branch)
        book.record(hold_row(bench, arrival, hold, posting))
    return granted(bench, request, balance_points=points_after(book, hold))


def _balance(bench: Bench, arrival: AuthArrival) -> int | None:
    """The points of whoever asked in vain, where the card is a member's that may be used."""
    card = arrival.request.card
    owned = None if card is None else bench.book.cards.get(card.token)
    if owned is None or owned.state is not CardState.ACTIVE:
        return None
    return bench.book.points_wallet(owned.member_id).available
