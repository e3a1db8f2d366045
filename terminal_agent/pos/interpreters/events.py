"""What an interpreter tells the agent. One paper gives at most one of the last four."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gateway.model.ids import SaleKey
from gateway.model.sale import Sale, SaleLine


class EvidenceKind(StrEnum):
    """Where a total can be known from. Two that agree make a sale."""

    FISCAL = "fiscal"
    """A fiscal QR code."""
    LABEL = "label"
    """A line that says ``total``."""
    ITEMS = "items"
    """The items add up to it, with or without the tax printed before it."""
    NET_TAX = "net_tax"
    """Net or subtotal and what follows it add up to it."""
    PAYMENT = "payment"
    """What was given less the change is it."""
    SIZE = "size"
    """It is printed larger or bolder than every other amount."""


class ReviewReason(StrEnum):
    """Why a paper that looks like a sale is not awarded by itself."""

    UNCORROBORATED = "uncorroborated"
    """Only one piece of evidence, or none that bears the weight."""
    TOTALS_DIFFER = "totals_differ"
    FISCAL_DIFFERS = "fiscal_differs"
    PAYMENT_DIFFERS = "payment_differs"
    TAX_ABOVE_TOTAL = "tax_above_total"
    """More tax is said to be contained than the whole total: digits were lost on the line."""
    TOTAL_UNREADABLE = "total_unreadable"
    OTHER_CURRENCY = "other_currency"
    UNCLEAR_NOTICE = "unclear_notice"
    """Words such as ``refund`` stand where they may or may not be about this paper."""
    ABOVE_CEILING = "above_ceiling"
    TOO_LONG = "too_long"
    LINE_LOST = "line_lost"
    """The line to the till was lost after a total and before the end."""


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
    """The paper ended and the sale is sure."""

    sale: Sale
    evidence: frozenset[EvidenceKind]


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsReview:
    """The paper looks like a sale, but nothing may be awarded before a person has looked.

    Attributes:
        reasons: why.
        lines: the paper, card numbers masked.
        key: names the sale, should a person accept it.
        candidates_minor: the totals that came into question, the likeliest first.
        receipt_number: the till's number, where printed.
    """

    reasons: tuple[ReviewReason, ...]
    lines: tuple[str, ...]
    key: SaleKey
    candidates_minor: tuple[int, ...] = ()
    receipt_number: str | None = None


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
    """

    total_minor: int | None = None
    receipt_number: str | None = None
    original_receipt_number: str | None = None


ReceiptEvent = TotalSeen | SaleClosed | NeedsReview | NotASale | RefundSeen
