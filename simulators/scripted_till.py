"""A till that says what it is told to, without paper: for simulated shops and for tests.

It does not model bytes, dialects or doubt: what a receipt means is given and not read. Simulated
tills that print real bytes go through ``terminal_agent.paper_till`` like any other.
"""

from __future__ import annotations

from collections import deque

from terminal_agent.pos.interpreters.events import ReceiptEvent
from terminal_agent.pos.port import PosPortEvent
from terminal_agent.till import Till


class ScriptedTill(Till):
    """Hands out, at the next tick, what ``say`` was given."""

    def __init__(self) -> None:
        """Begin with nothing to say."""
        self._news: deque[ReceiptEvent] = deque()

    def say(self, *news: ReceiptEvent) -> None:
        """Let the till say this at the agent's next tick."""
        self._news.extend(news)

    def take(self, event: PosPortEvent) -> tuple[ReceiptEvent, ...]:
        """Bytes mean nothing to it."""
        del event
        return ()

    def pass_time(self, now_ms: int) -> tuple[ReceiptEvent, ...]:
        """Hand out what was said."""
        del now_ms
        news = tuple(self._news)
        self._news.clear()
        return news
