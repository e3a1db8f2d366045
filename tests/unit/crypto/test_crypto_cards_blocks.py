"""AES blocks, paddings and DESFire's checksum."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto.cards.blocks import (
    cbc_decrypt,
    cbc_encrypt,
    crc32_desfire,
    ecb_encrypt_block,
    pad_iso9797_2,
    pad_zeros,
    rotate_left,
    unpad_iso9797_2,
    xor,
)
from gateway.errors import CryptoError

#: NIST SP 800-38A, F.2.1 (CBC-AES128) and F.1.1 (ECB-AES128), first block.
KEY = bytes.fromhex("2B7E151628AED2A6ABF7158809CF4F3C")
IV = bytes(range(16))
PLAIN = bytes.fromhex("6BC1BEE22E409F96E93D7E117393172AAE2D8A571E03AC9C9EB76FAC45AF8E51")
CIPHER = bytes.fromhex("7649ABAC8119B246CEE98E9B12E9197D5086CB9B507219EE95DB113A917678B2")


def test_cbc_and_ecb_are_those_of_nist() -> None:
    """Two blocks of the standard's own example, both ways, and one block alone."""
    assert cbc_encrypt(KEY, IV, PLAIN) == CIPHER
    assert cbc_decrypt(KEY, IV, CIPHER) == PLAIN
    expected = bytes.fromhex("3AD77BB40D7A3660A89ECAF32466EF97")
    assert ecb_encrypt_block(KEY, PLAIN[:16]) == expected


@pytest.mark.parametrize(
    ("iv", "data"), [(IV, bytes(15)), (IV, bytes(17)), (IV[:15], bytes(16)), (b"", bytes(16))]
)
def test_what_is_no_whole_block_is_refused(iv: bytes, data: bytes) -> None:
    """A card's answer of any length ends as a named error."""
    for call in (cbc_encrypt, cbc_decrypt):
        with pytest.raises(CryptoError):
            call(KEY, iv, data)
    with pytest.raises(CryptoError):
        ecb_encrypt_block(KEY, bytes(32))


@given(st.binary(max_size=70))
def test_padding_comes_off_again(data: bytes) -> None:
    """Any data, whole blocks, and at least one byte more."""
    padded = pad_iso9797_2(data)
    assert len(padded) % 16 == 0
    assert len(data) < len(padded) <= len(data) + 16
    assert unpad_iso9797_2(padded) == data


@given(st.binary(max_size=48))
def test_only_padding_is_taken_for_padding(data: bytes) -> None:
    """What comes off goes on again to the same bytes; all else is refused."""
    try:
        content = unpad_iso9797_2(data)
    except CryptoError:
        return
    assert pad_iso9797_2(content) == data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(16),
        b"\x80" + bytes(14),
        b"\x80" + bytes(16),
        b"\x80" + bytes(31),
        bytes(15) + b"\x81",
    ],
    ids=["empty", "no mark", "short", "no whole block", "a block too much", "another mark"],
)
def test_bad_padding_is_refused(data: bytes) -> None:
    """No mark, a mark in an earlier block, or no whole blocks."""
    with pytest.raises(CryptoError, match="padding"):
        unpad_iso9797_2(data)


def test_zeros_fill_only_where_they_must() -> None:
    """Whole blocks stay as they are."""
    assert pad_zeros(b"a") == b"a" + bytes(15)
    assert pad_zeros(bytes(16)) == bytes(16)
    assert pad_zeros(b"") == b""


def test_the_checksum_is_jamcrc() -> None:
    """The check value of CRC-32/JAMCRC over the nine digits, least significant byte first."""
    assert crc32_desfire(b"123456789") == 0x340BC6D9.to_bytes(4, "little")


def test_small_helpers() -> None:
    """Turning by a byte, and adding bit by bit values of one length only."""
    assert rotate_left(b"abc") == b"bca"
    assert xor(b"\x0f\xf0", b"\xff\xff") == b"\xf0\x0f"
    with pytest.raises(CryptoError):
        xor(b"\0", b"\0\0")
