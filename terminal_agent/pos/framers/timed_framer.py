"""What framers of card terminals' lines share: two deadlines on a frame, and the counting."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import asdict, dataclass
from typing import TypeVar

from terminal_agent.pos.framers.framer import Framer, FramerCounters

Event = TypeVar("Event")


@dataclass(slots=True, kw_only=True)
class Tally:
    """``FramerCounters`` while they are being counted."""

    bytes_in: int = 0
    commands: int = 0
    unknown: int = 0
    bad_checks: int = 0
    malformed: int = 0
    skipped: int = 0
    abandoned: int = 0
    resets: int = 0


class TimedFramer(Framer[Event]):
    """Gives up a frame that does not go on, or takes too long, and counts.

    Subclasses take bytes, and say whether a frame is under way.
    """

    def __init__(self, *, character_timeout_ms: int, frame_timeout_ms: int) -> None:
        """Begin with no frame.

        Args:
            character_timeout_ms: longest silence between two bytes of a frame.
            frame_timeout_ms: longest time from a frame's first byte to its last.
        """
        self._character_timeout_ms = character_timeout_ms
        self._frame_timeout_ms = frame_timeout_ms
        self._began_ms: int | None = None
        self._now_ms = 0
        self._tally = Tally()

    def feed(self, data: bytes, now_ms: int) -> list[Event]:
        """See ``Framer``."""
        events = self.idle(now_ms)
        self._now_ms = max(self._now_ms, now_ms)
        self._tally.bytes_in += len(data)
        taken = self._take(data)
        self._tally.commands += len(taken)
        self._note_open()
        return events + taken

    def idle(self, now_ms: int) -> list[Event]:
        """See ``Framer``: what does not go on is given up."""
        deadline_ms = self.deadline_ms
        if deadline_ms is None or now_ms < deadline_ms:
            return []
        self._now_ms = now_ms
        found = self._give_up()
        self._tally.commands += len(found)
        self._began_ms = None
        self._note_open()
        return found

    def reset(self) -> None:
        """See ``Framer``."""
        self._tally.resets += 1
        self._forget()
        self._began_ms = None

    @property
    def deadline_ms(self) -> int | None:
        """See ``Framer``."""
        if self._began_ms is None:
            return None
        return min(
            self._now_ms + self._character_timeout_ms, self._began_ms + self._frame_timeout_ms
        )

    @property
    def counters(self) -> FramerCounters:
        """See ``Framer``."""
        return FramerCounters(**asdict(self._tally))

    def _another_began(self) -> None:
        """To be called when a frame begins while bytes are taken."""
        self._began_ms = self._now_ms

    def _note_open(self) -> None:
        if not self._is_open():
            self._began_ms = None
        elif self._began_ms is None:
            self._began_ms = self._now_ms

    @abstractmethod
    def _take(self, data: bytes) -> list[Event]:
        """Take bytes; returns the events they complete."""

    @abstractmethod
    def _give_up(self) -> list[Event]:
        """A deadline passed: let go of what is under way; returns what comes to light by that."""

    @abstractmethod
    def _forget(self) -> None:
        """Drop everything half received."""

    @abstractmethod
    def _is_open(self) -> bool:
        """Whether a frame is under way."""
