"""DESFire's transaction MAC: the published keys, and what a terminal cannot change."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.crypto.cards.cmac import aes_cmac, mac_truncated
from gateway.crypto.cards.transaction_mac import (
    COUNTER_MAX,
    decrypt_reader_id,
    encrypt_reader_id,
    transaction_enc_key,
    transaction_mac,
    transaction_mac_key,
    verify_transaction_mac,
)
from gateway.errors import CryptoError

VECTORS = json.loads(
    (Path(__file__).parents[2] / "data" / "cards" / "transaction_mac.json").read_text("utf-8")
)
KEY, UID = bytes(range(16)), bytes.fromhex("04010203040506")


def name_of(vector: dict[str, Any]) -> str:
    """What the test's line shows."""
    return str(vector["name"])


@pytest.mark.parametrize("vector", VECTORS["session_keys"], ids=name_of)
def test_the_published_keys(vector: dict[str, Any]) -> None:
    """Both keys of a transaction, and the MAC as the shortened CMAC under the first."""
    arguments = bytes.fromhex(vector["key"]), bytes.fromhex(vector["uid"]), vector["counter"]
    mac_key = bytes.fromhex(vector["mac_key"])
    assert transaction_mac_key(*arguments) == mac_key
    assert transaction_enc_key(*arguments) == bytes.fromhex(vector["enc_key"])
    expected = mac_truncated(aes_cmac(mac_key, b"debit 5"))
    assert transaction_mac(*arguments, b"debit 5") == expected


def test_one_bit_breaks_a_transaction_mac() -> None:
    """Each bit of MAC, content, UID and counter is refused."""
    content = b"debit 5"
    mac = transaction_mac(KEY, UID, 7, content)
    assert verify_transaction_mac(KEY, UID, 7, content, mac)
    for bit in range(64):
        other = (int.from_bytes(mac) ^ 1 << bit).to_bytes(8)
        assert not verify_transaction_mac(KEY, UID, 7, content, other)
    for bit in range(56):
        changed = (int.from_bytes(content) ^ 1 << bit).to_bytes(7)
        assert not verify_transaction_mac(KEY, UID, 7, changed, mac)
        uid = (int.from_bytes(UID) ^ 1 << bit).to_bytes(7)
        assert not verify_transaction_mac(KEY, uid, 7, content, mac)
    for bit in range(3, 32):
        assert not verify_transaction_mac(KEY, UID, 7 ^ 1 << bit, content, mac)
    assert not verify_transaction_mac(KEY, UID, 7, content, mac[:7])


def test_a_reader_id_comes_back() -> None:
    """And is another one under another count."""
    reader_id = b"terminal-0000007"
    enc = encrypt_reader_id(KEY, UID, 7, reader_id)
    assert decrypt_reader_id(KEY, UID, 7, enc) == reader_id
    assert decrypt_reader_id(KEY, UID, 8, enc) != reader_id


def test_what_is_out_of_range_is_refused() -> None:
    """UIDs, counters, reader ids and keys of another size."""
    for counter in (0, COUNTER_MAX + 1):
        with pytest.raises(CryptoError, match="counter"):
            transaction_mac(KEY, UID, counter, b"")
    with pytest.raises(CryptoError, match="a UID"):
        transaction_mac(KEY, bytes(4), 1, b"")
    with pytest.raises(CryptoError, match="AES key"):
        transaction_mac(b"", UID, 1, b"")
    with pytest.raises(CryptoError, match="reader's id"):
        encrypt_reader_id(KEY, UID, 1, bytes(15))
    with pytest.raises(CryptoError, match="reader's id"):
        decrypt_reader_id(KEY, UID, 1, bytes(32))
