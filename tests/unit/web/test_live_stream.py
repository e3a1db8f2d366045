"""One viewer's events: numbered, bounded, filtered, and ended when they must end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gateway.model.ids import BranchId, TerminalId
from gateway.model.outcome import Reason, Status
from gateway.queries.live import LiveEvent, LiveFilter
from gateway.queries.scope import EVERYTHING, Scope
from web_admin.live.feed import Beat, LiveFeed, LiveRow, Viewer
from web_admin.live.stream import (
    AGE_MAX_MS,
    HEARTBEAT_MS,
    MISSED_ROWS_MAX,
    LiveStream,
    Pace,
    Watch,
    event_frame,
)

PACE = Pace(heartbeat_ms=1, age_max_ms=30)


def _event(index: int, branch: str = "north") -> LiveEvent:
    return LiveEvent(
        journal_index=index,
        recorded_at_ms=index,
        action="earn",
        status=Status.APPLIED,
        reason=Reason.NONE,
        branch=BranchId(branch),
        terminal=TerminalId("till-1"),
        member_id=None,
        member_branch=None,
        card_token=None,
        points=1,
        balance_points=1,
        amount_minor=100,
        currency=None,
        receipt_number=None,
    )


@dataclass(slots=True)
class Bench:
    """A viewer whose clock moves by a step each time that it is read."""

    scope: Scope = EVERYTHING
    step_ms: int = 1
    now_ms: int = 0
    allowed: Callable[[], bool] = lambda: True
    journal: list[LiveEvent] = field(default_factory=list)
    viewer: Viewer = field(default_factory=lambda: Viewer(10))

    def pieces(self, after: int | None = None) -> list[str]:
        """Everything that is sent until the stream ends, as it is sent."""
        feed = LiveFeed(Path("unused.db"), viewers_max=1)
        return list(LiveStream(feed, self.viewer, self._watch(), after=after))

    def frames(self, after: int | None = None) -> list[str]:
        """Every event of it, the reconnection time left out; an empty line ends each."""
        sent = "".join(self.pieces(after))
        assert sent.endswith("\n\n")
        retry, *rest = [f"{one}\n\n" for one in sent.removesuffix("\n\n").split("\n\n")]
        assert retry.startswith("retry: ")
        return rest

    def beat(self, *indexes: int, skipped: int = 0, branch: str = "north") -> None:
        """Queue a beat for the viewer."""
        rows = tuple(LiveRow(_event(index, branch)) for index in indexes)
        self.viewer.offer(Beat(rows, skipped))

    def _watch(self) -> Watch:
        def missed(after: int, to: int, limit: int) -> tuple[LiveEvent, ...]:
            return tuple(one for one in self.journal if after < one.journal_index <= to)[-limit:]

        def tick() -> int:
            self.now_ms += self.step_ms
            return self.now_ms

        return Watch(
            wanted=LiveFilter(scope=self.scope),
            way=lambda event: event.branch,
            write=lambda event: f"<tr>{event.journal_index}</tr>",
            write_more=lambda count: f"more {count}",
            missed=missed,
            still_allowed=self.allowed,
            monotonic_ms=tick,
            pace=PACE,
        )


def _tap(index: int) -> str:
    return f"id: {index}\nevent: tap\ndata: <tr>{index}</tr>\n\n"


HERE = "event: here\ndata: \n\n"


@pytest.fixture
def hurried() -> Bench:
    """A viewer whose stream is old after thirty looks at the clock."""
    return Bench()


def test_rows_carry_their_index(hurried: Bench) -> None:
    """Each row is an event whose id a browser gives back when it has lost its connection."""
    hurried.beat(11, 12)
    frames = hurried.frames()
    assert frames[0] == HERE
    assert [one for one in frames if "tap" in one] == [_tap(11), _tap(12)]


def test_what_was_missed_comes_before_what_is_new(hurried: Bench) -> None:
    """A browser that comes back gets the rows after its last one, once, then the new ones."""
    hurried.journal = [_event(index) for index in range(1, 11)]
    hurried.beat(11)
    frames = hurried.frames(after=7)
    taps = [one for one in frames if "event: tap" in one]
    assert taps == [_tap(8), _tap(9), _tap(10), _tap(11)]
    assert frames.index(HERE) == 3


def test_rows_that_the_page_has_are_not_sent_again(hurried: Bench) -> None:
    """A page may be ahead of the feed: what it has already is left out of the next beat."""
    hurried.beat(11, 12, 13)
    assert [one for one in hurried.frames(after=12) if "tap" in one] == [_tap(13)]


@pytest.mark.parametrize("after", [10**17, 10_000])
def test_an_index_from_nowhere_means_nothing(hurried: Bench, after: int) -> None:
    """An index far beyond the journal's end hides no row."""
    hurried.beat(11)
    assert _tap(11) in hurried.frames(after=after)


