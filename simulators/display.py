"""A display that keeps what it was shown, for tests and simulated shops.

It does not model drawing time, a touch screen or the size of a page.
"""

from __future__ import annotations

from terminal_agent.display import Display
from terminal_agent.session.view import Screen, View


class RecordingDisplay(Display):
    """Keeps every view in order."""

    def __init__(self) -> None:
        """Begin with nothing shown."""
        self.views: list[View] = []

    def show(self, view: View) -> None:
        """Keep the view."""
        self.views.append(view)

    def latest(self) -> View:
        """What is shown now.

        Raises:
            IndexError: if nothing was shown yet.
        """
        return self.views[-1]

    def screens(self) -> tuple[Screen, ...]:
        """Every screen shown, in order."""
        return tuple(view.screen for view in self.views)
