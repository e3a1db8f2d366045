"""Public keys as bytes that have one form, and the id that follows from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from gateway.crypto import ecdsa, edwards
from gateway.crypto.signer import Algorithm
from gateway.errors import KeyStoreError, SealError, WireError
from gateway.model.ids import KEY_ID_BYTES, KeyId
from gateway.wire import cbor

NativePublicKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

COSE_KEY_BYTES_MAX: Final = 128

# COSE key labels, types and curves (RFC 9052 section 7.1, RFC 9053 section 7).
_KTY, _CRV, _X, _Y = 1, -1, -2, -3
_OKP, _EC2 = 1, 2
_P256, _ED25519 = 1, 6
_COORDINATE_BYTES: Final = 32
_CURVE_NAMES: Final = {1: "P-256", 2: "P-384", 3: "P-521", 4: "X25519", 5: "X448", 6: "Ed25519"} | {
    7: "Ed448",
    8: "secp256k1",
}

_ECDSA_SHA256: Final = ec.ECDSA(hashes.SHA256())


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """A key that verifies. Two are equal where their bytes are.

    Attributes:
        cose_key: deterministic COSE_Key of the required members alone (kty, crv, x and, for
            P-256, y), so that its SHA-256 is the RFC 9679 thumbprint.
        key_id: the first 16 bytes of that thumbprint.
        algorithm: the one algorithm that Mohr uses such a key with.
    """

    cose_key: bytes
    key_id: KeyId = field(compare=False)
    algorithm: Algorithm = field(compare=False)
    _native: NativePublicKey = field(compare=False, repr=False)

    @classmethod
    def from_cose_key(cls, cose_key: bytes) -> PublicKey:
        """Read a key and check that its point lies on its curve.

        Raises:
            KeyStoreError: if the bytes are not the one form of a P-256 or Ed25519 public key.
        """
        return _from_cose_key(cose_key)

    @classmethod
    def from_native(cls, native: object) -> PublicKey:
        """Describe a key of the library.

        Raises:
            KeyStoreError: if it is no P-256 or Ed25519 public key.
        """
        return _from_cose_key(_cose_key(native))

    def verify(self, signature: bytes, message: bytes, *, low_s_only: bool = True) -> None:
        """Check a signature.

        Args:
            signature: 64 bytes as COSE carries them.
            message: what was signed.
            low_s_only: refuse the upper one of the two s that are valid for ESP256. Only the
                generic COSE verifier takes both.

        Raises:
            SealError: if it is not this key's signature of the message, or is high-s.
        """
        if len(signature) != ecdsa.SIGNATURE_BYTES:
            raise SealError(f"a signature has 64 bytes, not {len(signature)}")
        try:
            if isinstance(self._native, ed25519.Ed25519PublicKey):
                self._native.verify(signature, message)
                return
            if low_s_only and not ecdsa.is_low_s(signature):
                raise SealError("the signature's s is in the upper half of the group order")
            self._native.verify(ecdsa.raw_to_der(signature), message, _ECDSA_SHA256)
        except InvalidSignature as error:
            raise SealError("the signature is not this key's signature of this message") from error


# Both ends meet the same few keys all day; the bound keeps a flood of others from filling memory.
@lru_cache(maxsize=4096)
def _from_cose_key(cose_key: bytes) -> PublicKey:
    try:
        members = cbor.load(cose_key, COSE_KEY_BYTES_MAX)
    except WireError as error:
        raise KeyStoreError(f"a public key is not readable: {error}") from error
    if type(members) is not dict:
        raise KeyStoreError("a public key is not a COSE_Key map")
    algorithm, native = _native_key(members)
    # Longer forms, trailing bytes, and labels or values that only equal 1 and 2 show here.
    if _cose_key(native) != cose_key:
        raise KeyStoreError("a public key is not in its canonical form")
    return PublicKey(
        cose_key=cose_key,
        key_id=KeyId(sha256(cose_key).digest()[:KEY_ID_BYTES]),
        algorithm=algorithm,
        _native=native,
    )


def _native_key(members: dict[object, object]) -> tuple[Algorithm, NativePublicKey]:
    kind = (members.get(_KTY), members.get(_CRV))
    if kind == (_EC2, _P256):
        x, y = _coordinates(members, _X, _Y)
        numbers = ec.EllipticCurvePublicNumbers(
            int.from_bytes(x, "big"), int.from_bytes(y, "big"), ec.SECP256R1()
        )
        try:
            return Algorithm.ESP256, numbers.public_key()
        except ValueError as error:
            raise KeyStoreError("a P-256 public key's point is not on the curve") from error
    if kind == (_OKP, _ED25519):
        (x,) = _coordinates(members, _X)
        if not edwards.is_usable_point(x):
            raise KeyStoreError("an Ed25519 public key's point is not on the curve, or is weak")
        return Algorithm.ED25519, ed25519.Ed25519PublicKey.from_public_bytes(x)
    curve = kind[1]
    name = _CURVE_NAMES.get(curve) if isinstance(curve, int) else None
    raise KeyStoreError(
        f"a public key must be of the curve P-256 or Ed25519, not {name or 'an unknown one'}"
    )


def _coordinates(members: dict[object, object], *labels: int) -> list[bytes]:
    # The order of the labels is RFC 8949's: 1, then −1, −2, −3.
    if list(members) != [_KTY, _CRV, *labels]:
        raise KeyStoreError("a public key must hold kty, crv and its coordinates, and no more")
    values = [members[label] for label in labels]
    coordinates = [value for value in values if type(value) is bytes]
    if [len(value) for value in coordinates] != [_COORDINATE_BYTES] * len(labels):
        raise KeyStoreError("a public key's coordinates must be byte strings of 32 bytes")
    return coordinates


def _cose_key(native: object) -> bytes:
    if isinstance(native, ed25519.Ed25519PublicKey):
        raw = native.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return cbor.dump({_KTY: _OKP, _CRV: _ED25519, _X: raw})
    if isinstance(native, ec.EllipticCurvePublicKey) and isinstance(native.curve, ec.SECP256R1):
        point = native.public_numbers()
        x, y = (value.to_bytes(_COORDINATE_BYTES, "big") for value in (point.x, point.y))
        return cbor.dump({_KTY: _EC2, _CRV: _P256, _X: x, _Y: y})
    raise KeyStoreError("a signing key must be of the curve P-256 or Ed25519")
