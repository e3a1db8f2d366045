"""A clock that stands still until it is told to move."""

from __future__ import annotations

from gateway.clock import Clock


class VirtualClock(Clock):
    """Time for a simulated world: moved by ``advance``, set wrong by ``jump``.

    Not modelled: drift, and time passing between two readings in one step.
    """

    def __init__(
        self, *, unix_ms: int, utc_offset_min: int = 210, synchronised_at_ms: int | None = None
    ) -> None:
        """Start the clock.

        Args:
            unix_ms: Unix time in milliseconds that it starts from.
            utc_offset_min: local time minus UTC; 210 is Tehran.
            synchronised_at_ms: when it was last set right, or None where it is a guess.
        """
        self._unix_ms = unix_ms
        self._monotonic_ms = 0
        self._utc_offset_min = utc_offset_min
        self._synchronised_at_ms = synchronised_at_ms

    def advance(self, step_ms: int) -> None:
        """Let ``step_ms`` milliseconds pass."""
        self._unix_ms += step_ms
        self._monotonic_ms += step_ms

    def jump(self, offset_ms: int) -> None:
        """Set the wall clock forward or back without any time passing."""
        self._unix_ms += offset_ms

    def synchronise(self, at_ms: int | None) -> None:
        """Say when the wall clock was last set right; None: it is a guess from now on."""
        self._synchronised_at_ms = at_ms

    def reboot(self) -> None:
        """Let the machine start anew: its monotonic clock begins at nought."""
        self._monotonic_ms = 0

    def unix_ms(self) -> int:
        """See ``Clock``."""
        return self._unix_ms

    def monotonic_ms(self) -> int:
        """See ``Clock``."""
        return self._monotonic_ms

    def utc_offset_min(self) -> int:
        """See ``Clock``."""
        return self._utc_offset_min

    def synchronised_at_ms(self) -> int | None:
        """See ``Clock``."""
        return self._synchronised_at_ms
