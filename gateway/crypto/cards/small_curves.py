"""ECDSA verification over the short curves that card makers sign UIDs on.

Public data only: nothing here is secret, so nothing here takes care to run in constant time. Never
sign with it. ``cryptography`` has no secp128r1 and hashes what it verifies, at least to the length
of a hash; the makers sign the bare UID.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.errors import CryptoError

#: A point in affine coordinates; None is the point at infinity.
Point = tuple[int, int] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """y² = x³ − 3x + b over a prime field, with a generator of prime order (SEC 2, version 1).

    Attributes:
        size_bytes: of a coordinate, and of r and of s.
        prime: of the field.
        b: the constant term.
        generator: the base point.
        order: of the generator.
    """

    size_bytes: int
    prime: int
    b: int
    generator: tuple[int, int]
    order: int

    def holds(self, x: int, y: int) -> bool:
        """Whether (x, y) is a point of the curve."""
        inside = 0 <= x < self.prime and 0 <= y < self.prime
        return inside and (y * y - (x * x - 3) * x - self.b) % self.prime == 0


SECP128R1: Final = Curve(
    size_bytes=16,
    prime=0xFFFFFFFDFFFFFFFFFFFFFFFFFFFFFFFF,
    b=0xE87579C11079F43DD824993C2CEE5ED3,
    generator=(0x161FF7528B899B2D0C28607CA52C5B86, 0xCF5AC8395BAFEB13C02DA292DDED7A83),
    order=0xFFFFFFFE0000000075A30D1B9038A115,
)
SECP192R1: Final = Curve(
    size_bytes=24,
    prime=0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFFFFFFFFFFFF,
    b=0x64210519E59C80E70FA7E9AB72243049FEB8DEECC146B9B1,
    generator=(
        0x188DA80EB03090F67CBF20EB43A18800F4FF0AFD82FF1012,
        0x07192B95FFC8DA78631011ED6B24CDD573F977A11E794811,
    ),
    order=0xFFFFFFFFFFFFFFFFFFFFFFFF99DEF836146BC9B1B4D22831,
)
SECP224R1: Final = Curve(
    size_bytes=28,
    prime=0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF000000000000000000000001,
    b=0xB4050A850C04B3ABF54132565044B0B7D7BFD8BA270B39432355FFB4,
    generator=(
        0xB70E0CBD6BB4BF7F321390B94A03C1D356C21122343280D6115C1D21,
        0xBD376388B5F723FB4C22DFE6CD4375A05A07476444D5819985007E34,
    ),
    order=0xFFFFFFFFFFFFFFFFFFFFFFFFFFFF16A2E0B8F03E13DD29455C5C2A3D,
)


def read_point(curve: Curve, raw: bytes) -> tuple[int, int]:
    """Read an uncompressed point, 04 ‖ x ‖ y (SEC 1, 2.3.4).

    Raises:
        CryptoError: if it is none, or not on the curve.
    """
    size = curve.size_bytes
    x, y = int.from_bytes(raw[1 : 1 + size]), int.from_bytes(raw[1 + size :])
    if len(raw) != 1 + 2 * size or raw[0] != 4 or not curve.holds(x, y):
        raise CryptoError("a public key must be an uncompressed point of its curve")
    return x, y


def verify(curve: Curve, public: tuple[int, int], message: bytes, signature: bytes) -> bool:
    """Verify ECDSA (SEC 1, 4.1.4) over a message that stands for its own hash.

    Args:
        curve: of the key.
        public: the key, from ``read_point``.
        message: no longer than the curve's order: a longer one would have to be cut.
        signature: r ‖ s, both of the curve's size.

    Raises:
        CryptoError: if the message is too long.
    """
    size = curve.size_bytes
    if len(message) >= size:
        raise CryptoError(f"a message of {len(message)} bytes is too long for this curve")
    r, s = int.from_bytes(signature[:size]), int.from_bytes(signature[size:])
    inside = 1 <= r < curve.order and 1 <= s < curve.order
    if len(signature) != 2 * size or not inside:
        return False
    inverse = pow(s, -1, curve.order)
    of_base = int.from_bytes(message) * inverse % curve.order
    point = _combined(curve, of_base, public, r * inverse % curve.order)
    return point is not None and point[0] % curve.order == r


def _combined(curve: Curve, of_base: int, other: tuple[int, int], of_other: int) -> Point:
    """The sum of two multiples, in one pass over the bits of both (Shamir's trick)."""
    both = _added(curve, curve.generator, other)
    table: tuple[Point, ...] = (None, curve.generator, other, both)
    point: Point = None
    for bit in reversed(range(max(of_base.bit_length(), of_other.bit_length()))):
        point = _added(curve, point, point)
        point = _added(curve, point, table[(of_base >> bit & 1) | (of_other >> bit & 1) << 1])
    return point


def _added(curve: Curve, one: Point, other: Point) -> Point:
    if one is None or other is None:
        return one or other
    (x1, y1), (x2, y2), prime = one, other, curve.prime
    if x1 == x2 and (y1 + y2) % prime == 0:
        return None
    if one == other:
        slope = 3 * (x1 * x1 - 1) * pow(2 * y1, -1, prime)
    else:
        slope = (y2 - y1) * pow(x2 - x1, -1, prime)
    x = (slope * slope - x1 - x2) % prime
    return x, (slope * (x1 - x) - y1) % prime
