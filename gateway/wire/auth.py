"""Questions that need an answer before the customer leaves, and their answers."""

from __future__ import annotations

from typing import Final

from gateway.model.authorisation import GREETING_BOX_BYTES, AuthAnswer, AuthRequest
from gateway.wire import codes
from gateway.wire.common import (
    CARD_EVIDENCE,
    CURRENCY,
    HOLD_ID,
    NAME,
    POSITIVE,
    PROGRAMME_VERSION,
    SALE_KEY,
    SIGNED,
    UNSIGNED,
)
from gateway.wire.message import Message
from gateway.wire.schema import Bytes, Field, Record

AUTH_REQUEST: Final = Message(
    "auth request",
    Record(
        AuthRequest,
        Field(1, "request_id", HOLD_ID),
        Field(2, "terminal", NAME),
        Field(3, "kind", codes.AUTH_KIND),
        Field(4, "made_at_ms", UNSIGNED),
        Field(5, "deadline_ms", UNSIGNED),
        Field(6, "programme_version", PROGRAMME_VERSION),
        Field(7, "currency", CURRENCY),
        Field(8, "card", CARD_EVIDENCE, optional=True),
        Field(9, "points", POSITIVE, optional=True),
        Field(10, "sale_key", SALE_KEY, optional=True),
        Field(11, "sale_total_minor", UNSIGNED, optional=True),
        Field(12, "hold_id", HOLD_ID, optional=True),
    ),
)

AUTH_ANSWER: Final = Message(
    "auth answer",
    Record(
        AuthAnswer,
        Field(1, "request_id", HOLD_ID),
        Field(2, "terminal", NAME),
        Field(3, "kind", codes.AUTH_KIND),
        Field(4, "status", codes.STATUS),
        Field(5, "reason", codes.REASON),
        Field(6, "answered_at_ms", UNSIGNED),
        Field(7, "balance_points", SIGNED, optional=True),
        Field(8, "points", UNSIGNED, optional=True),
        Field(9, "amount_minor", UNSIGNED, optional=True),
        Field(10, "expires_at_ms", UNSIGNED, optional=True),
        Field(128, "greeting_box", Bytes(GREETING_BOX_BYTES), optional=True),
    ),
    minor=1,
)


def encode_auth_request(request: AuthRequest) -> bytes:
    """Write a request in its canonical form."""
    return AUTH_REQUEST.encode(request)


def decode_auth_request(data: bytes) -> AuthRequest:
    """Take a request in its one canonical form.

    Raises:
        WireError: naming the path to what is wrong.
    """
    return AUTH_REQUEST.decode(data)


def encode_auth_answer(answer: AuthAnswer) -> bytes:
    """Write an answer in its canonical form."""
    return AUTH_ANSWER.encode(answer)


def decode_auth_answer(data: bytes) -> AuthAnswer:
    """Take an answer in its one canonical form.

    Raises:
        WireError: naming the path to what is wrong.
    """
    return AUTH_ANSWER.decode(data)
