"""What only the simulated reader promises: everything happens before the call returns."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gateway.readers.errors import ReaderUnavailableError
from gateway.readers.reader import (
    CardGone,
    CardSeen,
    CardTrouble,
    CardUnreadable,
    ReaderEvent,
    ReaderState,
    ReaderStateChanged,
)
from gateway.readers.settings import ReaderSettings
from simulators.card import CardFault, FaultyCard, UidCard
from simulators.clock import VirtualClock
from simulators.reader import SimReader

CARD_A = UidCard(bytes.fromhex("04000000000001"))
CARD_B = UidCard(bytes.fromhex("04000000000002"))


class World:
    """A reader on a clock that stands still."""

    def __init__(self) -> None:
        self.clock = VirtualClock(unix_ms=1_700_000_000_000)
        self.reader = SimReader(ReaderSettings(), clock=self.clock)
        self.events: list[ReaderEvent] = []
        self.reader.start(self.events.append)

    def hear(self) -> list[type[ReaderEvent]]:
        """The kinds of events since the last time."""
        heard = [type(event) for event in self.events]
        self.events.clear()
        return heard


@pytest.fixture
def world() -> Iterator[World]:
    """A world of its own for each test."""
    world = World()
    yield world
    world.reader.stop()


def test_events_are_there_when_the_call_returns(world: World) -> None:
    """A world needs no thread and no waiting."""
    assert world.hear() == [ReaderStateChanged]
    world.reader.tap(CARD_A)
    assert world.hear() == [CardSeen]
    world.reader.remove()
    assert world.hear() == [CardGone]


def test_a_tap_carries_the_clocks_time(world: World) -> None:
    """Simulated taps happen at simulated times."""
    world.clock.advance(5_000)
    world.reader.tap(CARD_A)
    event = world.events[-1]
    assert isinstance(event, CardSeen)
    assert event.tap.seen_at_ms == 1_700_000_005_000
    assert event.tap.reader == world.reader.name


def test_a_listener_may_tap_the_next_card(world: World) -> None:
    """A scripted customer acts on what is shown, and events keep their order."""
    heard: list[type[ReaderEvent]] = []
    reader = SimReader(ReaderSettings(debounce_ms=0), clock=world.clock)
    queue = [CARD_A, CARD_B]

    def listen(event: ReaderEvent) -> None:
        heard.append(type(event))
        if queue:
            reader.tap(queue.pop(0))

    reader.start(listen)
    assert heard == [ReaderStateChanged, CardSeen, CardGone, CardSeen]
    reader.stop()


def test_an_unseen_swap_is_found_when_the_recheck_is_due(world: World) -> None:
    """The world moves its clock and says so."""
    world.reader.tap(CARD_A)
    world.reader.swap_unseen(CARD_B)
    world.hear()
    world.reader.tick()
    assert world.hear() == []
    world.clock.advance(ReaderSettings().recheck_after_ms)
    world.reader.tick()
    assert world.hear() == [CardGone, CardSeen]


def test_a_silent_card_is_given_up_at_once(world: World) -> None:
    """Nobody waits in a simulated world; the silent card is a trouble and then gone."""
    world.hear()
    world.reader.tap(FaultyCard(CARD_A, {0: CardFault.SILENCE}))
    event = world.events[-1]
    assert isinstance(event, CardUnreadable)
    assert event.trouble is CardTrouble.NO_ANSWER
    world.reader.tap(CARD_B)
    assert world.hear() == [CardUnreadable, CardGone, CardSeen]


def test_the_plug_and_the_service_can_be_pulled(world: World) -> None:
    """Both losses take the card along and come back with the plug."""
    world.reader.tap(CARD_A)
    world.reader.unplug()
    world.reader.plug()
    world.reader.tap(CARD_A)
    world.reader.lose_service()
    world.reader.plug()
    states = [event.state for event in world.events if isinstance(event, ReaderStateChanged)]
    assert states == [
        ReaderState.READY,
        ReaderState.READER_LOST,
        ReaderState.READY,
        ReaderState.SERVICE_LOST,
        ReaderState.READY,
    ]
    assert [type(one) for one in world.events].count(CardGone) == 2


def test_an_unplugged_reader_sees_no_card(world: World) -> None:
    """A card in front of a reader without power is no event."""
    world.reader.unplug()
    world.hear()
    world.reader.tap(CARD_A)
    assert world.hear() == []


def test_a_reader_that_does_not_run_refuses_cards() -> None:
    """A tap that nobody could notice is a mistake of the world's author."""
    reader = SimReader(ReaderSettings(), clock=VirtualClock(unix_ms=0))
    with pytest.raises(ReaderUnavailableError):
        reader.tap(CARD_A)
