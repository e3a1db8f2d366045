"""What one viewer's browser is sent: server-sent events, by the standard's own framing.

https://html.spec.whatwg.org/multipage/server-sent-events.html. Each row's id is its journal index,
so that a browser which lost its connection asks for exactly what it missed. A comment now and then
is the only way to notice that a browser has gone: its thread is freed by the failing write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from gateway.queries.live import LiveEvent, LiveFilter
from web_admin.live.feed import LiveFeed, LiveRow, Viewer

HEARTBEAT_MS: Final = 10_000
AGE_MAX_MS: Final = 600_000
#: What a browser waits before it connects again.
RETRY_MS: Final = 2_000
#: Missed rows that a browser is sent after it was away; beyond that it is told to reload.
MISSED_ROWS_MAX: Final = 100
#: Rows that a page may be ahead of the feed: what a busy shop sells in a few beats.
_AHEAD_MAX: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How a stream goes on while nothing happens.

    Attributes:
        heartbeat_ms: the longest silence; rights are looked at again as often.
        age_max_ms: a stream that is this old ends, and the browser connects again.
    """

    heartbeat_ms: int = HEARTBEAT_MS
    age_max_ms: int = AGE_MAX_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What one viewer watches, and how it is shown.

    Attributes:
        wanted: which rows.
        way: names everything that the markup of a row depends on, for one row.
        write: makes the markup of a row.
        write_more: makes the words for rows that are not shown; None where their number must not
            be told.
        missed: finds rows in (after, to], at most so many, oldest first.
        still_allowed: whether the session and its rights are what they were.
        monotonic_ms: the clock.
        pace: see there.
    """

    wanted: LiveFilter
    way: Callable[[LiveEvent], object]
    write: Callable[[LiveEvent], str]
    write_more: Callable[[int | None], str]
    missed: Callable[[int, int, int], tuple[LiveEvent, ...]]
    still_allowed: Callable[[], bool]
    monotonic_ms: Callable[[], int]
    pace: Pace = Pace()


class LiveStream:
    """One viewer's events, as an iterator that can be closed before it was ever asked."""

    def __init__(self, feed: LiveFeed, viewer: Viewer, watch: Watch, *, after: int | None) -> None:
        """Take over a viewer that has joined.

        Args:
            feed: the hub it joined.
            viewer: the viewer; it leaves the hub when the stream is closed.
            watch: what it watches.
            after: the last row that the browser has; None where it has none and wants no old ones.
        """
        self._feed = feed
        self._viewer = viewer
        self._frames = _frames(viewer, watch, after)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        return next(self._frames)

    def close(self) -> None:
        """Leave the hub; again is no fault."""
        self._feed.leave(self._viewer)


def event_frame(name: str, data: str, *, event_id: int | None = None) -> str:
    """Write one event; line breaks in its data become the standard's own."""
    lines = [f"event: {name}", *(f"data: {line}" for line in data.splitlines() or [""])]
    if event_id is not None:
        lines.insert(0, f"id: {event_id}")
    return "\n".join(lines) + "\n\n"


def _frames(viewer: Viewer, watch: Watch, after: int | None) -> Iterator[str]:
    began_ms = beaten_ms = watch.monotonic_ms()
    yield f"retry: {RETRY_MS}\n\n"
    start = viewer.from_index
    # A page can have rows that the feed has not read yet, but never one that does not exist: an
    # index from elsewhere, or from a ledger that was put back since, means nothing.
    last = start if after is None or after > start + _AHEAD_MAX else after
    if last < start:
        yield from _missed(watch, last, start)
        last = start
    yield event_frame("here", "")
    pace = watch.pace
    while not viewer.ended:
        now_ms = watch.monotonic_ms()
        if now_ms - began_ms >= pace.age_max_ms:
            return
        if now_ms - beaten_ms >= pace.heartbeat_ms:
            if not watch.still_allowed():
                return
            beaten_ms = now_ms
            # The id moves on with what was not for this viewer: it will not be asked for again.
            yield f": here\nid: {last}\n\n"
        beat = viewer.take((beaten_ms + pace.heartbeat_ms - now_ms) / 1_000)
        if beat is None:
            continue
        rows = [row for row in beat.rows if row.event.journal_index > last]
        frames = [_more(watch, beat.skipped)] if beat.skipped else []
        # In one piece: each piece is a call of the system and a turn of the server's loop, and
        # forty viewers' pieces take the interpreter's lock away from the writer.
        piece = "".join((*frames, *_rows(watch, rows)))
        if piece:
            yield piece
        last = max(last, beat.rows[-1].event.journal_index)


def _missed(watch: Watch, after: int, to: int) -> Iterator[str]:
    found = watch.missed(after, to, MISSED_ROWS_MAX + 1)
    rows = [LiveRow(event) for event in found[-MISSED_ROWS_MAX:]]
    frames = [_more(watch, to - after - len(rows))] if len(found) > MISSED_ROWS_MAX else []
    if piece := "".join((*frames, *_rows(watch, rows))):
        yield piece


def _rows(watch: Watch, rows: list[LiveRow]) -> Iterator[str]:
    for row in rows:
        if watch.wanted.lets_through(row.event):
            markup = row.written(watch.way(row.event), watch.write)
            yield event_frame("tap", markup, event_id=row.event.journal_index)


def _more(watch: Watch, count: int) -> str:
    # Whoever may not see all branches, or asked for some rows only, is not told a number that
    # counts the others.
    return event_frame("more", watch.write_more(None if watch.wanted.hides_something else count))
