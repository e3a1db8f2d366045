"""EV2 authentication and session arithmetic: the published runs, both sides, and refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto.cards.ev2 import (
    COMMAND_COUNTER_MAX,
    Ev2Session,
    accept_first,
    accept_non_first,
    challenge_answer,
    check_challenge_answer,
    command_iv,
    decrypt_command,
    decrypt_response,
    encrypt_command,
    encrypt_response,
    first_session,
    issue_challenge,
    issue_first,
    issue_non_first,
    non_first_session,
    response_iv,
    session_keys,
)
from gateway.errors import CryptoError

VECTORS = json.loads((Path(__file__).parents[2] / "data" / "cards" / "ev2.json").read_text("utf-8"))
BLOCK = st.binary(min_size=16, max_size=16)


def name_of(vector: dict[str, Any]) -> str:
    """What the test's line shows."""
    return str(vector["name"])


def raw(vector: dict[str, Any], *names: str) -> tuple[bytes, ...]:
    """Some of a vector's values as bytes."""
    return tuple(bytes.fromhex(vector[name]) for name in names)


def session_of(vector: dict[str, str], counter: int = 0) -> Ev2Session:
    """A published session."""
    return Ev2Session(
        transaction_identifier=bytes.fromhex(vector["identifier"]),
        enc_key=bytes.fromhex(vector["enc_key"]),
        mac_key=bytes.fromhex(vector["mac_key"]),
        command_counter=counter,
    )


def accept(vector: dict[str, Any], answer: bytes) -> Ev2Session:
    """The reader's last step, of either authentication."""
    key, rnd_a, rnd_b = raw(vector, "key", "rnd_a", "rnd_b")
    if "before" in vector:
        return accept_non_first(session_of(vector["before"]), key, rnd_a, rnd_b, answer)
    return accept_first(key, rnd_a, rnd_b, answer)


def flipped(value: bytes) -> list[bytes]:
    """The value with each one of its bits turned over."""
    size = len(value)
    return [(int.from_bytes(value) ^ 1 << bit).to_bytes(size) for bit in range(8 * size)]


@pytest.mark.parametrize("vector", VECTORS["first"], ids=name_of)
def test_the_published_first_authentications(vector: dict[str, Any]) -> None:
    """Every byte that the reader sends, every byte that the card sends, and the session."""
    key, rnd_a, rnd_b = raw(vector, "key", "rnd_a", "rnd_b")
    rnd_b_enc, cryptogram, answer = raw(vector, "rnd_b_enc", "cryptogram", "answer")
    session = session_of(vector["session"])
    assert challenge_answer(key, rnd_a, rnd_b_enc) == (cryptogram, rnd_b)
    assert accept_first(key, rnd_a, rnd_b, answer) == session
    assert issue_challenge(key, rnd_b) == rnd_b_enc
    assert check_challenge_answer(key, rnd_b, cryptogram) == rnd_a
    assert issue_first(key, rnd_a, session.transaction_identifier) == answer
    assert first_session(key, rnd_a, rnd_b, session.transaction_identifier) == session


@pytest.mark.parametrize("vector", VECTORS["non_first"], ids=name_of)
def test_the_published_non_first_authentication(vector: dict[str, Any]) -> None:
    """New keys; the identifier and the count of commands go on."""
    key, rnd_a, rnd_b = raw(vector, "key", "rnd_a", "rnd_b")
    rnd_b_enc, cryptogram, answer = raw(vector, "rnd_b_enc", "cryptogram", "answer")
    before = session_of(vector["before"], counter=1)
    assert challenge_answer(key, rnd_a, rnd_b_enc) == (cryptogram, rnd_b)
    after = accept_non_first(before, key, rnd_a, rnd_b, answer)
    assert after == session_of(vector["session"], counter=1)
    assert check_challenge_answer(key, rnd_b, cryptogram) == rnd_a
    assert issue_non_first(key, rnd_a) == answer
    assert non_first_session(before, key, rnd_a, rnd_b) == after


@pytest.mark.parametrize("vector", [*VECTORS["first"], *VECTORS["non_first"]], ids=name_of)
def test_one_bit_breaks_an_authentication(vector: dict[str, Any]) -> None:
    """Each bit of the reader's cryptogram is refused by the card, of the card's by the reader."""
    key, rnd_b = raw(vector, "key", "rnd_b")
    cryptogram, answer = raw(vector, "cryptogram", "answer")
    for changed in flipped(cryptogram):
        with pytest.raises(CryptoError, match="the reader holds another key"):
            check_challenge_answer(key, rnd_b, changed)
    for changed in flipped(answer):
        with pytest.raises(CryptoError, match="the card holds another key"):
            accept(vector, changed)


