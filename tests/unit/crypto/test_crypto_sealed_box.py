"""Boxes that one key opens, for one purpose."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto.card_token import CARD_KEY_BYTES
from gateway.crypto.sealed_box import OVERHEAD_BYTES, AgreementKey, card_key_info, seal_box
from gateway.errors import CryptoError, KeyStoreError
from gateway.model.ids import TerminalId

KEY = AgreementKey.generate()
INFO = card_key_info(TerminalId("till-1"))


@given(plaintext=st.binary(max_size=100), info=st.binary(max_size=40))
def test_a_box_opens_for_its_recipient(plaintext: bytes, info: bytes) -> None:
    """What is packed for a key comes out with that key and the same info."""
    box = seal_box(plaintext, KEY.public_bytes, info)
    assert KEY.open_box(box, info) == plaintext
    assert len(box) == len(plaintext) + OVERHEAD_BYTES


def test_two_boxes_of_the_same_content_differ() -> None:
    """Each box has a key of its own: equal card keys do not show."""
    assert seal_box(b"x", KEY.public_bytes, INFO) != seal_box(b"x", KEY.public_bytes, INFO)


def test_a_box_opens_for_nobody_else() -> None:
    """Another key, another terminal's info and any changed byte keep it shut."""
    box = seal_box(bytes(CARD_KEY_BYTES), KEY.public_bytes, INFO)
    with pytest.raises(CryptoError, match="does not open"):
        AgreementKey.generate().open_box(box, INFO)
    with pytest.raises(CryptoError, match="does not open"):
        KEY.open_box(box, card_key_info(TerminalId("till-2")))
    for index in range(len(box)):
        damaged = bytearray(box)
        damaged[index] ^= 0x40
        with pytest.raises(CryptoError, match="does not open"):
            KEY.open_box(bytes(damaged), INFO)


@pytest.mark.parametrize("length", [0, 1, 31, 32, 47, 48])
def test_a_short_box_does_not_open(length: int) -> None:
    """Bytes that are too few for a box are refused like any other."""
    with pytest.raises(CryptoError, match="does not open"):
        KEY.open_box(bytes(length), INFO)


@pytest.mark.parametrize("public", [b"", bytes(31), bytes(33), bytes(32), b"\x01" + bytes(31)])
def test_a_public_key_that_hides_nothing_is_refused(public: bytes) -> None:
    """Wrong lengths, and points of small order, which would make the secret known."""
    with pytest.raises(CryptoError, match="no usable X25519"):
        seal_box(b"x", public, INFO)


@pytest.mark.parametrize("passphrase", [None, "secret"])
def test_a_saved_key_opens_old_boxes(tmp_path: Path, passphrase: str | None) -> None:
    """A key survives its file, which is private and never overwritten."""
    path = tmp_path / "agreement.pem"
    box = seal_box(b"content", KEY.public_bytes, INFO)
    KEY.save(path, passphrase)
    assert AgreementKey.load(path, passphrase).open_box(box, INFO) == b"content"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(KeyStoreError, match="already exists"):
        KEY.save(path, passphrase)


def test_a_box_of_another_implementation_opens(project_root: Path) -> None:
    """A box that pyhpke packed (RFC 9180 base mode) opens; see tests/vectors/cwt/generate.py."""
    path = project_root / "tests" / "vectors" / "cwt" / "sign1.json"
    vector = json.loads(path.read_text("utf-8"))["box"]
    key = AgreementKey(X25519PrivateKey.from_private_bytes(bytes.fromhex(vector["private_key"])))
    opened = key.open_box(bytes.fromhex(vector["box"]), bytes.fromhex(vector["info"]))
    assert opened.hex() == vector["plaintext"]
