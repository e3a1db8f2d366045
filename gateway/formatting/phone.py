"""Phone numbers as people type them and as they are kept: digits with the country's, no plus."""

from __future__ import annotations

import re
from typing import Final

from gateway.formatting.bidi import without_controls
from gateway.formatting.digits import fold_digits

#: E.164: at most 15 digits, country code included.
DIGITS_MAX: Final = 15
_INTERNATIONAL_MIN: Final = 8
_IRAN: Final = "98"
#: Digits of an Iranian number after the country code, mobile and landline alike.
_NATIONAL_DIGITS: Final = 10
_MOBILE: Final = "9"
_BETWEEN: Final = re.compile(r"[\s\-‐-―−._()/\u200c]+")
_SHOWN_AT_END: Final = 4


def normal_phone(typed: str) -> str | None:
    """Read a number in the form it is kept and compared in.

    Args:
        typed: such as ``۰۹۱۲ ۱۲۳ ۴۵۶۷``, ``+49 30 123456`` or ``0098912…``; a number without a
            country code is Iranian.

    Returns:
        its digits, country code first, as ``989121234567``; None if it is no phone number.
    """
    digits, international = _digits(typed)
    if digits is None:
        return None
    if not international:
        national = digits.removeprefix("0")
        if digits.startswith(_IRAN) and len(digits) == len(_IRAN) + _NATIONAL_DIGITS:
            national = digits.removeprefix(_IRAN)
        elif not digits.startswith(("0", _MOBILE)):
            return None
        return _iranian(national)
    if digits.startswith(_IRAN):
        # People write +98 before the number as they dial it at home.
        return _iranian(digits.removeprefix(_IRAN).removeprefix("0"))
    return digits if _INTERNATIONAL_MIN <= len(digits) <= DIGITS_MAX else None


def phone_beginnings(typed: str) -> tuple[str, ...]:
    """What kept numbers may begin with, where somebody typed only the start of one.

    Returns:
        beginnings in the kept form; nothing if the text holds more than digits.
    """
    digits, international = _digits(typed)
    if digits is None:
        return ()
    if not international and digits.startswith("0"):
        return (_IRAN + digits[1:],)
    if not international and digits.startswith(_MOBILE) and not digits.startswith(_IRAN):
        return (_IRAN + digits,)
    return (digits,)


def phone_digits(typed: str) -> str | None:
    """The digits of what was typed, as they are; None if the text holds more than a number."""
    return _digits(typed)[0]


def write_phone(phone: str) -> str:
    """Write a kept number as its owner knows it: ``0912 123 4567``, or ``+49 30123456``."""
    if phone.startswith(_IRAN) and len(phone) == len(_IRAN) + _NATIONAL_DIGITS:
        national = phone.removeprefix(_IRAN)
        return f"0{national[:3]} {national[3:6]} {national[6:]}"
    return f"+{phone}"


def mask_phone(phone: str | None) -> str | None:
    """Write a kept number so that it can be recognised and not called; None stays None."""
    return None if phone is None else f"••• {phone[-_SHOWN_AT_END:]}"


def _digits(typed: str) -> tuple[str | None, bool]:
    """The digits, and whether they begin with the country's; None where there is anything else."""
    plain = _BETWEEN.sub("", fold_digits(without_controls(typed)))
    international = plain.startswith(("+", "00"))
    digits = plain.removeprefix("+") if plain.startswith("+") else plain
    if international and not plain.startswith("+"):
        digits = digits.removeprefix("00")
    if not digits or len(digits) > DIGITS_MAX or not (digits.isascii() and digits.isdecimal()):
        return None, False
    return digits, international


def _iranian(national: str) -> str | None:
    fits = len(national) == _NATIONAL_DIGITS and not national.startswith("0")
    return _IRAN + national if fits else None
