"""Writes a redemption into a sale's tenders."""

from __future__ import annotations

from dataclasses import replace

from gateway.model.sale import TENDERS_MAX, Sale, Tender, TenderKind


def with_points_tender(sale: Sale, amount_minor: int) -> Sale:
    """State that ``amount_minor`` of the sale was paid with points.

    A till that prints its own line for points may have been read as a points tender already; the
    reservation is what the gateway knows, so it replaces whatever was read. Where a till splits a
    payment into more parts than a sale may carry, the last two are added up.

    Args:
        sale: as the till told it.
        amount_minor: what the held points stand for.

    Returns:
        the same sale with exactly one points tender, the last.
    """
    others = [tender for tender in sale.tenders if tender.kind is not TenderKind.POINTS]
    if len(others) >= TENDERS_MAX:
        last, before = others.pop(), others.pop()
        both = before.amount_minor + last.amount_minor
        others.append(Tender(kind=TenderKind.OTHER, amount_minor=both))
    points = Tender(kind=TenderKind.POINTS, amount_minor=amount_minor)
    return replace(sale, tenders=(*others, points))
