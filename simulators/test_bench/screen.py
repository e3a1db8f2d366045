"""What a simulated counter's display shows now, kept for whoever asks."""

from __future__ import annotations

from terminal_agent.display import Display
from terminal_agent.session.view import View


class CounterScreen(Display):
    """Keeps the view of the moment. One view and no more: a counter may run for months."""

    def __init__(self) -> None:
        """Begin with nothing shown."""
        self._view: View | None = None

    @property
    def view(self) -> View | None:
        """What is shown now; None before anything was. May be read from any thread."""
        return self._view

    def show(self, view: View) -> None:
        """Keep the view."""
        self._view = view
