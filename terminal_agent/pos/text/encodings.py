"""Decoding what a till printed: Python's codecs, two Persian pages, Asian money signs."""

from __future__ import annotations

import codecs
from typing import Final

from terminal_agent.pos.text.persian_pages import CP1098, IRAN_SYSTEM
from terminal_agent.pos.text.star_page import STAR_STANDARD

#: Our own pages by the name a profile gives them.
_PAGES: Final = {"iran-system": IRAN_SYSTEM, "cp1098": CP1098, "star-standard": STAR_STANDARD}
#: Pages whose text is stored as it is seen; a profile that says nothing else means that.
VISUAL_ENCODINGS: Final = frozenset(("iran-system", "cp1098"))
#: The byte 0x5C is a money sign on these tills and a backslash in Python.
_BACKSLASH: Final = {
    "shift_jis": "¥",
    "cp932": "¥",
    "euc_jp": "¥",
    "iso2022_jp": "¥",
    "euc_kr": "₩",
    "cp949": "₩",
    "johab": "₩",
}


def decode(data: bytes, encoding: str) -> str:
    """Decode printed bytes; what the encoding does not hold becomes U+FFFD.

    Args:
        data: bytes of one run of text.
        encoding: a name that ``is_text_encoding`` accepts.
    """
    page = _PAGES.get(encoding)
    if page is not None:
        return "".join([page[byte] for byte in data])
    text = data.decode(encoding, "replace")
    if "\\" in text:
        sign = _BACKSLASH.get(codecs.lookup(encoding).name)
        return text if sign is None else text.replace("\\", sign)
    return text


def is_text_encoding(encoding: str) -> bool:
    """Whether a name is a text encoding that ``decode`` knows."""
    if encoding in _PAGES:
        return True
    try:
        # Decoding proves more than a lookup: "hex" and "rot13" exist and decode no text.
        b"0".decode(encoding, "replace")
        codecs.lookup(encoding)
    except (LookupError, ValueError):
        return False
    return True
