"""Opens one delivery: parse, verify, decode. Pure, total, and the same for every seal.

Whatever the bytes, the result is a sequence of arrivals for the writer: what is genuine goes on to
be judged, all else goes to quarantine with the reason, and nothing is raised. Each envelope of a
batch is verified by itself; ADR 0007 says why the cheaper rule is not taken.
"""

from __future__ import annotations

import hashlib
from typing import Final

from gateway.crypto.seal import (
    ENVELOPE_BYTES_MAX,
    Envelope,
    SealType,
    envelope_hash,
    parse_envelope,
    verify_envelope,
)
from gateway.errors import CryptoError, MohrError
from gateway.intake.key_ring import KeyRing, RegisteredKey
from gateway.model.ids import EnvelopeHash, TerminalId
from gateway.model.outcome import Reason
from gateway.wire.auth import decode_auth_request
from gateway.wire.batch import decode_batch, is_batch
from gateway.wire.transaction import decode_transaction
from gateway.writer.arrival import Arrival, AuthArrival, QuarantineArrival, TransactionArrival
from mqtt.link import PAYLOAD_BYTES_MAX
from mqtt.topics import Leaf, parse_topic

#: What is kept of something too large to be an envelope; its hash is over all of it.
KEPT_BYTES_MAX: Final = ENVELOPE_BYTES_MAX
_DETAIL_CHARACTERS_MAX: Final = 200
_SEAL_TYPES: Final = {Leaf.TX: SealType.TRANSACTION, Leaf.AUTH: SealType.AUTH_REQUEST}


def open_message(topic: str, payload: bytes, keys: KeyRing) -> tuple[Arrival, ...]:
    """Turn one delivery on a ``tx`` or ``auth`` topic into arrivals, in the order they were sealed.

    Args:
        topic: where it was published; its terminal must be the one the key belongs to.
        payload: one envelope, or on ``tx`` a batch of them.
        keys: every registered key.

    Returns:
        one arrival for each envelope; one quarantine arrival where the whole cannot be read.
    """
    place = parse_topic(topic)
    if place is None or place.leaf not in _SEAL_TYPES:
        return (_quarantine(payload, Reason.MALFORMED, f"no messages belong on {topic!r}"),)
    terminal = TerminalId(place.terminal)
    if len(payload) > PAYLOAD_BYTES_MAX:
        detail = f"{len(payload)} bytes are more than a message may have"
        return (_quarantine(payload, Reason.MALFORMED, detail, terminal),)
    if place.leaf is Leaf.TX and is_batch(payload):
        return _open_batch(payload, terminal, keys)
    return (_open_one(payload, terminal, _SEAL_TYPES[place.leaf], keys),)


def _open_batch(payload: bytes, terminal: TerminalId, keys: KeyRing) -> tuple[Arrival, ...]:
    try:
        envelopes = decode_batch(payload)
    except MohrError as error:
        return (_quarantine(payload, Reason.MALFORMED, f"batch: {error}", terminal),)
    return tuple(_open_one(one, terminal, SealType.TRANSACTION, keys) for one in envelopes)


def _open_one(data: bytes, terminal: TerminalId, wanted: SealType, keys: KeyRing) -> Arrival:
    """Check in the order that costs and tells an attacker least: shape, key, seal, content."""
    try:
        envelope = parse_envelope(data)
    except MohrError as error:
        return _quarantine(data, Reason.MALFORMED, str(error), terminal)
    if envelope.seal_type is not wanted:
        detail = f"sealed as {envelope.seal_type}, expected {wanted}"
        return _quarantine(data, Reason.MALFORMED, detail, terminal)
    registered = keys.find(envelope.key_id)
    if registered is None:
        detail = f"key {envelope.key_id.hex()} is not registered"
        return _quarantine(data, Reason.UNKNOWN_KEY, detail, terminal)
    try:
        verify_envelope(envelope, registered.key)
    except CryptoError as error:
        return _quarantine(data, Reason.BAD_SEAL, str(error), terminal)
    if registered.terminal != terminal:
        # Somebody else sent a genuine envelope. Its maker is not told: a rejection would make an
        # honest terminal doubt an envelope that it will deliver by itself.
        detail = f"sealed by {registered.terminal}, published by {terminal}"
        return _quarantine(data, Reason.WRONG_TERMINAL, detail, terminal)
    return _decode(data, envelope, registered)


def _decode(data: bytes, envelope: Envelope, registered: RegisteredKey) -> Arrival:
    terminal = registered.terminal
    try:
        if envelope.seal_type is SealType.TRANSACTION:
            transaction = decode_transaction(envelope.payload)
            claimed = transaction.id.terminal
            arrival: Arrival = TransactionArrival(
                envelope=data,
                envelope_hash=envelope.hash,
                key_id=envelope.key_id,
                transaction=transaction,
            )
        else:
            request = decode_auth_request(envelope.payload)
            claimed = request.terminal
            arrival = AuthArrival(
                envelope=data,
                envelope_hash=envelope.hash,
                key_id=envelope.key_id,
                request=request,
            )
    except MohrError as error:
        return _quarantine(data, Reason.MALFORMED, str(error), terminal, sealed=True)
    if claimed != terminal:
        detail = f"{terminal} sealed a message in the name of {claimed}"
        return _quarantine(data, Reason.WRONG_TERMINAL, detail, terminal, sealed=True)
    return arrival


def _quarantine(
    payload: bytes,
    reason: Reason,
    detail: str,
    terminal: TerminalId | None = None,
    *,
    sealed: bool = False,
) -> QuarantineArrival:
    if len(payload) > KEPT_BYTES_MAX:
        detail = f"{detail} (first {KEPT_BYTES_MAX} of {len(payload)} bytes kept)"
    return QuarantineArrival(
        payload=payload[:KEPT_BYTES_MAX],
        envelope_hash=_hash(payload),
        claimed_terminal=terminal,
        reason=reason,
        detail=detail[:_DETAIL_CHARACTERS_MAX],
        sealed=sealed,
    )


def _hash(payload: bytes) -> EnvelopeHash:
    if len(payload) <= ENVELOPE_BYTES_MAX:
        return envelope_hash(payload)
    return EnvelopeHash(hashlib.sha256(payload).digest())
