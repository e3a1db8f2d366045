"""P-256 signatures as COSE carries them (r ‖ s), and the rule that s stays in the lower half.

An ECDSA signature (r, n − s) is as valid as (r, s), so anyone on the wire could make a second
valid envelope for one transaction id and raise a false clone alarm. Mohr accepts one of the two.
"""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

#: The order n of the P-256 group (SEC 2, section 2.4.2).
ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
SIGNATURE_BYTES: Final = 64
_HALF_ORDER: Final = ORDER // 2
_HALF: Final = SIGNATURE_BYTES // 2


def is_low_s(signature: bytes) -> bool:
    """Whether the s of a 64-byte r ‖ s is at most half the group order."""
    return int.from_bytes(signature[_HALF:], "big") <= _HALF_ORDER


def raw_to_der(signature: bytes) -> bytes:
    """Write a 64-byte r ‖ s (RFC 9053 section 2.1) as the DER that the library verifies."""
    return encode_dss_signature(
        int.from_bytes(signature[:_HALF], "big"), int.from_bytes(signature[_HALF:], "big")
    )


def der_to_low_s(der: bytes) -> bytes:
    """Write a DER signature as 64 bytes r ‖ s, with s in the lower half of the order."""
    r, s = decode_dss_signature(der)
    return r.to_bytes(_HALF, "big") + min(s, ORDER - s).to_bytes(_HALF, "big")
