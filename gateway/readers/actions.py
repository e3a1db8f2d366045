"""What ``Presence`` asks of a backend, and how a backend reports a conversation's end."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.readers.cards.dialogue import CardProblem
from gateway.readers.cards.selection import CardReading
from gateway.readers.reader import ReaderEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Emit:
    """Tell the agent."""

    event: ReaderEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin:
    """Begin a conversation with whatever card is in front of ``reader``.

    Attributes:
        conversation: hand it back to ``Presence.ended``.
        reader: the reader's name.
        uid_only: read the UID and nothing else.
    """

    conversation: int
    reader: str
    uid_only: bool


Action = Emit | Begin


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A conversation that brought no reading.

    Attributes:
        problem: what to tell the customer and the log.
        passing: whether trying again at once can help.
    """

    problem: CardProblem
    passing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a conversation ended, and when by the calendar clock."""

    conversation: int
    result: CardReading | Failed
    unix_ms: int
