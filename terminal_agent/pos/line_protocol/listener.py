"""Overhearing the line protocol: a recording, or a line that somebody else answers."""

from __future__ import annotations

from collections.abc import Sequence

from terminal_agent.pos.framers.framer import FramerCounters
from terminal_agent.pos.interpreters.events import ReceiptEvent
from terminal_agent.pos.line_protocol.session import LineSession
from terminal_agent.pos.listener import Listener
from terminal_agent.pos.port import Direction
from terminal_agent.pos.profile import ShopProfile


class LineListener(Listener):
    """Reads what the till says by the participant's rules, and answers nothing."""

    def __init__(self, profile: ShopProfile) -> None:
        """Start in the middle of whatever is being said."""
        self._session = LineSession(profile, hello_needed=False, answers=False)
        self.profile = profile

    def feed(
        self, data: bytes, now_ms: int, direction: Direction = Direction.FROM_TILL
    ) -> Sequence[ReceiptEvent]:
        """See ``Listener``; the answers to the till tell nothing that its messages do not."""
        if direction is Direction.TO_TILL:
            return ()
        return self._session.feed(data, now_ms).events

    def idle(self, now_ms: int) -> Sequence[ReceiptEvent]:
        """See ``Listener``."""
        return self._session.idle(now_ms).events

    def lost(self) -> Sequence[ReceiptEvent]:
        """See ``Listener``."""
        return self._session.lost().events

    @property
    def deadline_ms(self) -> int | None:
        """See ``Listener``."""
        return self._session.deadline_ms

    @property
    def counters(self) -> FramerCounters:
        """See ``Listener``."""
        return self._session.counters
