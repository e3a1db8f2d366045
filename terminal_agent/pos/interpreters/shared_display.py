"""A display on the printer's cable: what comes between ``ESC = 2`` and ``ESC = 1``. Pure."""

from __future__ import annotations

from terminal_agent.pos.display_settings import DisplaySettings
from terminal_agent.pos.framers.display_events import Initialised, MoveCursor, Put, StepCursor
from terminal_agent.pos.framers.events import (
    EscPosEvent,
    IdleGap,
    Initialise,
    LineFeed,
    PeripheralSelect,
    Text,
)
from terminal_agent.pos.interpreters.display_reading import DisplayReader
from terminal_agent.pos.interpreters.display_screen import DisplayScreen
from terminal_agent.pos.interpreters.displays import DisplayShown
from terminal_agent.pos.profile import ShopProfile


class SharedDisplay:
    """Shows what the printer's framer cuts out for the display, and reads it when it is done.

    Each selection begins with an empty screen, as tills write it: a whole message at a time. Places
    by numbers are not known here, because the printer's table cut the bytes.
    """

    def __init__(self, profile: ShopProfile) -> None:
        """Start unselected."""
        self._screen = DisplayScreen(profile, profile.display or DisplaySettings())
        self._reader = DisplayReader(profile)
        self._selected = False

    def feed(self, event: EscPosEvent) -> list[DisplayShown]:
        """Take one event of the printer's framer."""
        if isinstance(event, PeripheralSelect):
            told = self._tell()
            self._selected = event.display and not event.printer
            return told
        if not self._selected:
            return []
        if isinstance(event, IdleGap):
            # The way back to the printer was lost.
            self._selected = False
            return self._tell()
        self._show(event)
        return []

    def lost(self) -> None:
        """The line went down."""
        self._selected = False
        self._screen.feed(Initialised())

    def _show(self, event: EscPosEvent) -> None:
        match event:
            case Text():
                self._screen.feed(Put(data=event.data, code_page=event.code_page))
            case LineFeed():
                self._screen.feed(MoveCursor(column=0))
                if not self._screen.is_empty:
                    self._screen.feed(StepCursor(rows=1))
            case Initialise():
                self._screen.feed(Initialised())
            case _:
                pass

    def _tell(self) -> list[DisplayShown]:
        if self._screen.is_empty:
            return []
        shown = self._reader.read(self._screen.lines)
        self._screen.feed(Initialised())
        return [shown]
