"""A port that opens its line, reads it until it fails, and comes back: serial and TCP alike."""

from __future__ import annotations

import random
import threading
from abc import abstractmethod
from collections.abc import Callable
from typing import Final

from gateway.clock import Clock
from terminal_agent.pos.delivery import Delivery
from terminal_agent.pos.port import (
    Direction,
    PosBytes,
    PosPort,
    PosPortEvent,
    PosPortState,
    PosPortStateChanged,
)

BACK_OFF_MIN_S: Final = 0.5
BACK_OFF_MAX_S: Final = 30.0
#: A line that stayed up this long, or was heard, counts as good: the back-off begins anew.
_GOOD_AFTER_MS: Final = 10_000


class ReconnectingPort(PosPort):
    """One thread opens and reads, another delivers. What fails is tried again, ever less often."""

    def __init__(self, name: str, clock: Clock, *, jitter: random.Random | None = None) -> None:
        """Prepare; nothing is opened before ``start``.

        Args:
            name: of the reading thread.
            clock: gives the monotonic time of each read.
            jitter: spreads reopening; its own unseeded source by default.
        """
        self._name = name
        self._clock = clock
        # Spreading retries needs no unpredictability.
        self._jitter = jitter or random.Random()  # noqa: S311 - not a secret
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._delivery: Delivery | None = None
        self._state: PosPortState | None = None
        self._heard = False

    def start(self, on_event: Callable[[PosPortEvent], None]) -> None:
        """See ``PosPort``. The first event tells whether the line could be opened."""
        if self._thread is not None:
            raise RuntimeError("this port was started already")
        self._delivery = Delivery(on_event)
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """See ``PosPort``. Joins both threads; safe to call twice or without ``start``."""
        self._stopping.set()
        if self._delivery is not None:
            self._delivery.stop()
        if self._thread is not None and threading.current_thread() is not self._thread:
            self._thread.join()

    @abstractmethod
    def _listen(self) -> str:
        """Open the line and read it until it fails or the port stops; returns why it ended."""

    def _run(self) -> None:
        back_off_s = BACK_OFF_MIN_S
        while not self._stopping.is_set():
            opened_ms, self._heard = self._clock.monotonic_ms(), False
            detail = self._listen()
            if self._stopping.is_set():
                return
            self._tell(PosPortState.DOWN, detail)
            if self._heard or self._clock.monotonic_ms() - opened_ms >= _GOOD_AFTER_MS:
                back_off_s = BACK_OFF_MIN_S
            # Full jitter above a floor: a rack of terminals behind one hub must not open in step.
            self._stopping.wait(
                BACK_OFF_MIN_S + self._jitter.random() * (back_off_s - BACK_OFF_MIN_S)
            )
            back_off_s = min(back_off_s * 2, BACK_OFF_MAX_S)

    def _take(self, data: bytes, direction: Direction = Direction.FROM_TILL) -> None:
        """Deliver bytes that were just read."""
        self._heard = True
        if self._delivery is not None:
            now_ms = self._clock.monotonic_ms()
            self._delivery.put(PosBytes(data=data, monotonic_ms=now_ms, direction=direction))

    def _tell(self, state: PosPortState, detail: str) -> None:
        # A device that stays away is told once, not at every attempt.
        if state is not self._state and self._delivery is not None:
            self._state = state
            self._delivery.put(PosPortStateChanged(state=state, detail=detail))
