"""What the gateway must remember of its answers to requests."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from gateway.audit.bench import Bench
from gateway.audit.moves_holds import terms_of
from gateway.audit.verdict import Effect, Verdict
from gateway.ledger.rows_intake import AuthRow
from gateway.ledger.rows_lots import HoldRow
from gateway.model.authorisation import AuthKind, AuthRequest
from gateway.model.plain import to_canonical_json
from gateway.model.standing import STANDING_ITEMS_MAX, GrantedDiscount, Standing
from gateway.program.evaluation import Discount
from gateway.wire.auth import can_be_told, encode_auth_request


def answer_of(bench: Bench, request: AuthRequest, verdict: Verdict, effect: Effect) -> AuthRow:
    """What the gateway must answer from then on whenever it is asked this."""
    hold = bench.books.holds.get(request.request_id)
    balance = None if effect.wallet is None else bench.books.available(effect.wallet)
    return AuthRow(
        request_id=request.request_id,
        terminal=request.terminal,
        kind=request.kind,
        content_hash=hashlib.sha256(encode_auth_request(request)).digest(),
        status=verdict.status,
        reason=verdict.reason,
        answered_at_ms=bench.now_ms,
        balance_points=balance,
        points=None if hold is None else hold.points,
        amount_minor=None if hold is None else hold.amount_minor,
        expires_at_ms=None if hold is None else hold.expires_at_ms,
        standing=_standing(hold) if request.kind is AuthKind.RESERVE and hold else "",
    )


def _standing(hold: HoldRow) -> str:
    """What the answer to a reservation says of what its money is made of, and of which goods."""
    discounts = terms_of(hold).discounts[:STANDING_ITEMS_MAX]
    told = [Standing(discounts=_granted(discounts, by_line=one)) for one in (True, False)]
    fitting = [one for one in told if can_be_told(one)]
    return to_canonical_json(fitting[0]) if discounts else ""


def _granted(discounts: Sequence[Discount], *, by_line: bool) -> tuple[GrantedDiscount, ...]:
    return tuple(
        GrantedDiscount(
            source=one.source,
            amount_minor=one.amount_minor,
            lines=one.lines if by_line else (),
        )
        for one in discounts
    )
