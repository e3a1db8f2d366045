"""Hands events from a port's reading thread to its listener: bounded, in order, one at a time."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Final

from terminal_agent.pos.port import PosBytes, PosPortEvent, PosPortState, PosPortStateChanged

#: Events that may wait, and bytes in them: three quarters of a minute at 115,200 baud. No port
#: holds more than 1 MiB, however slow its listener is.
QUEUE_EVENTS_MAX: Final = 1_024
QUEUE_BYTES_MAX: Final = 512 * 1024


class Delivery:
    """A bounded queue and the thread that empties it into ``on_event``.

    When the listener falls behind and the queue is full, what waits is lost; that shows as DOWN and
    UP again, so that nobody reads a receipt with a hole in it.
    """

    def __init__(
        self, on_event: Callable[[PosPortEvent], None], *, events_max: int = QUEUE_EVENTS_MAX
    ) -> None:
        """Start delivering to ``on_event``."""
        self._on_event = on_event
        self._events_max = events_max
        self._waiting: deque[PosPortEvent] = deque()
        self._waiting_bytes = 0
        self._changed = threading.Condition()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="pos-delivery", daemon=True)
        self._thread.start()

    def put(self, event: PosPortEvent) -> None:
        """Queue an event. Never blocks."""
        with self._changed:
            too_many = len(self._waiting) >= self._events_max
            if too_many or self._waiting_bytes + _byte_count(event) > QUEUE_BYTES_MAX:
                self._waiting.clear()
                self._waiting_bytes = 0
                self._waiting.append(_lost(PosPortState.DOWN))
                if isinstance(event, PosBytes):
                    # These bytes follow the lost ones: what is heard next stands behind a gap.
                    event = _lost(PosPortState.UP)
            self._waiting.append(event)
            self._waiting_bytes += _byte_count(event)
            self._changed.notify()

    def stop(self) -> None:
        """Deliver nothing more. Waits for the listener to return, unless it is the caller."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        while (event := self._next()) is not None:
            self._on_event(event)

    def _next(self) -> PosPortEvent | None:
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or bool(self._waiting))
            if self._stopped:
                return None
            event = self._waiting.popleft()
            self._waiting_bytes -= _byte_count(event)
            return event


def _byte_count(event: PosPortEvent) -> int:
    return len(event.data) if isinstance(event, PosBytes) else 0


def _lost(state: PosPortState) -> PosPortStateChanged:
    return PosPortStateChanged(state=state, detail="bytes lost: the listener is too slow")
