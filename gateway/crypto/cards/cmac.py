"""AES-CMAC (NIST SP 800-38B, RFC 4493), and how cards shorten and chain it."""

from __future__ import annotations

import hmac
from typing import Final

from cryptography.hazmat.primitives.cmac import CMAC

from gateway.crypto.cards.blocks import (
    BLOCK_BYTES,
    ZERO_IV,
    aes,
    cbc_encrypt,
    check_length,
    doubled,
    ecb_encrypt_block,
    pad_iso9797_2,
    xor,
)

MAC_BYTES: Final = 16
TRUNCATED_MAC_BYTES: Final = 8


def aes_cmac(key: bytes, message: bytes) -> bytes:
    """The CMAC of a message, 16 bytes.

    Raises:
        CryptoError: if the key has not 16, 24 or 32 bytes.
    """
    mac = CMAC(aes(key))
    mac.update(message)
    return mac.finalize()


def mac_truncated(mac: bytes) -> bytes:
    """The eight bytes 1, 3, 5, .. 15 of a CMAC: all that goes over the air (AN12196, table 5).

    Raises:
        CryptoError: if ``mac`` has not 16 bytes.
    """
    check_length("a CMAC", mac, MAC_BYTES)
    return mac[1::2]


def verify_mac(expected: bytes, got: bytes) -> bool:
    """Whether two MACs are the same, in a time that does not tell where they differ."""
    return hmac.compare_digest(expected, got)


def cmac_subkeys(key: bytes) -> tuple[bytes, bytes]:
    """K1 and K2, which mark a last block as whole or as filled up (SP 800-38B, section 6.1).

    Raises:
        CryptoError: if the key has not 16, 24 or 32 bytes.
    """
    first = doubled(ecb_encrypt_block(key, ZERO_IV))
    return first, doubled(first)


def chained_cmac(key: bytes, iv: bytes, message: bytes) -> bytes:
    """A CMAC that starts from an IV: DESFire EV1 starts each from what came before.

    Raises:
        CryptoError: if the key or the IV has a wrong length.
    """
    whole_key, filled_key = cmac_subkeys(key)
    if message and len(message) % BLOCK_BYTES == 0:
        return _last_block(key, iv, message, whole_key)
    return _last_block(key, iv, pad_iso9797_2(message), filled_key)


def _last_block(key: bytes, iv: bytes, padded: bytes, subkey: bytes) -> bytes:
    marked = padded[:-BLOCK_BYTES] + xor(padded[-BLOCK_BYTES:], subkey)
    return cbc_encrypt(key, iv, marked)[-BLOCK_BYTES:]
