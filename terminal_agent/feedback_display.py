"""What the counter shows, on the lamp, the buzzer and the small display of the card reader."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gateway.formatting.numbers import MoneyUnit
from gateway.readers.feedback import Feedback, Signal
from terminal_agent.display import Display, Screen, View
from terminal_agent.texts.catalogue import Texts
from terminal_agent.texts.words import words_of

#: What whoever holds the card is to understand. The other screens change nothing.
_SIGNALS: Final[Mapping[Screen, Signal]] = {
    Screen.READY: Signal.IDLE,
    Screen.CARD: Signal.ACCEPTED,
    Screen.AUTHORISING: Signal.WAIT,
    Screen.ACCEPTING: Signal.WAIT,
    Screen.ACCEPTED: Signal.ACCEPTED,
    Screen.APPLIED: Signal.ACCEPTED,
    Screen.NOT_APPLIED: Signal.REFUSED,
    Screen.REFUSED: Signal.REFUSED,
    Screen.FAULT: Signal.REFUSED,
    Screen.STOPPED: Signal.IDLE,
}
_LINES_MAX: Final = 2


class FeedbackDisplay(Display):
    """Gives each change of the picture to a reader.

    Args:
        feedback: where to; it never blocks.
        texts: in which language.
        unit: of amounts.
    """

    def __init__(self, feedback: Feedback, texts: Texts, unit: MoneyUnit) -> None:
        self._feedback = feedback
        self._texts = texts
        self._unit = unit
        self._given: tuple[Signal, str] | None = None

    def show(self, view: View) -> None:
        """Give the signal of this picture, if it is not the last one given.

        A name to greet by is never given: the line of a small display may be logged.
        """
        signal = Signal.REFUSED if view.trouble is not None else _SIGNALS.get(view.screen)
        if signal is None:
            return
        text = "\n".join(words_of(view, self._texts, self._unit)[:_LINES_MAX])
        if (signal, text) != self._given:
            self._given = (signal, text)
            self._feedback.give(signal, text)
