"""Lines as stored to lines as read: direction, order of digits, Arabic presentation forms."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_DIGIT: Final = "0-9\u06f0-\u06f9\u0660-\u0669"
#: What is stored in the order in which it is read even where letters are stored as they look.
_KEPT_IN_ORDER: Final = re.compile(
    rf"[{_DIGIT}A-Za-z](?:[{_DIGIT}A-Za-z.,/:'%٬٫+\-]*[{_DIGIT}A-Za-z%])?"
)
_NUMBER: Final = re.compile(rf"[{_DIGIT}](?:[{_DIGIT}.,/:'٬٫]*[{_DIGIT}])?")
#: Letters by their shape (U+FB50 to U+FDFF, U+FE70 to U+FEFC), to the letters they are.
_FORMS: Final = {
    code: unicodedata.normalize("NFKC", chr(code))
    for code in (*range(0xFB50, 0xFE00), *range(0xFE70, 0xFEFD))
    if unicodedata.normalize("NFKC", chr(code)) != chr(code)
}
_HAS_FORMS: Final = re.compile("[\ufb50-\ufdff\ufe70-\ufefc]")


def reading_order(line: str, *, visual: bool, digits_reversed: bool) -> str:
    """Turn a stored line into reading order, its letters in their plain forms.

    >>> reading_order("125,000 :عمج", visual=True, digits_reversed=False)
    'جمع: 125,000'
    >>> reading_order("000,521 :عمج", visual=True, digits_reversed=True)
    'جمع: 125,000'

    Args:
        line: the characters in the order they were sent.
        visual: letters are stored as they look, the last one first.
        digits_reversed: numbers are stored last digit first. Where letters are as well, the till
            turns whole lines round.
    """
    if visual and digits_reversed:
        line = line[::-1]
    elif visual:
        line = _KEPT_IN_ORDER.sub(_turned, line[::-1])
    elif digits_reversed:
        line = _NUMBER.sub(_turned, line)
    # Only now: a ligature's two letters are in reading order already.
    return line.translate(_FORMS) if _HAS_FORMS.search(line) else line


def _turned(found: re.Match[str]) -> str:
    return found.group()[::-1]
