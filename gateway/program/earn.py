"""What a sale is worth in points. The terminal's preview and the gateway run this same code."""

from __future__ import annotations

from typing import Final

from gateway.model.programme import Programme
from gateway.model.sale import Sale, TenderKind

SALE_POINTS_MAX: Final = 10**12
"""No sale earns more. An honest sale never comes near; a till that reports 2**63 minor units must
not be able to overflow a member's balance, which the ledger keeps in 64 bits."""


def earning_base_minor(programme: Programme, sale: Sale) -> int:
    """Say which part of a sale's total earns.

    Tenders do not lower the base, discounts do (they are already off the total). The one
    exception is the part paid with points themselves, unless the programme lets it earn.

    Returns:
        Minor units, never negative.
    """
    if programme.redeemed_amount_earns:
        return sale.total_minor
    with_points = sum(
        tender.amount_minor for tender in sale.tenders if tender.kind is TenderKind.POINTS
    )
    return max(sale.total_minor - with_points, 0)


def points_for_sale(programme: Programme, sale: Sale) -> int:
    """Say how many points a sale earns.

    The division is floored once for the whole sale, never per line: ten lines of 0.90 at one
    point per 1.00 earn nine points and not none.

    Returns:
        Points, from 0 to ``SALE_POINTS_MAX``.
    """
    whole_steps = earning_base_minor(programme, sale) // programme.earn_per_minor
    return min(whole_steps * programme.earn_points, SALE_POINTS_MAX)
