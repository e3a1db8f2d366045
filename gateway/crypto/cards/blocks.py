"""AES on whole blocks, the paddings and the checksum that cards use around it."""

from __future__ import annotations

import zlib
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES

from gateway.errors import CryptoError

BLOCK_BYTES: Final = 16
ZERO_IV: Final = bytes(BLOCK_BYTES)
_KEY_BYTES: Final = frozenset({16, 24, 32})
_PADDING_MARK: Final = 0x80
#: The constant R of a 128-bit block (NIST SP 800-38B, section 5.3).
_R_128: Final = 0x87
_BLOCK_MASK: Final = (1 << 8 * BLOCK_BYTES) - 1


def aes(key: bytes) -> AES:
    """Take a key of 16, 24 or 32 bytes.

    Raises:
        CryptoError: if the key has another length. The message never shows the key.
    """
    if len(key) not in _KEY_BYTES:
        raise CryptoError(f"an AES key has 16, 24 or 32 bytes, not {len(key)}")
    return AES(key)


def check_length(name: str, value: bytes, length_bytes: int) -> None:
    """Refuse a value of another length.

    Raises:
        CryptoError: naming the value, and showing only its length.
    """
    if len(value) != length_bytes:
        raise CryptoError(f"{name} has {length_bytes} bytes, not {len(value)}")


def cbc_encrypt(key: bytes, iv: bytes, data: bytes) -> bytes:
    """Encrypt whole blocks in CBC mode (NIST SP 800-38A, section 6.2).

    Raises:
        CryptoError: if the key or the IV has a wrong length, or the data is not whole blocks.
    """
    encryptor = Cipher(aes(key), _cbc(iv, data)).encryptor()
    return encryptor.update(data) + encryptor.finalize()


def cbc_decrypt(key: bytes, iv: bytes, data: bytes) -> bytes:
    """Decrypt whole blocks in CBC mode (NIST SP 800-38A, section 6.2).

    Raises:
        CryptoError: if the key or the IV has a wrong length, or the data is not whole blocks.
    """
    decryptor = Cipher(aes(key), _cbc(iv, data)).decryptor()
    return decryptor.update(data) + decryptor.finalize()


def _cbc(iv: bytes, data: bytes) -> modes.CBC:
    check_length("an IV", iv, BLOCK_BYTES)
    if len(data) % BLOCK_BYTES:
        raise CryptoError(f"{len(data)} bytes are not whole blocks of {BLOCK_BYTES}")
    return modes.CBC(iv)


def ecb_encrypt_block(key: bytes, block: bytes) -> bytes:
    """Encrypt one block of 16 bytes.

    Raises:
        CryptoError: if the key or the block has a wrong length.
    """
    check_length("a block", block, BLOCK_BYTES)
    # CBC from a zero IV is the same for one block, and one mode less to keep in mind.
    return cbc_encrypt(key, ZERO_IV, block)


def xor(one: bytes, other: bytes) -> bytes:
    """Add two values of one length bit by bit.

    Raises:
        CryptoError: if their lengths differ.
    """
    check_length("the other value", other, len(one))
    return (int.from_bytes(one) ^ int.from_bytes(other)).to_bytes(len(one))


def doubled(block: bytes) -> bytes:
    """Double a block in the field of 2^128 elements: how CMAC makes its subkeys (SP 800-38B, 6.1).

    Raises:
        CryptoError: if the block has a wrong length.
    """
    check_length("a block", block, BLOCK_BYTES)
    number = int.from_bytes(block) << 1
    carry = number >> (8 * BLOCK_BYTES)
    return ((number ^ carry * _R_128) & _BLOCK_MASK).to_bytes(BLOCK_BYTES)


def rotate_left(value: bytes) -> bytes:
    """Move the first byte to the end: how each side shows that it could read a challenge."""
    return value[1:] + value[:1]


def pad_iso9797_2(data: bytes) -> bytes:
    """Fill up to whole blocks by 80 00 .. 00, always by at least one byte (ISO/IEC 9797-1, 6.3.3).

    The standard calls it padding method 2.
    """
    marked = data + bytes((_PADDING_MARK,))
    return marked + bytes(-len(marked) % BLOCK_BYTES)


def unpad_iso9797_2(data: bytes) -> bytes:
    """Take the padding of ``pad_iso9797_2`` away.

    For data whose MAC was checked before: without one, the answer tells an attacker about the
    plaintext.

    Raises:
        CryptoError: if the data is not whole blocks, or its last block holds no such padding.
    """
    content = data.rstrip(b"\0")
    padding_bytes = len(data) - len(content) + 1
    whole = len(data) % BLOCK_BYTES == 0 and padding_bytes <= BLOCK_BYTES
    if not whole or not content or content[-1] != _PADDING_MARK:
        raise CryptoError("the decrypted data does not end in its padding")
    return content[:-1]


def pad_zeros(data: bytes) -> bytes:
    """Fill up to whole blocks by zeros, by none where the data is whole blocks already."""
    return data + bytes(-len(data) % BLOCK_BYTES)


def crc32_desfire(data: bytes) -> bytes:
    """The CRC-32 of DESFire cards: that of IEEE 802.3 without the final inversion, LSB first.

    Elsewhere it is called CRC-32/JAMCRC.
    """
    return (zlib.crc32(data) ^ 0xFFFFFFFF).to_bytes(4, "little")
