"""The hub of the live page: one thread while somebody watches, bounded, and waiting for nobody."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.model.ids import TerminalId
from gateway.queries.live import LiveEvent
from simulators.quiet_house import QuietHouse
from simulators.sealed_terminal import SealedTerminal, card_evidence, sale_key
from web_admin.live.feed import BEATS_QUEUED, ROWS_PER_BEAT, Beat, LiveFeed, LiveRow, Viewer

PATIENCE_S = 20.0


def _threads() -> list[str]:
    return [one.name for one in threading.enumerate() if one.name == "mohr-live"]


def _until(reached: Callable[[], bool]) -> None:
    """Wait for another thread; the time is a bound for a broken machine, not a claim."""
    end = time.monotonic() + PATIENCE_S
    while not reached():
        assert time.monotonic() < end
        time.sleep(0.005)


class Counter:
    """A till that sells."""

    def __init__(self, quiet: QuietHouse) -> None:
        self._quiet = quiet
        self.till = SealedTerminal(TerminalId("till-9"), now_ms=quiet.clock.unix_ms())
        quiet.add_terminal(self.till, "north")
        self._sales = 5_000

    def sell(self, count: int = 1) -> None:
        """Sell so many things, in one commit."""
        sealed = []
        for _ in range(count):
            self._sales += 1
            sealed.append(self.till.earn(card_evidence(1), sale_key(self._sales), 100))
        self._quiet.transact(self.till, *sealed)


@pytest.fixture
def counter(quiet: QuietHouse) -> Counter:
    """A counter at which things are sold while somebody watches."""
    return Counter(quiet)


@pytest.fixture
def feed(quiet: QuietHouse) -> Iterator[LiveFeed]:
    """A feed that looks often, for two viewers."""
    made = LiveFeed(quiet.house.ledger.place, viewers_max=2, beat_ms=5)
    yield made
    made.close()
    assert _threads() == []


def _joined(feed: LiveFeed) -> Viewer:
    viewer = feed.join()
    assert viewer is not None
    return viewer


def _indexes(beat: Beat | None) -> list[int]:
    assert beat is not None
    return [row.event.journal_index for row in beat.rows]


def test_every_viewer_gets_every_new_row(feed: LiveFeed, counter: Counter) -> None:
    """What is written after a viewer joined comes to each, in order, and nothing older."""
    first, second = _joined(feed), _joined(feed)
    counter.sell(3)
    start = first.from_index
    for viewer in (first, second):
        assert _indexes(viewer.take(PATIENCE_S)) == [start + 1, start + 2, start + 3]


def test_the_thread_lives_while_somebody_watches(feed: LiveFeed, counter: Counter) -> None:
    """No thread before the first viewer, one for all of them, none after the last; then again."""
    for _ in range(3):
        assert _threads() == []
        viewers = [_joined(feed), _joined(feed)]
        assert _threads() == ["mohr-live"]
        counter.sell()
        assert viewers[1].take(PATIENCE_S) is not None
        for viewer in viewers:
            feed.leave(viewer)
            feed.leave(viewer)
        _until(lambda: not _threads())
    assert feed.viewers == 0


def test_viewers_are_bounded(feed: LiveFeed) -> None:
    """One viewer too many is turned away, and may come when another has left."""
    first, _second = _joined(feed), _joined(feed)
    assert feed.join() is None
    feed.leave(first)
    assert feed.join() is not None


def test_a_busy_shop_is_counted_not_sent(feed: LiveFeed, counter: Counter) -> None:
    """A burst comes as its newest rows and the number of the others."""
    viewer = _joined(feed)
    counter.sell(ROWS_PER_BEAT + 15)
    beat = viewer.take(PATIENCE_S)
    assert beat is not None
    assert (len(beat.rows), beat.skipped) == (ROWS_PER_BEAT, 15)
    assert _indexes(beat)[-1] == viewer.from_index + ROWS_PER_BEAT + 15


def test_closing_ends_every_stream(feed: LiveFeed) -> None:
    """A gateway that stops does not wait for those who watch, and nobody joins any more."""
    viewer = _joined(feed)
    waiting = threading.Thread(target=viewer.take, args=(PATIENCE_S * 10,))
    waiting.start()
    feed.close()
    waiting.join(PATIENCE_S)
    assert not waiting.is_alive()
    assert viewer.ended
    assert feed.join() is None


def _event(index: int) -> LiveEvent:
    fields = dict.fromkeys(LiveEvent.__dataclass_fields__)
    return LiveEvent(**{**fields, "journal_index": index})  # type: ignore[arg-type]


def _beat(index: int) -> Beat:
    return Beat((LiveRow(_event(index)),), skipped=2)


def test_a_slow_viewer_loses_the_oldest_and_is_told() -> None:
    """Memory for a viewer who does not keep up is bounded; what was dropped is counted."""
    viewer = Viewer(0)
    for number in range(BEATS_QUEUED + 4):
        viewer.offer(_beat(number))
    beat = viewer.take(0)
    assert _indexes(beat) == [4]
    assert beat is not None
    assert beat.skipped == 2 + 4 * 3
    following = viewer.take(0)
    assert following is not None
    assert (_indexes(following), following.skipped) == ([5], 2)


def test_a_row_is_written_once_for_each_way() -> None:
    """However many watch, the markup of a row is made once for each way of showing it."""
    made: list[int] = []
    row = LiveRow(_event(7))

    def write(event: LiveEvent) -> str:
        made.append(event.journal_index)
        return f"<tr>{event.journal_index}</tr>"

    viewers = [threading.Thread(target=row.written, args=(way, write)) for way in ("fa", "en") * 20]
    for one in viewers:
        one.start()
    for one in viewers:
        one.join()
    assert made == [7, 7]
    assert row.written("fa", write) == "<tr>7</tr>"


def test_a_ledger_that_cannot_be_read_ends_nothing(
    feed: LiveFeed, quiet: QuietHouse, counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault while reading is waited out; the viewers stay, and get the rows afterwards."""
    monkeypatch.setattr("web_admin.live.feed._FAULT_WAIT_MS", 5)
    viewer = _joined(feed)
    path = quiet.house.ledger.place
    assert isinstance(path, Path)
    feed._ledger = path.with_name("gone.db")
    time.sleep(0.03)
    feed._ledger = path
    counter.sell()
    beat = viewer.take(PATIENCE_S)
    assert _indexes(beat) == [viewer.from_index + 1]
