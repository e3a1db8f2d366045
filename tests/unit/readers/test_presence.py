"""The rules of presence: who is in front of a reader, and what is said about it."""

from __future__ import annotations

import pytest

from gateway.readers.presence import ATTEMPTS_MAX, RETRY_AFTER_MAX_MS, RETRY_AFTER_MS
from gateway.readers.reader import CardTrouble, CardUnreadable
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


def unreadable(trouble: CardTrouble, detail: str) -> CardUnreadable:
    """The event of a card that cannot be identified."""
    return CardUnreadable(reader=LANE, trouble=trouble, detail=detail)


def test_a_card_is_seen_and_gone() -> None:
    """The plain tap: one conversation, one tap, one departure."""
    bench = Bench()
    bench.come()
    assert [(one.reader, one.uid_only) for one in bench.begun] == [(LANE, False)]
    bench.end(reading(UID_A))
    bench.leave()
    assert bench.hear() == [seen(UID_A), GONE]


def test_the_same_card_back_within_the_window_is_one_tap() -> None:
    """A hand that trembles at the edge of the field makes one tap, however long it trembles."""
    bench = Bench()
    for _ in range(5):
        bench.come()
        bench.end(reading(UID_A))
        bench.leave()
        bench.wait(SETTINGS.debounce_ms)
    assert bench.hear() == [seen(UID_A), GONE]


def test_the_same_card_after_the_window_is_a_new_tap() -> None:
    """A customer may tap twice on purpose."""
    bench = Bench()
    for _ in range(2):
        bench.come()
        bench.end(reading(UID_A))
        bench.leave()
        bench.wait(SETTINGS.debounce_ms + 1)
    later = seen(UID_A, SETTINGS.debounce_ms + 1)
    assert bench.hear() == [seen(UID_A), GONE, later, GONE]


def test_another_card_within_the_window_is_another_tap() -> None:
    """Debouncing never swallows the next customer."""
    bench = Bench()
    for uid in (UID_A, UID_B, UID_A):
        bench.come()
        bench.end(reading(uid))
        bench.leave()
    assert bench.hear() == [seen(UID_A), GONE, seen(UID_B), GONE, seen(UID_A), GONE]


def test_a_card_that_leaves_in_mid_conversation_is_told_in_order() -> None:
    """The departure waits for the conversation's result, good or bad."""
    bench = Bench()
    bench.come()
    bench.leave()
    assert bench.hear() == []
    bench.end(reading(UID_A))
    assert bench.hear() == [seen(UID_A), GONE]


def test_a_torn_card_is_complained_about_at_once_when_it_is_known_to_have_left() -> None:
    """There is nothing left to read again, so the customer is told now."""
    bench = Bench()
    bench.come()
    bench.leave()
    bench.end(TORN)
    assert bench.hear() == [unreadable(CardTrouble.REMOVED_EARLY, "torn"), GONE]
    assert bench.presence.next_due_ms is None


def test_a_torn_card_that_is_still_there_is_read_once_more() -> None:
    """A card that bounced is read again before anybody is bothered."""
    bench = Bench()
    bench.come()
    bench.end(TORN)
    assert bench.hear() == []
    bench.wait(RETRY_AFTER_MS)
    bench.end(reading(UID_A))
    assert bench.hear() == [seen(UID_A, RETRY_AFTER_MS)]
    assert len(bench.begun) == 2


def test_rereading_comes_to_an_end() -> None:
    """A card that is torn again and again is complained about once."""
    bench = Bench()
    bench.come()
    for _ in range(ATTEMPTS_MAX):
        bench.end(TORN)
        bench.wait(RETRY_AFTER_MS)
    assert bench.hear() == [unreadable(CardTrouble.REMOVED_EARLY, "torn")]
    assert len(bench.begun) == ATTEMPTS_MAX
    bench.leave()
    assert bench.hear() == [GONE]


def test_a_card_back_before_its_departure_was_seen_is_read_after_all() -> None:
    """After the complaint the driver still shows a card: looking on finds the one put back."""
    bench = Bench()
    bench.come()
    for _ in range(ATTEMPTS_MAX):
        bench.end(TORN)
        bench.wait(RETRY_AFTER_MS)
    assert bench.hear() == [unreadable(CardTrouble.REMOVED_EARLY, "torn")]
    bench.wait(RETRY_AFTER_MS)
    bench.end(reading(UID_A))
    at_ms = (ATTEMPTS_MAX + 1) * RETRY_AFTER_MS
    assert bench.hear() == [GONE, seen(UID_A, at_ms)]


def test_looking_on_is_no_busy_loop() -> None:
    """A card that stays torn is looked at ever less often, and complained about once."""
    bench = Bench()
    bench.come()
    ended = 0
    while bench.now_ms < 60_000:
        if ended < len(bench.begun):
            bench.end(TORN)
            ended += 1
        bench.wait(100)
    assert bench.hear() == [unreadable(CardTrouble.REMOVED_EARLY, "torn")]
    assert len(bench.begun) <= 5 + 60_000 // RETRY_AFTER_MAX_MS
    bench.leave()
    assert bench.presence.next_due_ms is None


def test_a_torn_card_that_leaves_before_it_is_reread_is_not_forgotten() -> None:
    """The departure may be noticed before the second attempt; the customer still hears of it."""
    bench = Bench()
    bench.come()
    bench.end(TORN)
    bench.leave()
    assert bench.hear() == [unreadable(CardTrouble.REMOVED_EARLY, "torn"), GONE]


def test_a_card_torn_on_its_way_out_is_not_complained_about() -> None:
    """After a good tap, a flicker at the edge of the field must not flash an error."""
    bench = Bench()
    bench.come()
    bench.end(reading(UID_A))
    bench.leave()
    bench.come()
    bench.leave()
    bench.end(TORN)
    assert bench.hear() == [seen(UID_A), GONE]


def test_the_window_is_not_stretched_by_a_card_that_cannot_be_read() -> None:
    """What lies in the field unread for long does not make the last card's next tap a flicker."""
    bench = Bench(ReaderSettings(reader_name=LANE, debounce_ms=500))
    bench.come()
    bench.end(reading(UID_A))
    bench.leave()
    bench.come()
    bench.end(problem(CardTrouble.NOT_SUPPORTED))
    bench.wait(10_000)
    bench.leave()
    bench.come()
    bench.end(reading(UID_A))
    complaint = unreadable(CardTrouble.NOT_SUPPORTED, "so")
    assert bench.hear() == [seen(UID_A), GONE, complaint, GONE, seen(UID_A, 10_000)]


@pytest.mark.parametrize(
    "trouble", [CardTrouble.RANDOM_UID, CardTrouble.NOT_SUPPORTED, CardTrouble.BAD_RECORD]
)
def test_a_card_that_was_read_and_refused_is_not_read_again(trouble: CardTrouble) -> None:
    """A refusal is an answer; asking again would change nothing."""
    bench = Bench()
    bench.come()
    bench.end(problem(trouble))
    bench.wait(60_000)
    bench.leave()
    assert bench.hear() == [unreadable(trouble, "so"), GONE]
    assert len(bench.begun) == 1
