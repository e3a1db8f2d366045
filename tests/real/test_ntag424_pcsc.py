"""NTAG 424 DNA through a real pcscd: the same card and the same dialogue as in process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from queue import Queue

import pytest

from gateway.model.card import Assurance
from gateway.readers.pcsc import PcscReader
from gateway.readers.reader import CardGone, CardSeen, CardTrouble, CardUnreadable, ReaderEvent
from gateway.readers.settings import ReaderSettings
from gateway.system_clock import SystemClock
from simulators.card import CardFault, FaultyCard
from simulators.cards.ntag424 import Ntag424Card
from simulators.given.ntag424_desk import (
    TERMINAL_PURPOSES,
    UID,
    held_keys,
    issued,
    profiles_with,
)
from simulators.pcscd import PcscDaemon, missing_parts
from simulators.vpcd import VpcdSlot

LANE = "Lane 1"
PATIENCE_S = 15.0

pytestmark = pytest.mark.real


@pytest.fixture
def slot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VpcdSlot]:
    """Where cards are put, behind a real daemon."""
    missing = missing_parts()
    if missing is not None:
        if os.environ.get("MOHR_ALLOW_SKIPS") == "1":
            pytest.skip(missing)
        pytest.fail(f"{missing} (or set MOHR_ALLOW_SKIPS=1)")
    daemon = PcscDaemon(tmp_path_factory.mktemp("pcscd"), (LANE,))
    try:
        daemon.start()
        slot = daemon.slot(LANE)
        yield slot
        slot.remove()
    finally:
        daemon.close()


def test_a_card_is_authenticated_torn_and_read_again_through_pcscd(slot: VpcdSlot) -> None:
    """Random UIDs, one tear in mid-authentication, and the real card known before and after."""
    events: Queue[ReaderEvent] = Queue()
    settings = ReaderSettings(reader_name=PcscDaemon.reader_name(LANE), debounce_ms=0)
    keys = held_keys(1, 2, purposes=TERMINAL_PURPOSES)
    reader = PcscReader(settings, clock=SystemClock(), profiles=profiles_with(keys))
    reader.start(events.put)
    card = Ntag424Card(issued(2, random_uid=True))
    try:
        events.get(timeout=PATIENCE_S)
        slot.insert(card)
        first = events.get(timeout=PATIENCE_S)
        assert isinstance(first, CardSeen), first
        assert (first.tap.identity, first.tap.assurance) == (UID, Assurance.AUTHENTICATED)
        slot.remove()
        assert isinstance(events.get(timeout=PATIENCE_S), CardGone)
        slot.insert(FaultyCard(card, {4: CardFault.TEAR_AFTER}))
        torn = events.get(timeout=PATIENCE_S)
        assert isinstance(torn, CardUnreadable), torn
        assert torn.trouble is CardTrouble.REMOVED_EARLY
        assert isinstance(events.get(timeout=PATIENCE_S), CardGone)
        slot.insert(card)
        second = events.get(timeout=PATIENCE_S)
        assert isinstance(second, CardSeen), second
        assert first.tap.counter is not None
        assert second.tap.counter is not None
        assert second.tap.counter > first.tap.counter
    finally:
        reader.stop()
