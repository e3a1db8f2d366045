"""Doubtful papers on the wire, whose bytes are written down in tests/vectors/wire."""

from __future__ import annotations

from typing import Any, Final

from gateway.model.review import EvidenceKind, Review, ReviewCandidate, ReviewReason
from gateway.model.transaction import Kind
from simulators.given.wire_values import (
    BARE_CARD,
    SALE,
    SALE_KEY,
    TRANSACTION,
    Codec,
    transaction,
)

REVIEWS: Final[dict[str, tuple[Codec, Any]]] = {
    "review": (
        TRANSACTION,
        transaction(
            Kind.REVIEW,
            card=BARE_CARD,
            review=Review(
                key=SALE_KEY,
                profile="escpos",
                profile_version=2,
                reasons=(ReviewReason.TOTALS_DIFFER, ReviewReason.DISPLAY_DIFFERS),
                evidence=(EvidenceKind.LABEL, EvidenceKind.PAYMENT),
                candidates=(
                    ReviewCandidate(total_minor=1_999, key=SALE_KEY),
                    ReviewCandidate(total_minor=2_999),
                ),
                sale=SALE,
                paper=("Espresso    5,00", "", "جمع  19,99"),
                receipt_number="R-17",
                occurred_at="2026-09-21T14:13",
            ),
        ),
    ),
    "review without a card": (
        TRANSACTION,
        transaction(
            Kind.REVIEW,
            review=Review(
                key=SALE_KEY,
                profile="escpos",
                profile_version=2,
                reasons=(ReviewReason.TOTAL_UNREADABLE,),
            ),
        ),
    ),
}
