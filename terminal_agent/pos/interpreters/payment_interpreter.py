"""What the interpreter of a card terminal's protocol is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Generic, TypeVar

from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.port import Direction

Frame = TypeVar("Frame")


class PaymentInterpreter(ABC, Generic[Frame]):
    """One protocol's state: whole, checked frames in, payments out. Pure."""

    @abstractmethod
    def on_frame(self, frame: Frame, direction: Direction) -> Sequence[TillEvent]:
        """Take a frame as it went over the line; returns what it makes known."""

    @abstractmethod
    def lost(self) -> Sequence[TillEvent]:
        """The line went down: forget what waits for an answer."""
