"""Public keys: one form, one id, and points that lie on their curve."""

from __future__ import annotations

import json
from pathlib import Path

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, x25519
from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto import edwards
from gateway.crypto.file_signer import FileSigner
from gateway.crypto.public_key import COSE_KEY_BYTES_MAX, PublicKey
from gateway.crypto.signer import Algorithm
from gateway.errors import KeyStoreError, SealError

P256 = FileSigner.generate(Algorithm.ESP256).public_key
ED25519 = FileSigner.generate(Algorithm.ED25519).public_key


def refusal(cose_key: bytes) -> str:
    """Why bytes are refused as a public key."""
    with pytest.raises(KeyStoreError) as caught:
        PublicKey.from_cose_key(cose_key)
    return str(caught.value)


def test_the_key_id_begins_the_published_thumbprint(project_root: Path) -> None:
    """The example of RFC 9679 section 6: the key's bytes, and the first half of its hash."""
    path = project_root / "tests" / "vectors" / "rfc9679.json"
    vector = json.loads(path.read_text("utf-8"))
    members = {1: 2, -1: 1, -2: bytes.fromhex(vector["x"]), -3: bytes.fromhex(vector["y"])}
    key = PublicKey.from_cose_key(cbor2.dumps(members))
    assert key.cose_key.hex() == vector["hashed"]
    assert key.key_id.hex() == vector["thumbprint"][:32]


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_a_signer_s_key_reads_back(algorithm: Algorithm) -> None:
    """Bytes, id and algorithm agree between a signer and the key read from its bytes."""
    signer = FileSigner.generate(algorithm)
    key = PublicKey.from_cose_key(signer.public_key)
    assert key.cose_key == signer.public_key
    assert key.key_id == signer.key_id
    assert key.algorithm is signer.algorithm is algorithm
    key.verify(signer.sign(b"message"), b"message")
    with pytest.raises(SealError):
        key.verify(signer.sign(b"message"), b"massage")


def test_the_bytes_are_canonical_cbor() -> None:
    """The key's bytes are what the library's canonical form of them is."""
    for cose_key in (P256, ED25519):
        assert cbor2.dumps(cbor2.loads(cose_key), canonical=True) == cose_key


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({3: -9}, "no more"),
        ({2: b"kid"}, "no more"),
        ({-4: bytes(32)}, "no more"),
        ({-2: bytes(31)}, "32 bytes"),
        ({-2: "x" * 32}, "32 bytes"),
        ({-3: True}, "32 bytes"),
        ({-1: 2}, "not P-384"),
        ({-1: 7}, "not Ed448"),
        ({-1: 99}, "not an unknown one"),
        ({-1: "P-256"}, "not an unknown one"),
        ({-2: bytes(32)}, "not on the curve"),
        ({-2: b"\xff" * 32}, "not on the curve"),
        ({-1: True}, "canonical"),
        ({1: 2.0}, "canonical"),
    ],
)
def test_a_p256_key_has_one_form(change: dict[int, object], words: str) -> None:
    """More members, other curves, points off the curve and look-alike numbers are refused."""
    assert words in refusal(cbor2.dumps(cbor2.loads(P256) | change))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80",
        P256 + b"\x00",
        P256[:-1],
        P256.replace(b"\x01\x02", b"\x01\x18\x02", 1),
        cbor2.dumps(dict(reversed(cbor2.loads(P256).items()))),
        bytes(COSE_KEY_BYTES_MAX + 1),
        cbor2.dumps([P256]),
    ],
    ids=lambda _: "bytes",
)
def test_other_bytes_are_no_key(data: bytes) -> None:
    """Damaged, reordered and longer forms of a good key are refused."""
    assert "public key" in refusal(data)


# The field and the curve constant of RFC 8032 section 5.1, to derive weak points from.
_P = 2**255 - 19
_D = -121665 * pow(121666, -1, _P) % _P


def _small_order_ys() -> set[int]:
    """The y of all points whose order divides 8, derived and not looked up.

    Order 1, 2, 4: y = 1, −1, 0. A point doubles to y = 0 (order 8) where x² = −y², and on the
    curve that means d·y⁴ + 2·y² − 1 = 0.
    """
    ys = {1, _P - 1, 0}
    root = pow(_D + 1, (_P + 3) // 8, _P)
    if root * root % _P != (_D + 1) % _P:
        root = root * pow(2, (_P - 1) // 4, _P) % _P
    for sign in (1, -1):
        square = (-1 + sign * root) * pow(_D, -1, _P) % _P
        y = pow(square, (_P + 3) // 8, _P)
        if y * y % _P != square:
            y = y * pow(2, (_P - 1) // 4, _P) % _P
        if y * y % _P == square:
            ys |= {y, _P - y}
    return ys


def test_weak_ed25519_keys_are_refused() -> None:
    """Every encoding of a point of small order is refused, non-canonical ones too."""
    ys = _small_order_ys()
    assert len(ys) == 5
    for y in ys | {y + _P for y in ys if y + _P < 2**255}:
        for sign in (0, 1):
            encoded = (y | sign << 255).to_bytes(32, "little")
            assert not edwards.is_usable_point(encoded)
            assert "weak" in refusal(cbor2.dumps({1: 1, -1: 6, -2: encoded}))


def test_an_ed25519_point_must_lie_on_the_curve() -> None:
    """Half of all y belong to no point; such a key is refused though the library takes it."""
    off_curve = (2).to_bytes(32, "little")
    ed25519.Ed25519PublicKey.from_public_bytes(off_curve)
    assert "not on the curve" in refusal(cbor2.dumps({1: 1, -1: 6, -2: off_curve}))


@given(st.binary(min_size=32, max_size=32))
def test_every_real_ed25519_key_is_usable(seed: bytes) -> None:
    """No key that the library derives from a seed is refused."""
    public = ed25519.Ed25519PrivateKey.from_private_bytes(seed).public_key()
    assert PublicKey.from_native(public).algorithm is Algorithm.ED25519


def test_other_native_keys_are_refused() -> None:
    """Keys of other curves and kinds cannot become signing keys."""
    for private in (
        ec.generate_private_key(ec.SECP384R1()),
        x25519.X25519PrivateKey.generate(),
    ):
        with pytest.raises(KeyStoreError, match="P-256 or Ed25519"):
            PublicKey.from_native(private.public_key())
        with pytest.raises(KeyStoreError, match="P-256 or Ed25519"):
            FileSigner(private)


def test_keys_are_equal_by_their_bytes_and_show_no_innards() -> None:
    """Two readings of one key are equal; the representation names the key and no object."""
    assert PublicKey.from_cose_key(P256) == PublicKey.from_cose_key(bytes(P256))
    assert PublicKey.from_cose_key(P256) != PublicKey.from_cose_key(ED25519)
    assert "_native" not in repr(PublicKey.from_cose_key(P256))
