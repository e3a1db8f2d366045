"""How a visitor sees the pages: language, theme and window."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import Final, Literal


class Language(StrEnum):
    """A language of the pages."""

    FA = "fa"
    EN = "en"

    @property
    def direction(self) -> Literal["rtl", "ltr"]:
        """Which way its lines run."""
        return "rtl" if self is Language.FA else "ltr"


class Theme(StrEnum):
    """A colour scheme of the pages."""

    LIGHT = "light"
    DARK = "dark"


class Window(StrEnum):
    """A window's size: a telephone, a counter's small screen, a desk."""

    PHONE = "390x844"
    COUNTER = "800x480"
    DESK = "1440x900"

    @property
    def width(self) -> int:
        """CSS pixels from side to side."""
        return int(self.partition("x")[0])

    @property
    def height(self) -> int:
        """CSS pixels from top to bottom."""
        return int(self.partition("x")[2])


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One way to see a page.

    Attributes:
        language: of the page.
        theme: what the visitor's system prefers.
        window: the window's size.
    """

    language: Language
    theme: Theme = Theme.LIGHT
    window: Window = Window.DESK

    def __str__(self) -> str:
        return f"{self.language}-{self.theme}-{self.window}"


EVERY_LOOK: Final = tuple(
    Look(language=language, theme=theme, window=window)
    for language, theme, window in product(Language, Theme, Window)
)
