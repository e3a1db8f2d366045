"""Foreign words inside a sentence of the other direction, and marks that may turn it around.

On pages ``<bdi>`` does this; plain text (a title, a receipt, a message) needs the characters of
UAX #9 themselves. What a stranger typed loses such characters before anybody reads it.
"""

from __future__ import annotations

import re
from typing import Final

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
