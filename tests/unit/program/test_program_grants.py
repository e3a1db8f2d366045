"""Awards of a sale become lots by when they begin and end."""

from __future__ import annotations

from gateway.model.ids import BranchId
from gateway.model.rules.earning import Unit
from gateway.model.rules.expiry import Expiry, ExpiryKind
from gateway.model.rules.settings import Settings
from gateway.program.evaluation import Award
from gateway.program.grants import granted_lots
from gateway.program.local_time import place_at

SETTINGS = Settings(zone="Asia/Tehran")
DAY_MS = 86_400_000


def test_awards_that_begin_and_end_together_are_one_lot() -> None:
    """Points of two rules are one lot, those that wait and those that lapse are their own."""
    month = Expiry(kind=ExpiryKind.MONTHS, count=1)
    awards = (
        Award(source="base", unit=Unit.POINTS, amount=10, expiry=month),
        Award(source="friday", unit=Unit.POINTS, amount=5, expiry=month),
        Award(source="later", unit=Unit.POINTS, amount=7, pending_days=14, expiry=month),
        Award(source="back", unit=Unit.CREDIT, amount=300),
    )
    place = place_at(SETTINGS, BranchId("main"), 1_800_000_000_000)
    lots = granted_lots(awards, place, SETTINGS)
    assert [(lot.unit, lot.amount, lot.source) for lot in lots] == [
        (Unit.POINTS, 15, ""),
        (Unit.POINTS, 7, "later"),
        (Unit.CREDIT, 300, "back"),
    ]
    now, later, credit = lots
    assert now.available_from_ms == place.at_ms
    assert 13 * DAY_MS < later.available_from_ms - place.at_ms <= 14 * DAY_MS
    assert credit.expires_at_ms is None
    assert now.expires_at_ms is not None
    assert later.expires_at_ms is not None
    assert later.expires_at_ms > now.expires_at_ms
