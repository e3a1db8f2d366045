"""What a profile makes of recordings whose totals a person has marked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from terminal_agent.pos.calibration.marked import MarkedRecording, read_recording
from terminal_agent.pos.interpreters.events import NeedsReview, SaleClosed
from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.profile import ShopProfile


class Outcome(StrEnum):
    """How a reading compares with the marks."""

    RIGHT = "right"
    ASKED = "asked"
    """Not sure: a person would be asked. Nothing wrong would be awarded."""
    MISSED = "missed"
    """Not seen as a sale at all, though it is one. Nothing wrong would be awarded."""
    WRONG = "wrong"
    """Something would be awarded that is not on the paper."""
    UNMARKED = "unmarked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One recording as a profile reads it.

    Attributes:
        name: the recording's.
        outcome: how that compares with the marks.
        events: everything that was read.
    """

    name: str
    outcome: Outcome
    events: tuple[TillEvent, ...]

    @property
    def totals_minor(self) -> tuple[int, ...]:
        """Totals that would be awarded on."""
        return tuple(
            event.sale.total_minor for event in self.events if isinstance(event, SaleClosed)
        )


def prove(profile: ShopProfile, recordings: Iterable[MarkedRecording]) -> tuple[Reading, ...]:
    """Read recordings by a profile and compare with their marks."""
    readings = []
    for recording in recordings:
        events = read_recording(profile, recording)
        readings.append(
            Reading(
                name=recording.name,
                outcome=_outcome(recording.totals_minor, events),
                events=tuple(events),
            )
        )
    return tuple(readings)


def quality(readings: Sequence[Reading]) -> tuple[int, int, int]:
    """For choosing between profiles: nothing wrong first, then most right, then most asked."""
    count = [reading.outcome for reading in readings].count
    return -count(Outcome.WRONG), count(Outcome.RIGHT), count(Outcome.ASKED)


def _outcome(marked: tuple[int, ...] | None, events: Sequence[TillEvent]) -> Outcome:
    if marked is None:
        return Outcome.UNMARKED
    sold = [event.sale.total_minor for event in events if isinstance(event, SaleClosed)]
    rest = list(marked)
    for total in sold:
        if total not in rest:
            return Outcome.WRONG
        rest.remove(total)
    if not rest:
        return Outcome.RIGHT
    asked = sum(isinstance(event, NeedsReview) for event in events)
    return Outcome.ASKED if asked >= len(rest) else Outcome.MISSED
