"""The commands of customer displays: how long each is, and what it does to what is shown.

Lengths and meanings of CD5220 (as its makers' manuals and a driver of somebody else's have them)
and of Epson's DM-D series in ESC/POS. What changes neither text nor place (brightness, blinking,
clocks, icons) is measured and dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from terminal_agent.pos.framers.display_events import (
    Clear,
    DisplayEvent,
    EndOfRow,
    Initialised,
    MoveCursor,
    Scrolling,
    StepCursor,
)

Maker = Callable[[bytes], DisplayEvent | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayCommand:
    """A command.

    Attributes:
        arguments: how many bytes follow its name.
        make: what it tells, from those bytes; None: nothing.
    """

    arguments: int = 0
    make: Maker | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayTable:
    """A display's language.

    Attributes:
        controls: single bytes.
        commands: longer names; none is the beginning of another.
        row_writes: names that a text up to CR follows, by the row they write; None: an
            advertisement that scrolls, and says nothing of a sale.
    """

    controls: Mapping[int, DisplayEvent]
    commands: Mapping[bytes, DisplayCommand]
    row_writes: Mapping[bytes, int | None]


def _says(event: DisplayEvent) -> DisplayCommand:
    return DisplayCommand(make=lambda _: event)


def _moved(arguments: bytes) -> DisplayEvent | None:
    """To a column and a row that count from 1; nowhere where one of them is 0."""
    column, row = arguments
    return MoveCursor(column=column - 1, row=row - 1) if column and row else None


_CONTROLS: Final[Mapping[int, DisplayEvent]] = {
    0x08: StepCursor(columns=-1),
    0x09: StepCursor(columns=1),
    0x0A: StepCursor(rows=1),
    0x0B: MoveCursor(column=0, row=0),
    0x0C: Clear(),
    0x0D: MoveCursor(column=0),
    0x18: Clear(row_only=True),
}

#: What both families have, ``ESC t`` aside: the framer keeps the code page.
_BOTH: Final[Mapping[bytes, DisplayCommand]] = {
    b"\x1b@": _says(Initialised()),
    b"\x1b=": DisplayCommand(arguments=1),
    b"\x1bR": DisplayCommand(arguments=1),
    b"\x1bt": DisplayCommand(arguments=1),
    b"\x1b%": DisplayCommand(arguments=1),
    b"\x1b?": DisplayCommand(arguments=1),
}

CD5220: Final = DisplayTable(
    controls=_CONTROLS,
    commands={
        **_BOTH,
        b"\x1b\x11": _says(Scrolling(vertical=False)),
        b"\x1b\x12": _says(Scrolling(vertical=True)),
        b"\x1b\x13": DisplayCommand(),
        b"\x1b[A": _says(StepCursor(rows=-1)),
        b"\x1b[B": _says(StepCursor(rows=1)),
        b"\x1b[C": _says(StepCursor(columns=1)),
        b"\x1b[D": _says(StepCursor(columns=-1)),
        b"\x1b[H": _says(MoveCursor(column=0, row=0)),
        b"\x1b[L": _says(MoveCursor(column=0)),
        b"\x1b[R": _says(EndOfRow()),
        b"\x1b[K": _says(MoveCursor(column=0, row=1)),
        b"\x1bl": DisplayCommand(arguments=2, make=_moved),
        b"\x1b_": DisplayCommand(arguments=1),
        b"\x1b*": DisplayCommand(arguments=1),
        b"\x1bf": DisplayCommand(arguments=1),
        b"\x1bc": DisplayCommand(arguments=1),
        b"\x1bW\x00": DisplayCommand(),
        b"\x1bW\x01": DisplayCommand(arguments=3),
        b"\x1bs\x01": DisplayCommand(),
        b"\x1bd\x01": DisplayCommand(),
        b"\x1bD\x01": DisplayCommand(),
        b"\x1bv": DisplayCommand(),
        b"\x1bF": DisplayCommand(arguments=1),
    },
    row_writes={b"\x1bQA": 0, b"\x1bQB": 1, b"\x1bQC": 0, b"\x1bQD": None},
)

DM_D: Final = DisplayTable(
    controls=_CONTROLS,
    commands={
        **_BOTH,
        b"\x1bW\x00": DisplayCommand(arguments=1),
        b"\x1bW\x01": DisplayCommand(arguments=5),
        b"\x1bW\x02": DisplayCommand(arguments=5),
        b"\x1f\x01": _says(Scrolling(vertical=False)),
        b"\x1f\x02": _says(Scrolling(vertical=True)),
        b"\x1f\x03": DisplayCommand(),
        b"\x1f\x0a": _says(StepCursor(rows=-1)),
        b"\x1f\x0d": _says(EndOfRow()),
        b"\x1fB": _says(EndOfRow()),
        b"\x1f$": DisplayCommand(arguments=2, make=_moved),
        b"\x1f@": DisplayCommand(),
        b"\x1fU": DisplayCommand(),
        b"\x1f:": DisplayCommand(),
        b"\x1fX": DisplayCommand(arguments=1),
        b"\x1fE": DisplayCommand(arguments=1),
        b"\x1fC": DisplayCommand(arguments=1),
        b"\x1fr": DisplayCommand(arguments=1),
        b"\x1fv": DisplayCommand(arguments=1),
        b"\x1f,": DisplayCommand(arguments=1),
        b"\x1f;": DisplayCommand(arguments=1),
        b"\x1f.": DisplayCommand(arguments=1),
        b"\x1f#": DisplayCommand(arguments=2),
        b"\x1fT": DisplayCommand(arguments=2),
        b"\x1f^": DisplayCommand(arguments=2),
    },
    row_writes={},
)

#: A display that knows text and a few control bytes.
PLAIN: Final = DisplayTable(
    controls=_CONTROLS, commands={b"\x1b@": _says(Initialised())}, row_writes={}
)
