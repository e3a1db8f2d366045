"""A port whose bytes are also kept in a capture ring."""

from __future__ import annotations

from collections.abc import Callable

from terminal_agent.pos.capture_ring import CaptureRing
from terminal_agent.pos.port import PosPort, PosPortEvent


class CapturedPort(PosPort):
    """Passes everything on first, and notes it after that."""

    def __init__(self, port: PosPort, ring: CaptureRing) -> None:
        """Put ``ring`` behind ``port``; nothing is opened before ``start``."""
        self._port = port
        self._ring = ring

    def start(self, on_event: Callable[[PosPortEvent], None]) -> None:
        """See ``PosPort``."""

        def pass_on(event: PosPortEvent) -> None:
            on_event(event)
            self._ring.note(event)

        self._port.start(pass_on)

    def stop(self) -> None:
        """See ``PosPort``; what was held back of the recording is written."""
        self._port.stop()
        self._ring.close()
