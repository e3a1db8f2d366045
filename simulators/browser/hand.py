"""A hand at keyboard and mouse that counts what it does, and says how long a person would take.

The estimate is the keystroke-level model of Card, Moran and Newell (Communications of the ACM
23(7), 1980): a time for each keystroke, each pointing, each press of a button, and each moment of
thought, which here is one for every page that has to be read and for every field.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from playwright.sync_api import Locator

KEY_S: Final = 0.28
POINT_S: Final = 1.1
PRESS_S: Final = 0.2
THINK_S: Final = 1.35
#: Reading a page for the first time; the model has no time for it, so this is generous.
READ_S: Final = 4.0


@dataclass(slots=True)
class Hand:
    """Counts as it works.

    Attributes:
        steps: pages that were read.
        clicks: buttons, links and choices.
        keystrokes: letters typed, corrections none.
        fields: fields that were filled in.
    """

    steps: int = 0
    clicks: int = 0
    keystrokes: int = 0
    fields: int = 0

    def read(self) -> None:
        """Read a new page."""
        self.steps += 1

    def click(self, target: Locator) -> None:
        """Point at something and press."""
        target.click()
        self.clicks += 1

    def type(self, field: Locator, text: str) -> None:
        """Point at a field and type into it, in the place of what was there."""
        field.click()
        field.fill("")
        field.press_sequentially(text)
        self.clicks += 1
        self.fields += 1
        self.keystrokes += len(text)

    @property
    def seconds(self) -> float:
        """How long a person would take, by the model; waiting for the machine comes on top."""
        thinking = self.steps * READ_S + (self.fields + self.clicks) * THINK_S
        return thinking + self.clicks * (POINT_S + PRESS_S) + self.keystrokes * KEY_S

    def __str__(self) -> str:
        return (
            f"{self.steps} pages, {self.fields} fields, {self.clicks} clicks, "
            f"{self.keystrokes} keystrokes: {self.seconds:.0f} s of a person's time"
        )
