"""The ``Display`` port, and a display on the console."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TextIO

from gateway.formatting.numbers import MoneyUnit
from terminal_agent.session.view import Notice, Refusal, Screen, View
from terminal_agent.texts.catalogue import Texts
from terminal_agent.texts.words import words_of

__all__ = ["ConsoleDisplay", "Display", "Notice", "Refusal", "Screen", "View"]


class Display(ABC):
    """What customer and cashier look at.

    It is only ever called from the agent's thread, and must not block for longer than it takes to
    draw: a sale waits behind it.
    """

    @abstractmethod
    def show(self, view: View) -> None:
        """Replace what is shown by ``view``."""


class ConsoleDisplay(Display):
    """Prints each view on a text stream, for terminals without a screen and for developers."""

    def __init__(self, stream: TextIO, texts: Texts, unit: MoneyUnit) -> None:
        """Print on ``stream`` in the language of ``texts``."""
        self._stream = stream
        self._texts = texts
        self._unit = unit

    def show(self, view: View) -> None:
        """Print the view's lines with a rule above them.

        Raises:
            OSError: if the stream cannot be written.
        """
        lines = ("─" * 40, *words_of(view, self._texts, self._unit))
        self._stream.write("\n".join(lines) + "\n")
        self._stream.flush()
