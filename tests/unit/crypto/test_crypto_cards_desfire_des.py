"""A factory DESFire card's DES sessions: a real card's transcripts, and the change to AES."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto.cards.blocks import crc32_desfire
from gateway.crypto.cards.desfire_des import (
    FACTORY_KEY,
    accept,
    answer_challenge,
    change_to_aes,
    check_answer,
    issue,
    issue_challenge,
    read_change_to_aes,
    session_key,
)
from gateway.crypto.cards.triple_des import tdes_decrypt, tdes_encrypt
from gateway.errors import CryptoError

VECTORS = json.loads(
    (Path(__file__).parents[2] / "data" / "cards" / "desfire_des.json").read_text("utf-8")
)
#: ChangeKey of the card's master key, as an AES key.
HEADER = b"\xc4\x80"


def name_of(vector: dict[str, Any]) -> str:
    """What the test's line shows."""
    return str(vector["name"])


def raw(vector: dict[str, Any], *names: str) -> tuple[bytes, ...]:
    """Some of a vector's values as bytes."""
    return tuple(bytes.fromhex(vector[name]) for name in names)


def flipped(value: bytes) -> list[bytes]:
    """The value with each one of its bits turned over."""
    size = len(value)
    return [(int.from_bytes(value) ^ 1 << bit).to_bytes(size) for bit in range(8 * size)]


@pytest.mark.parametrize("vector", VECTORS["authentication"], ids=name_of)
def test_the_published_authentications(vector: dict[str, Any]) -> None:
    """Every byte of both sides, and the session key without its parity bits."""
    key, rnd_a, rnd_b = raw(vector, "key", "rnd_a", "rnd_b")
    rnd_b_enc, cryptogram, answer = raw(vector, "rnd_b_enc", "cryptogram", "answer")
    session = bytes.fromhex(vector["session_key"])
    assert answer_challenge(key, rnd_a, rnd_b_enc) == (cryptogram, rnd_b)
    assert accept(key, rnd_a, rnd_b, cryptogram, answer) == session
    assert issue_challenge(key, rnd_b) == rnd_b_enc
    assert check_answer(key, rnd_b, cryptogram) == rnd_a
    assert issue(key, rnd_a, cryptogram) == answer
    assert session_key(key, rnd_a, rnd_b) == session


@pytest.mark.parametrize("vector", VECTORS["authentication"], ids=name_of)
def test_one_bit_breaks_an_authentication(vector: dict[str, Any]) -> None:
    """Each bit of the reader's cryptogram is refused by the card, of the card's by the reader."""
    key, rnd_a, rnd_b = raw(vector, "key", "rnd_a", "rnd_b")
    cryptogram, answer = raw(vector, "cryptogram", "answer")
    for changed in flipped(cryptogram):
        if len(cryptogram) == 32 and changed[8:] == cryptogram[8:]:
            # CBC: a bit of the first of four blocks reaches RndA alone, and shows in the answer.
            assert check_answer(key, rnd_b, changed) != rnd_a
            continue
        with pytest.raises(CryptoError, match="the reader holds another key"):
            check_answer(key, rnd_b, changed)
    for changed in flipped(answer):
        with pytest.raises(CryptoError, match="the card holds another key"):
            accept(key, rnd_a, rnd_b, cryptogram, changed)


@pytest.mark.parametrize("vector", VECTORS["encryption"], ids=name_of)
def test_the_published_encryption(vector: dict[str, Any]) -> None:
    """What a session's first ChangeKey encrypts, with one DES key and with two."""
    session, plain, cryptogram = raw(vector, "session_key", "plain", "cryptogram")
    assert tdes_encrypt(session, bytes(8), plain) == cryptogram
    assert tdes_decrypt(session, bytes(8), cryptogram) == plain


def test_the_published_checksum() -> None:
    """The plaintext of a change to AES: key, version, checksum over the whole command, zeros."""
    vector = VECTORS["checksum"]
    header, new, crc = raw(vector, "header", "new", "crc")
    session = bytes.fromhex("C86CE25E4C647E56")
    plain = new + bytes((vector["version"],))
    assert crc32_desfire(header + plain) == crc
    sent = change_to_aes(session, header, new, vector["version"])
    assert tdes_decrypt(session, bytes(8), sent) == plain + crc + bytes(3)


@given(new=st.binary(min_size=16, max_size=16), version=st.integers(0, 255))
def test_a_card_reads_its_new_key(new: bytes, version: int) -> None:
    """From the factory key to an AES key, both sides."""
    rnd_a, rnd_b = b"reader-A", b"card-B-8"
    cryptogram, seen = answer_challenge(FACTORY_KEY, rnd_a, issue_challenge(FACTORY_KEY, rnd_b))
    answer = issue(FACTORY_KEY, check_answer(FACTORY_KEY, rnd_b, cryptogram), cryptogram)
    session = accept(FACTORY_KEY, rnd_a, seen, cryptogram, answer)
    sent = change_to_aes(session, HEADER, new, version)
    assert read_change_to_aes(session, HEADER, sent) == (new, version)


def test_one_bit_breaks_a_key_change() -> None:
    """Each bit of the cryptogram, and another key number, is refused: no card is bricked by it."""
    session = bytes.fromhex("C86CE25E4C647E56")
    sent = change_to_aes(session, HEADER, bytes(range(16)), 1)
    for changed in flipped(sent):
        with pytest.raises(CryptoError, match="checksum"):
            read_change_to_aes(session, HEADER, changed)
    with pytest.raises(CryptoError, match="checksum"):
        read_change_to_aes(session, b"\xc4\x00", sent)


@given(answer=st.binary(max_size=40))
def test_any_answer_ends_as_a_named_error(answer: bytes) -> None:
    """Whatever a stranger answers, of whatever length, is refused by name."""
    with pytest.raises(CryptoError):
        accept(FACTORY_KEY, b"reader-A", b"card-B-8", bytes(16), answer)
    with pytest.raises(CryptoError):
        read_change_to_aes(FACTORY_KEY, HEADER, answer)
    if len(answer) != 8:
        with pytest.raises(CryptoError):
            answer_challenge(FACTORY_KEY, b"reader-A", answer)


def test_what_is_out_of_range_is_refused() -> None:
    """Keys of another length, random numbers of another, versions of more than a byte."""
    with pytest.raises(CryptoError, match="8, 16 or 24 bytes, not 7"):
        issue_challenge(bytes(7), bytes(8))
    with pytest.raises(CryptoError, match="whole blocks"):
        tdes_encrypt(bytes(8), bytes(8), bytes(9))
    with pytest.raises(CryptoError, match="an IV"):
        tdes_decrypt(bytes(8), bytes(7), bytes(8))
    with pytest.raises(CryptoError, match="RndB"):
        issue_challenge(bytes(24), bytes(8))
    with pytest.raises(CryptoError, match="one byte"):
        change_to_aes(bytes(8), HEADER, bytes(16), 256)
    with pytest.raises(CryptoError, match="an AES key"):
        change_to_aes(bytes(8), HEADER, bytes(8), 1)
