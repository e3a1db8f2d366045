"""What of a person's name can stand in a greeting on a screen."""

from __future__ import annotations

import unicodedata
from typing import Final

from gateway.crypto.greeting import GREETING_CHARACTERS_MAX
from gateway.formatting.bidi import without_controls

#: Control characters, lone surrogates, private and unassigned code points (Unicode, general
#: category). Joiners are of category Cf, which stays: Persian words need them.
_UNSHOWN: Final = frozenset({"Cc", "Cs", "Co", "Cn"})


def greeting_of(name: str) -> str | None:
    """Write a name on one line, without marks that turn the sentence around it, cut to its room.

    Args:
        name: as somebody typed it, or as a box held it.

    Returns:
        1 to 40 characters, or None where nothing is left to read.
    """
    # Line ends are spaces to split(); what is left of the categories below is no letter.
    words = " ".join(without_controls(name).split())
    shown = "".join(one for one in words if unicodedata.category(one) not in _UNSHOWN)
    cut = shown[:GREETING_CHARACTERS_MAX].strip()
    return cut if any(one.isalnum() for one in cut) else None
