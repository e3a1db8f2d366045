"""A brand's colour made readable: shades of it with the contrast that WCAG 2.2 asks for. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.formatting.colours import mix, mixed_until_readable, read_colour, readable_on

#: How much of the brand a soft area takes.
_SOFT_LIGHT: Final = 0.12
_SOFT_DARK: Final = 0.22
#: The grounds that ``static/display.css`` draws on; a test compares them.
GROUND_LIGHT: Final = "#f5f6f4"
GROUND_DARK: Final = "#12161a"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shades:
    """A brand's colour for every use.

    Attributes:
        brand: as it was given, for areas.
        on_brand: black or white, for drawings on such an area.
        soft_light: a breath of it, on the light ground.
        soft_dark: the same on the dark ground.
        ink_light: for words on the light ground and on ``soft_light``.
        ink_dark: for words on the dark ground and on ``soft_dark``.
    """

    brand: str
    on_brand: str
    soft_light: str
    soft_dark: str
    ink_light: str
    ink_dark: str


def shades_of(colour: str) -> Shades:
    """Work the shades out.

    Args:
        colour: ``#rrggbb``.
    """
    brand = read_colour(colour)
    light, dark = read_colour(GROUND_LIGHT), read_colour(GROUND_DARK)
    soft_light, soft_dark = mix(light, brand, _SOFT_LIGHT), mix(dark, brand, _SOFT_DARK)
    return Shades(
        brand=brand.css,
        on_brand=readable_on(brand).css,
        soft_light=soft_light.css,
        soft_dark=soft_dark.css,
        ink_light=mixed_until_readable(brand, light, soft_light).css,
        ink_dark=mixed_until_readable(brand, dark, soft_dark).css,
    )
