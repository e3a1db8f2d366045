"""A clock that starts at a chosen moment and then runs on, so that pictures show the same day."""

from __future__ import annotations

import time

from gateway.clock import Clock


class RunningClock(Clock):
    """Tehran's time, counted on from a moment.

    Not modelled: a clock that is set while it runs.

    Args:
        unix_ms: Unix time in milliseconds at which it starts.
    """

    def __init__(self, unix_ms: int) -> None:
        self._behind_ms = unix_ms - self.monotonic_ms()

    def unix_ms(self) -> int:
        """See ``Clock``."""
        return self._behind_ms + self.monotonic_ms()

    def monotonic_ms(self) -> int:
        """See ``Clock``."""
        return time.monotonic_ns() // 1_000_000

    def utc_offset_min(self) -> int:
        """See ``Clock``."""
        return 210

    def synchronised_at_ms(self) -> int | None:
        """See ``Clock``."""
        return self.unix_ms()
