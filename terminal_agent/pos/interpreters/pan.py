"""Card numbers never leave the terminal: they are masked before text goes anywhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
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
        for index in masked_digits([int(plain[position]) for position in at]):
            masked[at[index]] = "*"
    return "".join(masked)


def masked_digits(digits: Sequence[int]) -> set[int]:
    """Indexes of ``digits`` inside anything that can be a card number, its last four left out.

    Linear: each place is tried as the beginning of a number of every length.
    """
    covered: set[int] = set()
    sums = _luhn_sums(digits)
    for start in range(len(digits) - _DIGITS_MIN + 1):
        longest = min(_DIGITS_MAX, len(digits) - start)
        for end in range(start + longest, start + _DIGITS_MIN - 1, -1):
            doubled = sums[end % 2]
            if (doubled[end] - doubled[start]) % 10 == 0:
                covered.update(range(start, end - _CLEAR_TAIL))
                break
    return covered


def is_card_number(digits: Sequence[int]) -> bool:
    """Whether these digits, all together, can be a card number."""
    if not _DIGITS_MIN <= len(digits) <= _DIGITS_MAX:
        return False
    return _luhn_sums(digits)[len(digits) % 2][-1] % 10 == 0


def _luhn_sums(digits: Sequence[int]) -> tuple[list[int], list[int]]:
    """Sums from the left with every second digit doubled, for numbers of even and of odd ends."""
    sums: tuple[list[int], list[int]] = ([0], [0])
    for index, digit in enumerate(digits):
        twice = digit * 2 - 9 * (digit > 4)
        for end, running in enumerate(sums):
            # The last digit of a number stays as it is, the one before it is doubled.
            running.append(running[-1] + (twice if (end - index) % 2 == 0 else digit))
    return sums
