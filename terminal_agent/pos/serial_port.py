"""The till on a serial line, opened and read through ``gateway.readers.serial_line``.

Opening flushes what waited, and so does every reopening: bytes printed while the port was closed
are gone.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import Final

from gateway.clock import Clock
from gateway.readers.serial_line import (
    LINE_FAULTS,
    SerialLine,
    SerialSettings,
    fault_words,
    open_line,
    read_waiting,
)
from terminal_agent.pos.delivery import Delivery
from terminal_agent.pos.port import (
    PosBytes,
    PosPort,
    PosPortEvent,
    PosPortState,
    PosPortStateChanged,
)

BACK_OFF_MIN_S: Final = 0.5
BACK_OFF_MAX_S: Final = 30.0
#: How long one read waits for the first byte; bounds how long ``stop`` takes.
_READ_TIMEOUT_S: Final = 0.1
#: A line that stayed up this long, or was heard, counts as good: the back-off begins anew.
_GOOD_AFTER_MS: Final = 10_000
_READ_BYTES_MAX: Final = 4_096
_SEVEN_BITS: Final = bytes(value & 0x7F for value in range(256))


class SerialPosPort(PosPort):
    """Listens to a till's serial line and comes back after every unplugging.

    One thread opens and reads, another delivers. The port never writes to the till, and opens the
    device exclusively, so that no second listener can take bytes away unnoticed.
    """

    def __init__(
        self, settings: SerialSettings, clock: Clock, *, jitter: random.Random | None = None
    ) -> None:
        """Prepare to listen; nothing is opened before ``start``.

        Args:
            settings: how the line is set.
            clock: gives the monotonic time of each read.
            jitter: spreads reopening; its own unseeded source by default.
        """
        self._settings = settings
        self._clock = clock
        # Spreading retries needs no unpredictability.
        self._jitter = jitter or random.Random()  # noqa: S311 - not a secret
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._delivery: Delivery | None = None
        self._state: PosPortState | None = None

    def start(self, on_event: Callable[[PosPortEvent], None]) -> None:
        """See ``PosPort``. The first event tells whether the device could be opened."""
        if self._thread is not None:
            raise RuntimeError("this port was started already")
        self._delivery = Delivery(on_event)
        self._thread = threading.Thread(target=self._run, name="pos-serial", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """See ``PosPort``. Joins both threads; safe to call twice or without ``start``."""
        self._stopping.set()
        if self._delivery is not None:
            self._delivery.stop()
        if self._thread is not None and threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        back_off_s = BACK_OFF_MIN_S
        while not self._stopping.is_set():
            good, detail = self._listen()
            if self._stopping.is_set():
                return
            self._tell(PosPortState.DOWN, detail)
            if good:
                back_off_s = BACK_OFF_MIN_S
            # Full jitter above a floor: a rack of terminals behind one hub must not open in step.
            self._stopping.wait(
                BACK_OFF_MIN_S + self._jitter.random() * (back_off_s - BACK_OFF_MIN_S)
            )
            back_off_s = min(back_off_s * 2, BACK_OFF_MAX_S)

    def _listen(self) -> tuple[bool, str]:
        """Open and read until it fails; returns whether that went well for a while, and why not."""
        opened_ms = self._clock.monotonic_ms()
        heard = False
        try:
            with open_line(self._settings, read_timeout_s=_READ_TIMEOUT_S) as device:
                self._tell(PosPortState.UP, "input that waited before opening was flushed")
                while not self._stopping.is_set():
                    heard = self._read(device) or heard
        except LINE_FAULTS as error:
            stayed_ms = self._clock.monotonic_ms() - opened_ms
            return heard or stayed_ms >= _GOOD_AFTER_MS, fault_words(error)
        return True, "stopped"

    def _read(self, device: SerialLine) -> bool:
        data = read_waiting(device, _READ_BYTES_MAX)
        if not data:
            return False
        if self._settings.strip_high_bit:
            data = strip_high_bits(data)
        if self._delivery is not None:
            self._delivery.put(PosBytes(data=data, monotonic_ms=self._clock.monotonic_ms()))
        return True

    def _tell(self, state: PosPortState, detail: str) -> None:
        # A device that stays away is told once, not at every attempt.
        if state is not self._state and self._delivery is not None:
            self._state = state
            self._delivery.put(PosPortStateChanged(state=state, detail=detail))


def strip_high_bits(data: bytes) -> bytes:
    """Clear bit 7 of every byte: 7E1 or 7O1 data as an 8N1 receiver sees it."""
    return data.translate(_SEVEN_BITS)
