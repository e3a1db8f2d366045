"""Writes what pays for a sale into its tenders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from gateway.model.instrument import Instrument
from gateway.model.sale import TENDERS_MAX, Sale, Tender, TenderKind
from terminal_agent.session.memory import Grant

TENDER_KINDS: Final[Mapping[Instrument, TenderKind]] = {
    Instrument.POINTS: TenderKind.POINTS,
    Instrument.CREDIT: TenderKind.STORE_CREDIT,
    Instrument.GIFT: TenderKind.GIFT_CARD,
}
"""What pays a part of a price; every other instrument lowers it, or is no money."""


def with_tenders(sale: Sale, grants: Iterable[Grant]) -> Sale:
    """State what of a sale was paid with points, stored credit and gift cards.

    A till that prints its own line for one of them may have been read so already; the reservation
    is what the gateway knows, so it replaces whatever was read of its kind. Where a till splits a
    payment into more parts than a sale may carry, the last two are added up.

    Args:
        sale: as the till told it.
        grants: what pays; instruments that are no tender are passed over.

    Returns:
        the same sale with exactly one tender of each kind that pays, at the end.
    """
    paid: dict[TenderKind, int] = {}
    for grant in grants:
        kind = TENDER_KINDS.get(grant.instrument)
        if kind is not None:
            paid[kind] = paid.get(kind, 0) + grant.amount_minor
    if not paid:
        return sale
    others = [tender for tender in sale.tenders if tender.kind not in paid]
    while len(others) + len(paid) > TENDERS_MAX:
        last, before = others.pop(), others.pop()
        both = before.amount_minor + last.amount_minor
        others.append(Tender(kind=TenderKind.OTHER, amount_minor=both))
    ours = (Tender(kind=kind, amount_minor=amount) for kind, amount in paid.items())
    return replace(sale, tenders=(*others, *ours))
