"""Figures as people type them: Persian, Arabic or ASCII digits, with or without separators.

What a person may type is wider than what ``numbers`` writes, but nothing is guessed: separators
that do not stand between groups of three are refused, and so is a fraction finer than the unit.
"""

from __future__ import annotations

import re
from typing import Final

from gateway.formatting.numbers import RIALS_PER_TOMAN, MoneyUnit, shows_tomans
from gateway.model.money import Currency

#: More digits than any amount has; a longer text is not a figure.
DIGITS_MAX: Final = 18

_ASCII_DIGITS: Final = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "01234567890123456789")
#: Marks that writing leaves around figures and that say nothing: joiners, directions, isolates.
_INVISIBLE: Final = re.compile("[\u061c\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_GROUPS: Final = "[,\u066c\u060c \u00a0\u202f']"
_FIGURE: Final = re.compile(
    rf"(?P<sign>[+\-\u2212])?"
    rf"(?P<whole>[0-9]{{1,3}}(?:(?P<by>{_GROUPS})[0-9]{{3}}(?:(?P=by)[0-9]{{3}})*)?|[0-9]+)"
    rf"(?:[.\u066b/](?P<fraction>[0-9]+))?"
)
_TOMAN_WORDS: Final = frozenset({"toman", "tomans", "تومان", "تومن", "ت"})
_RIAL_WORDS: Final = frozenset({"rial", "rials", "irr", "ریال", "ريال"})


def fold_digits(text: str) -> str:
    """Turn Persian and Arabic digits into ASCII ones and leave everything else."""
    return text.translate(_ASCII_DIGITS)


def read_number(text: str, *, exponent: int = 0) -> int | None:
    """Read a figure as a person typed it.

    Args:
        text: such as ``۱۲٬۳۴۵٫۶۷``, ``12,345.67`` or ``-5``.
        exponent: how many digits of the answer are a fraction; finer ones are refused.

    Returns:
        the number of smallest units, or None if the text is not such a figure.
    """
    found = _FIGURE.fullmatch(fold_digits(_INVISIBLE.sub("", text)).strip())
    if found is None:
        return None
    whole = re.sub(r"[^0-9]", "", found["whole"])
    fraction = (found["fraction"] or "").rstrip("0")
    if len(whole) > DIGITS_MAX or len(fraction) > exponent:
        return None
    units = int(whole + fraction.ljust(exponent, "0"))
    return -units if found["sign"] in {"-", "\u2212"} else units


def read_money(text: str, currency: Currency, unit: MoneyUnit) -> int | None:
    """Read an amount of money as a person typed it.

    Args:
        text: a figure, and where the person wrote it the word rial or toman, which then decides.
        currency: what the amount is counted in.
        unit: what a bare figure means where the currency is the rial.

    Returns:
        the amount in the currency's smallest unit, or None if the text is not one.
    """
    figure, word = _split_word(fold_digits(_INVISIBLE.sub("", text)).strip())
    in_rials = shows_tomans(currency, MoneyUnit.TOMAN)
    if word in _TOMAN_WORDS:
        tomans = True
    elif word in _RIAL_WORDS:
        tomans = False
    elif word in {"", currency.code.casefold()}:
        tomans = shows_tomans(currency, unit)
    else:
        return None
    if word in _TOMAN_WORDS | _RIAL_WORDS and not in_rials:
        return None
    # One toman is ten rials, so one digit after the point of a toman is still a whole rial.
    return read_number(figure, exponent=1 if tomans else currency.exponent)


def _split_word(text: str) -> tuple[str, str]:
    """Part a figure from the word behind or before it."""
    found = re.fullmatch(r"(?P<before>[^\W\d_]*)\s*(?P<figure>.*?)\s*(?P<after>[^\W\d_]*)", text)
    if found is None or (found["before"] and found["after"]):
        return text, ""
    return found["figure"], (found["before"] or found["after"]).casefold()


assert RIALS_PER_TOMAN == 10, "read_money reads a toman as a figure with one digit of fraction"
