"""What the agent asks of every line: bytes and the time in, what they tell of sales out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from terminal_agent.pos.framers.framer import FramerCounters
from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.port import Direction
from terminal_agent.pos.profile import ShopProfile


class Listener(ABC):
    """Framers and interpreter of one line in one, pure: the caller brings the time.

    An observer: it never answers. It hears one or both directions of the line.
    """

    profile: ShopProfile

    @abstractmethod
    def feed(
        self, data: bytes, now_ms: int, direction: Direction = Direction.FROM_TILL
    ) -> Sequence[TillEvent]:
        """Take bytes read at ``now_ms`` (monotonic milliseconds); returns what they make known."""

    @abstractmethod
    def idle(self, now_ms: int) -> Sequence[TillEvent]:
        """Let time pass without bytes. To be called at ``deadline_ms``, at the latest."""

    @abstractmethod
    def lost(self) -> Sequence[TillEvent]:
        """The line went down: drop what was half received, and say what was nearly a sale."""

    @property
    @abstractmethod
    def deadline_ms(self) -> int | None:
        """When ``idle`` has something to do if no byte comes before; None where nothing waits."""

    @property
    @abstractmethod
    def counters(self) -> FramerCounters:
        """What passed through, both directions together."""
