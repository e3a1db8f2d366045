"""Framer and interpreter in one: a till's bytes to receipt events. The agent brings the time."""

from __future__ import annotations

from terminal_agent.pos.framers.escpos import EscPosFramer, FramerCounters
from terminal_agent.pos.framers.events import EscPosEvent
from terminal_agent.pos.interpreters.events import ReceiptEvent
from terminal_agent.pos.interpreters.receipt import ReceiptInterpreter
from terminal_agent.pos.profile import ShopProfile


class TillListener:
    """Understands one till's line by one profile."""

    def __init__(self, profile: ShopProfile) -> None:
        """Start at a till's power-on state."""
        self._framer = EscPosFramer(idle_gap_ms=profile.idle_gap_ms)
        self._interpreter = ReceiptInterpreter(profile)
        self.profile = profile

    def feed(self, data: bytes, now_ms: int) -> list[ReceiptEvent]:
        """Take bytes read at ``now_ms`` (monotonic milliseconds); returns what they make known."""
        return self._interpret(self._framer.feed(data, now_ms))

    def idle(self, now_ms: int) -> list[ReceiptEvent]:
        """Let time pass without bytes. To be called at ``deadline_ms``, at the latest."""
        return self._interpret(self._framer.idle(now_ms))

    def lost(self) -> list[ReceiptEvent]:
        """The line went down: drop what was half received.

        Returns:
            A ``NeedsReview`` if a total was there already, else nothing.
        """
        self._framer.reset()
        return self._interpreter.lost()

    @property
    def deadline_ms(self) -> int | None:
        """When ``idle`` ends the paper if no byte comes before; None while the line is quiet."""
        return self._framer.deadline_ms

    @property
    def counters(self) -> FramerCounters:
        """What passed through the framer."""
        return self._framer.counters

    def _interpret(self, events: list[EscPosEvent]) -> list[ReceiptEvent]:
        return [known for event in events for known in self._interpreter.feed(event)]
