"""The polled reader's own part: opening, losing and finding its device again, and a fair stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Queue

import pytest

from gateway.readers.errors import CardRemovedError, ReaderUnavailableError
from gateway.readers.polled import CardDevice, PolledReader
from gateway.readers.reader import (
    CardGone,
    CardSeen,
    ReaderEvent,
    ReaderState,
    ReaderStateChanged,
)
from gateway.readers.settings import ReaderSettings
from gateway.system_clock import SystemClock
from simulators.card import UidCard, iso_14443_4_atr
from simulators.testing.hand import Hand

UID_A = bytes.fromhex("04000000000001")
UID_B = bytes.fromhex("04000000000002")
PATIENCE_S = 10.0


class Device(CardDevice):
    """What a hand holds, until the cable is pulled."""

    def __init__(self, hand: Hand) -> None:
        self.hand = hand
        self.fault: Exception | None = None
        self.closed = False

    def card(self) -> bytes | None:
        """See ``CardDevice``."""
        if self.fault is not None:
            raise self.fault
        return self.hand.atr() or None

    def transmit(self, command: bytes) -> bytes:
        """See ``CardDevice``."""
        answer = self.hand.transmit(command)
        if not answer:
            raise CardRemovedError("there is no card")
        return answer

    def close(self) -> None:
        """See ``CardDevice``."""
        self.closed = True


class Plan(PolledReader):
    """Opens one device after the other, as planned; an exception in the plan is raised."""

    backend = "plan"
    poll_ms = 2
    plan: Iterator[Device | Exception]

    def open_device(self) -> Device:
        """See ``PolledReader``."""
        planned = next(self.plan)
        if isinstance(planned, Exception):
            raise planned
        return planned


@contextmanager
def running(*plan: Device | Exception) -> Iterator[Callable[[], ReaderEvent]]:
    """A started reader; the next of its events."""
    events: Queue[ReaderEvent] = Queue()
    settings = ReaderSettings(reader_name="Lane 1", debounce_ms=0, recheck_after_ms=0)
    reader = Plan(settings, clock=SystemClock())
    reader.plan = iter(plan)
    reader.start(events.put)
    try:
        yield lambda: events.get(timeout=PATIENCE_S)
    finally:
        reader.stop()
    assert events.empty()


def state(event: ReaderEvent) -> tuple[ReaderState, str]:
    """What a state's event says."""
    assert isinstance(event, ReaderStateChanged), event
    assert event.reader == "Lane 1"
    return event.state, event.detail


@pytest.mark.parametrize(
    ("fault", "detail"),
    [
        (ReaderUnavailableError("no such device"), "no such device"),
        (ValueError("nonsense"), "the driver failed: nonsense"),
    ],
    ids=["unavailable", "a driver's own fault"],
)
def test_a_device_that_cannot_be_opened_is_told_and_tried_again(
    fault: Exception, detail: str
) -> None:
    """The lane is not blind for ever, whatever a driver raises, and the reason is told once."""
    with running(fault, fault, Device(Hand())) as heard:
        assert state(heard()) == (ReaderState.READER_LOST, detail)
        assert state(heard()) == (ReaderState.READY, "")


def test_a_device_that_goes_away_is_closed_and_its_card_is_gone_with_it() -> None:
    """A pulled cable is the card's departure, then the reader's; both come back."""
    hand = Hand()
    first, second = Device(hand), Device(hand)
    with running(first, second) as heard:
        assert state(heard())[0] is ReaderState.READY
        hand.hold(UidCard(UID_A))
        assert isinstance(heard(), CardSeen)
        first.fault = ReaderUnavailableError("pulled")
        assert isinstance(heard(), CardGone)
        assert state(heard()) == (ReaderState.READER_LOST, "pulled")
        assert state(heard())[0] is ReaderState.READY
        assert first.closed
        assert isinstance(heard(), CardSeen)
        hand.hold(None)
        assert isinstance(heard(), CardGone)
    assert second.closed


def test_another_answer_to_reset_is_another_card() -> None:
    """A swap between two looks is seen by the answer to reset, without waiting for a recheck."""
    hand = Hand()
    with running(Device(hand)) as heard:
        assert state(heard())[0] is ReaderState.READY
        hand.hold(UidCard(UID_A))
        assert isinstance(heard(), CardSeen)
        hand.hold(UidCard(UID_B, atr=iso_14443_4_atr()))
        assert isinstance(heard(), CardGone)
        seen = heard()
        assert isinstance(seen, CardSeen)
        assert seen.tap.identity == UID_B


def test_it_can_be_stopped_from_its_own_event() -> None:
    """A listener that stops the reader does not wait for itself."""
    told: Queue[ReaderEvent] = Queue()
    reader = Plan(ReaderSettings(reader_name="Lane 1"), clock=SystemClock())
    reader.plan = iter([Device(Hand())])

    def stop_at_once(event: ReaderEvent) -> None:
        reader.stop()
        told.put(event)

    reader.start(stop_at_once)
    assert state(told.get(timeout=PATIENCE_S))[0] is ReaderState.READY
    reader.stop()
    assert told.empty()