def test_too_much_missed_is_counted(hurried: Bench) -> None:
    """Whoever was away for long gets the newest of it and the number of the rest."""
    hurried.viewer = Viewer(500)
    hurried.journal = [_event(index) for index in range(1, 501)]
    frames = hurried.frames(after=0)
    assert frames[0] == event_frame("more", f"more {500 - MISSED_ROWS_MAX}")
    assert len([one for one in frames if "event: tap" in one]) == MISSED_ROWS_MAX


def test_a_beat_is_sent_in_one_piece(hurried: Bench) -> None:
    """Forty viewers cost forty writes a beat, however many rows it has."""
    hurried.beat(11, 12, 13, skipped=5)
    assert len([one for one in hurried.pieces() if "event: tap" in one]) == 1


def test_other_branches_are_neither_sent_nor_counted() -> None:
    """A viewer of one branch sees its rows alone, and no number that counts the others."""
    bench = Bench(scope=Scope(frozenset({BranchId("north")})))
    bench.beat(11, 12, skipped=40, branch="south")
    bench.beat(13)
    frames = bench.frames()
    assert [one for one in frames if "event: tap" in one] == [_tap(13)]
    assert event_frame("more", "more None") in frames
    assert not [one for one in frames if "40" in one]


def test_heartbeats_go_on_until_the_stream_is_old(hurried: Bench) -> None:
    """A quiet stream says something at every heartbeat, and ends cleanly at its greatest age."""
    frames = hurried.frames()
    beats = [one for one in frames if one.startswith(":")]
    assert len(beats) == len(frames) - 1
    assert 0 < len(beats) <= PACE.age_max_ms // PACE.heartbeat_ms
    assert HEARTBEAT_MS <= 15_000 < AGE_MAX_MS


def test_a_heartbeat_moves_the_id_on() -> None:
    """Rows that were not for this viewer are not asked for again after a break."""
    bench = Bench(scope=Scope(frozenset({BranchId("north")})))
    bench.beat(11, 12, branch="south")
    assert ": here\nid: 12\n\n" in bench.frames()


def test_a_session_that_ends_ends_the_stream() -> None:
    """Rights are looked at again at every heartbeat; the first that is refused is the last."""
    answers = iter([True, True, False])
    bench = Bench(allowed=lambda: next(answers))
    frames = bench.frames()
    assert len([one for one in frames if one.startswith(":")]) == 2


def test_a_closed_stream_has_left_even_if_nobody_ever_read_it(tmp_path: Path) -> None:
    """A browser that is gone before the first byte does not keep its place."""
    feed = LiveFeed(tmp_path / "none.db", viewers_max=1)
    viewer = Viewer(0)
    feed._viewers.append(viewer)
    bench = Bench(viewer=viewer)
    stream = LiveStream(feed, viewer, bench._watch(), after=None)
    stream.close()
    stream.close()
    assert feed.viewers == 0


def test_line_breaks_in_a_row_stay_inside_its_event() -> None:
    """Markup with line breaks cannot end an event or begin another."""
    framed = event_frame("tap", "<tr>\nid: 9\r\n\n</tr>", event_id=3)
    assert framed == "id: 3\nevent: tap\ndata: <tr>\ndata: id: 9\ndata: \ndata: </tr>\n\n"
