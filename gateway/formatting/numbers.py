"""Figures as people read them: digits, separators and the amount of money in its unit.

Persian writes its own digits with U+066C between thousands and U+066B before the fraction, and a
minus sign kept to the left of its number by a left-to-right mark (CLDR, locale fa).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from gateway.formatting.bidi import isolate_ltr
from gateway.model.money import Currency


class Language(StrEnum):
    """The languages of the counter display."""

    FA = "fa"
    EN = "en"


class MoneyUnit(StrEnum):
    """How rials are shown. Other currencies are always shown in their own unit."""

    CURRENCY = "currency"
    TOMAN = "toman"


RIALS_PER_TOMAN: Final = 10

_PERSIAN_DIGITS: Final = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
_GROUP: Final = {Language.FA: "\u066c", Language.EN: ","}
_POINT: Final = {Language.FA: "\u066b", Language.EN: "."}
_MINUS: Final = {Language.FA: "\u200e\u2212", Language.EN: "-"}


def write_number(value: int, language: Language, *, exponent: int = 0) -> str:
    """Write a whole number of smallest units, ``exponent`` digits of which are a fraction.

    Args:
        value: the number; 1234567 with exponent 2 is written 12,345.67.
        language: whose digits and separators.
        exponent: digits after the point, 0 or more.

    Returns:
        the figure without a unit.
    """
    scale = 10**exponent
    whole, rest = divmod(abs(value), scale)
    text = f"{whole:,}".replace(",", _GROUP[language])
    if exponent:
        text += f"{_POINT[language]}{rest:0{exponent}d}"
    if language is Language.FA:
        text = text.translate(_PERSIAN_DIGITS)
    return f"{_MINUS[language]}{text}" if value < 0 else text


def write_tomans(rials: int, language: Language) -> str:
    """Write rials as tomans, ten to one; a fraction appears only where there is one."""
    if rials % RIALS_PER_TOMAN == 0:
        return write_number(rials // RIALS_PER_TOMAN, language)
    return write_number(rials, language, exponent=1)


def shows_tomans(currency: Currency, unit: MoneyUnit) -> bool:
    """Whether amounts of this currency are shown in tomans."""
    return unit is MoneyUnit.TOMAN and currency.code == "IRR" and currency.exponent == 0


def write_amount(amount_minor: int, currency: Currency, unit: MoneyUnit, language: Language) -> str:
    """Write an amount as the shop does; the figure without its unit."""
    if shows_tomans(currency, unit):
        return write_tomans(amount_minor, language)
    return write_number(amount_minor, language, exponent=currency.exponent)


def plain_amount(amount_minor: int, currency: Currency) -> str:
    """Write an amount for programs: ASCII digits without separators, in the currency's unit."""
    if not currency.exponent:
        return str(amount_minor)
    whole, rest = divmod(abs(amount_minor), 10**currency.exponent)
    sign = "-" if amount_minor < 0 else ""
    return f"{sign}{whole}.{rest:0{currency.exponent}d}"


def write_signed(value: int, language: Language, *, exponent: int = 0) -> str:
    """Write a change with its sign, +12 or -12, isolated so that the sign stays on its left."""
    text = write_number(abs(value), language, exponent=exponent)
    sign = "+" if value > 0 else "\u2212" if value < 0 else ""
    return isolate_ltr(f"{sign}{text}")


def write_percent(basis_points: int, language: Language) -> str:
    """Write hundredths of a percent: 1500 is «۱۵٪» and ``15%``, 1250 «۱۲٫۵٪» and ``12.5%``."""
    exponent = 2
    while exponent and basis_points % 10 == 0:
        basis_points //= 10
        exponent -= 1
    text = write_number(basis_points, language, exponent=exponent)
    return f"{text}{'٪' if language is Language.FA else '%'}"
