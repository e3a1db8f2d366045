"""The listener of a printer's line: paper in, receipts out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from terminal_agent.pos.framers.escpos import EscPosFramer
from terminal_agent.pos.framers.events import EscPosEvent
from terminal_agent.pos.framers.framer import FramerCounters
from terminal_agent.pos.framers.printer import PrinterFramer
from terminal_agent.pos.framers.star import StarFramer
from terminal_agent.pos.interpreters.receipt import ReceiptInterpreter
from terminal_agent.pos.interpreters.shared_display import SharedDisplay
from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.listener import Listener
from terminal_agent.pos.port import Direction
from terminal_agent.pos.profile import Dialect, ShopProfile

_FRAMERS: Final[Mapping[Dialect, Callable[[int], PrinterFramer]]] = {
    Dialect.ESCPOS: lambda gap_ms: EscPosFramer(idle_gap_ms=gap_ms),
    Dialect.STAR: lambda gap_ms: StarFramer(idle_gap_ms=gap_ms),
}

#: Dialects of printers: what calibration tries.
PAPER_DIALECTS: Final = tuple(_FRAMERS)


def framer_of(profile: ShopProfile) -> PrinterFramer:
    """The framer of a printer's dialect, at power-on state."""
    return _FRAMERS[profile.dialect](profile.idle_gap_ms)


class PaperListener(Listener):
    """Understands what one till prints by one profile."""

    def __init__(self, profile: ShopProfile) -> None:
        """Start at a till's power-on state, by the framer of the profile's dialect."""
        self._framer = framer_of(profile)
        self._interpreter = ReceiptInterpreter(profile)
        self._display = SharedDisplay(profile)
        self.profile = profile

    def feed(
        self, data: bytes, now_ms: int, direction: Direction = Direction.FROM_TILL
    ) -> list[TillEvent]:
        """See ``Listener``. What a printer answers (its status) tells of no paper."""
        if direction is Direction.TO_TILL:
            return []
        return self._interpret(self._framer.feed(data, now_ms))

    def idle(self, now_ms: int) -> list[TillEvent]:
        """See ``Listener``: silence can end the paper."""
        return self._interpret(self._framer.idle(now_ms))

    def lost(self) -> list[TillEvent]:
        """See ``Listener``; a ``NeedsReview`` if a total was on the paper already."""
        self._framer.reset()
        self._display.lost()
        return [*self._interpreter.lost()]

    @property
    def deadline_ms(self) -> int | None:
        """See ``Listener``."""
        return self._framer.deadline_ms

    @property
    def counters(self) -> FramerCounters:
        """See ``Listener``."""
        return self._framer.counters

    def _interpret(self, events: list[EscPosEvent]) -> list[TillEvent]:
        told: list[TillEvent] = []
        for event in events:
            told += self._display.feed(event)
            told += self._interpreter.feed(event)
        return told