@given(st.binary(max_size=50))
def test_any_answer_ends_as_a_named_error(answer: bytes) -> None:
    """Whatever a stranger answers, of whatever length, is refused by name."""
    key, rnd_a, rnd_b = bytes(16), bytes(range(16)), bytes(16)
    session = first_session(key, rnd_a, rnd_b, bytes(4))
    with pytest.raises(CryptoError):
        accept_first(key, rnd_a, rnd_b, answer)
    with pytest.raises(CryptoError):
        accept_non_first(session, key, rnd_a, rnd_b, answer)
    with pytest.raises(CryptoError):
        check_challenge_answer(key, rnd_b, answer)
    if len(answer) != 16:
        with pytest.raises(CryptoError, match="challenge"):
            challenge_answer(key, rnd_a, answer)


@given(key=BLOCK, other=BLOCK, rnd_a=BLOCK, rnd_b=BLOCK)
def test_two_keys_never_authenticate(key: bytes, other: bytes, rnd_a: bytes, rnd_b: bytes) -> None:
    """With one key both sides end in one session; with two, the card stops the reader."""
    cryptogram, seen = challenge_answer(key, rnd_a, issue_challenge(key, rnd_b))
    assert seen == rnd_b
    assert check_challenge_answer(key, rnd_b, cryptogram) == rnd_a
    answer = issue_first(key, rnd_a, b"abcd", bytes(range(12)))
    assert accept_first(key, rnd_a, rnd_b, answer) == first_session(key, rnd_a, rnd_b, b"abcd")
    if other != key:
        with pytest.raises(CryptoError):
            check_challenge_answer(other, rnd_b, cryptogram)
        with pytest.raises(CryptoError):
            accept_first(other, rnd_a, rnd_b, answer)


@pytest.mark.parametrize("vector", VECTORS["session_keys"], ids=name_of)
def test_the_published_session_keys(vector: dict[str, Any]) -> None:
    """AN12343's keys, and a key that is not zero."""
    keys = session_keys(*raw(vector, "key", "rnd_a", "rnd_b"))
    assert keys == raw(vector, "enc_key", "mac_key")


@pytest.mark.parametrize("vector", VECTORS["command_ivs"], ids=name_of)
def test_the_published_command_ivs(vector: dict[str, Any]) -> None:
    """The IV of a command, at several counts."""
    session = session_of({"mac_key": "00" * 16, **vector}, vector["counter"])
    assert command_iv(session) == bytes.fromhex(vector["iv"])


@pytest.mark.parametrize("vector", VECTORS["response_ivs"], ids=name_of)
def test_the_published_response_iv(vector: dict[str, Any]) -> None:
    """The IV of an answer carries the count after the command."""
    session = session_of({"mac_key": "00" * 16, **vector}, vector["counter"])
    assert response_iv(session) == bytes.fromhex(vector["iv"])


@given(data=st.binary(max_size=60), counter=st.integers(0, COMMAND_COUNTER_MAX))
def test_encryption_goes_both_ways(data: bytes, counter: int) -> None:
    """A command and an answer come out as they went in, and no data stay no data."""
    session = session_of(VECTORS["first"][0]["session"], counter)
    sent, answered = encrypt_command(session, data), encrypt_response(session, data)
    assert decrypt_command(session, sent) == data
    assert decrypt_response(session, answered) == data
    assert bool(sent) is bool(answered) is bool(data)


def test_a_counter_is_never_used_twice() -> None:
    """After 65,535 commands the session ends."""
    session = session_of(VECTORS["first"][0]["session"], COMMAND_COUNTER_MAX - 1)
    assert session.next().command_counter == COMMAND_COUNTER_MAX
    with pytest.raises(CryptoError, match="authenticate again"):
        session.next().next()


def test_keys_stay_out_of_sight() -> None:
    """A session that is printed shows neither key."""
    session = session_of(VECTORS["first"][0]["session"])
    shown = repr(session).lower()
    for key in (session.enc_key, session.mac_key):
        assert key.hex() not in shown
        assert repr(key)[2:-1].lower() not in shown


@pytest.mark.parametrize(
    ("identifier", "enc_key", "mac_key"),
    [(bytes(3), bytes(16), bytes(16)), (bytes(4), bytes(15), bytes(16)), (bytes(4),) + (b"",) * 2],
)
def test_a_session_of_wrong_parts_is_refused(
    identifier: bytes, enc_key: bytes, mac_key: bytes
) -> None:
    """An identifier has four bytes and a key sixteen."""
    with pytest.raises(CryptoError):
        Ev2Session(transaction_identifier=identifier, enc_key=enc_key, mac_key=mac_key)


def test_wrong_lengths_are_refused() -> None:
    """Random numbers, identifiers and capabilities of another length make no message."""
    key, block = bytes(16), bytes(16)
    for call in (
        lambda: challenge_answer(key, bytes(8), block),
        lambda: issue_challenge(key, bytes(8)),
        lambda: issue_first(key, block, bytes(3)),
        lambda: issue_first(key, block, bytes(4), bytes(6)),
        lambda: issue_first(key, bytes(8), bytes(4)),
        lambda: issue_non_first(key, bytes(8)),
        lambda: session_keys(key, bytes(8), block),
        lambda: session_keys(key, block, bytes(8)),
    ):
        with pytest.raises(CryptoError):
            call()
