"""The listener of a line between a till and a card terminal: both directions, one interpreter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Generic, TypeVar

from terminal_agent.pos.framers.framer import Framer, FramerCounters
from terminal_agent.pos.interpreters.payment_interpreter import PaymentInterpreter
from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.listener import Listener
from terminal_agent.pos.port import Direction
from terminal_agent.pos.profile import ShopProfile

Frame = TypeVar("Frame")


class PaymentListener(Listener, Generic[Frame]):
    """Understands one card terminal's line by one profile. It never acknowledges."""

    def __init__(
        self,
        profile: ShopProfile,
        *,
        from_till: Framer[Frame],
        to_till: Framer[Frame],
        interpreter: PaymentInterpreter[Frame],
    ) -> None:
        """Start with both directions silent.

        Args:
            profile: of the line.
            from_till: cuts what the till sends.
            to_till: cuts what the card terminal sends.
            interpreter: makes sense of both.
        """
        self.profile = profile
        self._framers = {Direction.FROM_TILL: from_till, Direction.TO_TILL: to_till}
        self._interpreter = interpreter

    def feed(
        self, data: bytes, now_ms: int, direction: Direction = Direction.FROM_TILL
    ) -> Sequence[TillEvent]:
        """See ``Listener``."""
        return self._tell(self._framers[direction].feed(data, now_ms), direction)

    def idle(self, now_ms: int) -> Sequence[TillEvent]:
        """See ``Listener``."""
        return [
            told
            for direction, framer in self._framers.items()
            for told in self._tell(framer.idle(now_ms), direction)
        ]

    def lost(self) -> Sequence[TillEvent]:
        """See ``Listener``."""
        for framer in self._framers.values():
            framer.reset()
        return self._interpreter.lost()

    @property
    def deadline_ms(self) -> int | None:
        """See ``Listener``."""
        deadlines = [framer.deadline_ms for framer in self._framers.values()]
        return min((due for due in deadlines if due is not None), default=None)

    @property
    def counters(self) -> FramerCounters:
        """See ``Listener``."""
        both = [framer.counters for framer in self._framers.values()]
        return FramerCounters(
            **{
                field.name: sum(getattr(counters, field.name) for counters in both)
                for field in fields(FramerCounters)
            }
        )

    def _tell(self, frames: Sequence[Frame], direction: Direction) -> list[TillEvent]:
        return [told for frame in frames for told in self._interpreter.on_frame(frame, direction)]
