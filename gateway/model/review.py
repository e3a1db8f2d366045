"""A paper of the till that looks like a sale and that nothing may be awarded for unasked.

A terminal seals it as it seals a sale; a person at a desk settles or dismisses it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.errors import ValueRangeError
from gateway.model.checks import I63_MAX, check_bytes, check_int, check_name, check_text
from gateway.model.ids import SALE_KEY_BYTES, SaleKey
from gateway.model.sale import Sale

REASONS_MAX: Final = 16
EVIDENCE_MAX: Final = 16
CANDIDATES_MAX: Final = 16
#: Lines of the paper that are kept, and characters of each.
PAPER_LINES_MAX: Final = 200
PAPER_CHARACTERS_MAX: Final = 96
#: All lines together, in UTF-8: what is left of a message beside the sale as it was read.
PAPER_BYTES_MAX: Final = 16_384


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
    DISPLAY = "display"
    """The customer display showed it."""
    REQUEST = "request"
    """The till asked the card terminal for it."""
    APPROVAL = "approval"
    """The card terminal approved it."""
    MESSAGE = "message"
    """The till said it to the terminal in so many words, in a message with a check."""


class ReviewReason(StrEnum):
    """Why a paper that looks like a sale is not awarded by itself."""

    UNCORROBORATED = "uncorroborated"
    """Too few pieces of evidence, or none that bears the weight."""
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
    DISPLAY_DIFFERS = "display_differs"
    """The customer display, or the card terminal, showed another amount."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewCandidate:
    """An amount that may be the total.

    Attributes:
        total_minor: the amount.
        key: how the sale is named if this is its total; None: by the review's own key.
    """

    total_minor: int
    key: SaleKey | None = None

    def __post_init__(self) -> None:
        check_int("candidate total_minor", self.total_minor, 1, I63_MAX)
        if self.key is not None:
            check_bytes("candidate key", self.key, SALE_KEY_BYTES, SALE_KEY_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What the terminal knows of the paper.

    Attributes:
        key: names the sale, as a sale's key does; the same paper printed again is the same review.
        profile: name of the shop profile that read it.
        profile_version: that profile's version.
        reasons: why it was not awarded, at least one.
        evidence: what speaks for the likeliest total.
        candidates: the totals that came into question, the likeliest first.
        sale: what the paper says of the likeliest total, under the review's key.
        paper: the lines as printed, card numbers masked; long papers without their middle.
        receipt_number: the till's own number for the receipt.
        occurred_at: local date and time as printed, ISO 8601; a date alone where no time is.

    Raises:
        ValueRangeError: if a part is outside its range.
    """

    key: SaleKey
    profile: str
    profile_version: int
    reasons: tuple[ReviewReason, ...]
    evidence: tuple[EvidenceKind, ...] = ()
    candidates: tuple[ReviewCandidate, ...] = ()
    sale: Sale | None = None
    paper: tuple[str, ...] = ()
    receipt_number: str | None = None
    occurred_at: str | None = None

    def __post_init__(self) -> None:
        check_bytes("review key", self.key, SALE_KEY_BYTES, SALE_KEY_BYTES)
        check_name("profile", self.profile)
        check_int("profile_version", self.profile_version, 1, 2**31 - 1)
        if not self.reasons:
            raise ValueRangeError("a review has a reason")
        _check_set("reasons", self.reasons, REASONS_MAX)
        _check_set("evidence", self.evidence, EVIDENCE_MAX)
        totals = tuple(one.total_minor for one in self.candidates)
        _check_set("candidates", totals, CANDIDATES_MAX)
        if self.sale is not None and self.sale.key != self.key:
            raise ValueRangeError("a review's sale has the review's key")
        if self.receipt_number is not None:
            check_text("receipt_number", self.receipt_number, 1, 32)
        if self.occurred_at is not None:
            check_text("occurred_at", self.occurred_at, 1, 32)
        _check_paper(self.paper)

    @property
    def names(self) -> tuple[SaleKey, ...]:
        """Every name that the sale may have, whichever of the totals is its own."""
        others = (one.key for one in self.candidates if one.key is not None)
        return tuple(dict.fromkeys((self.key, *others)))

    def key_for(self, total_minor: int) -> SaleKey:
        """How the sale is named if this is its total: a paper that is read right has that name."""
        for one in self.candidates:
            if one.total_minor == total_minor and one.key is not None:
                return one.key
        return self.key


def _check_set(name: str, values: tuple[object, ...], most: int) -> None:
    if len(values) > most or len(set(values)) != len(values):
        raise ValueRangeError(f"{name} are at most {most}, each once")


def _check_paper(paper: tuple[str, ...]) -> None:
    if len(paper) > PAPER_LINES_MAX:
        raise ValueRangeError(f"a review holds at most {PAPER_LINES_MAX} lines of paper")
    for line in paper:
        check_text("paper line", line, 0, PAPER_CHARACTERS_MAX)
    if sum(len(line.encode()) for line in paper) > PAPER_BYTES_MAX:
        raise ValueRangeError(f"a review's paper has at most {PAPER_BYTES_MAX} bytes")
