"""The issuer's signature under a static membership code (``gateway.readers.codes.membership_qr``).

The same keys sign the records on tags (``membership_signature``), under a message that names that
other use: no code can be made from a tag's record, nor the other way round.
"""

from __future__ import annotations

from typing import Final

from gateway.crypto.public_key import PublicKey
from gateway.crypto.signer import Algorithm, Signer
from gateway.errors import KeyStoreError, SealError

_DOMAIN: Final = b"mohr membership code 1\0"


def sign_membership_code(signer: Signer, body: bytes) -> bytes:
    """Sign what a membership code says.

    Args:
        signer: the issuer's key, Ed25519: its signatures are repeatable, so one member has one
            code, and short enough for a small QR code.
        body: everything before the signature; its parts have fixed lengths save the last.

    Returns:
        the Ed25519 signature (RFC 8032), 64 bytes.

    Raises:
        KeyStoreError: if the key is of another algorithm.
        CryptoError: if the key cannot be used now.
    """
    if signer.algorithm is not Algorithm.ED25519:
        raise KeyStoreError("membership codes are signed by Ed25519 keys alone")
    return signer.sign(_DOMAIN + body)


def verify_membership_code(issuer: PublicKey, body: bytes, signature: bytes) -> bool:
    """Whether the signature is this issuer's under this body."""
    if issuer.algorithm is not Algorithm.ED25519:
        return False
    try:
        issuer.verify(signature, _DOMAIN + body)
    except SealError:
        return False
    return True
