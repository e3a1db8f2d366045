"""Ultralight AES: a real card's authentication, the MAC on every frame, and refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto.cards.cmac import aes_cmac
from gateway.crypto.cards.ultralight_aes import (
    UltralightSession,
    accept,
    challenge_answer,
    check_challenge_answer,
    confirmation,
    issue_challenge,
    open_frame,
    open_session,
    protect_frame,
)
from gateway.errors import CryptoError

VECTORS = json.loads(
    (Path(__file__).parents[2] / "data" / "cards" / "ultralight_aes.json").read_text("utf-8")
)
SESSION = UltralightSession(mac_key=bytes(range(16)))


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
def test_the_published_authentication(vector: dict[str, Any]) -> None:
    """Every byte of both sides; each message starts from a zero IV."""
    key, rnd_a, rnd_b = raw(vector, "key", "rnd_a", "rnd_b")
    rnd_b_enc, cryptogram, answer = raw(vector, "rnd_b_enc", "cryptogram", "answer")
    assert challenge_answer(key, rnd_a, rnd_b_enc) == (cryptogram, rnd_b)
    assert issue_challenge(key, rnd_b) == rnd_b_enc
    assert check_challenge_answer(key, rnd_b, cryptogram) == rnd_a
    assert confirmation(key, rnd_a) == answer
    assert accept(key, rnd_a, rnd_b, answer) == open_session(key, rnd_a, rnd_b)


@pytest.mark.parametrize("vector", VECTORS["authentication"], ids=name_of)
def test_one_bit_breaks_an_authentication(vector: dict[str, Any]) -> None:
    """Each bit of the reader's cryptogram is refused by the card, of the card's by the reader."""
    key, rnd_a, rnd_b = raw(vector, "key", "rnd_a", "rnd_b")
    cryptogram, answer = raw(vector, "cryptogram", "answer")
    # All bytes of this trace's RndA are equal, so a turned RndA is RndA again.
    for changed in flipped(cryptogram):
        with pytest.raises(CryptoError, match="the reader holds another key"):
            check_challenge_answer(key, rnd_b, changed)
    for changed in flipped(answer):
        with pytest.raises(CryptoError, match="the card holds another key"):
            accept(key, rnd_a, rnd_b, changed)


def test_the_mac_key_is_made_of_both_numbers() -> None:
    """The derivation written out by hand: label, then parts of RndA and RndB in their order."""
    key, rnd_a, rnd_b = bytes(range(16)), bytes(range(16, 32)), bytes(range(32, 48))
    mixed = bytes(a ^ b for a, b in zip(rnd_a[2:8], rnd_b[:6], strict=True))
    vector = bytes.fromhex("5AA500010080") + rnd_a[:2] + mixed + rnd_b[6:] + rnd_a[8:]
    assert open_session(key, rnd_a, rnd_b).mac_key == aes_cmac(key, vector)


def test_every_frame_counts() -> None:
    """Command 0, its answer 1, the next command 2: two bytes of count before the frame."""
    session, command = SESSION, bytes.fromhex("3028")
    for count in range(3):
        sent, session = protect_frame(session, command)
        mac = aes_cmac(SESSION.mac_key, count.to_bytes(2, "little") + command)
        assert sent == command + mac[1::2]
        assert session.frame_counter == count + 1


@given(st.lists(st.binary(max_size=40), max_size=6))
def test_both_sides_stay_in_step(frames: list[bytes]) -> None:
    """Whoever sends, the other opens, over a whole conversation."""
    sender = receiver = SESSION
    for frame in frames:
        sent, sender = protect_frame(sender, frame)
        opened, receiver = open_frame(receiver, sent)
        assert (opened, receiver) == (frame, sender)


def test_one_bit_breaks_a_frame() -> None:
    """Each bit of frame and MAC; a frame that is said again; a frame too short for a MAC."""
    sent, after = protect_frame(SESSION, bytes.fromhex("A204DEADBEEF"))
    for changed in flipped(sent):
        with pytest.raises(CryptoError, match="MAC is wrong"):
            open_frame(SESSION, changed)
    with pytest.raises(CryptoError, match="MAC is wrong"):
        open_frame(after, sent)
    with pytest.raises(CryptoError, match="too short"):
        open_frame(SESSION, sent[:7])


@given(st.binary(max_size=40))
def test_any_bytes_end_as_a_named_error(received: bytes) -> None:
    """Whatever a stranger sends is refused by name."""
    with pytest.raises(CryptoError):
        open_frame(SESSION, received)
    with pytest.raises(CryptoError):
        accept(bytes(16), bytes(range(16)), bytes(16), received)


def test_a_counter_is_never_used_twice() -> None:
    """After 65,536 frames the session ends."""
    last = UltralightSession(mac_key=bytes(16), frame_counter=0xFFFF)
    with pytest.raises(CryptoError, match="authenticate again"):
        protect_frame(last, b"")


def test_the_key_stays_out_of_sight() -> None:
    """A session that is printed shows its count alone."""
    assert repr(SESSION) == "UltralightSession(frame_counter=0)"
    with pytest.raises(CryptoError, match="session key"):
        UltralightSession(mac_key=bytes(8))
