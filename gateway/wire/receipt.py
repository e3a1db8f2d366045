"""What the gateway seals back: cumulative receipts, and requests to send again."""

from __future__ import annotations

from typing import Final

from gateway.model.receipt import RESULTS_MAX, Receipt, Rejection, ResendRequest, Result
from gateway.wire import codes
from gateway.wire.common import EPOCH, HASH, NAME, POSITIVE, SIGNED, UNSIGNED
from gateway.wire.message import Message
from gateway.wire.schema import Array, Field, Record

RESULT: Final = Record(
    Result,
    Field(1, "seq", POSITIVE),
    Field(2, "envelope_hash", HASH),
    Field(3, "status", codes.STATUS),
    Field(4, "reason", codes.REASON),
    Field(5, "points", SIGNED),
    Field(6, "balance_points", SIGNED, optional=True),
)

REJECTION: Final = Record(
    Rejection,
    Field(1, "envelope_hash", HASH),
    Field(2, "reason", codes.REASON),
)

RECEIPT: Final = Message(
    "receipt",
    Record(
        Receipt,
        Field(1, "terminal", NAME),
        Field(2, "epoch", EPOCH),
        Field(3, "watermark", UNSIGNED),
        Field(4, "watermark_hash", HASH),
        Field(5, "offsite_watermark", UNSIGNED),
        Field(6, "issued_at_ms", UNSIGNED),
        Field(7, "results", Array(RESULT, RESULTS_MAX), optional=True),
        Field(8, "rejections", Array(REJECTION, RESULTS_MAX), optional=True),
    ),
)

RESEND_REQUEST: Final = Message(
    "resend request",
    Record(
        ResendRequest,
        Field(1, "terminal", NAME),
        Field(2, "epoch", EPOCH),
        Field(3, "from_seq", POSITIVE),
        Field(4, "issued_at_ms", UNSIGNED),
    ),
)


def encode_receipt(receipt: Receipt) -> bytes:
    """Write a receipt in its canonical form."""
    return RECEIPT.encode(receipt)


def decode_receipt(data: bytes) -> Receipt:
    """Take a receipt in its one canonical form.

    Raises:
        WireError: naming the path to what is wrong.
    """
    return RECEIPT.decode(data)


def encode_resend_request(request: ResendRequest) -> bytes:
    """Write a request to send again in its canonical form."""
    return RESEND_REQUEST.encode(request)


def decode_resend_request(data: bytes) -> ResendRequest:
    """Take a request to send again in its one canonical form.

    Raises:
        WireError: naming the path to what is wrong.
    """
    return RESEND_REQUEST.decode(data)
