"""What a shop puts of itself on the customer's page."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from gateway.errors import ConfigError

#: A logo is drawn a few centimetres wide; more than this is a photograph that nobody shrank.
LOGO_BYTES_MAX: Final = 512 * 1024
DEFAULT_COLOUR: Final = "#0f766e"

_TYPES: Final = {
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
}


class Theme(StrEnum):
    """Light, dark, or as the machine that shows the page is set."""

    LIGHT = "light"
    DARK = "dark"
    AUTO = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Logo:
    """A picture file's bytes and media type."""

    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """The shop's name, colour and logo; the page is whole without any of them."""

    name: str = ""
    colour: str = DEFAULT_COLOUR
    logo: Logo | None = None
    theme: Theme = Theme.AUTO


def read_logo(path: Path) -> Logo:
    """Read a logo.

    Raises:
        ConfigError: if it is missing, too large or of another type; says what to change.
    """
    media_type = _TYPES.get(path.suffix.lower())
    if media_type is None:
        raise ConfigError(f"logo_file {path}: its name must end in one of {', '.join(_TYPES)}")
    try:
        with path.open("rb") as file:
            content = file.read(LOGO_BYTES_MAX + 1)
    except OSError as error:
        raise ConfigError(f"logo_file {path} cannot be read: {error.strerror}") from error
    if len(content) > LOGO_BYTES_MAX:
        raise ConfigError(f"logo_file {path} is larger than {LOGO_BYTES_MAX // 1024} KiB")
    return Logo(content=content, media_type=media_type)
