"""The shop's figures as one application keeps them: one set, in the house's time zone."""

from __future__ import annotations

import threading
from typing import Final, cast

from flask import current_app

from gateway.queries.figures import Figures
from web_admin.context import current_clock, current_house
from web_admin.reader import current_zone

_FIGURES: Final = "mohr-figures"
_LOCK: Final = threading.Lock()


def current_figures() -> Figures:
    """The figures, caught up a little; they begin anew where the house's time zone was changed.

    Raises:
        LedgerError: if the ledger cannot be read.
    """
    house, zone = current_house(), current_zone()
    with _LOCK:
        kept = cast("Figures | None", current_app.extensions.get(_FIGURES))
        if kept is None or str(kept.zone) != str(zone):
            kept = Figures(house.ledger, zone)
            current_app.extensions[_FIGURES] = kept
    kept.catch_up(current_clock().unix_ms())
    return kept
