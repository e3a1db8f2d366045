"""The secret behind a member's rotating code, and the MAC that the code carries.

The member's phone page and the gateway hold the secret; a terminal never does. What a terminal
passes on as proof is the MAC, and as counter the time step that it stands for.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from gateway.errors import CryptoError
from gateway.model.checks import U32_MAX
from gateway.model.ids import CARD_TOKEN_BYTES, CardToken

SECRET_BYTES: Final = 32
MAC_BYTES: Final = 16
_SECRET_DOMAIN: Final = b"mohr rotating secret 1\0"
_MAC_DOMAIN: Final = b"mohr rotating code 1\0"
_NUMBER_BYTES: Final = 4


def member_secret(master: bytes, token: CardToken, generation: int) -> bytes:
    """Derive a member's secret, so that the gateway keeps none of them.

    Args:
        master: the programme's master for rotating codes, 32 bytes.
        token: the token of the member's ``qr`` card: it says whose the secret is.
        generation: counts the times that the member asked for a new one, from 0; a lost phone's
            secret stops counting with the next.

    Returns:
        HMAC-SHA-256 of the master over both: 32 bytes.

    Raises:
        CryptoError: if a part has a wrong length or range.
    """
    if len(master) != SECRET_BYTES or len(token) != CARD_TOKEN_BYTES:
        raise CryptoError("a rotating secret comes from a master and a token of 32 bytes each")
    return hmac.digest(master, _SECRET_DOMAIN + token + _number(generation), sha256)


def rotating_mac(secret: bytes, step: int) -> bytes:
    """Prove that whoever shows a code holds the secret now.

    The secret is one member's alone, so the MAC need not repeat the member's number, which the
    gateway knows as a token only.

    Args:
        secret: the member's, 32 bytes.
        step: the time step, Unix time divided by the steps' length.

    Returns:
        the first 16 bytes of HMAC-SHA-256.

    Raises:
        CryptoError: if the secret has another length or the step is out of range.
    """
    if len(secret) != SECRET_BYTES:
        raise CryptoError(f"a rotating secret has {SECRET_BYTES} bytes")
    return hmac.digest(secret, _MAC_DOMAIN + _number(step), sha256)[:MAC_BYTES]


def verify_rotating_mac(secret: bytes, step: int, mac: bytes) -> bool:
    """Whether a MAC is the secret's for this step; compared in constant time.

    Raises:
        CryptoError: as ``rotating_mac``.
    """
    return hmac.compare_digest(rotating_mac(secret, step), mac)


def is_members_mac(
    master: bytes, token: CardToken, generations: Iterable[int], step: int, mac: bytes
) -> bool:
    """Whether a MAC that came as a card's proof was made with one of its member's secrets.

    Args:
        master: as for ``member_secret``.
        token: the card's.
        generations: those that count: the present one, and the one before while it runs out.
        step: the card's counter.
        mac: its proof.

    Raises:
        CryptoError: as ``member_secret`` and ``rotating_mac``.
    """
    secrets = (member_secret(master, token, generation) for generation in generations)
    return any(verify_rotating_mac(secret, step, mac) for secret in secrets)


def _number(value: int) -> bytes:
    if not 0 <= value <= U32_MAX:
        raise CryptoError("a time step or generation is a whole number of 32 bits")
    return value.to_bytes(_NUMBER_BYTES)
