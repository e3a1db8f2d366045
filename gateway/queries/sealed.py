"""What the bytes of an envelope say, as far as they can be read, for people to look at.

Says nothing about seals: ``sealed_row`` does. Nothing here raises for what lies in the bytes: what
cannot be read is None, and the page says so.
"""

from __future__ import annotations

from typing import TypeAlias

from gateway.crypto.seal import Envelope, SealType, parse_envelope
from gateway.errors import MohrError
from gateway.model.authorisation import AuthRequest
from gateway.model.transaction import Transaction
from gateway.wire.auth import decode_auth_request
from gateway.wire.transaction import decode_transaction

Content: TypeAlias = Transaction | AuthRequest


def frame_of(data: bytes | None) -> Envelope | None:
    """The parts of an envelope; None where it is not one."""
    if data is None:
        return None
    try:
        return parse_envelope(data)
    except MohrError:
        return None


def content_of(data: bytes | None) -> Content | None:
    """What was sealed; None where it cannot be read."""
    frame = frame_of(data)
    if frame is None:
        return None
    try:
        if frame.seal_type is SealType.TRANSACTION:
            return decode_transaction(frame.payload)
        if frame.seal_type is SealType.AUTH_REQUEST:
            return decode_auth_request(frame.payload)
    except MohrError:
        return None
    return None
