"""What calibration is given: recordings, and for some of them the totals a person read on paper."""

from __future__ import annotations

from dataclasses import dataclass

from terminal_agent.pos.interpreters.events import TotalSeen
from terminal_agent.pos.interpreters.till_events import TillEvent
from terminal_agent.pos.paper_listener import PaperListener
from terminal_agent.pos.port import Direction
from terminal_agent.pos.profile import ShopProfile


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Bytes of a recording that came at one time.

    Attributes:
        t_ms: when, from any start.
        data: the bytes.
    """

    t_ms: int
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedRecording:
    """A recording and what a person says of it.

    Attributes:
        name: what to call it.
        heard: what came from the till, in order.
        totals_minor: totals of the sales on it, in order, in minor units; empty for a recording
            that holds no sale (a refund, a reprint, a day's end); None where nobody said.
    """

    name: str
    heard: tuple[Heard, ...]
    totals_minor: tuple[int, ...] | None = None

    @property
    def data(self) -> bytes:
        """Everything that came from the till."""
        return b"".join(piece.data for piece in self.heard)


def read_recording(profile: ShopProfile, recording: MarkedRecording) -> list[TillEvent]:
    """What a profile reads from a recording with silence behind it, early totals left out."""
    listener = PaperListener(profile)
    events: list[TillEvent] = []
    for piece in recording.heard:
        events += listener.feed(piece.data, piece.t_ms, Direction.FROM_TILL)
    events += listener.idle(listener.deadline_ms or 0)
    return [event for event in events if not isinstance(event, TotalSeen)]
