"""Range and shape checks that the frozen values run when they are made.

``type(x) is int`` is meant literally: ``True`` and ``1.0`` equal ``1`` in Python, and neither is
an amount of money.
"""

from __future__ import annotations

import re
from typing import Final

from gateway.errors import ValueRangeError

U32_MAX: Final = 2**32 - 1
#: Amounts, points and sequence numbers stay below 2**63 so that every database column holds them.
I63_MAX: Final = 2**63 - 1

_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?", re.ASCII)


def check_int(name: str, value: object, minimum: int, maximum: int) -> None:
    """Refuse anything that is not exactly an ``int`` inside [minimum, maximum].

    Raises:
        ValueRangeError: naming the field and the allowed range.
    """
    if type(value) is not int or not minimum <= value <= maximum:
        raise ValueRangeError(f"{name} must be a whole number in [{minimum}, {maximum}]")


def check_bytes(name: str, value: object, minimum: int, maximum: int) -> None:
    """Refuse anything that is not exactly ``bytes`` of a length inside [minimum, maximum].

    Raises:
        ValueRangeError: naming the field and the allowed length.
    """
    if type(value) is not bytes or not minimum <= len(value) <= maximum:
        raise ValueRangeError(f"{name} must be {minimum} to {maximum} bytes")


def check_text(name: str, value: object, minimum: int, maximum: int) -> None:
    """Refuse anything that is not a string of [minimum, maximum] characters without controls.

    Raises:
        ValueRangeError: naming the field and what is allowed.
    """
    if type(value) is not str or not minimum <= len(value) <= maximum:
        raise ValueRangeError(f"{name} must be text of {minimum} to {maximum} characters")
    if any(ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0 for character in value):
        raise ValueRangeError(f"{name} must not hold control characters")
    if any(0xD800 <= ord(character) < 0xE000 for character in value):
        raise ValueRangeError(f"{name} must not hold lone surrogates")


def check_name(name: str, value: object) -> None:
    """Refuse anything but a short machine name: a-z, 0-9 and inner hyphens, 1 to 32 characters.

    Terminal and branch names go into MQTT topics and certificate subjects, where ``/``, ``+``,
    ``#`` and spaces would change the meaning.

    Raises:
        ValueRangeError: naming the field and the allowed form.
    """
    if type(value) is not str or _NAME.fullmatch(value) is None:
        raise ValueRangeError(f"{name} must be 1 to 32 of a-z, 0-9 and inner hyphens")
