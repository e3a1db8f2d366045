"""What presence makes of conversations that hang, cards that are swapped, and readers that go."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.readers.actions import Emit, Ended
from gateway.readers.cards.selection import CardReading
from gateway.readers.presence import ABANDONED_MAX, RETRY_AFTER_MS, Presence
from gateway.readers.reader import (
    CardGone,
    CardSeen,
    CardTrouble,
    CardUnreadable,
    ReaderState,
    ReaderStateChanged,
)
from gateway.readers.settings import ReaderSettings
from simulators.given.presence_bench import (
    GONE,
    LANE,
    SETTINGS,
    TORN,
    UID_A,
    UID_B,
    Bench,
    problem,
    reading,
    seen,
)


def test_a_hung_conversation_is_given_up_at_its_deadline() -> None:
    """The customer hears that the card does not answer, and its late result is ignored."""
    bench = Bench()
    bench.come()
    bench.wait(SETTINGS.answer_timeout_ms - 1)
    assert bench.hear() == []
    bench.wait(1)
    (event,) = bench.hear()
    assert isinstance(event, CardUnreadable)
    assert event.trouble is CardTrouble.NO_ANSWER
    assert bench.presence.abandoned_count == 1
    bench.end(reading(UID_A))
    assert bench.presence.abandoned_count == 0
    bench.leave()
    assert bench.hear() == [GONE]


def test_the_reader_works_on_beside_a_hung_conversation() -> None:
    """The next card is read although the last one's thread still hangs."""
    bench = Bench()
    bench.come()
    bench.wait(SETTINGS.answer_timeout_ms)
    bench.leave()
    bench.hear()
    bench.come()
    bench.end(reading(UID_B))
    assert bench.hear() == [seen(UID_B, SETTINGS.answer_timeout_ms)]


def test_a_card_that_came_during_a_hung_conversation_is_read_after_it() -> None:
    """What happened in front of the reader meanwhile is not lost."""
    bench = Bench()
    bench.come()
    bench.leave()
    bench.come()
    assert len(bench.begun) == 1
    bench.wait(SETTINGS.answer_timeout_ms)
    assert len(bench.begun) == 2
    bench.end(reading(UID_B))
    events = bench.hear()
    assert [type(event) for event in events] == [CardUnreadable, CardGone, CardSeen]


def hang(bench: Bench, count: int) -> None:
    """Let ``count`` conversations hang one after the other."""
    for _ in range(count):
        bench.come()
        bench.wait(bench.presence.next_due_ms or 0)
        bench.leave()


def test_too_many_hung_conversations_stop_the_reader_until_one_returns() -> None:
    """Threads are not piled up without end; the reader says it is lost and comes back by itself."""
    bench = Bench()
    hang(bench, ABANDONED_MAX)
    lost = [one for one in bench.hear() if isinstance(one, ReaderStateChanged)]
    assert [one.state for one in lost] == [ReaderState.READER_LOST]
    bench.come()
    assert len(bench.begun) == ABANDONED_MAX
    bench.end(TORN, bench.begun[0].conversation)
    assert len(bench.begun) == ABANDONED_MAX + 1
    assert bench.hear() == [ReaderStateChanged(reader=LANE, state=ReaderState.READY)]
    bench.end(reading(UID_A))
    assert [type(one) for one in bench.hear()] == [CardSeen]


def test_an_unseen_swap_is_found_by_the_recheck() -> None:
    """A card exchanged without any event is noticed by its UID and read as a new tap."""
    bench = Bench()
    bench.come()
    bench.end(reading(UID_A))
    bench.wait(SETTINGS.recheck_after_ms)
    bench.end(reading(UID_B))
    bench.end(reading(UID_B))
    bench.leave()
    assert [one.uid_only for one in bench.begun] == [False, True, False]
    at_ms = SETTINGS.recheck_after_ms
    assert bench.hear() == [seen(UID_A), GONE, seen(UID_B, at_ms), GONE]


@pytest.mark.parametrize(
    ("settings", "first"),
    [
        (ReaderSettings(reader_name=LANE, recheck_after_ms=0), reading(UID_A)),
        (SETTINGS, reading(bytes.fromhex("08112233"))),
        (SETTINGS, problem(CardTrouble.NOT_SUPPORTED)),
    ],
    ids=["switched off", "random UID", "unreadable"],
)
def test_no_recheck_where_it_would_tell_nothing(
    settings: ReaderSettings, first: CardReading
) -> None:
    """A random UID is drawn anew, an unreadable card needs no second look."""
    bench = Bench(settings)
    bench.come()
    bench.end(first)
    assert bench.presence.next_due_ms is None


@pytest.mark.parametrize("uid", [UID_A, None])
def test_a_recheck_of_the_same_card_says_nothing(uid: bytes | None) -> None:
    """The card is still there, or is leaving: either way the customer hears nothing of it."""
    bench = Bench()
    bench.come()
    bench.end(reading(UID_A))
    bench.wait(SETTINGS.recheck_after_ms)
    bench.end(TORN if uid is None else reading(uid))
    bench.wait(RETRY_AFTER_MS)
    if uid is None:
        bench.end(TORN)
    bench.leave()
    assert bench.hear() == [seen(UID_A), GONE]


