"""What a till's lines tell as rows of JSON: the output of ``mohr pos decode --json``.

Every row has the same ten fields, null or empty where the line does not tell; what only some kinds
have comes after them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from gateway.model.sale import Sale
from terminal_agent.pos.interpreters.displays import DisplayShown
from terminal_agent.pos.interpreters.events import (
    EvidenceKind,
    NeedsReview,
    NotASale,
    RefundSeen,
    SaleClosed,
    TotalSeen,
)
from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.payments import PaymentKind, PaymentSeen, PaymentStatus

Row = dict[str, Any]

_NOTHING: Final[Row] = {
    "kind": "",
    "total_minor": None,
    "currency": None,
    "tax_minor": None,
    "receipt_number": None,
    "occurred_at": None,
    "lines": [],
    "tenders": [],
    "status": "",
    "evidence": [],
}
_PAYMENT_ROW_KINDS: Final = {
    PaymentStatus.REQUESTED: "payment_request",
    PaymentStatus.APPROVED: "payment",
    PaymentStatus.FAILED: "payment_failed",
}


def row_of(event: TillEvent, currency: str) -> Row:
    """Write an event as a row.

    Args:
        event: what a line told.
        currency: ISO 4217 code of the line's profile.

    Returns:
        a row of JSON values, its ten common fields first.
    """
    match event:
        case TotalSeen():
            row = _row(
                "total",
                "prompt",
                total_minor=event.total_minor,
                currency=currency,
                tax_minor=event.tax_minor,
                lines=_lines(event.lines),
                evidence=_evidence(event.evidence),
                key=event.key.hex(),
            )
        case SaleClosed():
            row = _row(
                "sale",
                "award",
                **_sale(event.sale, currency),
                occurred_at=event.occurred_at,
                evidence=_evidence(event.evidence),
                key=event.sale.key.hex(),
            )
        case NeedsReview():
            row = _review(event, currency)
        case NotASale():
            row = _row("not_a_sale", "not_a_sale", currency=currency, reason=event.reason.value)
        case RefundSeen():
            row = _row(
                "refund",
                "shown",
                total_minor=event.total_minor,
                currency=currency,
                receipt_number=event.receipt_number,
                occurred_at=event.occurred_at,
                original_receipt_number=event.original_receipt_number,
            )
        case PaymentSeen():
            row = _payment(event)
        case DisplayShown():
            row = _row(
                "display",
                "shown",
                total_minor=event.amount_minor,
                currency=event.currency,
                meaning=event.meaning.value,
                text=list(event.lines),
            )
    return row


def _row(kind: str, status: str, **values: object) -> Row:
    return {**_NOTHING, "kind": kind, **{k: v for k, v in values.items() if k != "status"}} | {
        "status": status
    }


def _review(event: NeedsReview, currency: str) -> Row:
    likeliest = event.candidates_minor[0] if event.candidates_minor else None
    told = {} if event.sale is None else _sale(event.sale, currency)
    return _row(
        "sale",
        "needs_review",
        **{
            **told,
            "total_minor": likeliest,
            "currency": currency,
            "receipt_number": event.receipt_number,
        },
        occurred_at=event.occurred_at,
        evidence=_evidence(event.evidence),
        key=event.key.hex(),
        reasons=[reason.value for reason in event.reasons],
        candidates_minor=list(event.candidates_minor),
        paper=list(event.lines),
    )


def _payment(event: PaymentSeen) -> Row:
    kind = _PAYMENT_ROW_KINDS[event.status]
    if event.kind is not PaymentKind.PURCHASE:
        kind = f"{event.kind.value}_{kind}"
    return _row(
        kind,
        event.status.value,
        total_minor=event.amount_minor,
        currency=event.currency,
        receipt_number=event.receipt_number or event.reference,
        occurred_at=event.occurred_at,
        reference=event.reference,
        failure=event.failure,
    )


def _sale(sale: Sale, currency: str) -> Row:
    return {
        "total_minor": sale.total_minor,
        "currency": currency,
        "tax_minor": sale.tax_minor,
        "receipt_number": sale.receipt_number,
        "lines": _lines(sale.lines),
        "tenders": [
            {"kind": tender.kind.value, "amount_minor": tender.amount_minor}
            for tender in sale.tenders
        ],
        "discount_minor": sale.discount_minor,
    }


def _lines(lines: Iterable[Any]) -> list[Row]:
    return [
        {
            "label": line.label,
            "quantity_milli": line.quantity_milli,
            "amount_minor": line.amount_minor,
        }
        for line in lines
    ]


def _evidence(evidence: frozenset[EvidenceKind]) -> list[str]:
    return sorted(kind.value for kind in evidence)
