"""Answers to requests: granted, refused, and the same again."""

from __future__ import annotations

import json
from dataclasses import replace

from gateway.ledger.rows_intake import AuthRow
from gateway.ledger.rows_lots import HoldRow
from gateway.model.authorisation import AuthAnswer, AuthRequest
from gateway.model.outcome import Reason, Status
from gateway.model.plain import from_plain, to_canonical_json
from gateway.model.standing import STANDING_ITEMS_MAX, GrantedDiscount, Standing
from gateway.wire.auth import can_be_told
from gateway.writer.bench import Bench
from gateway.writer.hold_terms import terms_of


def granted(bench: Bench, request: AuthRequest, *, balance_points: int | None = None) -> AuthAnswer:
    """Answer that it was done."""
    return AuthAnswer(
        request_id=request.request_id,
        terminal=request.terminal,
        kind=request.kind,
        status=Status.APPLIED,
        reason=Reason.NONE,
        answered_at_ms=bench.now_ms,
        balance_points=balance_points,
    )


def refusal(
    bench: Bench, request: AuthRequest, reason: Reason, *, balance_points: int | None = None
) -> AuthAnswer:
    """Answer that it was not done, and why."""
    return AuthAnswer(
        request_id=request.request_id,
        terminal=request.terminal,
        kind=request.kind,
        status=Status.REFUSED,
        reason=reason,
        answered_at_ms=bench.now_ms,
        balance_points=balance_points,
    )


def remembered(answer: AuthAnswer, content_hash: bytes) -> AuthRow:
    """What is kept of an answer, so that the same question gets it again."""
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
        standing="" if answer.standing is None else to_canonical_json(answer.standing),
    )


def same_again(known: AuthRow) -> AuthAnswer:
    """Give an answer that was given before."""
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
        standing=from_plain(Standing, json.loads(known.standing)) if known.standing else None,
    )


def standing_of_hold(hold: HoldRow) -> Standing | None:
    """What a reservation's money is made of, where that is more than one word.

    A till that prints discounts line by line is told what comes off which, as far as an answer
    holds it: all of it or nothing.
    """
    granted = [
        GrantedDiscount(source=one.source, amount_minor=one.amount_minor, lines=one.lines)
        for one in terms_of(hold).discounts[:STANDING_ITEMS_MAX]
    ]
    if not granted:
        return None
    standing = Standing(discounts=tuple(granted))
    if can_be_told(standing):
        return standing
    return Standing(discounts=tuple(replace(one, lines=()) for one in granted))
