"""The leakage resilient primitive: published values, authentication, sessions, SUN, refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto.cards.blocks import pad_iso9797_2
from gateway.crypto.cards.lrp import LrpStream, lrp_key, secret_plaintexts, updated_key
from gateway.crypto.cards.lrp_session import (
    LrpHandshake,
    LrpSession,
    accept_first,
    begin,
    decrypt_lrp_picc_data,
    issue_first,
    lrp_sdm_mac,
    lrp_sdm_session_key,
    verify_lrp_sdm,
)
from gateway.crypto.cards.sdm import PiccData
from gateway.errors import CryptoError

VECTORS = json.loads((Path(__file__).parents[2] / "data" / "cards" / "lrp.json").read_text("utf-8"))


def name_of(vector: dict[str, Any]) -> str:
    """What the test's line shows."""
    return str(vector["name"])


def raw(vector: dict[str, Any], *names: str) -> tuple[bytes, ...]:
    """Some of a vector's values as bytes."""
    return tuple(bytes.fromhex(vector[name]) for name in names)


def handshake_of(vector: dict[str, Any]) -> LrpHandshake:
    """Both sides' keys."""
    key, rnd_a, rnd_b = raw(vector, "key", "rnd_a", "rnd_b")
    return begin(key, rnd_a, rnd_b)


def flipped(value: bytes, step: int = 1) -> list[bytes]:
    """The value with one bit turned over, for every ``step``-th of its bits."""
    size = len(value)
    return [(int.from_bytes(value) ^ 1 << bit).to_bytes(size) for bit in range(0, 8 * size, step)]


def test_the_published_primitive() -> None:
    """Secret plaintexts, updated keys, and one evaluation."""
    vector = VECTORS["primitive"]
    key = bytes.fromhex(vector["key"])
    plaintexts = secret_plaintexts(key)
    assert len(plaintexts) == 16
    for index, block in vector["plaintexts"].items():
        assert plaintexts[int(index)] == bytes.fromhex(block)
    for number, block in vector["updated_keys"].items():
        assert updated_key(key, int(number)) == bytes.fromhex(block)
    case = vector["evaluation"]
    made = lrp_key(key, case["updated_key"])
    value, output = raw(case, "input", "output")
    assert made.evaluate(value, final=case["final"]) == output
    assert made.evaluate(value, final=False) != output


