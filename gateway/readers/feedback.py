"""The ``Feedback`` port: what a reader can show by itself, with a lamp, a buzzer, a line of text.

Optional: a reader that has it is a ``Feedback`` as well. Giving feedback never blocks and never
fails; a reader that cannot give it just then leaves it out.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol, runtime_checkable


class Signal(StrEnum):
    """What to tell whoever holds the card."""

    #: Ready for the next card.
    IDLE = "idle"
    #: The card was read: wait for the answer.
    WAIT = "wait"
    ACCEPTED = "accepted"
    REFUSED = "refused"


@runtime_checkable
class Feedback(Protocol):
    """A reader with a lamp, a buzzer or a display."""

    def give(self, signal: Signal, text: str = "") -> None:
        """Show a signal, and a text of one or two short lines where there is a display.

        Called from any thread; must not block.
        """


class NoFeedback:
    """For readers that have nothing to show it with."""

    def give(self, signal: Signal, text: str = "") -> None:
        """Do nothing."""


def feedback_of(reader: object) -> Feedback:
    """What a reader can show; something that shows nothing where it cannot."""
    return reader if isinstance(reader, Feedback) else NoFeedback()
