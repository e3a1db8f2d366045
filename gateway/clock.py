"""The ``Clock`` port: time is passed in, so that a whole shop day can run from a seed."""

from __future__ import annotations

from abc import ABC, abstractmethod


class Clock(ABC):
    """Where time comes from."""

    @abstractmethod
    def unix_ms(self) -> int:
        """Unix time in milliseconds; may jump when the machine's clock is set."""

    @abstractmethod
    def monotonic_ms(self) -> int:
        """Milliseconds since an arbitrary start; never goes back, says nothing about the day."""

    @abstractmethod
    def utc_offset_min(self) -> int:
        """Local time minus UTC in minutes, now."""

    @abstractmethod
    def synchronised_at_ms(self) -> int | None:
        """Unix time of the last synchronisation known of, or None where the clock is a guess."""
