"""Envelopes: Mohr's own strict profile of COSE_Sign1. Nothing but this one form is taken.

An envelope is tag 18; a protected header of exactly {1: algorithm, 4: key id, 16: type}; an empty
unprotected header; a payload that is present; and 64 bytes of signature, without external data. It
is deterministic CBOR throughout, so the bytes of an envelope are decided by its parts, and its hash
can name it. The type is protected, so that a receipt can never pass for a transaction.

This is the gateway's hottest path: the frame is read by hand (it holds five items, in one order),
and protected headers, of which a terminal has one for each type, are remembered.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from typing import Final

from gateway.crypto.public_key import PublicKey
from gateway.crypto.signer import Algorithm, Signer
from gateway.errors import SealError, WireError
from gateway.model.ids import KEY_ID_BYTES, EnvelopeHash, KeyId
from gateway.wire import cbor

ENVELOPE_BYTES_MAX: Final = 65_536
PROTECTED_BYTES_MAX: Final = 128
SIGNATURE_BYTES: Final = 64

_HEAD: Final = b"\xd2\x84"
"""Tag 18 and an array of four items."""
_EMPTY_MAP: Final = b"\xa0"
_SIGNATURE_HEAD: Final = b"\x58\x40"
_SIGNED_HEAD: Final = b"\x84\x6aSignature1"
_NO_EXTERNAL_DATA: Final = b"\x40"
_NULL: Final = 0xF6

_ALG, _KID, _TYP = 1, 4, 16
_FOREIGN_HEADS: Final = {
    b"\xd8\x62": "COSE_Sign (tag 98)",
    b"\xd8\x61": "COSE_Mac (tag 97)",
    b"\xd8\x60": "COSE_Encrypt (tag 96)",
    b"\xd1\x84": "COSE_Mac0 (tag 17)",
    b"\xd0\x83": "COSE_Encrypt0 (tag 16)",
}


class SealType(StrEnum):
    """What a payload is, as the protected ``typ`` header says it (RFC 9596)."""

    TRANSACTION = "application/vnd.mohr.transaction+cose"
    AUTH_REQUEST = "application/vnd.mohr.auth-request+cose"
    AUTH_ANSWER = "application/vnd.mohr.auth-answer+cose"
    RECEIPT = "application/vnd.mohr.receipt+cose"
    RESEND_REQUEST = "application/vnd.mohr.resend-request+cose"
    CONFIGURATION = "application/vnd.mohr.configuration+cose"


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A parsed envelope. Its shape is right; whether its seal is, ``verify_envelope`` says.

    Attributes:
        seal_type: what the payload claims to be.
        algorithm: what the signature was made with.
        key_id: which key made it.
        payload: the sealed bytes.
        signature: 64 bytes.
        hash: SHA-256 of the whole envelope.
        to_be_signed: what the signature covers (RFC 9052 section 4.4).
    """

    seal_type: SealType
    algorithm: Algorithm
    key_id: KeyId
    payload: bytes
    signature: bytes
    hash: EnvelopeHash
    to_be_signed: bytes


def seal(payload: bytes, seal_type: SealType, signer: Signer, *, read_back: bool = True) -> bytes:
    """Seal a payload.

    The new seal is verified before it leaves: a signing device that fails silently, or whose key
    is not the one it shows, would otherwise be found out by the gateway, after the sale.

    Args:
        payload: the message; not empty.
        seal_type: what it is.
        signer: whose seal it gets.
        read_back: verify it; left out only where nothing is lost by a broken seal, because its
            reader asks again.

    Raises:
        SealError: if the payload is empty or too long, or the signature does not verify.
        CryptoError: if the signer cannot sign now, or its public key is unusable.
    """
    if not payload:
        raise SealError("an envelope's payload must not be empty")
    key = PublicKey.from_cose_key(signer.public_key)
    protected = _write_protected(key.algorithm, key.key_id, seal_type)
    signed_protected = cbor.dump(protected)
    signed_payload = cbor.dump(payload)
    unsigned = b"".join((_HEAD, signed_protected, _EMPTY_MAP, signed_payload, _SIGNATURE_HEAD))
    _check_length(len(unsigned) + SIGNATURE_BYTES)
    to_be_signed = _SIGNED_HEAD + signed_protected + _NO_EXTERNAL_DATA + signed_payload
    signature = signer.sign(to_be_signed)
    if read_back:
        key.verify(signature, to_be_signed)
    return unsigned + signature


