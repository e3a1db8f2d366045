"""Whole EV2 messages: the published commands and answers, and one flipped bit of each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto.cards.blocks import crc32_desfire
from gateway.crypto.cards.ev2 import (
    Ev2Session,
    change_other_key_data,
    change_own_key_data,
    command_mac,
    response_mac,
)
from gateway.crypto.cards.ev2_messages import (
    CommMode,
    open_command,
    open_response,
    protect_command,
    protect_response,
)
from gateway.errors import CryptoError

VECTORS = json.loads((Path(__file__).parents[2] / "data" / "cards" / "ev2.json").read_text("utf-8"))
MESSAGES = VECTORS["messages"]
ANSWERED = [message for message in MESSAGES if "answer" in message]
SESSION = Ev2Session(transaction_identifier=b"abcd", enc_key=b"e" * 16, mac_key=b"m" * 16)


def name_of(vector: dict[str, Any]) -> str:
    """What the test's line shows."""
    return str(vector["name"])


def session_of(vector: dict[str, Any]) -> Ev2Session:
    """The session before the command."""
    parts = {name: bytes.fromhex(value) for name, value in vector["session"].items()}
    return Ev2Session(
        transaction_identifier=parts["identifier"],
        enc_key=parts["enc_key"],
        mac_key=parts["mac_key"],
        command_counter=vector["counter"],
    )


def flipped(value: bytes) -> list[bytes]:
    """The value with each one of its bits turned over."""
    size = len(value)
    return [(int.from_bytes(value) ^ 1 << bit).to_bytes(size) for bit in range(8 * size)]


@pytest.mark.parametrize("vector", MESSAGES, ids=name_of)
def test_the_published_commands(vector: dict[str, Any]) -> None:
    """The reader makes them byte for byte, and the card reads them."""
    session, mode = session_of(vector), CommMode(vector["mode"])
    ins, header = int(vector["ins"], 16), bytes.fromhex(vector["header"])
    data, sent = bytes.fromhex(vector["data"]), bytes.fromhex(vector["sent"])
    assert protect_command(session, mode, ins, header, data) == sent
    assert open_command(session, mode, ins, len(header), sent) == (header, data)


@pytest.mark.parametrize("vector", ANSWERED, ids=name_of)
def test_the_published_answers(vector: dict[str, Any]) -> None:
    """The reader reads them, and the card makes them byte for byte."""
    after, mode = session_of(vector).next(), CommMode(vector["mode"])
    data, answer = bytes.fromhex(vector["answer_data"]), bytes.fromhex(vector["answer"])
    assert open_response(after, mode, 0, answer) == data
    assert protect_response(after, mode, 0, data) == answer


@pytest.mark.parametrize("vector", MESSAGES, ids=name_of)
def test_one_bit_breaks_a_command(vector: dict[str, Any]) -> None:
    """Each bit of header, data and MAC; another instruction; another count."""
    session, mode = session_of(vector), CommMode(vector["mode"])
    ins, header = int(vector["ins"], 16), bytes.fromhex(vector["header"])
    sent = bytes.fromhex(vector["sent"])
    for changed in flipped(sent):
        with pytest.raises(CryptoError, match="MAC is wrong"):
            open_command(session, mode, ins, len(header), changed)
    with pytest.raises(CryptoError, match="MAC is wrong"):
        open_command(session, mode, ins ^ 1, len(header), sent)
    with pytest.raises(CryptoError, match="MAC is wrong"):
        open_command(session.next(), mode, ins, len(header), sent)


@pytest.mark.parametrize("vector", ANSWERED, ids=name_of)
def test_one_bit_breaks_an_answer(vector: dict[str, Any]) -> None:
    """Each bit of data and MAC; another status; the count before the command."""
    session, mode = session_of(vector), CommMode(vector["mode"])
    answer = bytes.fromhex(vector["answer"])
    for changed in flipped(answer):
        with pytest.raises(CryptoError, match="MAC is wrong"):
            open_response(session.next(), mode, 0, changed)
    with pytest.raises(CryptoError, match="MAC is wrong"):
        open_response(session.next(), mode, 0x40, answer)
    with pytest.raises(CryptoError, match="MAC is wrong"):
        open_response(session, mode, 0, answer)


def test_the_published_key_changes() -> None:
    """ChangeKey's data for another key, with the new key's checksum, and for the own one."""
    other, own = (message["change_key"] for message in MESSAGES if "change_key" in message)
    old, new = bytes.fromhex(other["old"]), bytes.fromhex(other["new"])
    data = change_other_key_data(old, new, other["version"])
    assert data[-4:] == crc32_desfire(new) == bytes.fromhex(other["crc"])
    published = [bytes.fromhex(each["data"]) for each in MESSAGES if "change_key" in each]
    own_data = change_own_key_data(bytes.fromhex(own["new"]), own["version"])
    assert [data, own_data] == published


def test_a_changed_key_is_hidden_by_the_old_one() -> None:
    """Where the old key is not zero, the card adds it to what it reads."""
    old, new = bytes(range(16)), bytes(range(100, 116))
    data = change_other_key_data(old, new, 7)
    assert bytes(a ^ b for a, b in zip(data[:16], old, strict=True)) == new
    assert data[16:17] == b"\x07"
    for version in (-1, 256):
        with pytest.raises(CryptoError, match="one byte"):
            change_other_key_data(old, new, version)
        with pytest.raises(CryptoError, match="one byte"):
            change_own_key_data(new, version)
    with pytest.raises(CryptoError):
        change_other_key_data(old[:15], new, 1)


@given(mode=st.sampled_from(CommMode), header=st.binary(max_size=8), data=st.binary(max_size=40))
def test_both_sides_agree_in_every_mode(mode: CommMode, header: bytes, data: bytes) -> None:
    """What a reader protects a card opens, and the other way round."""
    sent = protect_command(SESSION, mode, 0x8D, header, data)
    assert open_command(SESSION, mode, 0x8D, len(header), sent) == (header, data)
    after = SESSION.next()
    assert open_response(after, mode, 0, protect_response(after, mode, 0, data)) == data


@given(mode=st.sampled_from(CommMode), body=st.binary(max_size=60))
def test_any_bytes_end_as_a_value_or_a_named_error(mode: CommMode, body: bytes) -> None:
    """Only plain mode lets bytes through that nobody sealed."""
    for call in (
        lambda: open_response(SESSION, mode, 0, body),
        lambda: open_command(SESSION, mode, 0xBD, 7, body),
    ):
        try:
            call()
        except CryptoError:
            continue
        assert mode is CommMode.PLAIN


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"\x03", "cut short"), (bytes(22), "whole blocks"), (bytes(7 + 16), "padding")],
    ids=["short header", "half a block", "no padding"],
)
def test_what_is_sealed_but_malformed_is_refused_by_name(content: bytes, words: str) -> None:
    """A holder of the key who sends nonsense gets a named refusal."""
    sealed = content + command_mac(SESSION, 0xBD, content, b"")
    with pytest.raises(CryptoError, match=words):
        open_command(SESSION, CommMode.FULL, 0xBD, 7, sealed)


def test_an_answer_without_padding_is_refused_by_name() -> None:
    """The same for a card."""
    for content, words in ((bytes(15), "whole blocks"), (bytes(16), "padding")):
        answer = content + response_mac(SESSION, 0, content)
        with pytest.raises(CryptoError, match=words):
            open_response(SESSION, CommMode.FULL, 0, answer)
