"""The way out of a factory DESFire card: its master key is a DES key of zeros until it is changed.

Source: the same transcripts as ``ev1``: authentication 1A with DES, 2TDEA and 3TDEA keys. Good for
one thing, to put an AES key in the place of the DES key; nothing of value ever stands on it.
"""

from __future__ import annotations

import hmac
from typing import Final

from gateway.crypto.cards.blocks import check_length, crc32_desfire, rotate_left
from gateway.crypto.cards.triple_des import (
    BLOCK_BYTES,
    ZERO_IV,
    check_key,
    tdes_decrypt,
    tdes_encrypt,
)
from gateway.errors import CryptoError

#: The master key of a new card.
FACTORY_KEY: Final = bytes(8)

_AES_KEY_BYTES: Final = 16
_CHANGE_BYTES: Final = 24
#: Where the four bytes of both numbers begin that make a session key, by the key's length.
_PARTS: Final = {8: (0,), 16: (0, 4), 24: (0, 6, 12)}


def random_bytes_of(key: bytes) -> int:
    """How long both random numbers are under this key: 8 bytes, or 16 with 3TDEA.

    Raises:
        CryptoError: if the key has not 8, 16 or 24 bytes.
    """
    check_key(key)
    return 2 * BLOCK_BYTES if len(key) == 24 else BLOCK_BYTES


def issue_challenge(key: bytes, rnd_b: bytes) -> bytes:
    """First pass, the card's: its random number, encrypted.

    Raises:
        CryptoError: if a length is wrong.
    """
    check_length("RndB", rnd_b, random_bytes_of(key))
    return tdes_encrypt(key, ZERO_IV, rnd_b)


def answer_challenge(key: bytes, rnd_a: bytes, rnd_b_enc: bytes) -> tuple[bytes, bytes]:
    """Second pass, the reader's: the bytes for the card, and RndB.

    Raises:
        CryptoError: if a length is wrong.
    """
    check_length("RndA", rnd_a, random_bytes_of(key))
    check_length("the card's challenge", rnd_b_enc, random_bytes_of(key))
    rnd_b = tdes_decrypt(key, ZERO_IV, rnd_b_enc)
    return tdes_encrypt(key, rnd_b_enc[-BLOCK_BYTES:], rnd_a + rotate_left(rnd_b)), rnd_b


def check_answer(key: bytes, rnd_b: bytes, cryptogram: bytes) -> bytes:
    """Second pass as the card sees it; returns RndA.

    Raises:
        CryptoError: if the reader holds another key, or a length is wrong.
    """
    size = random_bytes_of(key)
    check_length("the reader's answer", cryptogram, 2 * size)
    iv = issue_challenge(key, rnd_b)[-BLOCK_BYTES:]
    plain = tdes_decrypt(key, iv, cryptogram)
    if not hmac.compare_digest(plain[size:], rotate_left(rnd_b)):
        raise CryptoError("the reader holds another key")
    return plain[:size]


def issue(key: bytes, rnd_a: bytes, cryptogram: bytes) -> bytes:
    """Third pass, the card's: RndA turned by one byte, chained to the reader's cryptogram.

    Raises:
        CryptoError: if a length is wrong.
    """
    check_length("RndA", rnd_a, random_bytes_of(key))
    return tdes_encrypt(key, cryptogram[-BLOCK_BYTES:], rotate_left(rnd_a))


def accept(key: bytes, rnd_a: bytes, rnd_b: bytes, cryptogram: bytes, answer: bytes) -> bytes:
    """Third pass as the reader sees it; returns the session key.

    Raises:
        CryptoError: if the card does not hold the key, or a length is wrong.
    """
    check_length("the card's answer", answer, random_bytes_of(key))
    turned = tdes_decrypt(key, cryptogram[-BLOCK_BYTES:], answer)
    if not hmac.compare_digest(turned, rotate_left(rnd_a)):
        raise CryptoError("the card holds another key")
    return session_key(key, rnd_a, rnd_b)


def session_key(key: bytes, rnd_a: bytes, rnd_b: bytes) -> bytes:
    """The session key, as both sides compute it; the lowest bit of every byte is no key bit.

    Returns:
        8 bytes under a DES key, 16 under 2TDEA, 24 under 3TDEA.

    Raises:
        CryptoError: if a length is wrong.
    """
    size = random_bytes_of(key)
    check_length("RndA", rnd_a, size)
    check_length("RndB", rnd_b, size)
    starts = _PARTS[BLOCK_BYTES if _is_single(key) else len(key)]
    parts = [rnd_a[at : at + 4] + rnd_b[at : at + 4] for at in starts]
    return _without_parity(b"".join(parts))


def change_to_aes(session: bytes, header: bytes, new_key: bytes, version: int) -> bytes:
    """ChangeKey's cryptogram that puts an AES key in the place of the session's own key.

    Args:
        session: the session key, before any other command.
        header: instruction C4 and key number; 80 for the card's master key as an AES key.
        new_key: 16 bytes.
        version: 0 to 255.

    Returns:
        24 bytes. The session ends with the command, and the answer has no MAC.

    Raises:
        CryptoError: if a length or the version is out of range.
    """
    check_length("an AES key", new_key, _AES_KEY_BYTES)
    if not 0 <= version <= 0xFF:
        raise CryptoError("a key's version is one byte")
    plain = new_key + bytes((version,))
    checked = plain + crc32_desfire(header + plain)
    return tdes_encrypt(session, ZERO_IV, checked.ljust(_CHANGE_BYTES, b"\0"))


def read_change_to_aes(session: bytes, header: bytes, cryptogram: bytes) -> tuple[bytes, int]:
    """The card's side of ``change_to_aes``: the new key and its version.

    Raises:
        CryptoError: if the length or the checksum is wrong.
    """
    check_length("a key change", cryptogram, _CHANGE_BYTES)
    plain = tdes_decrypt(session, ZERO_IV, cryptogram)
    new_key, version = plain[:_AES_KEY_BYTES], plain[_AES_KEY_BYTES]
    if change_to_aes(session, header, new_key, version) != cryptogram:
        raise CryptoError("the key change's checksum is wrong")
    return new_key, version


def _is_single(key: bytes) -> bool:
    bare = _without_parity(key)
    return len(key) == BLOCK_BYTES or (len(key) == 16 and bare[:8] == bare[8:])


def _without_parity(key: bytes) -> bytes:
    return bytes(byte & 0xFE for byte in key)
