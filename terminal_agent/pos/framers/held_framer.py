"""A framer that holds the bytes of one unfinished frame, and looks for the next one behind it."""

from __future__ import annotations

from abc import abstractmethod
from typing import TypeVar

from terminal_agent.pos.framers.timed_framer import TimedFramer

Event = TypeVar("Event")


class HeldFramer(TimedFramer[Event]):
    """For frames that say at their beginning how long they are.

    A beginning that is not followed by its frame in time was none: the search goes on one byte
    behind it, among what is held. Each byte is passed over once, or used once.
    """

    def __init__(self, *, character_timeout_ms: int, frame_timeout_ms: int) -> None:
        """Begin with nothing held; the times are those of ``TimedFramer``."""
        super().__init__(
            character_timeout_ms=character_timeout_ms, frame_timeout_ms=frame_timeout_ms
        )
        self._held = bytearray()

    @abstractmethod
    def _look(self, at: int) -> tuple[int, Event | None] | None:
        """Look at what is held from ``at`` on.

        Returns:
            how many bytes are done with, at least one, and the event that they are, if any; None
            where a frame may begin that is not whole yet.
        """

    def _take(self, data: bytes) -> list[Event]:
        self._held += data
        events, at = self._cut(0)
        del self._held[:at]
        if at:
            self._another_began()
        return events

    def _give_up(self) -> list[Event]:
        self._tally.abandoned += 1
        events: list[Event] = []
        at = 0
        while at < len(self._held):
            self._tally.skipped += 1
            found, at = self._cut(at + 1)
            events += found
        self._held.clear()
        return events

    def _forget(self) -> None:
        self._held.clear()

    def _is_open(self) -> bool:
        return bool(self._held)

    def _cut(self, at: int) -> tuple[list[Event], int]:
        """Take what is whole from ``at`` on; returns it, and where the unfinished begins."""
        events: list[Event] = []
        while at < len(self._held):
            seen = self._look(at)
            if seen is None:
                break
            used, event = seen
            at += used
            if event is not None:
                events.append(event)
        return events, at
