"""Framer events to lines of text, positions turned into columns."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

from terminal_agent.pos.framers.events import (
    EscPosEvent,
    HorizontalTab,
    Initialise,
    LineFeed,
    MoveBy,
    MoveTo,
    TabStops,
    Text,
)
from terminal_agent.pos.profile import DigitOrder, ShopProfile, TextOrder
from terminal_agent.pos.text.encodings import decode
from terminal_agent.pos.text.reading_order import reading_order

#: A Font B character is three quarters of a Font A one: 9 dots and 12 on Epson and Star.
_FONT_B_QUARTERS: Final = 3
_TAB_COLUMNS: Final = 8
_POSITION_DOTS_MAX: Final = 4_096
#: No paper is wider; what comes after on one line is garbage and is dropped.
LINE_CHARACTERS_MAX: Final = 512
#: Marks of the bidirectional algorithm: they print nothing and would part digits from signs.
_DIRECTION_MARKS: Final = frozenset(
    "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedLine:
    """One printed line.

    Attributes:
        text: its characters, blanks standing for positions; no control characters.
        scale: the largest character area on it, 1 being normal.
        bold: some of it is emphasised.
    """

    text: str
    scale: int = 1
    bold: bool = False


@dataclass(slots=True)
class _Piece:
    start_dots: int
    end_dots: int
    text: str


class LineBuilder:
    """Collects text until a line ends. Decodes each run by the code page it was sent under."""

    def __init__(self, profile: ShopProfile) -> None:
        """Start with an empty line and default tab stops."""
        self._profile = profile
        self._cell_dots = profile.cell_dots
        self._tabs: tuple[int, ...] | None = None
        self._clear()

    def feed(self, event: EscPosEvent) -> PrintedLine | None:
        """Take one event; returns a line if it ended one that holds anything to see."""
        match event:
            case Text():
                self._add(event)
            case MoveTo():
                self._move(event.dots)
            case MoveBy():
                self._move(self._cursor_dots + event.dots)
            case HorizontalTab():
                self._tab()
            case TabStops():
                self._tabs = event.columns
            case Initialise():
                self._tabs = None
            case LineFeed():
                return self.finish()
            case _:
                pass
        return None

    def finish(self) -> PrintedLine | None:
        """End the line; returns it if it holds anything to see."""
        text = self._joined()
        line = PrintedLine(text=text, scale=self._scale, bold=self._bold)
        self._clear()
        return line if text.strip() else None

    def _clear(self) -> None:
        self._pieces: list[_Piece] = []
        self._cursor_dots = 0
        self._fresh = True
        self._scale = 1
        self._bold = False
        self._characters = 0

    def _add(self, text: Text) -> None:
        codec = self._profile.codec(text.code_page, multi_byte=text.multi_byte)
        decoded = decode(text.data, codec)[: LINE_CHARACTERS_MAX - self._characters]
        clean = "".join(character for character in decoded if _is_printable(character))
        if not clean:
            return
        self._characters += len(clean)
        style = text.style
        cell_dots = self._cell_dots * _FONT_B_QUARTERS // 4 if style.font_b else self._cell_dots
        dots = cell_dots * style.width + style.spacing_dots
        end_dots = self._cursor_dots + dots * sum(_cells(character) for character in clean)
        if self._fresh or not self._pieces:
            self._pieces.append(_Piece(start_dots=self._cursor_dots, end_dots=end_dots, text=clean))
            self._fresh = False
        else:
            # Runs that follow each other are one word, whatever code page or style they change.
            self._pieces[-1].text += clean
            self._pieces[-1].end_dots = end_dots
        self._cursor_dots = end_dots
        if clean.strip():
            self._scale = max(self._scale, style.width * style.height)
            self._bold |= style.bold

    def _move(self, dots: int) -> None:
        dots = min(max(dots, 0), _POSITION_DOTS_MAX)
        if dots != self._cursor_dots:
            self._cursor_dots = dots
            self._fresh = True

    def _tab(self) -> None:
        column = self._cursor_dots // self._cell_dots
        if self._tabs is None:
            stop: int | None = (column // _TAB_COLUMNS + 1) * _TAB_COLUMNS
        else:
            stop = next((stop for stop in self._tabs if stop > column), None)
        # Beyond the last stop a printer ignores HT; one blank keeps the words apart.
        self._move(self._cell_dots * (column + 1 if stop is None else stop))

    def _joined(self) -> str:
        pieces = sorted(self._pieces, key=lambda piece: piece.start_dots)
        joined, end_dots = "", 0
        for piece in pieces:
            gap_dots = piece.start_dots - end_dots
            columns = (gap_dots + self._cell_dots // 2) // self._cell_dots
            if joined and gap_dots < 0:
                columns = 1
            joined += " " * max(0, columns) + piece.text
            end_dots = max(end_dots, piece.end_dots)
        return reading_order(
            joined[:LINE_CHARACTERS_MAX],
            visual=self._profile.text_order is TextOrder.VISUAL,
            digits_reversed=self._profile.digit_order is DigitOrder.REVERSED,
        )


def _is_printable(character: str) -> bool:
    if character in _DIRECTION_MARKS:
        return False
    return ord(character) >= 0x20 and not 0x7F <= ord(character) < 0xA0


def _cells(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
