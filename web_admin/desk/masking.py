"""Card numbers never get into the journal: a reason is masked before it is kept.

The journal cannot be changed, so whatever could be a payment card's number loses its digits here,
whether its check digit is right or not: a mistyped number is one too.
"""

from __future__ import annotations

import re
from typing import Final

from gateway.formatting.digits import fold_digits

_CLEAR_TAIL: Final = 4
#: 13 digits or more, with single blanks, dots or dashes between them, as cards are printed.
_NUMBER: Final = re.compile(r"[0-9](?:[ .\u00a0-]?[0-9]){12,}")


def mask_card_numbers(text: str) -> str:
    """Replace all but the last four digits of whatever can be a card number by ``*``."""
    masked = list(text)
    for found in _NUMBER.finditer(fold_digits(text)):
        digits = [at for at in range(*found.span()) if text[at].isdigit()]
        for at in digits[:-_CLEAR_TAIL]:
            masked[at] = "*"
    return "".join(masked)
