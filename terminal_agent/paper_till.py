"""A till that is heard by what it prints."""

from __future__ import annotations

from terminal_agent.pos.interpreters.events import ReceiptEvent
from terminal_agent.pos.listener import TillListener
from terminal_agent.pos.port import PosBytes, PosPortEvent, PosPortState
from terminal_agent.pos.profile import ShopProfile
from terminal_agent.till import Till


class PaperTill(Till):
    """Reads the printer's line of one till by one shop profile."""

    def __init__(self, profile: ShopProfile) -> None:
        """Start at a till's power-on state."""
        self._listener = TillListener(profile)

    def take(self, event: PosPortEvent) -> tuple[ReceiptEvent, ...]:
        """See ``Till``; what is half received when the wire goes down is dropped."""
        if isinstance(event, PosBytes):
            return tuple(self._listener.feed(event.data, event.monotonic_ms))
        return tuple(self._listener.lost()) if event.state is PosPortState.DOWN else ()

    def pass_time(self, now_ms: int) -> tuple[ReceiptEvent, ...]:
        """See ``Till``."""
        return tuple(self._listener.idle(now_ms))
