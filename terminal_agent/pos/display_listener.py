"""The listener of a customer display's line: what it shows, once it rests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from terminal_agent.pos.display_settings import DisplaySettings
from terminal_agent.pos.framers.display import DisplayFramer
from terminal_agent.pos.framers.display_commands import CD5220, DM_D, PLAIN, DisplayTable
from terminal_agent.pos.framers.display_events import (
    Clear,
    DisplayEvent,
    Initialised,
    Rests,
    WriteRow,
)
from terminal_agent.pos.framers.framer import FramerCounters
from terminal_agent.pos.interpreters.display_reading import DisplayReader
from terminal_agent.pos.interpreters.display_screen import DisplayScreen
from terminal_agent.pos.interpreters.displays import DisplayShown
from terminal_agent.pos.listener import Listener
from terminal_agent.pos.port import Direction
from terminal_agent.pos.profile import Dialect, ShopProfile

_TABLES: Final[Mapping[Dialect, DisplayTable]] = {
    Dialect.CD5220: CD5220,
    Dialect.DM_D: DM_D,
    Dialect.PLAIN_DISPLAY: PLAIN,
}


class DisplayListener(Listener):
    """Understands one display by one profile.

    A screen is told when the line falls silent, and before what it showed is taken away: a till
    that clears it at once must not hide a total from us.
    """

    def __init__(self, profile: ShopProfile) -> None:
        """Start with an empty screen."""
        settings = profile.display or DisplaySettings()
        self.profile = profile
        self._framer = DisplayFramer(_TABLES[profile.dialect], settle_ms=settings.settle_ms)
        self._screen = DisplayScreen(profile, settings)
        self._reader = DisplayReader(profile)
        self._told: tuple[str, ...] = ()
        self._written: set[int] = set()

    def feed(
        self, data: bytes, now_ms: int, direction: Direction = Direction.FROM_TILL
    ) -> list[DisplayShown]:
        """See ``Listener``. What a display answers says nothing of a sale."""
        if direction is Direction.TO_TILL:
            return []
        return self._show(self._framer.feed(data, now_ms))

    def idle(self, now_ms: int) -> list[DisplayShown]:
        """See ``Listener``: a display that rests is read."""
        return self._show(self._framer.idle(now_ms))

    def lost(self) -> list[DisplayShown]:
        """See ``Listener``. What stood there is not known any more."""
        self._framer.reset()
        self._screen.feed(Initialised())
        self._told, self._written = (), set()
        return []

    @property
    def deadline_ms(self) -> int | None:
        """See ``Listener``."""
        return self._framer.deadline_ms

    @property
    def counters(self) -> FramerCounters:
        """See ``Listener``."""
        return self._framer.counters

    def _show(self, events: list[DisplayEvent]) -> list[DisplayShown]:
        told: list[DisplayShown] = []
        for event in events:
            if self._takes_away(event):
                told += self._tell()
            self._screen.feed(event)
            if isinstance(event, WriteRow):
                self._written.add(event.row)
        return told

    def _takes_away(self, event: DisplayEvent) -> bool:
        """Whether what is shown now is whole: the line rests, or the screen is used anew."""
        if isinstance(event, WriteRow):
            return event.row in self._written
        return isinstance(event, Rests | Initialised) or (
            isinstance(event, Clear) and not event.row_only
        )

    def _tell(self) -> list[DisplayShown]:
        self._written.clear()
        lines = self._screen.lines
        if lines == self._told:
            return []
        self._told = lines
        return [] if self._screen.is_empty else [self._reader.read(lines)]
