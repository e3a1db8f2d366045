"""A serial line on which the terminal answers."""

from __future__ import annotations

import os
import random
import threading
from typing import Final

from gateway.clock import Clock
from gateway.readers.serial_line import LINE_FAULTS, SerialLine, SerialSettings
from terminal_agent.pos.serial_port import SerialPosPort
from terminal_agent.pos.speaking_port import SpeakingPort

#: Ends a line of which only a part went out, so that the next one is read for itself.
_LINE_END: Final = b"\n"


class SpeakingSerialPort(SerialPosPort, SpeakingPort):
    """A till on a serial line that speaks to the terminal, line by line, and is answered."""

    def __init__(
        self, settings: SerialSettings, clock: Clock, *, jitter: random.Random | None = None
    ) -> None:
        """See ``SerialPosPort``."""
        super().__init__(settings, clock, jitter=jitter)
        self._device: SerialLine | None = None
        self._lock = threading.Lock()
        self._torn = False

    def say(self, data: bytes) -> bool:
        """See ``SpeakingPort``."""
        with self._lock:
            if self._device is None:
                return False
            whole = (_LINE_END if self._torn else b"") + data
            try:
                # Not through pyserial, whose write spins while a line takes nothing.
                sent = os.write(self._device.fileno(), whole)
            except LINE_FAULTS:
                # Full, or gone; which of them the reading thread finds out.
                sent = 0
            self._torn = 0 < sent < len(whole) or (self._torn and sent == 0)
            return sent == len(whole)

    def _opened(self, device: SerialLine) -> None:
        with self._lock:
            self._device = device

    def _closing(self) -> None:
        with self._lock:
            self._device = None
