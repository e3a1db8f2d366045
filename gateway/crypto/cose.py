"""COSE_Sign1 in general (RFC 9052 section 4.2), as other programs write it.

Wider than what Mohr seals with (``gateway.crypto.seal``): the tag may be absent, the algorithm may
stand in the unprotected header, external data may be covered, and both s of an ECDSA signature
verify. It is what published vectors and other implementations are checked against.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any, Final

import cbor2

from gateway.crypto.public_key import PublicKey
from gateway.crypto.signer import Algorithm
from gateway.errors import SealError
from gateway.wire.cbor import REFUSED_TAGS, refuse_tag
from gateway.wire.schema import shown

MESSAGE_BYTES_MAX: Final = 1_048_576
SIGN1_TAG: Final = 18

# Header labels (RFC 9052 section 3.1, RFC 9596).
ALG, CRIT, CONTENT_TYPE, KID, TYP = 1, 2, 3, 4, 16
_UNDERSTOOD: Final = frozenset((ALG, CRIT, CONTENT_TYPE, KID, TYP))

#: Algorithm identifiers that this verifier knows, with the kind of key each needs. ES256 (−7) and
#: EdDSA (−8) are the older, polymorphic names of the same two (RFC 9864).
ALGORITHMS: Final = {
    -7: Algorithm.ESP256,
    -8: Algorithm.ED25519,
    -9: Algorithm.ESP256,
    -19: Algorithm.ED25519,
}
_REFUSED_ALGORITHMS: Final = {
    -35: "ES384",
    -36: "ES512",
    -37: "PS256",
    -38: "PS384",
    -39: "PS512",
    -47: "ES256K",
    -48: "ML-DSA-44",
    -49: "ML-DSA-65",
    -50: "ML-DSA-87",
    -51: "ESP384",
    -52: "ESP512",
    -53: "Ed448",
    -257: "RS256",
}
_REFUSED_TAGS: Final = {
    16: "COSE_Encrypt0",
    17: "COSE_Mac0",
    61: "CWT",
    96: "COSE_Encrypt",
    97: "COSE_Mac",
    98: "COSE_Sign",
}


class UnsupportedCoseError(SealError):
    """Well-formed COSE of a kind that is not verified here; the message names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign1:
    """A parsed COSE_Sign1, nothing verified yet.

    Attributes:
        algorithm: identifier as it stood in the message, one of ``ALGORITHMS``.
        key_id: the key's name where the message gives one.
        protected: the protected header's bytes as they are signed (empty for an empty header).
        payload: what was signed.
        signature: as it stood in the message.
    """

    algorithm: int
    key_id: bytes | None
    protected: bytes
    payload: bytes
    signature: bytes


def decode_sign1(data: bytes) -> Sign1:
    """Parse a COSE_Sign1 with or without its tag.

    Raises:
        UnsupportedCoseError: if it is another COSE structure, has a detached payload, asks for an
            algorithm that is not in ``ALGORITHMS``, or marks an unknown header as critical.
        SealError: if it is not well-formed.
    """
    if len(data) > MESSAGE_BYTES_MAX:
        raise SealError(f"{len(data)} bytes are more than the {MESSAGE_BYTES_MAX} allowed")
    parts = _parse(_without_tag(data))
    if type(parts) is not list or len(parts) != 4:
        raise SealError("a COSE_Sign1 is an array of four items")
    protected, unprotected, payload, signature = parts
    if payload is None:
        raise UnsupportedCoseError("a detached payload is not supported")
    if not all(type(part) is bytes for part in (protected, payload, signature)):
        raise SealError("protected header, payload and signature must be byte strings")
    header = _protected_header(protected)
    if type(unprotected) is not dict or not header.keys().isdisjoint(unprotected):
        raise SealError("the unprotected header must be a map that repeats no protected label")
    _check_critical(header, unprotected)
    both = header | unprotected
    key_id = both.get(KID)
    if key_id is not None and type(key_id) is not bytes:
        raise SealError("the key id must be a byte string")
    return Sign1(
        algorithm=_algorithm(both),
        key_id=key_id,
        protected=protected if header else b"",
        payload=payload,
        signature=signature,
    )


def verify_sign1(message: Sign1, key: PublicKey, external_aad: bytes = b"") -> None:
    """Check the signature with a key.

    Raises:
        SealError: if the key is not of the algorithm's kind, or the signature is not its own.
    """
    if ALGORITHMS[message.algorithm] is not key.algorithm:
        raise SealError("the key is not of the kind that the message's algorithm needs")
    signed = signature_structure(message.protected, message.payload, external_aad)
    key.verify(message.signature, signed, low_s_only=False)


def signature_structure(protected: bytes, payload: bytes, external_aad: bytes = b"") -> bytes:
    """The bytes that a COSE_Sign1 signature covers (RFC 9052 section 4.4)."""
    return cbor2.dumps(["Signature1", protected, external_aad, payload])


def _parse(data: bytes) -> object:
    stream = io.BytesIO(data)
    try:
        item: object = cbor2.CBORDecoder(
            stream,
            max_depth=16,
            allow_duplicate_keys=False,
            semantic_decoders=REFUSED_TAGS,
            tag_hook=refuse_tag,
        ).decode()
    except cbor2.CBORError as error:
        raise SealError(f"not acceptable CBOR: {error}") from error
    if stream.read(1):
        raise SealError("there are bytes after the end of the message")
    return item


def _without_tag(data: bytes) -> bytes:
    """Take tag 18 off, or refuse another tag by its name. Untagged data is returned as it is."""
    if not data or data[0] >> 5 != 6:
        return data
    additional = data[0] & 0x1F
    extra = {24: 1, 25: 2, 26: 4, 27: 8}.get(additional, 0)
    if additional > 27 or len(data) < 1 + extra:
        raise SealError("not acceptable CBOR: a malformed tag")
    tag = int.from_bytes(data[1 : 1 + extra], "big") if extra else additional
    if tag != SIGN1_TAG:
        name = _REFUSED_TAGS.get(tag, "no COSE_Sign1")
        raise UnsupportedCoseError(f"CBOR tag {tag} ({name}) is not supported; only COSE_Sign1 is")
    return data[1 + extra :]


def _protected_header(protected: bytes) -> dict[Any, Any]:
    if not protected:
        return {}
    header = _parse(protected)
    if type(header) is not dict:
        raise SealError("the protected header must hold a map")
    return header


def _check_critical(header: dict[Any, Any], unprotected: dict[Any, Any]) -> None:
    """Refuse headers that the sender wants understood and this code does not know."""
    if CRIT in unprotected:
        raise SealError("critical headers must be named in the protected header")
    if CRIT not in header:
        return
    labels = header[CRIT]
    if type(labels) is not list or not labels:
        raise SealError("the list of critical headers must be a non-empty array")
    for label in labels:
        if type(label) is not int or label not in _UNDERSTOOD:
            raise UnsupportedCoseError(f"the critical header {shown(label)} is not supported")
        if label not in header:
            raise SealError(f"the critical header {label} is absent")


def _algorithm(headers: dict[Any, Any]) -> int:
    algorithm = headers.get(ALG)
    if algorithm is None:
        raise SealError("the message names no algorithm")
    if type(algorithm) is not int or algorithm not in ALGORITHMS:
        name = _REFUSED_ALGORITHMS.get(algorithm) if type(algorithm) is int else None
        raise UnsupportedCoseError(
            f"the algorithm {name or 'unknown'} ({shown(algorithm)}) is not supported"
        )
    return algorithm
