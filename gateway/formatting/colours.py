"""Colours that can be read: contrast as WCAG 2.2 defines it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: For text of ordinary size (WCAG 2.2, 1.4.3).
CONTRAST_MIN: Final = 4.5
#: For the edges of buttons and the like (WCAG 2.2, 1.4.11).
AREA_CONTRAST_MIN: Final = 3.0
_STEPS: Final = 20


@dataclass(frozen=True, slots=True)
class Rgb:
    """A colour on a screen; each part from 0 to 255."""

    red: int
    green: int
    blue: int

    @property
    def css(self) -> str:
        """``#rrggbb``."""
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"

    @property
    def listed(self) -> str:
        """``r,g,b``, as style sheets take it apart."""
        return f"{self.red},{self.green},{self.blue}"


WHITE: Final = Rgb(255, 255, 255)
BLACK: Final = Rgb(0, 0, 0)


def read_colour(text: str) -> Rgb:
    """Read ``#rrggbb``."""
    return Rgb(*bytes.fromhex(text.removeprefix("#")))


def contrast(one: Rgb, other: Rgb) -> float:
    """The contrast ratio of two colours, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def readable_on(ground: Rgb) -> Rgb:
    """Black or white, whichever is read more easily on a ground."""
    return max(WHITE, BLACK, key=lambda text: contrast(text, ground))


def mixed_until_readable(colour: Rgb, *grounds: Rgb, least: float = CONTRAST_MIN) -> Rgb:
    """The nearest mix of a colour with black or white that stands out from all grounds enough.

    Args:
        colour: where to begin.
        grounds: at least one, all light or all dark.
        least: the contrast ratio that is wanted on each.
    """
    towards = readable_on(grounds[0])
    for step in range(_STEPS + 1):
        mixed = mix(colour, towards, step / _STEPS)
        if all(contrast(mixed, ground) >= least for ground in grounds):
            return mixed
    return towards


def mix(one: Rgb, other: Rgb, share: float) -> Rgb:
    """A colour with a share, 0 to 1, of another."""
    return Rgb(
        round(one.red + (other.red - one.red) * share),
        round(one.green + (other.green - one.green) * share),
        round(one.blue + (other.blue - one.blue) * share),
    )


def _luminance(colour: Rgb) -> float:
    red, green, blue = (_linear(part / 255) for part in (colour.red, colour.green, colour.blue))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
