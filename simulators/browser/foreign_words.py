"""Which words of a page are not in its language. Pure: text in, words out."""

from __future__ import annotations

import re
from typing import Final

from simulators.browser.look import Language

#: Letters of the other language, and its digits: on a Persian page numbers are Persian too.
_LATIN: Final = re.compile(r"[0-9A-Za-z\u00c0-\u024f]+(?:[-'’.@/][0-9A-Za-z\u00c0-\u024f]+)*")
_PERSIAN: Final = re.compile(r"[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc\u200c]+")

#: Names that are written alike in both languages; everything else has a translation or a mark.
ALLOWED: Final = frozenset(
    {"AES", "API", "CSV", "Classic", "DESFire", "JSON", "NTAG213", "QR", "TOML", "Ultralight"}
)


def foreign_words(text: str, language: Language) -> tuple[str, ...]:
    """Find what a reader of ``language`` cannot read.

    Args:
        text: visible to a person.
        language: of the page.

    Returns:
        the words, in order.
    """
    pattern = _LATIN if language is Language.FA else _PERSIAN
    return tuple(word for word in pattern.findall(text) if word not in ALLOWED)