@pytest.mark.parametrize("vector", VECTORS["encryption"], ids=name_of)
def test_the_published_encryption(vector: dict[str, Any]) -> None:
    """With and without padding, and with a counter that wraps."""
    key, counter, plain, enc = raw(vector, "key", "counter", "plain", "enc")
    stream = LrpStream(key=lrp_key(key), counter=counter)
    padded = pad_iso9797_2(plain) if vector["padded"] else plain
    sent, after = stream.encrypt(padded)
    assert sent == enc
    assert stream.decrypt(enc) == (padded, after)
    expected = (int.from_bytes(counter) + len(enc) // 16) % 2**32
    assert int.from_bytes(after.counter) == expected


@pytest.mark.parametrize("vector", VECTORS["first"], ids=name_of)
def test_the_published_authentication(vector: dict[str, Any]) -> None:
    """Session master, both MACs, and the card's identifier, from both sides."""
    handshake = handshake_of(vector)
    reader_mac, picc_data, card_mac = raw(vector, "reader_mac", "picc_data", "card_mac")
    assert handshake.mac_key == lrp_key(bytes.fromhex(vector["master"]))
    assert handshake.stream.key == lrp_key(bytes.fromhex(vector["master"]), 1)
    assert handshake.reader_mac() == reader_mac
    handshake.check_reader(reader_mac)
    session = accept_first(handshake, picc_data + card_mac)
    assert session.transaction_identifier == bytes.fromhex(vector["identifier"])
    plain, _ = handshake.stream.decrypt(picc_data)
    issued = issue_first(handshake, session.transaction_identifier, plain[4:])
    assert issued == (picc_data + card_mac, session)


@pytest.mark.parametrize("vector", VECTORS["first"], ids=name_of)
def test_one_bit_breaks_an_authentication(vector: dict[str, Any]) -> None:
    """Each bit of the reader's MAC is refused by the card, of the card's answer by the reader."""
    handshake = handshake_of(vector)
    reader_mac, picc_data, card_mac = raw(vector, "reader_mac", "picc_data", "card_mac")
    for changed in flipped(reader_mac):
        with pytest.raises(CryptoError, match="the reader holds another key"):
            handshake.check_reader(changed)
    for changed in flipped(picc_data + card_mac, 3):
        with pytest.raises(CryptoError, match="the card holds another key"):
            accept_first(handshake, changed)


@pytest.mark.parametrize("vector", VECTORS["sessions"], ids=name_of)
def test_the_published_sessions(vector: dict[str, Any]) -> None:
    """Commands and answers of whole sessions, byte for byte, as both sides make and read them."""
    handshake = handshake_of(vector)
    _, reader = issue_first(handshake, bytes.fromhex(vector["identifier"]))
    for command in vector["commands"]:
        ins, header, data = int(command["ins"], 16), *raw(command, "header", "data")
        sent, answer = raw(command, "sent", "answer")
        card = reader
        enc, reader = reader.encrypt(data)
        assert header + enc + reader.mac(ins, header + enc) == sent
        card.check(ins, sent[:-8], sent[-8:])
        assert card.decrypt(enc) == (data, reader)
        after = reader.next()
        after.check(0, answer[:-8], answer[-8:])
        opened, reader = after.decrypt(answer[:-8])
        assert opened == bytes.fromhex(command["answer_data"])
        assert after.encrypt(opened) == (answer[:-8], reader)


def test_one_bit_breaks_a_message() -> None:
    """Each bit of data and MAC, and the count before the command."""
    vector = VECTORS["sessions"][0]
    answer = bytes.fromhex(vector["commands"][0]["answer"])
    session = issue_first(handshake_of(vector), bytes.fromhex(vector["identifier"]))[1].next()
    session.check(0, answer[:-8], answer[-8:])
    for changed in flipped(answer, 3):
        with pytest.raises(CryptoError, match="MAC is wrong"):
            session.check(0, changed[:-8], changed[-8:])
    with pytest.raises(CryptoError, match="MAC is wrong"):
        session.next().check(0, answer[:-8], answer[-8:])
    with pytest.raises(CryptoError, match="MAC is wrong"):
        session.check(0, answer[:-8], answer[-8:-1])


@pytest.mark.parametrize("vector", VECTORS["sdm"], ids=name_of)
def test_the_published_sun_message(vector: dict[str, Any]) -> None:
    """UID and counter, the session's key and the MAC."""
    key, random, enc, mac = raw(vector, "key", "random", "enc", "mac")
    message = vector["message"].encode("ascii")
    picc = decrypt_lrp_picc_data(key, random, enc)
    assert picc == PiccData(uid=bytes.fromhex(vector["uid"]), read_counter=vector["counter"])
    assert lrp_sdm_session_key(key, picc) == bytes.fromhex(vector["session_key"])
    assert lrp_sdm_mac(key, picc, message) == mac
    assert verify_lrp_sdm(key, picc, mac, message)
    for changed in flipped(mac, 3):
        assert not verify_lrp_sdm(key, picc, changed, message)
    changed_picc = PiccData(uid=picc.uid, read_counter=picc.read_counter + 1)
    assert not verify_lrp_sdm(key, changed_picc, mac, message)


@given(answer=st.binary(max_size=40))
def test_any_answer_ends_as_a_named_error(answer: bytes) -> None:
    """Whatever a stranger answers, of whatever length, is refused by name."""
    handshake = handshake_of(VECTORS["first"][0])
    with pytest.raises(CryptoError):
        accept_first(handshake, answer)
    with pytest.raises(CryptoError):
        handshake.check_reader(answer)
    if len(answer) % 16:
        with pytest.raises(CryptoError, match="whole blocks"):
            handshake.stream.decrypt(answer)


@pytest.mark.parametrize("size", [15, 16, 17, 32, 33])
def test_any_length_has_a_mac_of_its_own(size: int) -> None:
    """Whole blocks and filled ones never share a MAC."""
    key = lrp_key(bytes(range(16)))
    assert key.cmac(bytes(size)) != key.cmac(bytes(size) + b"\x80")
    assert len(key.cmac(bytes(size))) == 16


def test_what_is_out_of_range_is_refused() -> None:
    """Lengths of keys, numbers, identifiers; a counter that has run out; SUN of another length."""
    block = bytes(16)
    for call in (
        lambda: lrp_key(bytes(15)),
        lambda: begin(block, bytes(8), block),
        lambda: begin(block, block, bytes(8)),
        lambda: decrypt_lrp_picc_data(block, bytes(7), block),
        lambda: decrypt_lrp_picc_data(block, bytes(8), bytes(32)),
    ):
        with pytest.raises(CryptoError):
            call()
    handshake = handshake_of(VECTORS["first"][0])
    with pytest.raises(CryptoError, match="identifier"):
        issue_first(handshake, bytes(3))
    last = LrpSession(
        transaction_identifier=bytes(4),
        mac_key=handshake.mac_key,
        stream=handshake.stream,
        command_counter=0xFFFF,
    )
    with pytest.raises(CryptoError, match="authenticate again"):
        last.next()


def test_keys_stay_out_of_sight() -> None:
    """A key that is printed shows nothing, and a session its identifier and counters."""
    assert repr(lrp_key(bytes(16))) == "LrpKey()"
    _, session = issue_first(handshake_of(VECTORS["first"][0]), b"abcd")
    assert "LrpKey()" in repr(session)
