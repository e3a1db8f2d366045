"""The papers of a recording as lines, whatever they may mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from terminal_agent.pos.calibration.marked import MarkedRecording
from terminal_agent.pos.framers.events import (
    CutPaper,
    EscPosEvent,
    IdleGap,
    Initialise,
    PeripheralSelect,
    Text,
)
from terminal_agent.pos.interpreters.lines import LineBuilder, PrintedLine
from terminal_agent.pos.interpreters.side_by_side import parted
from terminal_agent.pos.paper_listener import framer_of
from terminal_agent.pos.profile import Boundary, ShopProfile

Paper = tuple[PrintedLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Framed:
    """A recording cut into events by one dialect.

    Attributes:
        recording: the recording.
        events: what the framer made of it.
        unknown: commands that the dialect does not have, and bytes it gave up.
    """

    recording: MarkedRecording
    events: tuple[EscPosEvent, ...]
    unknown: int

    @property
    def pages(self) -> frozenset[int]:
        """Code pages under which letters beyond ASCII were sent."""
        return frozenset(
            event.code_page
            for event in self.events
            if isinstance(event, Text) and event.code_page is not None and not event.data.isascii()
        )


def frame(profile: ShopProfile, recording: MarkedRecording) -> Framed:
    """Cut a recording into events by a profile's dialect, with silence behind it."""
    framer = framer_of(profile)
    events: list[EscPosEvent] = []
    for piece in recording.heard:
        events += framer.feed(piece.data, piece.t_ms)
    events += framer.idle(framer.deadline_ms or 0)
    counters = framer.counters
    return Framed(
        recording=recording,
        events=tuple(events),
        unknown=counters.unknown + counters.abandoned,
    )


def papers(profile: ShopProfile, events: Iterable[EscPosEvent]) -> list[Paper]:
    """The papers in a stream of events, each as its printed lines; empty ones left out."""
    builder = LineBuilder(profile)
    ended: list[Paper] = []
    lines: list[PrintedLine] = []
    to_printer = True
    for event in events:
        if isinstance(event, PeripheralSelect):
            to_printer = event.printer
        if not to_printer:
            continue
        line = builder.finish() if _ends_a_paper(profile, event) else builder.feed(event)
        if line is not None:
            lines += parted(line)
        if _ends_a_paper(profile, event):
            builder.feed(event)
            _put_away(ended, lines)
            lines = []
    _put_away(ended, lines)
    return ended


def _put_away(ended: list[Paper], lines: Sequence[PrintedLine]) -> None:
    if lines:
        ended.append(tuple(lines))


def _ends_a_paper(profile: ShopProfile, event: EscPosEvent) -> bool:
    boundary = {
        CutPaper: Boundary.CUT,
        Initialise: Boundary.INITIALISE,
        IdleGap: Boundary.IDLE,
    }.get(type(event))
    return boundary in profile.boundaries
