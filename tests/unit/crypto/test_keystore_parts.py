"""The parts that key stores are made of: versions, check values, CMAC from blocks, secrets."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto.cards.blocks import ecb_encrypt_block
from gateway.crypto.cards.cmac import aes_cmac
from gateway.crypto.cards.purpose import KeyPurpose
from gateway.crypto.keystore.block_cmac import block_cmac
from gateway.crypto.keystore.key_store import KeyStore
from gateway.crypto.keystore.key_version import (
    KeyVersion,
    decode_versions,
    encode_versions,
    new_key_version,
    next_version,
)
from gateway.crypto.keystore.opening import (
    CREDENTIAL,
    CREDENTIALS_VARIABLE,
    PASSPHRASE_VARIABLE,
    first_line,
    unattended_secret,
)
from gateway.errors import KeyStoreError, ValueRangeError
from simulators.memory_keys import MemoryKeyStore

MACS: Final = json.loads(
    (Path(__file__).parents[2] / "data" / "cards" / "aes_cmac.json").read_text("utf-8")
)["macs"]
MADE: Final = new_key_version(3, Random(3).randbytes)


@pytest.mark.parametrize("vector", MACS, ids=lambda vector: str(vector["name"]))
def test_cmac_from_blocks_is_the_published_one(vector: dict[str, str]) -> None:
    """Single blocks give the CMACs of RFC 4493 and of the card notes."""
    key, message = bytes.fromhex(vector["key"]), bytes.fromhex(vector["message"])
    made = block_cmac(lambda block: ecb_encrypt_block(key, block), message)
    assert made == bytes.fromhex(vector["cmac"])


@given(key=st.binary(min_size=16, max_size=16), message=st.binary(max_size=80))
def test_cmac_from_blocks_is_any_cmac(key: bytes, message: bytes) -> None:
    """For any key and message both ways give the same."""
    made = block_cmac(lambda block: ecb_encrypt_block(key, block), message)
    assert made == aes_cmac(key, message)


@given(seeds=st.lists(st.integers(0, 9), max_size=4), retired=st.booleans())
def test_versions_read_back(seeds: list[int], retired: bool) -> None:  # noqa: FBT001 - drawn
    """What was written is what is read, whatever the number of versions."""
    versions = tuple(
        KeyVersion(
            version=number,
            retired=retired,
            masters=new_key_version(number, Random(seed).randbytes).masters,
        )
        for number, seed in enumerate(seeds, 1)
    )
    assert decode_versions(encode_versions(versions)) == versions


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("version", 0),
        ("version", 256),
        ("version", True),
        ("version", "1"),
        ("retired", 0),
        ("masters", []),
        ("masters", {}),
        ("masters", {"other": "00" * 16}),
        ("masters", dict.fromkeys(KeyPurpose, "00" * 16)),
        ("masters", {purpose: f"{number:030x}" for number, purpose in enumerate(KeyPurpose)}),
        ("masters", dict.fromkeys(KeyPurpose, 1)),
    ],
)
def test_a_malformed_version_is_refused(part: str, value: object) -> None:
    """Out of range, of another type, missing, too short, or twice the same key."""
    written = json.loads(encode_versions([MADE]))
    written["versions"][0][part] = value
    with pytest.raises(KeyStoreError, match="something else than card keys"):
        decode_versions(json.dumps(written).encode())


def test_the_check_value_tells_keys_apart() -> None:
    """It depends on every master, and is the same for a store that holds them."""
    assert len(MADE.check_value) == 8
    for purpose in KeyPurpose:
        changed = {**MADE.masters, purpose: bytes(16)}
        assert KeyVersion(version=3, masters=changed).check_value != MADE.check_value
    store: KeyStore = MemoryKeyStore.from_seed(3)
    store.import_version(MADE)
    assert store.check_value(3) == MADE.check_value


def test_a_store_without_keys_says_what_to_do() -> None:
    """Before the first version there is no current one."""
    with pytest.raises(KeyStoreError, match="mohr key init"):
        _ = MemoryKeyStore.from_seed(1, versions=0).current_version


def test_numbers_are_not_used_again() -> None:
    """The next number comes after the highest, whatever is missing below."""
    assert [next_version(()), next_version((1, 7, 3))] == [1, 8]
    with pytest.raises(KeyStoreError, match="used up"):
        next_version((255,))
    with pytest.raises(ValueRangeError):
        new_key_version(256, Random(1).randbytes)


def test_the_variable_comes_before_the_credential(tmp_path: Path) -> None:
    """The environment wins, then systemd's credential; without both there is nothing."""
    (tmp_path / CREDENTIAL).write_text("from systemd\nand more\n")
    service = {CREDENTIALS_VARIABLE: str(tmp_path)}
    assert unattended_secret(service, PASSPHRASE_VARIABLE) == "from systemd"
    both = {**service, PASSPHRASE_VARIABLE: "from a variable"}
    assert unattended_secret(both, PASSPHRASE_VARIABLE) == "from a variable"
    assert unattended_secret({}, PASSPHRASE_VARIABLE) is None
    other = {CREDENTIALS_VARIABLE: str(tmp_path / "other")}
    assert unattended_secret(other, PASSPHRASE_VARIABLE) is None


def test_an_empty_or_unreadable_secret_is_named(tmp_path: Path) -> None:
    """An empty secret is somebody's mistake, and bytes that are no text are not shown."""
    (tmp_path / CREDENTIAL).write_text("")
    with pytest.raises(KeyStoreError, match=f"{CREDENTIAL} is empty"):
        unattended_secret({CREDENTIALS_VARIABLE: str(tmp_path)}, PASSPHRASE_VARIABLE)
    with pytest.raises(KeyStoreError, match=f"{PASSPHRASE_VARIABLE} is empty"):
        unattended_secret({PASSPHRASE_VARIABLE: ""}, PASSPHRASE_VARIABLE)
    (tmp_path / "bytes").write_bytes(b"secret\xff\xfe")
    with pytest.raises(KeyStoreError, match="no text in UTF-8") as refused:
        first_line(tmp_path / "bytes")
    assert refused.value.__suppress_context__
    with pytest.raises(KeyStoreError, match="none cannot be read"):
        first_line(tmp_path / "none")
