"""What is derived from keys: card tokens and the beginning of a chain."""

from __future__ import annotations

import hashlib
import hmac

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto.card_token import CARD_KEY_BYTES, card_token
from gateway.crypto.chain import genesis_hash
from gateway.errors import KeyStoreError
from gateway.model.card import CardProfile
from gateway.model.ids import CARD_TOKEN_BYTES, HASH_BYTES, KeyId, TerminalId

CARD_KEY = bytes(range(32))


def test_a_token_is_the_documented_hmac() -> None:
    """HMAC-SHA-256 over profile, zero byte and identity, computed here the long way."""
    identity = bytes.fromhex("04a1b2c3d4e5f6")
    inner = hashlib.sha256(bytes(b ^ 0x36 for b in CARD_KEY + bytes(32)) + b"uid\0" + identity)
    outer = hashlib.sha256(bytes(b ^ 0x5C for b in CARD_KEY + bytes(32)) + inner.digest())
    token = card_token(CARD_KEY, CardProfile.UID, identity)
    assert token == outer.digest()
    assert token == hmac.digest(CARD_KEY, b"uid\0" + identity, "sha256")
    assert len(token) == CARD_TOKEN_BYTES


@given(
    st.lists(
        st.tuples(st.sampled_from(CardProfile), st.binary(min_size=1, max_size=8)),
        min_size=2,
        max_size=8,
        unique=True,
    )
)
def test_different_cards_have_different_tokens(cards: list[tuple[CardProfile, bytes]]) -> None:
    """The same identity under another profile, and any other identity, is another card."""
    assert len({card_token(CARD_KEY, *card) for card in cards}) == len(cards)


def test_another_key_gives_another_token() -> None:
    """Tokens of two programmes cannot be compared."""
    one, other = (card_token(key, CardProfile.QR, b"7") for key in (CARD_KEY, bytes(32)))
    assert one != other


@pytest.mark.parametrize("length", [0, 16, CARD_KEY_BYTES - 1, CARD_KEY_BYTES + 1])
def test_a_card_key_of_another_length_is_refused(length: int) -> None:
    """A truncated key is a fault and no weaker token."""
    with pytest.raises(KeyStoreError, match="32 bytes"):
        card_token(bytes(length), CardProfile.UID, b"x")


def test_a_genesis_hash_is_the_documented_one() -> None:
    """SHA-256 of the CBOR array that docs/wire.cddl calls genesis."""
    key_id = KeyId(bytes(range(16)))
    array = cbor2.dumps(["mohr genesis 1", "till-1", 3, key_id], canonical=True)
    assert genesis_hash(TerminalId("till-1"), 3, key_id) == hashlib.sha256(array).digest()
    assert len(genesis_hash(TerminalId("till-1"), 3, key_id)) == HASH_BYTES


def test_every_chain_begins_elsewhere() -> None:
    """Terminal, epoch and key each change where a chain begins."""
    first, second = KeyId(bytes(16)), KeyId(b"\1" * 16)
    starts = {
        genesis_hash(TerminalId(terminal), epoch, key_id)
        for terminal in ("till-1", "till-2", "till-11")
        for epoch in (1, 2, 11)
        for key_id in (first, second)
    }
    assert len(starts) == 18
