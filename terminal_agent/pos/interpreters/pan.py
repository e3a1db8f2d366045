"""Card numbers never leave the terminal: they are masked before text goes anywhere."""

from __future__ import annotations

import re
from typing import Final

from terminal_agent.pos.interpreters.folding import plain_numbers

_DIGITS_MIN: Final = 13
_DIGITS_MAX: Final = 19
_CLEAR_TAIL: Final = 4
#: Digits with single blanks, dots or dashes between them, as cards are printed and typed.
_RUN: Final = re.compile(r"[0-9](?:[ .\u00a0-]?[0-9]){12,}")


def mask_pans(text: str) -> str:
    """Replace all but the last four digits of anything that can be a card number by ``*``.

    Any 13 to 19 neighbouring digits with a good Luhn digit (ISO/IEC 7812-1) can be one, also with
    blanks, dots or dashes between them and in Persian or Arabic digits. A long number that is no
    card number may lose digits as well: that is the right side to err on.
    """
    plain = plain_numbers(text)
    masked = list(text)
    for run in _RUN.finditer(plain):
        at = [index for index in range(run.start(), run.end()) if plain[index].isdigit()]
        for index in _covered([int(plain[position]) for position in at]):
            masked[at[index]] = "*"
    return "".join(masked)


def _covered(digits: list[int]) -> set[int]:
    """Indexes of ``digits`` inside any window that passes, its last four left out."""
    covered: set[int] = set()
    for start in range(len(digits) - _DIGITS_MIN + 1):
        longest = min(_DIGITS_MAX, len(digits) - start)
        for length in range(longest, _DIGITS_MIN - 1, -1):
            if _luhn(digits[start : start + length]):
                covered.update(range(start, start + length - _CLEAR_TAIL))
                break
    return covered


def _luhn(digits: list[int]) -> bool:
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
