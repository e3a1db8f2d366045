"""What a till's lines tell as sentences for an integrator at a console, in English."""

from __future__ import annotations

from terminal_agent.pos.interpreters.displays import DisplayShown
from terminal_agent.pos.interpreters.events import (
    NeedsReview,
    NotASale,
    RefundSeen,
    SaleClosed,
    TotalSeen,
)
from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.payments import PaymentSeen
from terminal_agent.pos.profile import ShopProfile


def sentence_of(event: TillEvent, profile: ShopProfile) -> str:
    """Say an event in one line."""
    match event:
        case TotalSeen():
            said = f"total seen: {_amount(event.total_minor, profile)}"
        case SaleClosed():
            number = event.sale.receipt_number or "without number"
            agree = ", ".join(sorted(event.evidence))
            said = f"sale: {_amount(event.sale.total_minor, profile)}, receipt {number} ({agree})"
        case NeedsReview():
            reasons = ", ".join(reason.value for reason in event.reasons)
            amounts = " or ".join(_amount(minor, profile) for minor in event.candidates_minor)
            said = f"needs review: {reasons}; {amounts or 'no total'}"
        case NotASale():
            said = f"not a sale: {event.reason.value}"
        case RefundSeen():
            amount = _amount(event.total_minor, profile)
            said = f"refund: {amount}, of receipt {event.original_receipt_number or 'unknown'}"
        case PaymentSeen():
            failure = f" ({event.failure})" if event.failure else ""
            amount = _amount(event.amount_minor, profile)
            said = f"{event.kind.value} {event.status.value}: {amount}{failure}"
        case DisplayShown():
            said = f"display ({event.meaning.value}): {' | '.join(event.lines)}"
    return said


def _amount(minor: int | None, profile: ShopProfile) -> str:
    if minor is None:
        return "unknown amount"
    exponent = profile.currency.exponent
    whole, part = divmod(abs(minor), 10**exponent)
    decimals = f".{part:0{exponent}d}" if exponent else ""
    return f"{'-' if minor < 0 else ''}{whole}{decimals} {profile.currency.code}"
