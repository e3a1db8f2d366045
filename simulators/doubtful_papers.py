"""Papers that are not sure, for tills that seal without a printer's line."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.model.ids import SaleKey
from gateway.model.review import Review, ReviewCandidate, ReviewReason
from gateway.model.sale import Sale


def review_of_totals(key: SaleKey, totals: Mapping[int, SaleKey], read: Sale | None) -> Review:
    """A paper on which several totals stand.

    Args:
        key: names the paper.
        totals: each amount in question, and how the sale is named if it is its total.
        read: what the paper says of the likeliest.
    """
    return Review(
        key=key,
        profile="rules",
        profile_version=1,
        reasons=(ReviewReason.TOTALS_DIFFER,),
        candidates=tuple(
            ReviewCandidate(total_minor=total, key=name) for total, name in totals.items()
        ),
        sale=read,
        paper=("Doubtful shop", *(f"TOTAL {total}" for total in totals)),
        receipt_number=None if read is None else read.receipt_number,
    )
