"""The code of a receipt as a picture, for the customer's page and for a console.

Error correction M: a screen or thermal paper is scratched and creased, but seldom torn.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TextIO

import segno

#: Light modules around a code, by which a scanner finds it (ISO/IEC 18004, 6.3.8).
QUIET_MODULES: Final = 4
_ERROR_CORRECTION: Final = "m"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePicture:
    """A code's dark modules.

    Attributes:
        side: modules a side, with the light ones around.
        path: the dark ones as an SVG path, one unit a module; runs side by side are one.
    """

    side: int
    path: str


@lru_cache(maxsize=2)
def draw_code(text: str) -> CodePicture:
    """Draw a text as a QR code. The one on the page is drawn once, however often it is shown."""
    rows = segno.make_qr(text, error=_ERROR_CORRECTION).matrix
    path = "".join(
        f"M{start + QUIET_MODULES} {y + QUIET_MODULES}h{end - start}v1h{start - end}z"
        for y, row in enumerate(rows)
        for start, end in _runs(row)
    )
    return CodePicture(side=len(rows) + 2 * QUIET_MODULES, path=path)


def print_code(text: str, stream: TextIO) -> None:
    """Print a text as a QR code on a console, in characters half a line high.

    Raises:
        OSError: if the stream cannot be written.
    """
    segno.make_qr(text, error=_ERROR_CORRECTION).terminal(
        stream, border=QUIET_MODULES, compact=True
    )


def _runs(row: bytes | bytearray) -> list[tuple[int, int]]:
    """Where dark modules begin and end."""
    edges = [0, *row, 0]
    changes = [at for at in range(len(row) + 1) if bool(edges[at]) != bool(edges[at + 1])]
    return list(zip(changes[::2], changes[1::2], strict=True))
