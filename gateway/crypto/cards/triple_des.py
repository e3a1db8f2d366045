"""DES in its three forms, in CBC mode: for cards that are to be recognised or brought to AES.

Nothing of value stands on it. Decrepit is the library's own word for what new designs must not
use; so is ours.
"""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from gateway.crypto.cards.blocks import check_length
from gateway.errors import CryptoError

BLOCK_BYTES: Final = 8
ZERO_IV: Final = bytes(BLOCK_BYTES)
_KEY_BYTES: Final = frozenset({8, 16, 24})


def check_key(key: bytes) -> None:
    """Refuse what is neither a DES key nor two nor three of them.

    Raises:
        CryptoError: if the key has not 8, 16 or 24 bytes. The message never shows the key.
    """
    if len(key) not in _KEY_BYTES:
        raise CryptoError(f"a DES key has 8, 16 or 24 bytes, not {len(key)}")


def tdes_encrypt(key: bytes, iv: bytes, data: bytes) -> bytes:
    """Encrypt whole blocks of eight bytes.

    Raises:
        CryptoError: if the key or the IV has a wrong length, or the data is not whole blocks.
    """
    encryptor = _cipher(key, iv, data).encryptor()
    return encryptor.update(data) + encryptor.finalize()


def tdes_decrypt(key: bytes, iv: bytes, data: bytes) -> bytes:
    """Decrypt whole blocks of eight bytes.

    Raises:
        CryptoError: if the key or the IV has a wrong length, or the data is not whole blocks.
    """
    decryptor = _cipher(key, iv, data).decryptor()
    return decryptor.update(data) + decryptor.finalize()


def _cipher(key: bytes, iv: bytes, data: bytes) -> Cipher[modes.CBC]:
    check_key(key)
    check_length("an IV", iv, BLOCK_BYTES)
    if len(data) % BLOCK_BYTES:
        raise CryptoError(f"{len(data)} bytes are not whole blocks of {BLOCK_BYTES}")
    # One key or two are three of which some are equal; the library takes three.
    return Cipher(TripleDES((3 * key)[: 3 * BLOCK_BYTES]), modes.CBC(iv))
