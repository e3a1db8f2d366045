"""Reservations survive a crash and are used exactly once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway.model.ids import HoldId, SaleKey
from terminal_agent.errors import JournalError
from terminal_agent.journal.values import OpenHold

if TYPE_CHECKING:
    from tests.unit.agent.journal.conftest import Bench

HOLD = HoldId(b"h" * 16)


def _asked(hold_id: HoldId = HOLD) -> OpenHold:
    return OpenHold(
        hold_id=hold_id, sale_key=SaleKey(bytes(16)), asked_at_ms=5, expires_at_ms=1_000
    )


def test_a_reservation_asked_for_is_found_after_a_crash(bench: Bench) -> None:
    """Before and after the answer, an agent that dies finds the hold at its next start."""
    journal = bench.open()
    journal.remember_hold(_asked())
    bench.drop(journal)
    journal = bench.open()
    assert journal.open_holds() == (_asked(),)
    assert journal.grant_hold(HOLD, points=7, amount_minor=70, expires_at_ms=900)
    bench.drop(journal)
    (found,) = bench.open().open_holds()
    assert (found.points, found.amount_minor, found.expires_at_ms) == (7, 70, 900)


def test_a_redemption_uses_its_hold_in_the_same_commit(bench: Bench) -> None:
    """After accepting it the hold is no longer open; a second use is a fault, nothing accepted."""
    journal = bench.open()
    journal.remember_hold(_asked())
    journal.accept([bench.redeem(HOLD), bench.earn], 1)
    assert journal.open_holds() == ()
    with pytest.raises(JournalError, match="is not open"):
        journal.accept([bench.earn, bench.redeem(HOLD)], 1)
    assert journal.counts().accepted == 2


def test_a_redemption_that_is_rolled_back_leaves_its_hold_open(bench: Bench) -> None:
    """Hold and number return together when a later draft of the same sale fails."""
    journal = bench.open()
    journal.remember_hold(_asked())
    with pytest.raises(JournalError, match="is not open"):
        journal.accept([bench.redeem(HOLD), bench.redeem(HOLD)], 1)
    assert journal.open_holds() == (_asked(),)
    assert journal.counts().accepted == 0


def test_a_void_closes_its_hold_and_may_name_one_already_closed(bench: Bench) -> None:
    """Voiding is always allowed: the gateway frees a hold once."""
    journal = bench.open()
    journal.remember_hold(_asked())
    journal.accept([bench.void(HOLD)], 1)
    assert journal.open_holds() == ()
    journal.accept([bench.void(HOLD)], 1)
    assert journal.counts().accepted == 2


def test_a_hold_given_back_is_forgotten(bench: Bench) -> None:
    """Closing says whether it was open; a late grant for it says that it was not."""
    journal = bench.open()
    journal.remember_hold(_asked())
    assert journal.counts().open_holds == 1
    assert journal.close_hold(HOLD)
    assert not journal.close_hold(HOLD)
    assert not journal.grant_hold(HOLD, points=1, amount_minor=1, expires_at_ms=1)
    assert journal.counts().open_holds == 0


def test_a_request_id_cannot_be_remembered_twice(bench: Bench) -> None:
    """Two reservations under one id would be one hold at the gateway."""
    journal = bench.open()
    journal.remember_hold(_asked())
    with pytest.raises(JournalError, match="before"):
        journal.remember_hold(_asked())
