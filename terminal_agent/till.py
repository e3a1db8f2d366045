"""The till as the agent hears it: what comes from its line in, papers out."""

from __future__ import annotations

from abc import ABC, abstractmethod

from terminal_agent.pos.interpreters.events import ReceiptEvent
from terminal_agent.pos.port import PosPortEvent, PosPortState


class Till(ABC):
    """Reads what a till sends. Called from the agent's thread only."""

    @abstractmethod
    def take(self, event: PosPortEvent) -> tuple[ReceiptEvent, ...]:
        """Read bytes, or note that the wire came or went."""

    def state_after(self, state: PosPortState) -> PosPortState:
        """Whether the till can be heard, after one of its lines has changed to ``state``."""
        return state

    @abstractmethod
    def pass_time(self, now_ms: int) -> tuple[ReceiptEvent, ...]:
        """Let silence end what it ends; ``now_ms`` is of the clock that the port's bytes bear."""
