"""What an interpreter tells the agent. One paper gives at most one of the last four."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gateway.model.ids import SaleKey
from gateway.model.review import EvidenceKind, ReviewReason
from gateway.model.sale import Sale, SaleLine

__all__ = [
    "EvidenceKind",
    "NeedsReview",
    "NotASale",
    "NotASaleReason",
    "ReceiptEvent",
    "RefundSeen",
    "ReviewReason",
    "SaleClosed",
    "TotalSeen",
]


class NotASaleReason(StrEnum):
    """Why a paper is recognisably no sale."""

    NO_TOTAL = "no_total"
    ZERO_TOTAL = "zero_total"
    IMAGE_ONLY = "image_only"
    """Nothing but a picture: this till needs another way to be heard."""
    REPRINT = "reprint"
    VOID = "void"
    TRAINING = "training"
    REPORT = "report"
    PROFORMA = "proforma"
    CARD_SLIP = "card_slip"
    FAILED_PAYMENT = "failed_payment"
    """A card was declined, or a payment broken off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalSeen:
    """The total is sure while the paper still prints. A prompt, never a reason to award.

    Sent again if a later line changes it. What closes the paper decides.

    Attributes:
        total_minor: what the customer owes, as known now.
        key: the sale's key as known now; the closed sale may have another.
        evidence: what agrees on it.
        lines: the goods, where they add up to it.
        tax_minor: the tax in it, where it is printed by now.
    """

    total_minor: int
    key: SaleKey
    evidence: frozenset[EvidenceKind]
    lines: tuple[SaleLine, ...] = ()
    tax_minor: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleClosed:
    """The paper ended and the sale is sure.

    Attributes:
        sale: what was bought.
        evidence: what agrees on its total.
        occurred_at: local date and time as printed, in ISO 8601; a date alone where no time is.
    """

    sale: Sale
    evidence: frozenset[EvidenceKind]
    occurred_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsReview:
    """The paper looks like a sale, but nothing may be awarded before a person has looked.

    Attributes:
        reasons: why.
        lines: the paper, card numbers masked.
        key: names the sale, should a person accept it.
        candidates_minor: the totals that came into question, the likeliest first.
        candidate_keys: how the sale is named if that candidate is its total, in the same order;
            empty where nobody worked them out.
        receipt_number: the till's number, where printed.
        evidence: what speaks for the likeliest total.
        sale: what the paper says of the likeliest total, for whoever finds it right.
        occurred_at: see ``SaleClosed``.
        profile: name of the shop profile that read it, as its sale says too where there is one.
        profile_version: that profile's version.
    """

    reasons: tuple[ReviewReason, ...]
    lines: tuple[str, ...]
    key: SaleKey
    candidates_minor: tuple[int, ...] = ()
    candidate_keys: tuple[SaleKey, ...] = ()
    receipt_number: str | None = None
    evidence: frozenset[EvidenceKind] = frozenset()
    sale: Sale | None = None
    occurred_at: str | None = None
    profile: str = "unknown"
    profile_version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class NotASale:
    """The paper is recognisably no sale.

    Attributes:
        reason: why.
        sale: what it is where its total is zero: goods of which everything was taken off are a
            sale all the same, for whoever knows that it was.
    """

    reason: NotASaleReason
    sale: Sale | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundSeen:
    """The paper is a refund. It is shown, never posted by itself.

    Attributes:
        total_minor: how much went back, positive, where certain.
        receipt_number: the refund's own number.
        original_receipt_number: the number of the sale it takes back, where printed.
        occurred_at: see ``SaleClosed``.
    """

    total_minor: int | None = None
    receipt_number: str | None = None
    original_receipt_number: str | None = None
    occurred_at: str | None = None


ReceiptEvent = TotalSeen | SaleClosed | NeedsReview | NotASale | RefundSeen
