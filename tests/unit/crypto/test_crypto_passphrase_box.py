"""Boxes that a passphrase opens."""

from __future__ import annotations

import unicodedata

import pytest

from gateway.crypto.passphrase_box import (
    PASSPHRASE_CHARACTERS_MIN,
    open_with_passphrase,
    seal_with_passphrase,
)
from gateway.errors import CryptoError, KeyStoreError

WORDS = "correct horse battery staple"


@pytest.fixture(scope="module")
def box() -> bytes:
    """One box; making one is slow on purpose."""
    return seal_with_passphrase(b"secret", WORDS, b"purpose")


def test_a_box_opens_with_its_passphrase_and_purpose(box: bytes) -> None:
    """What goes in comes out, and does not stand in the box."""
    assert open_with_passphrase(box, WORDS, b"purpose") == b"secret"
    assert b"secret" not in box


@pytest.mark.parametrize("at", [0, 22, 23, 30, 45, -1])
def test_a_changed_box_does_not_open(box: bytes, at: int) -> None:
    """Every part of a box is bound to its content: magic, cost, salt, nonce, ciphertext, tag."""
    changed = bytearray(box)
    changed[at] ^= 1
    with pytest.raises(CryptoError):
        open_with_passphrase(bytes(changed), WORDS, b"purpose")


def test_neither_another_passphrase_nor_another_purpose_opens_it(box: bytes) -> None:
    """A box is for one passphrase and one purpose."""
    with pytest.raises(CryptoError, match="passphrase is wrong"):
        open_with_passphrase(box, f"{WORDS}.", b"purpose")
    with pytest.raises(CryptoError, match="passphrase is wrong"):
        open_with_passphrase(box, WORDS, b"porpoise")


def test_a_box_that_asks_for_too_much_memory_is_refused(box: bytes) -> None:
    """A box from elsewhere cannot make this machine use gigabytes."""
    greedy = bytearray(box)
    greedy[22] = 30
    with pytest.raises(CryptoError, match="no box that this version"):
        open_with_passphrase(bytes(greedy), WORDS, b"purpose")
    with pytest.raises(CryptoError, match="too short"):
        open_with_passphrase(box[:40], WORDS, b"purpose")


def test_a_passphrase_that_is_too_short_is_refused() -> None:
    """Nobody locks the keys of a shop with four digits."""
    with pytest.raises(KeyStoreError, match="12 to 1024"):
        seal_with_passphrase(b"secret", "x" * (PASSPHRASE_CHARACTERS_MIN - 1), b"purpose")


def test_two_keyboards_make_the_same_key() -> None:
    """A letter typed composed or decomposed is the same letter."""
    words = "آیندهٔ روشن را دریاب é"
    box = seal_with_passphrase(b"secret", unicodedata.normalize("NFD", words), b"purpose")
    assert open_with_passphrase(box, unicodedata.normalize("NFC", words), b"purpose") == b"secret"
