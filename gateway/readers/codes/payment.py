"""Whether something that was read belongs to a bank card. Nothing of it is ever kept or told.

Recognised widely on purpose: a loyalty card that looks like a bank card can be numbered anew, a
card number that got into a journal cannot be called back. Sources: ISO/IEC 7813 (tracks 1 and 2;
format code B), ISO/IEC 4909 (track 3), ISO/IEC 7812-1 (issuer numbers, Luhn's check digit).
"""

from __future__ import annotations

import re
from typing import Final

#: Shortest and longest card number (ISO/IEC 7812-1, 4.1).
PAN_DIGITS_MIN: Final = 12
PAN_DIGITS_MAX: Final = 19

#: Beginnings of bank cards' numbers: major industries 3 to 6; UnionPay and RuPay; national schemes
#: of Vietnam, Turkey and Uzbekistan; Mir and Mastercard's second range. Shetab's cards begin with
#: 5 and 6.
_BEGINNINGS: Final = (
    "3", "4", "5", "6", "81", "82", "9704", "9792", "9860",
    *(str(number) for number in range(2200, 2205)),
    *(str(number) for number in range(2221, 2721)),
)  # fmt: skip

# A name may follow the number after ^, and some issuers part the number by blanks.
_FORMAT_B: Final = re.compile(r"%?B[0-9 ]{12,24}\^")
_DIGITS: Final = re.compile(r"[0-9]+")
#: Number, field separator (D where a reader writes hexadecimal), year, month, service code: first
#: digit 1, 2, 5, 6, 7 or 9, second 0, 2 or 4, third 0 to 7 (ISO/IEC 7813, 8).
_TRACK_2: Final = re.compile(r"([0-9]{12,19})[=D][0-9]{2}(?:0[1-9]|1[0-2])[125679][024][0-7]")
#: Format codes before the number on track 3 (ISO/IEC 4909, and 59 as German banks write it).
_TRACK_3_FORMATS: Final = ("01", "02", "59")
_BETWEEN: Final = str.maketrans("", "", " -")


def is_payment(text: str) -> bool:
    """Whether a text holds a bank card's number or a track of one.

    Args:
        text: what was read, in upper case.
    """
    if _FORMAT_B.search(text) is not None:
        return True
    joined = text.translate(_BETWEEN)
    tracks = (found[1] for found in _TRACK_2.finditer(joined))
    if any(begins_like_payment(number) for number in tracks):
        return True
    return any(_holds_number(found[0]) for found in _DIGITS.finditer(joined))


def begins_like_payment(digits: str) -> bool:
    """Whether a number begins as bank cards' numbers do."""
    return digits.startswith(_BEGINNINGS)


def may_become_payment(prefix: str) -> bool:
    """Whether a number that begins with this prefix can begin as bank cards' numbers do."""
    return begins_like_payment(prefix) or any(one.startswith(prefix) for one in _BEGINNINGS)


def passes_luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of those before it (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _holds_number(digits: str) -> bool:
    if _begins_with_number(digits):
        return True
    return digits.startswith(_TRACK_3_FORMATS) and _begins_with_number(digits[2:])


def _begins_with_number(digits: str) -> bool:
    """Whether digits are a card number, or too many and begin with one."""
    if not begins_like_payment(digits):
        return False
    if len(digits) <= PAN_DIGITS_MAX:
        return len(digits) >= PAN_DIGITS_MIN and passes_luhn(digits)
    lengths = range(PAN_DIGITS_MIN, PAN_DIGITS_MAX + 1)
    return any(passes_luhn(digits[:length]) for length in lengths)
