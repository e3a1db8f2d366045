"""The token that stands for a card wherever its own name must not appear."""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import Final

from gateway.errors import KeyStoreError
from gateway.model.card import CardProfile
from gateway.model.ids import CardToken

CARD_KEY_BYTES: Final = 32
ORGANISATION_BYTES: Final = 8


def card_token(card_key: bytes, profile: CardProfile, identity: bytes) -> CardToken:
    """Hide a card's identity behind a keyed hash.

    UIDs are short and phone numbers shorter: without the key a token could be turned back by
    trying them all, which is why the key never leaves sealed configuration. The same bytes read
    under two profiles are two cards.

    Args:
        card_key: the programme's card key.
        profile: which dialogue read the identity.
        identity: what it read, 1 to 64 bytes (``gateway.model.card.Tap``).

    Returns:
        HMAC-SHA-256 over the profile's name, a zero byte and the identity. Names hold no zero
        byte, so no two pairs share one input.

    Raises:
        KeyStoreError: if the key is not 32 bytes.
    """
    if len(card_key) != CARD_KEY_BYTES:
        raise KeyStoreError(f"a card key has {CARD_KEY_BYTES} bytes, not {len(card_key)}")
    return CardToken(hmac.digest(card_key, profile.value.encode() + b"\0" + identity, sha256))


def organisation_of(card_key: bytes) -> bytes:
    """The eight bytes that name who runs a programme, on cards and in the making of their keys.

    They follow from the card key, which a programme keeps for good: nothing more has to be set up,
    told to terminals or kept safe.

    Raises:
        KeyStoreError: if the key is not 32 bytes.
    """
    if len(card_key) != CARD_KEY_BYTES:
        raise KeyStoreError(f"a card key has {CARD_KEY_BYTES} bytes, not {len(card_key)}")
    return hmac.digest(card_key, b"mohr organisation", sha256)[:ORGANISATION_BYTES]
