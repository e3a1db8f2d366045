"""The ``Display`` port, and a display on the console."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TextIO

from gateway.formatting.numbers import MoneyUnit
from terminal_agent.session.view import Notice, Refusal, Screen, View
from terminal_agent.texts.catalogue import Texts
from terminal_agent.texts.words import words_of

__all__ = ["ConsoleDisplay", "Display", "EveryDisplay", "Notice", "Refusal", "Screen", "View"]


class Display(ABC):
    """What customer and cashier look at.

    It is only ever called from the agent's thread, and must not block for longer than it takes to
    draw: a sale waits behind it.
    """

    @abstractmethod
    def show(self, view: View) -> None:
        """Replace what is shown by ``view``."""


class EveryDisplay(Display):
    """Several displays that show the same."""

    def __init__(self, *displays: Display) -> None:
        """Show on each of them, in this order."""
        self._displays = displays

    def show(self, view: View) -> None:
        """Show the view on every display."""
        for display in self._displays:
            display.show(view)


class ConsoleDisplay(Display):
    """Prints each view on a text stream, for terminals without a screen and for developers."""

    def __init__(self, stream: TextIO, texts: Texts, unit: MoneyUnit) -> None:
        """Print on ``stream`` in the language of ``texts``."""
        self._stream = stream
        self._texts = texts
        self._unit = unit
        self._printed: tuple[str, ...] = ()

    def show(self, view: View) -> None:
        """Print the view's lines with a rule above them, if they are not the last printed.

        A name to greet by is never printed: what a console prints ends in a log.

        Raises:
            OSError: if the stream cannot be written.
        """
        words = words_of(view, self._texts, self._unit)
        if words == self._printed:
            return
        self._printed = words
        lines = ("─" * 40, *words)
        self._stream.write("\n".join(lines) + "\n")
        self._stream.flush()