def parse_envelope(data: bytes) -> Envelope:
    """Read an envelope's frame and headers, without cryptography.

    Raises:
        SealError: if it is not exactly of the profile's form.
    """
    _check_length(len(data))
    if data[:2] != _HEAD:
        foreign = _FOREIGN_HEADS.get(data[:2], "these bytes")
        raise SealError(f"{foreign}: an envelope is a tagged COSE_Sign1")
    protected_at, protected_end = _byte_string(data, 2, "protected header")
    if data[protected_end : protected_end + 1] != _EMPTY_MAP:
        raise SealError("the unprotected header must be an empty map")
    payload_head = protected_end + 1
    payload_at, payload_end = _byte_string(data, payload_head, "payload")
    if payload_at == payload_end:
        raise SealError("an envelope's payload must not be empty")
    signature_at = payload_end + len(_SIGNATURE_HEAD)
    if (
        data[payload_end:signature_at] != _SIGNATURE_HEAD
        or len(data) != signature_at + SIGNATURE_BYTES
    ):
        raise SealError("an envelope ends with a signature of 64 bytes")
    if protected_end - protected_at > PROTECTED_BYTES_MAX:
        raise SealError(f"the protected header is longer than {PROTECTED_BYTES_MAX} bytes")
    algorithm, key_id, seal_type = _read_protected(data[protected_at:protected_end])
    return Envelope(
        seal_type=seal_type,
        algorithm=algorithm,
        key_id=key_id,
        payload=data[payload_at:payload_end],
        signature=data[signature_at:],
        hash=envelope_hash(data),
        to_be_signed=b"".join(
            (_SIGNED_HEAD, data[2:protected_end], _NO_EXTERNAL_DATA, data[payload_head:payload_end])
        ),
    )


def verify_envelope(envelope: Envelope, key: PublicKey) -> None:
    """Check an envelope's seal with the key that its header names.

    Raises:
        SealError: if it names another key or algorithm, or the signature is broken or high-s.
    """
    if envelope.key_id != key.key_id:
        raise SealError("the envelope names another key")
    if envelope.algorithm is not key.algorithm:
        raise SealError("the envelope's algorithm is not the key's")
    key.verify(envelope.signature, envelope.to_be_signed)


def open_envelope(data: bytes, seal_type: SealType, key: PublicKey) -> Envelope:
    """Parse an envelope, check that it is of the expected type, and verify its seal.

    Raises:
        SealError: if any of the three fails.
    """
    envelope = parse_envelope(data)
    if envelope.seal_type is not seal_type:
        raise SealError(f"a {envelope.seal_type.name}, where a {seal_type.name} was expected")
    verify_envelope(envelope, key)
    return envelope


def envelope_hash(data: bytes) -> EnvelopeHash:
    """SHA-256 of a whole envelope: what the next one chains to, and what receipts name it by."""
    return EnvelopeHash(sha256(data).digest())


def _check_length(length: int) -> None:
    if length > ENVELOPE_BYTES_MAX:
        raise SealError(f"an envelope of {length} bytes; {ENVELOPE_BYTES_MAX} are allowed")


def _byte_string(data: bytes, at: int, what: str) -> tuple[int, int]:
    """Find the start and end of a byte string's content; its length must be in shortest form."""
    head = data[at : at + 3]
    initial = head[0] if head else 0
    if 0x40 <= initial < 0x58:
        start, length = at + 1, initial - 0x40
    elif initial == 0x58 and len(head) >= 2 and head[1] >= 24:
        start, length = at + 2, head[1]
    elif initial == 0x59 and len(head) == 3 and head[1] > 0:
        start, length = at + 3, head[1] << 8 | head[2]
    elif initial == _NULL:
        raise SealError(f"a detached {what} is not allowed")
    else:
        raise SealError(f"the {what} is no byte string in its shortest form")
    if start + length > len(data):
        raise SealError(f"the {what} is cut short")
    return start, start + length


def _write_protected(algorithm: Algorithm, key_id: KeyId, seal_type: SealType) -> bytes:
    return cbor.dump({_ALG: int(algorithm), _KID: key_id, _TYP: seal_type.value})


@lru_cache(maxsize=4096)
def _read_protected(protected: bytes) -> tuple[Algorithm, KeyId, SealType]:
    """Take a protected header apart. Faults are not remembered, only good headers are."""
    try:
        header = cbor.load(protected, PROTECTED_BYTES_MAX)
    except WireError as error:
        raise SealError(f"the protected header is not readable: {error}") from error
    if type(header) is not dict or list(header) != [_ALG, _KID, _TYP]:
        raise SealError("the protected header must be exactly {1: alg, 4: kid, 16: typ}")
    algorithm, key_id, seal_type = header.values()
    if type(algorithm) is not int or algorithm not in tuple(Algorithm):
        raise SealError("the algorithm must be ESP256 (-9) or Ed25519 (-19)")
    if type(key_id) is not bytes or len(key_id) != KEY_ID_BYTES:
        raise SealError("the key id must be 16 bytes")
    if type(seal_type) is not str or seal_type not in tuple(SealType):
        raise SealError("the type is none of Mohr's")
    parts = Algorithm(algorithm), KeyId(key_id), SealType(seal_type)
    # Labels that only equal 1, 4 and 16, longer forms and trailing bytes show here.
    if _write_protected(*parts) != protected:
        raise SealError("the protected header is not in canonical form")
    return parts
