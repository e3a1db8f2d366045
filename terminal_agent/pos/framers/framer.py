"""What every framer is: bytes and the time in, events out, bounded, linear and never raising."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Generic, TypeVar

Event = TypeVar("Event")


@dataclass(frozen=True, slots=True, kw_only=True)
class FramerCounters:
    """What passed through since the framer was made; a counter replaces a log line per bad byte.

    Attributes:
        bytes_in: bytes taken.
        commands: whole commands or frames understood.
        unknown: commands that no table holds.
        bad_checks: frames whose check did not hold.
        malformed: frames that hold, and say what cannot be.
        skipped: bytes passed over in search of a frame.
        abandoned: commands or frames given up because the rest did not come in time.
        resets: how often the line was lost.
    """

    bytes_in: int = 0
    commands: int = 0
    unknown: int = 0
    bad_checks: int = 0
    malformed: int = 0
    skipped: int = 0
    abandoned: int = 0
    resets: int = 0


class Framer(ABC, Generic[Event]):
    """Cuts one direction of one line into events.

    The same bytes give the same events however they are chunked, as long as no chunk comes later
    than the deadline after the one before. Work is linear in what comes in, memory is bounded
    whatever comes, and nothing is raised: what cannot be read is counted.
    """

    @abstractmethod
    def feed(self, data: bytes, now_ms: int) -> list[Event]:
        """Take the next bytes.

        Args:
            data: bytes as they came, any number.
            now_ms: monotonic time in milliseconds; a step back counts as no time passed.

        Returns:
            The events they complete, in order; what an elapsed deadline makes known comes first.
        """

    @abstractmethod
    def idle(self, now_ms: int) -> list[Event]:
        """Let time pass without bytes. To be called at ``deadline_ms``, at the latest."""

    @property
    @abstractmethod
    def deadline_ms(self) -> int | None:
        """When ``idle`` has something to do if no byte comes before; None where nothing waits."""

    @abstractmethod
    def reset(self) -> None:
        """Forget everything half received: the line was lost."""

    @property
    @abstractmethod
    def counters(self) -> FramerCounters:
        """The counters as they stand."""
