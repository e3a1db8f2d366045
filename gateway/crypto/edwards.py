"""Checks of Ed25519 public keys that the library leaves out: it takes any 32 bytes for a key."""

from __future__ import annotations

from typing import Final

#: The field prime and the curve constant d of edwards25519 (RFC 8032 section 5.1).
_P: Final = 2**255 - 19
_D: Final = -121665 * pow(121666, -1, _P) % _P

# The y of the points of order 8; those of order 1, 2 and 4 have y = 1, −1 and 0.
_ORDER_8_Y: Final = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL_ORDER_Y: Final = frozenset((0, 1, _P - 1, _ORDER_8_Y, _P - _ORDER_8_Y))


def is_usable_point(encoded: bytes) -> bool:
    """Whether 32 bytes encode a point of the curve, canonically, that is not of small order.

    Under a key of small order one signature fits many messages, so it proves nothing.
    Follows the decoding of RFC 8032 section 5.1.3.
    """
    number = int.from_bytes(encoded, "little")
    y = number & (2**255 - 1)
    if y >= _P or y in _SMALL_ORDER_Y:
        return False
    # x² = (y² − 1) / (d·y² + 1): the point exists where that is a square (Euler's criterion).
    # x = 0 belongs to y = ±1 alone, which is refused above, so the sign bit is always free.
    numerator = (y * y - 1) % _P
    denominator = (_D * y * y + 1) % _P
    return pow(numerator * denominator % _P, (_P - 1) // 2, _P) == 1
