"""One key per card: AN10922's published keys, and where plain CMAC gives the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto.cards.cmac import aes_cmac, cmac_subkeys
from gateway.crypto.cards.diversify import (
    AES_128_CONSTANT,
    MESSAGE_BYTES_MAX,
    MESSAGE_BYTES_MIN,
    diversification_message,
    diversified_key,
    diversified_key_192,
    diversified_key_256,
)
from gateway.crypto.cards.purpose import CardKeyName, KeyPurpose
from gateway.errors import CryptoError, ValueRangeError

VECTORS = json.loads(
    (Path(__file__).parents[2] / "data" / "cards" / "diversification.json").read_text("utf-8")
)
DERIVE = {128: diversified_key, 192: diversified_key_192, 256: diversified_key_256}
#: NTAG 424 DNA's application name, and one of DESFire's.
NAMES = [bytes.fromhex("D2760000850101"), bytes.fromhex("3042F5")]
ORGANISATION = b"mohr-org"


def name_of(vector: dict[str, Any]) -> str:
    """What the test's line shows."""
    return str(vector["name"])


@pytest.mark.parametrize("vector", VECTORS["an10922"], ids=name_of)
def test_the_published_keys(vector: dict[str, Any]) -> None:
    """AES-128, -192 and -256, and a message so short that plain CMAC would go wrong."""
    master, message = bytes.fromhex(vector["master"]), bytes.fromhex(vector["message"])
    assert DERIVE[vector["bits"]](master, message) == bytes.fromhex(vector["key"])
    for subkey, name in zip(cmac_subkeys(master), ("k1", "k2"), strict=True):
        assert subkey.hex().upper() == vector.get(name, subkey.hex().upper())
    if "plain_cmac" in vector:
        plain = aes_cmac(master, AES_128_CONSTANT + message)
        assert plain == bytes.fromhex(vector["plain_cmac"])
        assert plain != bytes.fromhex(vector["key"])


def test_the_published_bolt_card_keys() -> None:
    """Another project's deterministic keys, which are plain CMACs: for reading its cards."""
    vector = VECTORS["bolt_card"]
    issuer, uid = bytes.fromhex(vector["issuer_key"]), bytes.fromhex(vector["uid"])
    version = bytes.fromhex(vector["version"])
    card = aes_cmac(issuer, bytes.fromhex("2D003F75") + uid + version)
    assert card == bytes.fromhex(vector["card_key"])
    for label, key in vector["of_card"].items():
        assert aes_cmac(card, bytes.fromhex(label)) == bytes.fromhex(key)
    for label, key in vector["of_issuer"].items():
        assert aes_cmac(issuer, bytes.fromhex(label)) == bytes.fromhex(key)
    assert aes_cmac(issuer, bytes.fromhex("2D003F7B") + uid) == bytes.fromhex(vector["id"])


@pytest.mark.parametrize("size", range(1, MESSAGE_BYTES_MAX + 1))
def test_plain_cmac_agrees_from_sixteen_bytes_on(size: int) -> None:
    """The measured rule on which key stores without AN10922 stand."""
    master, message = bytes(range(16)), bytes(range(100, 100 + size))
    same = diversified_key(master, message) == aes_cmac(master, AES_128_CONSTANT + message)
    assert same is (size >= MESSAGE_BYTES_MIN)


@given(
    uid=st.sampled_from([4, 7, 10]).flatmap(lambda size: st.binary(min_size=size, max_size=size)),
    aid=st.sampled_from(NAMES),
    number=st.integers(0, 255),
    version=st.integers(0, 255),
)
def test_our_messages_are_long_enough(uid: bytes, aid: bytes, number: int, version: int) -> None:
    """Every message of ours is in the range where any CMAC derives the right key."""
    message = diversification_message(uid, aid, ORGANISATION, number, version)
    assert MESSAGE_BYTES_MIN <= len(message) <= MESSAGE_BYTES_MAX
    master = bytes(range(16))
    assert diversified_key(master, message) == aes_cmac(master, AES_128_CONSTANT + message)


def test_a_message_is_its_parts_in_order() -> None:
    """UID, application, organisation, key number, key version: the bytes that cards depend on."""
    uid = bytes.fromhex("04DE5F1EACC040")
    message = diversification_message(uid, NAMES[0], ORGANISATION, 3, 1)
    assert message == uid + NAMES[0] + b"mohr-org" + b"\x03\x01"


def test_every_part_makes_another_key() -> None:
    """No two of cards, applications, organisations, numbers and versions share a key."""
    messages = {
        diversification_message(uid, aid, organisation, number, version)
        for uid in (bytes(4), bytes(7), bytes(10), b"\x04" + bytes(6))
        for aid in (bytes(3), bytes(7), *NAMES)
        for organisation in (bytes(8), ORGANISATION)
        for number in (0, 1)
        for version in (0, 1)
    }
    assert len({diversified_key(bytes(16), message) for message in messages}) == 128


@pytest.mark.parametrize(
    ("uid", "aid", "organisation", "number", "version"),
    [
        (bytes(5), NAMES[0], ORGANISATION, 0, 1),
        (bytes(7), bytes(5), ORGANISATION, 0, 1),
        (bytes(7), NAMES[0], b"short", 0, 1),
        (bytes(7), NAMES[0], ORGANISATION, 256, 1),
        (bytes(7), NAMES[0], ORGANISATION, 0, -1),
    ],
    ids=["uid", "application", "organisation", "key number", "key version"],
)
def test_a_bad_part_is_refused(
    uid: bytes, aid: bytes, organisation: bytes, number: int, version: int
) -> None:
    """A key that no card could have is never derived."""
    with pytest.raises(CryptoError):
        diversification_message(uid, aid, organisation, number, version)


def test_bad_lengths_are_refused() -> None:
    """A master of another size, no message, or one that fills more than two blocks."""
    for master, message in ((bytes(24), b"m"), (bytes(16), b""), (bytes(16), bytes(32))):
        with pytest.raises(CryptoError):
            diversified_key(master, message)
    with pytest.raises(CryptoError):
        diversified_key_192(bytes(16), b"m")
    with pytest.raises(CryptoError):
        diversified_key_256(bytes(16), b"m")


def test_a_key_name_has_a_version_of_one_byte() -> None:
    """Versions are 1 to 255: 0 is what a factory key answers."""
    assert CardKeyName(purpose=KeyPurpose.TERMINAL, version=255).version == 255
    for version in (0, 256):
        with pytest.raises(ValueRangeError, match="version"):
            CardKeyName(purpose=KeyPurpose.TERMINAL, version=version)
