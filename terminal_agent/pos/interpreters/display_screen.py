"""What a customer display shows: rows of characters and a cursor. Holds nothing but the screen."""

from __future__ import annotations

import unicodedata

from terminal_agent.pos.display_settings import DisplaySettings
from terminal_agent.pos.framers.display_events import (
    Clear,
    DisplayEvent,
    EndOfRow,
    Initialised,
    MoveCursor,
    Put,
    Scrolling,
    StepCursor,
    WriteRow,
)
from terminal_agent.pos.profile import ShopProfile
from terminal_agent.pos.text.encodings import decode

_BLANK = " "


class DisplayScreen:
    """A display's characters, as far as text and cursor go.

    Text beyond the end of a row goes on in the next. Beyond the last row it begins again at the
    top, or moves the rows up where scrolling was asked for. The move itself waits for the next
    character, so that a line end behind the last row loses nothing.
    """

    def __init__(self, profile: ShopProfile, settings: DisplaySettings) -> None:
        """Start empty."""
        self._profile = profile
        self._columns, self._rows = settings.columns, settings.rows
        self._column = self._row = 0
        self._scrolls = False
        self._cells = self._blank()

    @property
    def lines(self) -> tuple[str, ...]:
        """What it shows, top row first, without trailing blanks."""
        return tuple("".join(row).rstrip() for row in self._cells)

    @property
    def is_empty(self) -> bool:
        """Whether nothing but blanks is shown."""
        return not any(self.lines)

    def feed(self, event: DisplayEvent) -> None:
        """Show one thing more."""
        match event:
            case Put():
                self._put(event.data, event.code_page)
            case WriteRow():
                self._write_row(event)
            case MoveCursor() | EndOfRow():
                self._move(event)
            case StepCursor():
                self._step(event.columns, event.rows)
            case Clear():
                self._clear(row_only=event.row_only)
            case Scrolling():
                self._scrolls = event.vertical
            case Initialised():
                self._initialise()
            case _:
                pass

    def _initialise(self) -> None:
        self._scrolls = False
        self._clear(row_only=False)

    def _blank(self) -> list[list[str]]:
        return [[_BLANK] * self._columns for _ in range(self._rows)]

    def _clear(self, *, row_only: bool) -> None:
        if row_only:
            self._row = min(self._row, self._rows - 1)
            self._cells[self._row] = [_BLANK] * self._columns
        else:
            self._cells = self._blank()
            self._row = 0
        self._column = 0

    def _move(self, event: MoveCursor | EndOfRow) -> None:
        if isinstance(event, EndOfRow):
            self._column = self._columns - 1
            return
        self._column = self._within(event.column, self._column, self._columns)
        self._row = self._within(event.row, self._row, self._rows)

    @staticmethod
    def _within(wanted: int | None, present: int, count: int) -> int:
        return present if wanted is None or wanted >= count else wanted

    def _put(self, data: bytes, code_page: int | None) -> None:
        for character in decode(data, self._profile.codec(code_page, multi_byte=False)):
            if unicodedata.category(character) not in ("Cc", "Cf"):
                self._character(character)

    def _write_row(self, event: WriteRow) -> None:
        self._row, self._column = min(event.row, self._rows - 1), 0
        self._clear(row_only=True)
        text = decode(event.data, self._profile.codec(event.code_page, multi_byte=False))
        for character in text[: self._columns]:
            self._character(character)

    def _character(self, character: str) -> None:
        wide = unicodedata.east_asian_width(character) in ("W", "F")
        if self._column + wide >= self._columns:
            self._column, self._row = 0, self._row + 1
        if self._row >= self._rows:
            self._beyond()
        self._cells[self._row][self._column] = character
        if wide and self._column + 1 < self._columns:
            self._cells[self._row][self._column + 1] = ""
        self._column += 1 + wide

    def _step(self, columns: int, rows: int) -> None:
        place = self._row * self._columns + min(self._column, self._columns - 1) + columns
        if columns:
            self._row, self._column = divmod(max(0, place), self._columns)
        self._row = max(0, min(self._row + rows, self._rows))

    def _beyond(self) -> None:
        """The cursor is below the last row and a character is to be shown."""
        if self._scrolls:
            self._cells = [*self._cells[1:], [_BLANK] * self._columns]
            self._row = self._rows - 1
        else:
            self._row = 0
