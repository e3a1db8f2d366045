"""One spelling for searching: what people type differently and mean alike becomes the same.

Arabic and Persian keyboards write ye, kaf and he with different code points; some people write
the non-joiner, hamza and vowel marks, and some do not. A folded text is compared, never shown.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from gateway.formatting.digits import fold_digits

_LETTERS: Final = str.maketrans(
    {
        "ي": "ی",
        "ى": "ی",
        "ې": "ی",
        "ۍ": "ی",
        "ئ": "ی",
        "ك": "ک",
        "ڪ": "ک",
        "ة": "ه",
        "ۀ": "ه",
        "ہ": "ه",
        "ە": "ه",
        "ھ": "ه",
        "أ": "ا",
        "إ": "ا",
        "ٱ": "ا",
        "آ": "ا",
        "ؤ": "و",
        "ء": None,
        "ـ": None,
    }
)
#: A non-joiner parts the halves of a word, which others write together or with a space.
_JOINERS: Final = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\u061c\u00ad\ufeff]")
_SPACES: Final = re.compile(r"\s+")


def fold(text: str) -> str:
    """Fold a text for searching.

    Args:
        text: as somebody typed or stored it.

    Returns:
        NFKC, lower case, Persian letters, ASCII digits, no vowel or direction marks, no joiners,
        single spaces. Folding twice changes nothing.
    """
    # Case folding can compose anew and NFKC can bring capitals: this order is stable.
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    plain = fold_digits(_JOINERS.sub("", plain).translate(_LETTERS))
    # Hamza, madda and the vowel marks stand alone after decomposition; Latin accents fall as well.
    spread = unicodedata.normalize("NFKD", plain)
    bare = "".join(mark for mark in spread if not unicodedata.combining(mark))
    folded = unicodedata.normalize("NFKC", bare).casefold().translate(_LETTERS)
    return _SPACES.sub(" ", folded).strip()


def fold_tight(text: str) -> str:
    """Fold a text and close its gaps, so that «علی‌رضا», «علی رضا» and «علیرضا» are one name."""
    return fold(text).replace(" ", "")
