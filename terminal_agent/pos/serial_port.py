"""The till on a serial line, opened and read through ``gateway.readers.serial_line``.

Opening flushes what waited, and so does every reopening: bytes printed while the port was closed
are gone.
"""

from __future__ import annotations

import random
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
from terminal_agent.pos.port import PosPortState
from terminal_agent.pos.reconnecting_port import ReconnectingPort

#: How long one read waits for the first byte; bounds how long ``stop`` takes.
_READ_TIMEOUT_S: Final = 0.1
_READ_BYTES_MAX: Final = 4_096
_SEVEN_BITS: Final = bytes(value & 0x7F for value in range(256))


class SerialPosPort(ReconnectingPort):
    """Listens to a till's serial line and comes back after every unplugging.

    The port never writes to the till, and opens the device exclusively, so that no second listener
    can take bytes away unnoticed.
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
        super().__init__("pos-serial", clock, jitter=jitter)
        self._settings = settings

    def _listen(self) -> str:
        try:
            with open_line(self._settings, read_timeout_s=_READ_TIMEOUT_S) as device:
                self._opened(device)
                try:
                    self._tell(PosPortState.UP, "input that waited before opening was flushed")
                    while not self._stopping.is_set():
                        self._read(device)
                finally:
                    self._closing()
        except LINE_FAULTS as error:
            return fault_words(error)
        return "stopped"

    def _opened(self, device: SerialLine) -> None:
        """The device is open; an observer makes nothing of it."""

    def _closing(self) -> None:
        """It is about to be closed."""

    def _read(self, device: SerialLine) -> None:
        data = read_waiting(device, _READ_BYTES_MAX)
        if not data:
            return
        self._take(strip_high_bits(data) if self._settings.strip_high_bit else data)


def strip_high_bits(data: bytes) -> bytes:
    """Clear bit 7 of every byte: 7E1 or 7O1 data as an 8N1 receiver sees it."""
    return data.translate(_SEVEN_BITS)
