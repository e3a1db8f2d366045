"""Making printed text comparable: digits, letter forms, case, accents."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_DIGITS: Final = {
    ord(zero) + value: str(value) for zero in "\u0660\u06f0\uff10" for value in range(10)
}
_SIGNS: Final = {
    0x2212: "-",  # minus sign
    0xFF0D: "-",
    0xFF0C: ",",
    0xFF0E: ".",
    0xFF1A: ":",
    0x2019: "'",
    0x202F: "\u00a0",
    0x2007: "\u00a0",
}
#: Every replacement is one character for one, so that positions stay those of the printed line.
_PLAIN: Final = {**_DIGITS, **_SIGNS}

#: Arabic letters that keyboards and code pages use for each other (CP1256 has no Farsi yeh).
#: And Latin letters whose stroke or missing dot is no accent that could be taken off.
_LETTERS: Final = str.maketrans(
    {"ي": "ی", "ى": "ی", "ك": "ک", "ة": "ه", "ۀ": "ه", "ـ": None}
    | {"ı": "i", "ł": "l", "ø": "o", "đ": "d"}
)
_NOT_WORD: Final = re.compile(r"[\W_]+")
_SPACED_WORD: Final = re.compile(r"(?<!\w)(?:[^\W\d_] ){2,}[^\W\d_](?!\w)")


def plain_numbers(text: str) -> str:
    """Write Persian, Arabic-Indic and full-width digits and signs in ASCII, position for position.

    The Arabic separators ٬ and ٫ stay: unlike a comma they say what they are.
    """
    return text.translate(_PLAIN)


def fold(text: str) -> str:
    """Fold text for comparing words: no case, accents or punctuation, single blanks.

    >>> fold("  R\u00fcckgeld: ")
    'ruckgeld'
    >>> fold("S U M M E")
    'summe'
    """
    decomposed = unicodedata.normalize("NFKD", plain_numbers(text))
    bare = "".join(character for character in decomposed if not unicodedata.combining(character))
    lowered = unicodedata.normalize("NFC", bare).casefold().translate(_LETTERS)
    spaced = _NOT_WORD.sub(" ", lowered).strip()
    return _SPACED_WORD.sub(lambda match: match.group().replace(" ", ""), spaced)
