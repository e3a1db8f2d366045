"""SUN messages of NTAG 424 DNA: the published ones, both sides, and what must be refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto.cards.blocks import cbc_encrypt, ecb_encrypt_block
from gateway.crypto.cards.cmac import aes_cmac
from gateway.crypto.cards.sdm import (
    READ_COUNTER_MAX,
    PiccData,
    decrypt_file_data,
    decrypt_picc_data,
    encrypt_file_data,
    encrypt_picc_data,
    sdm_mac,
    sdm_session_enc_key,
    sdm_session_mac_key,
    verify_sdm,
)
from gateway.errors import CryptoError

VECTORS = json.loads((Path(__file__).parents[2] / "data" / "cards" / "sun.json").read_text("utf-8"))


def name_of(vector: dict[str, Any]) -> str:
    """What the test's line shows."""
    return str(vector["name"])


def flipped(value: bytes) -> list[bytes]:
    """The value with each one of its bits turned over."""
    size = len(value)
    return [(int.from_bytes(value) ^ 1 << bit).to_bytes(size) for bit in range(8 * size)]


@pytest.mark.parametrize("vector", VECTORS["picc_data"], ids=name_of)
def test_the_published_picc_data(vector: dict[str, Any]) -> None:
    """UID and counter come out, and the card's side makes the same bytes."""
    key, enc = bytes.fromhex(vector["key"]), bytes.fromhex(vector["enc"])
    uid, padding = bytes.fromhex(vector["uid"]), bytes.fromhex(vector["padding"])
    picc = decrypt_picc_data(key, enc)
    assert picc == PiccData(uid=uid, read_counter=vector["counter"])
    assert encrypt_picc_data(key, uid, vector["counter"], padding) == enc
    assert cbc_encrypt(key, bytes(16), bytes.fromhex(vector["plain"])) == enc


@pytest.mark.parametrize("vector", VECTORS["macs"], ids=name_of)
def test_the_published_macs(vector: dict[str, Any]) -> None:
    """The MAC over nothing, and over part of the file, step by step where it was printed so."""
    key, uid = bytes.fromhex(vector["key"]), bytes.fromhex(vector["uid"])
    message, mac = vector["message"].encode("ascii"), bytes.fromhex(vector["mac"])
    session = sdm_session_mac_key(key, uid, vector["counter"])
    if "session_key" in vector:
        assert session == bytes.fromhex(vector["session_key"])
        assert aes_cmac(session, message) == bytes.fromhex(vector["cmac"])
    assert sdm_mac(key, uid, vector["counter"], message) == mac


@pytest.mark.parametrize("vector", VECTORS["macs"], ids=name_of)
def test_one_bit_breaks_a_mac(vector: dict[str, Any]) -> None:
    """Each bit of MAC, UID, message and key, and each other count, is refused."""
    key, uid = bytes.fromhex(vector["key"]), bytes.fromhex(vector["uid"])
    message, mac = vector["message"].encode("ascii"), bytes.fromhex(vector["mac"])
    picc = PiccData(uid=uid, read_counter=vector["counter"])
    assert verify_sdm(key, picc, mac, message)
    assert not any(verify_sdm(key, picc, other, message) for other in flipped(mac))
    assert not any(verify_sdm(key, picc, mac, other) for other in flipped(message))
    assert not any(verify_sdm(other, picc, mac, message) for other in flipped(key))
    assert not verify_sdm(key, picc, mac[:-1], message)
    for other in flipped(uid):
        changed = PiccData(uid=other, read_counter=picc.read_counter)
        assert not verify_sdm(key, changed, mac, message)
    for bit in range(24):
        changed = PiccData(uid=uid, read_counter=picc.read_counter ^ 1 << bit)
        assert not verify_sdm(key, changed, mac, message)


def test_one_bit_breaks_picc_data() -> None:
    """The tag shows most changes; the MAC shows the few that it does not."""
    (vector,) = [each for each in VECTORS["picc_data"] if each["counter"] == 61]
    (signed,) = [each for each in VECTORS["macs"] if each["counter"] == 61]
    key, mac = bytes.fromhex(vector["key"]), bytes.fromhex(signed["mac"])
    for enc in flipped(bytes.fromhex(vector["enc"])):
        try:
            picc = decrypt_picc_data(key, enc)
        except CryptoError:
            continue
        assert not verify_sdm(key, picc, mac)


@pytest.mark.parametrize("vector", VECTORS["file_data"], ids=name_of)
def test_the_published_file_data(vector: dict[str, Any]) -> None:
    """Encrypted file data, both ways, with the printed key and IV."""
    key, uid, counter = bytes.fromhex(vector["key"]), bytes.fromhex(vector["uid"]), 1
    enc, plain = bytes.fromhex(vector["enc"]), bytes.fromhex(vector["plain"])
    session = sdm_session_enc_key(key, uid, counter)
    assert session == bytes.fromhex(vector["session_key"])
    block = counter.to_bytes(3, "little") + bytes(13)
    assert ecb_encrypt_block(session, block) == bytes.fromhex(vector["iv"])
    assert decrypt_file_data(key, uid, counter, enc) == plain
    assert encrypt_file_data(key, uid, counter, plain) == enc


@pytest.mark.parametrize("vector", VECTORS["session_keys"], ids=name_of)
def test_the_published_session_keys(vector: dict[str, Any]) -> None:
    """Both session keys of a key that is not zero."""
    arguments = bytes.fromhex(vector["key"]), bytes.fromhex(vector["uid"]), vector["counter"]
    assert sdm_session_enc_key(*arguments) == bytes.fromhex(vector["enc_key"])
    assert sdm_session_mac_key(*arguments) == bytes.fromhex(vector["mac_key"])


@given(
    uid=st.binary(min_size=7, max_size=7),
    counter=st.integers(0, READ_COUNTER_MAX),
    padding=st.binary(min_size=5, max_size=5),
)
def test_any_card_is_read_back(uid: bytes, counter: int, padding: bytes) -> None:
    """What a card says at any count is what is read."""
    enc = encrypt_picc_data(bytes(16), uid, counter, padding)
    assert decrypt_picc_data(bytes(16), enc) == PiccData(uid=uid, read_counter=counter)


@given(st.binary(max_size=40))
def test_any_bytes_end_as_a_value_or_a_named_error(enc: bytes) -> None:
    """Nothing that a card may send escapes as another exception."""
    try:
        picc = decrypt_picc_data(bytes(16), enc)
    except CryptoError:
        return
    assert len(enc) == 16
    assert len(picc.uid) == 7


@pytest.mark.parametrize("tag", [0x87, 0x47, 0xC4, 0xCA, 0x07, 0x00])
def test_another_tag_names_no_card(tag: int) -> None:
    """UID or counter missing, or a UID of another length: not as our cards are issued."""
    enc = cbc_encrypt(bytes(16), bytes(16), bytes((tag,)) + bytes(15))
    with pytest.raises(CryptoError, match="name no card"):
        decrypt_picc_data(bytes(16), enc)


def test_what_is_out_of_range_is_refused() -> None:
    """A UID of another length, a count of more than three bytes, a short padding."""
    uid = bytes(7)
    with pytest.raises(CryptoError, match="a UID has 7 bytes"):
        sdm_mac(bytes(16), bytes(4), 0)
    for counter in (-1, READ_COUNTER_MAX + 1):
        with pytest.raises(CryptoError, match="three bytes"):
            sdm_mac(bytes(16), uid, counter)
    with pytest.raises(CryptoError, match="padding"):
        encrypt_picc_data(bytes(16), uid, 0, bytes(4))
