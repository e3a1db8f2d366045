"""How much waits behind entries of the side bar, for those who may open them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from flask import g

from gateway.errors import MohrError
from gateway.queries.reading import reading
from gateway.queries.reviews import waiting_reviews
from web_admin.access.current import current_scope
from web_admin.context import current_house
from web_admin.navigation import NavItem

#: More is said as this and a plus.
SHOWN_MAX: Final = 99
_RECEIPTS: Final = "reviews.listed"
_COUNTS: Final = "mohr_navigation_counts"


def counts_for(items: Sequence[NavItem]) -> Mapping[str, int]:
    """What waits, by the entry's endpoint; nothing where none of these entries is shown.

    Read once for each request: a page may be put together from several templates.
    """
    if all(item.endpoint != _RECEIPTS for item in items):
        return {}
    if _COUNTS not in g:
        setattr(g, _COUNTS, {_RECEIPTS: _receipts()})
    found: Mapping[str, int] = getattr(g, _COUNTS)
    return found


def _receipts() -> int:
    try:
        with reading(current_house().ledger.place) as connection:
            return waiting_reviews(connection, current_scope(), at_most=SHOWN_MAX + 1)
    except MohrError:
        # The frame must stand around the very page that says what is wrong with the ledger.
        return 0
