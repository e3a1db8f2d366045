"""Signatures over UIDs: the published ones, and ECDSA on short curves against the library's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature

from gateway.crypto.cards.originality import OriginalityProduct, verify_originality
from gateway.crypto.cards.small_curves import (
    SECP128R1,
    SECP192R1,
    SECP224R1,
    Curve,
    read_point,
    verify,
)
from gateway.errors import CryptoError

VECTORS = json.loads(
    (Path(__file__).parents[2] / "data" / "cards" / "originality.json").read_text("utf-8")
)["signatures"]
CURVES = pytest.mark.parametrize(
    "curve", [SECP128R1, SECP192R1, SECP224R1], ids=lambda curve: f"{8 * curve.size_bytes}"
)


def name_of(vector: dict[str, Any]) -> str:
    """What the test's line shows."""
    return str(vector["name"])


def parts(vector: dict[str, Any]) -> tuple[OriginalityProduct, bytes, bytes]:
    """Product, UID and signature."""
    uid, signature = bytes.fromhex(vector["uid"]), bytes.fromhex(vector["signature"])
    return OriginalityProduct(vector["product"]), uid, signature


@pytest.mark.parametrize("vector", VECTORS, ids=name_of)
def test_the_published_signatures(vector: dict[str, Any]) -> None:
    """Each verifies under its own product's key and under no other."""
    product, uid, signature = parts(vector)
    accepted = [each for each in OriginalityProduct if verify_originality(each, uid, signature)]
    assert accepted == [product]


@pytest.mark.parametrize("vector", VECTORS, ids=name_of)
def test_a_changed_uid_or_signature_is_refused(vector: dict[str, Any]) -> None:
    """One bit of every byte of the UID, and of every fourth byte of the signature."""
    product, uid, signature = parts(vector)
    for at in range(7):
        changed = (int.from_bytes(uid) ^ 1 << 8 * at).to_bytes(7)
        assert not verify_originality(product, changed, signature)
    size = len(signature)
    for at in range(0, size, 4):
        other = (int.from_bytes(signature) ^ 1 << 8 * at).to_bytes(size)
        assert not verify_originality(product, uid, other)


def test_the_published_refusal() -> None:
    """The Proxmark3 project's negative case: the same signature, the UID one higher."""
    (vector,) = [each for each in VECTORS if each["name"] == "NTAG 424 DNA"]
    product, uid, signature = parts(vector)
    assert not verify_originality(product, bytes.fromhex("0463474AA26A81"), signature)
    assert verify_originality(product, uid, signature)


@pytest.mark.parametrize("size", [0, 1, 31, 33, 55, 56, 64])
def test_any_signature_ends_as_a_refusal(size: int) -> None:
    """Lengths that no card gives, r or s of zero, and r or s beyond the order."""
    for product in OriginalityProduct:
        for fill in (b"\x00", b"\xff"):
            assert not verify_originality(product, bytes(7), fill * size)


@CURVES
def test_the_curves_are_what_they_say(curve: Curve) -> None:
    """The generator is on the curve, and a signature under the trivial key 1 shows its order."""
    x, y = curve.generator
    assert curve.holds(x, y)
    assert not curve.holds(x, y + 1)
    # With private key 1 and nonce 1: r = x of the generator, s = message + r.
    r = x % curve.order
    s = (5 + r) % curve.order
    size = curve.size_bytes
    good = r.to_bytes(size) + s.to_bytes(size)
    assert verify(curve, curve.generator, b"\x05", good)
    assert not verify(curve, curve.generator, b"\x06", good)
    # Here the two multiples cancel out: no point is left, so nothing verifies.
    nothing = (curve.order - 5).to_bytes(size) + (1).to_bytes(size)
    assert not verify(curve, curve.generator, b"\x05", nothing)


@pytest.mark.parametrize(
    ("library", "curve", "digest"),
    [
        (ec.SECP192R1(), SECP192R1, hashes.SHA1()),  # noqa: S303  # only its length counts
        (ec.SECP224R1(), SECP224R1, hashes.SHA224()),
    ],
    ids=["192", "224"],
)
def test_the_library_agrees(
    library: ec.EllipticCurve, curve: Curve, digest: hashes.HashAlgorithm
) -> None:
    """Signatures that OpenSSL makes over a number verify here over the same number."""
    for secret in (1, 2, curve.order - 1, 0xC0FFEE):
        key = ec.derive_private_key(secret, library)
        numbers = key.public_key().public_numbers()
        message = bytes.fromhex("04DE5F1EACC040")
        der = key.sign(message.rjust(digest.digest_size, b"\0"), ec.ECDSA(Prehashed(digest)))
        r, s = decode_dss_signature(der)
        size = curve.size_bytes
        signature = r.to_bytes(size) + s.to_bytes(size)
        assert verify(curve, (numbers.x, numbers.y), message, signature)
        assert not verify(curve, (numbers.x, numbers.y), message[:-1], signature)


@CURVES
def test_a_key_is_a_point_of_its_curve(curve: Curve) -> None:
    """Anything else is refused: another form, another length, a point beside the curve."""
    size = curve.size_bytes
    x, y = (number.to_bytes(size) for number in curve.generator)
    assert read_point(curve, b"\x04" + x + y) == curve.generator
    beside = (curve.generator[1] ^ 1).to_bytes(size)
    for raw in (b"", b"\x04", b"\x02" + x + y, b"\x04" + x + y + b"\0", b"\x04" + x + beside):
        with pytest.raises(CryptoError, match="uncompressed point"):
            read_point(curve, raw)


@CURVES
def test_a_long_message_is_refused(curve: Curve) -> None:
    """A message as long as the order would have to be cut: that is not ours to do."""
    with pytest.raises(CryptoError, match="too long"):
        verify(curve, curve.generator, bytes(curve.size_bytes), bytes(2 * curve.size_bytes))
