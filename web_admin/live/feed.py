"""One thread that reads the journal's new rows and hands them to everybody who watches.

However many watch, the ledger is asked one question a beat. Nothing here waits for a viewer: each
has a short queue, and whoever does not keep up loses the oldest beats and is told how many rows
that were.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from gateway.errors import MohrError
from gateway.ledger.place import LedgerPlace
from gateway.queries.live import LiveEvent, head_index, rows_after
from gateway.queries.reading import reading

BEAT_MS: Final = 500
#: Where more happens than is shown, nobody reads faster for being told more often.
BUSY_BEATS: Final = 8
ROWS_PER_BEAT: Final = 20
BEATS_QUEUED: Final = 10
#: After a question that the ledger could not answer.
_FAULT_WAIT_MS: Final = 5_000


@dataclass(slots=True)
class LiveRow:
    """A row on its way to viewers, written out once for each way of showing it."""

    event: LiveEvent
    _written: dict[object, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def written(self, way: object, write: Callable[[LiveEvent], str]) -> str:
        """The row as markup.

        Args:
            way: names everything that the markup depends on beside the event.
            write: makes it; called once for each way.
        """
        with self._lock:
            if way not in self._written:
                self._written[way] = write(self.event)
            return self._written[way]


@dataclass(frozen=True, slots=True)
class Beat:
    """What one look at the journal brought.

    Attributes:
        rows: the newest rows, oldest first.
        skipped: how many more there were.
    """

    rows: tuple[LiveRow, ...]
    skipped: int

    @property
    def size(self) -> int:
        """How many rows the journal grew by."""
        return len(self.rows) + self.skipped


class Viewer:
    """One who watches: a short queue of beats that the feed fills and the viewer's thread empties.

    Attributes:
        from_index: every row after this index comes through the queue.
    """

    def __init__(self, from_index: int) -> None:
        """Begin after a row of the journal."""
        self.from_index = from_index
        self._beats: deque[Beat] = deque()
        self._lost = 0
        self._ended = False
        self._news = threading.Condition()

    def offer(self, beat: Beat) -> None:
        """Queue a beat; the oldest makes room for it. Never waits."""
        with self._news:
            if len(self._beats) >= BEATS_QUEUED:
                self._lost += self._beats.popleft().size
            self._beats.append(beat)
            self._news.notify()

    def end(self) -> None:
        """Tell the viewer's thread that nothing more will come."""
        with self._news:
            self._ended = True
            self._news.notify()

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        with self._news:
            return self._ended

    def take(self, timeout_s: float) -> Beat | None:
        """Wait for the next beat.

        Returns:
            the oldest one queued, its ``skipped`` counting also what was lost before it; None
            where none came in time or none will.
        """
        with self._news:
            self._news.wait_for(lambda: bool(self._beats) or self._ended, timeout_s)
            if self._ended or not self._beats:
                return None
            beat, lost = self._beats.popleft(), self._lost
            self._lost = 0
        return Beat(beat.rows, beat.skipped + lost) if lost else beat


class LiveFeed:
    """The hub. Its thread lives while somebody watches. Every method may be called from any thread.

    Args:
        ledger: where the ledger lives.
        viewers_max: how many may watch at once.
        beat_ms: how long it waits between two looks.
    """

    def __init__(self, ledger: LedgerPlace, *, viewers_max: int, beat_ms: int = BEAT_MS) -> None:
        self._ledger = ledger
        self._viewers_max = viewers_max
        self._beat_ms = beat_ms
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._viewers: list[Viewer] = []
        self._thread: threading.Thread | None = None
        self._head = 0
        self._closed = False
        self._log = structlog.get_logger("mohr.web")

    @property
    def viewers(self) -> int:
        """How many watch now."""
        with self._lock:
            return len(self._viewers)

    def join(self) -> Viewer | None:
        """Begin to watch.

        Returns:
            the viewer, to be given to ``leave`` whatever happens; None where too many watch.

        Raises:
            LedgerError: if the ledger cannot be read.
        """
        with self._lock:
            if self._closed or len(self._viewers) >= self._viewers_max:
                return None
            if self._thread is None:
                with reading(self._ledger) as connection:
                    self._head = head_index(connection)
                self._thread = threading.Thread(target=self._run, name="mohr-live")
                self._thread.start()
            viewer = Viewer(self._head)
            self._viewers.append(viewer)
            return viewer

    def leave(self, viewer: Viewer) -> None:
        """Watch no longer; again is no fault."""
        with self._changed:
            if viewer in self._viewers:
                self._viewers.remove(viewer)
            if not self._viewers:
                self._changed.notify_all()

    def close(self) -> None:
        """End every viewer's stream and the thread, and wait for the thread. Again is no fault."""
        with self._changed:
            self._closed = True
            thread, viewers = self._thread, list(self._viewers)
            self._changed.notify_all()
        for viewer in viewers:
            viewer.end()
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        wait_ms = self._beat_ms
        while self._wait(wait_ms):
            wait_ms = self._beat_ms
            try:
                if self._look():
                    wait_ms *= BUSY_BEATS
            except MohrError as error:
                # Those who watch see nothing new for a while; the pages that ask say why.
                self._log.warning("the live feed cannot read the ledger", error=str(error))
                wait_ms = max(_FAULT_WAIT_MS, self._beat_ms)

    def _wait(self, wait_ms: int) -> bool:
        """Wait for the next beat; False where the thread is to end."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or not self._viewers, wait_ms / 1_000)
            if self._closed or not self._viewers:
                # Whoever joins from now on finds no thread, and starts one.
                self._thread = None
                return False
            return True

    def _look(self) -> int:
        """Hand out what is new; how many rows were not shown."""
        with reading(self._ledger) as connection:
            piece = rows_after(connection, self._head, limit=ROWS_PER_BEAT)
        if not piece.events:
            return 0
        beat = Beat(tuple(map(LiveRow, piece.events)), piece.skipped)
        with self._lock:
            # Under the lock: a viewer joins either before a beat, and gets it, or after it.
            self._head = piece.head_index
            for viewer in self._viewers:
                viewer.offer(beat)
        return piece.skipped
