"""What a logo may be: a PNG or JPEG of bounded size, told by its bytes and not by its name. Pure.

SVG is refused: it is a program, and would run as one of ours where it is opened by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

LOGO_BYTES_MAX: Final = 200_000
#: Wider or higher pictures are no logos; a few bytes can claim gigabytes of pixels.
SIDE_PIXELS_MAX: Final = 4_096

_PNG: Final = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR"
_JPEG: Final = b"\xff\xd8\xff"
#: Start-of-frame markers of JPEG (ITU-T T.81, table B.1); C4, C8 and CC are none.
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
#: Markers that stand alone, without a length.
_ALONE: Final = frozenset(range(0xD0, 0xD8)) | {0x01}
_START_OF_SCAN: Final = 0xDA
_END_OF_IMAGE: Final = 0xD9


class LogoKind(StrEnum):
    """The file formats, by their media types."""

    PNG = "image/png"
    JPEG = "image/jpeg"


class LogoProblem(StrEnum):
    """Why bytes are no logo."""

    TOO_LONG = "too_long"
    NOT_A_PICTURE = "not_a_picture"
    TOO_LARGE = "too_large"


@dataclass(frozen=True, slots=True, kw_only=True)
class Logo:
    """A picture that pages and displays may show.

    Attributes:
        kind: its format.
        content: the file.
    """

    kind: LogoKind
    content: bytes


def judge_logo(content: bytes) -> Logo | LogoProblem:
    """Say whether a file may be the logo.

    Args:
        content: the whole file.

    Returns:
        the logo, or why it is none.
    """
    if len(content) > LOGO_BYTES_MAX:
        return LogoProblem.TOO_LONG
    if content.startswith(_PNG):
        kind, size = LogoKind.PNG, _png_size(content)
    elif content.startswith(_JPEG):
        kind, size = LogoKind.JPEG, _jpeg_size(content)
    else:
        return LogoProblem.NOT_A_PICTURE
    if size is None or 0 in size:
        return LogoProblem.NOT_A_PICTURE
    if max(size) > SIDE_PIXELS_MAX:
        return LogoProblem.TOO_LARGE
    return Logo(kind=kind, content=content)


def _png_size(content: bytes) -> tuple[int, int] | None:
    """Width and height (PNG, 11.2.1): the first chunk is the header."""
    at = len(_PNG)
    if len(content) < at + 13:
        return None
    return int.from_bytes(content[at : at + 4]), int.from_bytes(content[at + 4 : at + 8])


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    """Width and height from the frame header (ITU-T T.81, B.2.2), found marker by marker."""
    at = 2
    while at + 4 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker in _ALONE:
            at += 2
            continue
        if marker in (_START_OF_SCAN, _END_OF_IMAGE):
            return None
        if marker in _FRAMES:
            frame = content[at + 5 : at + 9]
            return (
                (int.from_bytes(frame[2:]), int.from_bytes(frame[:2])) if len(frame) == 4 else None
            )
        at += 2 + max(int.from_bytes(content[at + 2 : at + 4]), 2)
    return None