def test_a_recheck_that_hangs_says_nothing() -> None:
    """The tap was good; that the card hangs later is no concern of the customer's."""
    bench = Bench()
    bench.come()
    bench.end(reading(UID_A))
    bench.wait(SETTINGS.recheck_after_ms)
    bench.wait(SETTINGS.answer_timeout_ms)
    bench.leave()
    assert bench.hear() == [seen(UID_A), GONE]


def test_a_swap_shown_by_the_event_counter_is_a_departure_and_an_arrival() -> None:
    """Missed events are made up for."""
    bench = Bench()
    bench.come()
    bench.end(reading(UID_A))
    bench.swap()
    bench.end(reading(UID_B))
    assert bench.hear() == [seen(UID_A), GONE, seen(UID_B)]


def test_a_lost_service_takes_cards_and_readers_with_it() -> None:
    """The card is gone, the service is lost, once; and everything begins anew when it is back."""
    bench = Bench()
    bench.come()
    bench.end(reading(UID_A))
    bench.act(bench.presence.service_lost("no daemon"))
    bench.act(bench.presence.service_lost("no daemon"))
    bench.act(bench.presence.readers_are((LANE,), ()))
    bench.come()
    bench.end(reading(UID_A))
    assert bench.hear() == [
        seen(UID_A),
        GONE,
        ReaderStateChanged(reader=LANE, state=ReaderState.SERVICE_LOST, detail="no daemon"),
        ReaderStateChanged(reader=LANE, state=ReaderState.READY),
        seen(UID_A),
    ]


def test_a_conversation_cut_off_by_a_lost_service_is_ignored() -> None:
    """Its failure says nothing about a card."""
    bench = Bench()
    bench.come()
    bench.act(bench.presence.service_lost("no daemon"))
    bench.hear()
    bench.end(TORN)
    assert bench.hear() == []
    assert bench.presence.abandoned_count == 0


def test_an_unplugged_reader_is_told_and_comes_back() -> None:
    """Unplugging and replugging are states, with the card gone in between."""
    bench = Bench()
    bench.come()
    bench.end(reading(UID_A))
    bench.act(bench.presence.readers_are((), ("Other",)))
    bench.act(bench.presence.readers_are((), ("Other",)))
    bench.act(bench.presence.readers_are((LANE,), ("Other",)))
    states = [event.state for event in bench.hear() if isinstance(event, ReaderStateChanged)]
    assert states == [ReaderState.READER_LOST, ReaderState.READY]


def test_a_lane_without_its_reader_says_which_readers_there_are() -> None:
    """A misspelt name is found by reading one line."""
    presence = Presence(SETTINGS)
    (action,) = presence.readers_are((), ("Lane 2",))
    assert isinstance(action, Emit)
    event = action.event
    assert isinstance(event, ReaderStateChanged)
    assert (event.reader, event.state) == (LANE, ReaderState.READER_LOST)
    assert "Lane 2" in event.detail


def test_events_of_an_unknown_reader_are_ignored() -> None:
    """A late status of an unplugged reader starts nothing."""
    presence = Presence(SETTINGS)
    assert presence.card_present("Other", 0) == []
    assert presence.card_absent("Other", 0) == []
    late = Ended(conversation=99, result=TORN, unix_ms=0)
    assert presence.ended(late, 0) == []


steps = st.one_of(
    st.sampled_from(["come", "leave", "swap", "lose", "plug", "unplug", "torn"]),
    st.sampled_from([("end", UID_A), ("end", UID_B)]),
    st.integers(0, 3_000),
)


@given(st.lists(steps, max_size=60))
def test_whatever_happens_the_story_makes_sense(
    story: list[str | tuple[str, bytes] | int],
) -> None:
    """One conversation at a time; never a departure without an arrival; never more threads."""
    bench = Bench()
    running: set[int] = set()
    moves: dict[str, Callable[[], None]] = {
        "come": bench.come,
        "leave": bench.leave,
        "swap": bench.swap,
        "lose": lambda: bench.act(bench.presence.service_lost("")),
        "plug": lambda: bench.act(bench.presence.readers_are((LANE,), ())),
        "unplug": lambda: bench.act(bench.presence.readers_are((), ())),
    }
    begun_before = 0
    for step in story:
        if isinstance(step, int):
            bench.wait(step)
        elif step == "torn" or isinstance(step, tuple):
            if running:
                number = running.pop()
                bench.end(TORN if isinstance(step, str) else reading(step[1]), number)
        else:
            moves[step]()
        running |= {one.conversation for one in bench.begun[begun_before:]}
        begun_before = len(bench.begun)
        waiting = len(running) - bench.presence.abandoned_count
        assert 0 <= waiting <= 1
        assert bench.presence.abandoned_count <= ABANDONED_MAX
    in_field = False
    for event in bench.hear():
        if isinstance(event, CardGone):
            assert in_field
            in_field = False
        elif isinstance(event, CardSeen | CardUnreadable):
            in_field = True
