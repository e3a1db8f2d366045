"""AES-CMAC from nothing but the encryption of single blocks, for tokens that have no CMAC."""

from __future__ import annotations

from collections.abc import Callable

from gateway.crypto.cards.blocks import BLOCK_BYTES, ZERO_IV, doubled, pad_iso9797_2, xor


def block_cmac(encrypt_block: Callable[[bytes], bytes], message: bytes) -> bytes:
    """The CMAC of a message (NIST SP 800-38B, section 6.2; RFC 4493).

    Args:
        encrypt_block: AES of one block of 16 bytes under the key.
        message: of any length.

    Returns:
        16 bytes.
    """
    subkey = doubled(encrypt_block(ZERO_IV))
    whole = bool(message) and len(message) % BLOCK_BYTES == 0
    padded = message if whole else pad_iso9797_2(message)
    subkey = subkey if whole else doubled(subkey)
    chained = ZERO_IV
    for start in range(0, len(padded) - BLOCK_BYTES, BLOCK_BYTES):
        chained = encrypt_block(xor(chained, padded[start : start + BLOCK_BYTES]))
    return encrypt_block(xor(xor(chained, padded[-BLOCK_BYTES:]), subkey))
