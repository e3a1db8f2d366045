"""Foreign words inside a sentence of the other direction, and marks that may turn it around.

On pages ``<bdi>`` does this; plain text (a title, a receipt, a message) needs the characters of
UAX #9 themselves. What a stranger typed loses such characters before anybody reads it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final, Literal

#: Lay out what follows by itself, its direction told by its first strong letter.
ISOLATE: Final = "\u2068"
#: The same, from left to right.
ISOLATE_LTR: Final = "\u2066"
#: The end of either.
ISOLATE_END: Final = "\u2069"

# Embeddings, overrides and isolates, with the marks; joiners (U+200C, U+200D) are letters' own.
_CONTROLS: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def isolate(text: str) -> str:
    """Keep a text of either direction from turning the sentence around it."""
    return f"{ISOLATE}{text}{ISOLATE_END}"


def isolate_ltr(text: str) -> str:
    """The same for what always reads from left to right: a signed number, a code, an address."""
    return f"{ISOLATE_LTR}{text}{ISOLATE_END}"


def without_controls(text: str) -> str:
    """Take every direction mark out of a stranger's text, so that it can reorder nothing.

    The joiner and non-joiner of Persian words stay.
    """
    return _CONTROLS.sub("", text)


def base_direction(lines: Iterable[str]) -> Literal["rtl", "ltr"]:
    """The direction of a text of several lines: that of most lines' first strong letter.

    Lines of figures and dashes alone have none, and follow the others.
    """
    rtl = ltr = 0
    for line in lines:
        kinds = (unicodedata.bidirectional(one) for one in line)
        strong = next((kind for kind in kinds if kind in ("L", "R", "AL")), None)
        rtl += strong in ("R", "AL")
        ltr += strong == "L"
    return "rtl" if rtl > ltr else "ltr"
