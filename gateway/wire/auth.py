"""Questions that need an answer before the customer leaves, and their answers."""

from __future__ import annotations

from typing import Final

from gateway.model.authorisation import (
    GREETING_BOX_BYTES,
    AuthAnswer,
    AuthRequest,
)
from gateway.model.instrument import Instrument
from gateway.model.member_facts import MemberFacts
from gateway.model.sale import LINES_MAX
from gateway.model.standing import STANDING_ITEMS_MAX, GrantedDiscount, HeldVoucher, Standing
from gateway.wire import cbor, codes
from gateway.wire.common import (
    CARD_EVIDENCE,
    CURRENCY,
    HOLD_ID,
    NAME,
    POSITIVE,
    PROGRAMME_VERSION,
    SALE_KEY,
    SALE_LINE,
    SIGNED,
    UNSIGNED,
)
from gateway.wire.embedded import Embedded
from gateway.wire.message import EXTENSION_BYTES_MAX, Message
from gateway.wire.plain_text import PlainText
from gateway.wire.schema import Array, Bytes, Field, Int, Record

GRANTED_DISCOUNT: Final = Record(
    GrantedDiscount,
    Field(1, "source", NAME),
    Field(2, "amount_minor", UNSIGNED),
    Field(3, "lines", Array(UNSIGNED, LINES_MAX), optional=True),
)

HELD_VOUCHER: Final = Record(
    HeldVoucher,
    Field(1, "name", NAME),
    Field(2, "quantity", POSITIVE),
)

STANDING: Final = Record(
    Standing,
    Field(1, "credit_minor", UNSIGNED, optional=True),
    Field(2, "pending_points", UNSIGNED, optional=True),
    Field(3, "tier", NAME, optional=True),
    Field(4, "discounts", Array(GRANTED_DISCOUNT, STANDING_ITEMS_MAX), optional=True),
    Field(5, "vouchers", Array(HELD_VOUCHER, STANDING_ITEMS_MAX), optional=True),
    Field(6, "last_points", UNSIGNED, optional=True),
    Field(7, "last_day_ms", UNSIGNED, optional=True),
)

_STANDING: Final = Embedded(STANDING)

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
        Field(13, "instrument", codes.INSTRUMENT.or_absent(Instrument.POINTS), optional=True),
        Field(14, "reward", NAME, optional=True),
        Field(15, "times", Int(1, 1_000), optional=True),
        Field(16, "lines", Array(SALE_LINE, LINES_MAX), optional=True),
        Field(17, "tax_minor", UNSIGNED, optional=True),
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
        Field(129, "standing", _STANDING, optional=True),
        Field(130, "facts", PlainText(MemberFacts, EXTENSION_BYTES_MAX), optional=True),
    ),
    minor=2,
    since={128: 1, 129: 2, 130: 2},
)


def can_be_told(standing: Standing) -> bool:
    """Whether a standing fits the extension of an answer that it is told in."""
    return len(cbor.dump(STANDING.encode(standing))) <= EXTENSION_BYTES_MAX


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
