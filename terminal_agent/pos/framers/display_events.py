"""What a customer display is told, one value per thing told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """Characters at the cursor.

    Attributes:
        data: the bytes as sent, none below 20.
        code_page: number of the last ``ESC t``; None where none was sent since ``ESC @``.
    """

    data: bytes
    code_page: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteRow:
    """A whole row at once (``ESC Q A`` and ``ESC Q B`` of CD5220); ``row`` counts from 0."""

    row: int
    data: bytes
    code_page: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveCursor:
    """The cursor goes to a place, counted from 0; None: that one stays as it is."""

    column: int | None = None
    row: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCursor:
    """The cursor goes that many places; beyond an end it goes on in the next row."""

    columns: int = 0
    rows: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EndOfRow:
    """The cursor goes to the last column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clear:
    """Everything is cleared, or the cursor's row alone."""

    row_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrolling:
    """Whether text beyond the last row moves the rows up, or begins again at the top."""

    vertical: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Initialised:
    """``ESC @``: empty, and as it was switched on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rests:
    """Nothing has come for a while."""


DisplayEvent = (
    Put | WriteRow | MoveCursor | StepCursor | EndOfRow | Clear | Scrolling | Initialised | Rests
)
