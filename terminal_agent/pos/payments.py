"""What a card terminal's line tells of a payment, in one form for every protocol."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PaymentKind(StrEnum):
    """What the till asks of the card terminal."""

    PURCHASE = "purchase"
    REFUND = "refund"
    REVERSAL = "reversal"
    """An earlier payment is taken back as if it had not been."""
    OTHER = "other"
    """Known to be no payment: balances, closings, pre-authorisations."""
    UNKNOWN = "unknown"
    """An answer whose request was not heard, and that does not say what it answers."""


class PaymentStatus(StrEnum):
    """How far a payment is. An amount without approval is no sale."""

    REQUESTED = "requested"
    APPROVED = "approved"
    FAILED = "failed"
    """Declined, cancelled, timed out or broken off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentSeen:
    """A payment was asked for, approved or failed on the line to the card terminal.

    A listener tells each step once. The amount of an approval is the one that the terminal itself
    approved where the protocol carries it; ``amount_answered`` tells which.

    Attributes:
        kind: what was asked.
        status: how far it is.
        amount_minor: how much, positive; None where the message carries none and no request that
            it answers was heard.
        currency: ISO 4217 alphabetic code: the message's, else the profile's.
        amount_answered: the amount was in the terminal's own answer, not only in the request.
        reference: the till's own number for it (ticket, order), where the protocol has one.
        receipt_number: the card terminal's number of the payment, where it has one.
        occurred_at: local date and time of the terminal in ISO 8601, where it tells.
        failure: why it failed, in the protocol's own words or code.
    """

    kind: PaymentKind
    status: PaymentStatus
    amount_minor: int | None
    currency: str
    amount_answered: bool = False
    reference: str | None = None
    receipt_number: str | None = None
    occurred_at: str | None = None
    failure: str | None = None
