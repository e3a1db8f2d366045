"""AES-CMAC: the published examples, Wycheproof's edge cases, and the chained form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto.cards.blocks import cbc_encrypt
from gateway.crypto.cards.cmac import (
    aes_cmac,
    chained_cmac,
    cmac_subkeys,
    mac_truncated,
    verify_mac,
)
from gateway.errors import CryptoError

VECTORS = json.loads(
    (Path(__file__).parents[2] / "data" / "cards" / "aes_cmac.json").read_text("utf-8")
)


def name_of(vector: dict[str, Any]) -> str:
    """What the test's line shows."""
    return str(vector["name"])


@pytest.mark.parametrize("vector", VECTORS["macs"], ids=name_of)
def test_the_published_macs(vector: dict[str, Any]) -> None:
    """RFC 4493 and AN12196, whole and shortened; from a zero IV the chained form is the same."""
    key, message = bytes.fromhex(vector["key"]), bytes.fromhex(vector["message"])
    expected = bytes.fromhex(vector["cmac"])
    assert aes_cmac(key, message) == expected
    assert chained_cmac(key, bytes(16), message) == expected
    shortened = bytes.fromhex(vector.get("truncated", expected[1::2].hex()))
    assert mac_truncated(expected) == shortened


@pytest.mark.parametrize("vector", VECTORS["subkeys"], ids=name_of)
def test_the_published_subkeys(vector: dict[str, Any]) -> None:
    """K1 and K2, with and without the carry of the doubling."""
    expected = (bytes.fromhex(vector["k1"]), bytes.fromhex(vector["k2"]))
    assert cmac_subkeys(bytes.fromhex(vector["key"])) == expected


def test_wycheproof(vectors_folder: Path) -> None:
    """All 311 cases: 306 tags are verified as the set says, and 5 keys of a wrong size refused."""
    path = vectors_folder / "wycheproof" / "aes_cmac_test.json"
    checked = refused = 0
    for group in json.loads(path.read_text("utf-8"))["testGroups"]:
        for case in group["tests"]:
            key, message = bytes.fromhex(case["key"]), bytes.fromhex(case["msg"])
            if group["keySize"] not in {128, 192, 256}:
                with pytest.raises(CryptoError, match="AES key"):
                    aes_cmac(key, message)
                refused += 1
                continue
            valid = verify_mac(aes_cmac(key, message), bytes.fromhex(case["tag"]))
            assert valid is (case["result"] == "valid"), case["tcId"]
            assert chained_cmac(key, bytes(16), message) == aes_cmac(key, message)
            checked += 1
    assert (checked, refused) == (306, 5)


@given(key=st.binary(min_size=16, max_size=16), messages=st.lists(st.binary(max_size=40)))
def test_a_chain_goes_on_from_its_last_block(key: bytes, messages: list[bytes]) -> None:
    """Starting from an IV is the same as a message whose first block was encrypted before."""
    iv = bytes(16)
    for message in messages:
        if len(message) >= 16:
            first = bytes(a ^ b for a, b in zip(iv, message[:16], strict=True))
            assert chained_cmac(key, iv, message) == aes_cmac(key, first + message[16:])
        iv = chained_cmac(key, iv, message)


@given(key=st.binary(min_size=16, max_size=16), message=st.binary(min_size=17, max_size=32))
def test_an_iv_stands_for_the_block_before(key: bytes, message: bytes) -> None:
    """The last block of a longer message is the chained CMAC of what follows its first block."""
    iv = cbc_encrypt(key, bytes(16), message[:16])
    assert chained_cmac(key, iv, message[16:]) == aes_cmac(key, message)


def test_a_mac_is_refused_for_each_of_its_bits() -> None:
    """No bit of eight bytes may differ, nor may a byte be missing."""
    mac = mac_truncated(aes_cmac(bytes(16), b"tap"))
    assert verify_mac(mac, bytes(mac))
    for bit in range(64):
        flipped = (int.from_bytes(mac) ^ 1 << bit).to_bytes(8)
        assert not verify_mac(mac, flipped)
    assert not verify_mac(mac, mac[:7])
    assert not verify_mac(mac, b"")


@pytest.mark.parametrize("key", [b"", bytes(15), bytes(17), bytes(33)])
def test_a_key_of_another_length_is_refused(key: bytes) -> None:
    """And the message names the lengths, never the key."""
    for call in (
        lambda: aes_cmac(key, b""),
        lambda: cmac_subkeys(key),
        lambda: chained_cmac(key, bytes(16), b""),
    ):
        with pytest.raises(CryptoError, match=r"16, 24 or 32 bytes, not \d+$"):
            call()


def test_only_a_whole_cmac_is_shortened() -> None:
    """Eight bytes are not shortened to four."""
    with pytest.raises(CryptoError, match="a CMAC has 16 bytes, not 8"):
        mac_truncated(bytes(8))
