"""The three passes in which a card and a reader show each other that they hold one AES key.

Each proves itself by turning the other's random number by one byte, under encryption. EV2 and
Ultralight AES encrypt every message from a zero IV; EV1 chains all three, so there the last block
that went over the air is the IV of the next.
"""

from __future__ import annotations

import hmac
from typing import Final

from gateway.crypto.cards.blocks import (
    BLOCK_BYTES,
    ZERO_IV,
    cbc_decrypt,
    cbc_encrypt,
    check_length,
    rotate_left,
)
from gateway.errors import CryptoError

RANDOM_BYTES: Final = 16


def issue_challenge(key: bytes, rnd_b: bytes) -> bytes:
    """First pass, the card's: its random number, encrypted.

    Raises:
        CryptoError: if a length is wrong.
    """
    check_length("RndB", rnd_b, RANDOM_BYTES)
    return cbc_encrypt(key, ZERO_IV, rnd_b)


def challenge_answer(
    key: bytes, rnd_a: bytes, rnd_b_enc: bytes, *, chained: bool = False
) -> tuple[bytes, bytes]:
    """Second pass, the reader's: its own random number, and the card's turned by one byte.

    Args:
        key: the key that both must hold.
        rnd_a: 16 fresh random bytes.
        rnd_b_enc: what the card sent.
        chained: whether its last block is the IV (EV1).

    Returns:
        The 32 bytes for the card, and RndB, which the third pass and the session keys need.

    Raises:
        CryptoError: if a length is wrong.
    """
    check_length("RndA", rnd_a, RANDOM_BYTES)
    check_length("the card's challenge", rnd_b_enc, RANDOM_BYTES)
    rnd_b = cbc_decrypt(key, ZERO_IV, rnd_b_enc)
    iv = rnd_b_enc if chained else ZERO_IV
    return cbc_encrypt(key, iv, rnd_a + rotate_left(rnd_b)), rnd_b


def check_challenge_answer(
    key: bytes, rnd_b: bytes, cryptogram: bytes, *, chained: bool = False
) -> bytes:
    """Second pass as the card sees it: does the reader hold the key?

    Args:
        key: the card's key.
        rnd_b: the random number that the card sent encrypted.
        cryptogram: the reader's 32 bytes.
        chained: whether the card's challenge is the IV (EV1).

    Returns:
        RndA.

    Raises:
        CryptoError: if it does not, or the length is wrong.
    """
    check_length("the reader's answer", cryptogram, 2 * RANDOM_BYTES)
    iv = issue_challenge(key, rnd_b) if chained else ZERO_IV
    plain = cbc_decrypt(key, iv, cryptogram)
    if not hmac.compare_digest(plain[RANDOM_BYTES:], rotate_left(rnd_b)):
        raise CryptoError("the reader holds another key")
    return plain[:RANDOM_BYTES]


def confirmation(key: bytes, rnd_a: bytes, *, iv: bytes = ZERO_IV) -> bytes:
    """Third pass, the card's: the reader's random number turned by one byte.

    Raises:
        CryptoError: if a length is wrong.
    """
    check_length("RndA", rnd_a, RANDOM_BYTES)
    return cbc_encrypt(key, iv, rotate_left(rnd_a))


def check_confirmation(key: bytes, rnd_a: bytes, answer: bytes, *, iv: bytes = ZERO_IV) -> None:
    """Third pass as the reader sees it: does the card hold the key?

    Raises:
        CryptoError: if it does not, or the length is wrong.
    """
    check_length("the card's answer", answer, BLOCK_BYTES)
    check_turned(rnd_a, cbc_decrypt(key, iv, answer))


def check_turned(rnd_a: bytes, turned: bytes) -> None:
    """Compare what the card made of RndA with what it must be.

    Raises:
        CryptoError: if they differ.
    """
    if not hmac.compare_digest(turned, rotate_left(rnd_a)):
        raise CryptoError("the card holds another key")
