"""The transaction message: what a terminal asserts, sealed one by one and chained."""

from __future__ import annotations

from typing import Final

from gateway.model.ids import BOOT_ID_BYTES, TransactionId
from gateway.model.review import (
    CANDIDATES_MAX,
    EVIDENCE_MAX,
    PAPER_CHARACTERS_MAX,
    PAPER_LINES_MAX,
    REASONS_MAX,
    Review,
    ReviewCandidate,
)
from gateway.model.sale import LINES_MAX, TENDERS_MAX, Sale, Tender
from gateway.model.transaction import (
    UTC_OFFSET_MIN_LIMIT,
    EventTime,
    Load,
    MemberEvent,
    Redemption,
    Returned,
    SaleReference,
    Transaction,
)
from gateway.wire import codes
from gateway.wire.common import (
    CARD_EVIDENCE,
    CURRENCY,
    EPOCH,
    HASH,
    HOLD_ID,
    NAME,
    POSITIVE,
    PROGRAMME_VERSION,
    SALE_KEY,
    SALE_LINE,
    SHORT_TEXT,
    UNSIGNED,
)
from gateway.wire.message import Message
from gateway.wire.schema import Array, Bytes, Field, Int, Record, Text

TRANSACTION_ID: Final = Record(
    TransactionId,
    Field(1, "terminal", NAME),
    Field(2, "epoch", EPOCH),
    Field(3, "seq", POSITIVE),
)

EVENT_TIME: Final = Record(
    EventTime,
    Field(1, "unix_ms", UNSIGNED),
    Field(2, "utc_offset_min", Int(-UTC_OFFSET_MIN_LIMIT, UTC_OFFSET_MIN_LIMIT)),
    Field(3, "quality", codes.CLOCK_QUALITY),
    Field(4, "boot_id", Bytes(BOOT_ID_BYTES)),
    Field(5, "monotonic_ms", UNSIGNED),
    Field(6, "synchronised_at_ms", UNSIGNED, optional=True),
)

TENDER: Final = Record(
    Tender,
    Field(1, "kind", codes.TENDER_KIND),
    Field(2, "amount_minor", UNSIGNED),
)

SALE: Final = Record(
    Sale,
    Field(1, "key", SALE_KEY),
    Field(2, "total_minor", UNSIGNED),
    Field(3, "source", codes.SALE_SOURCE),
    Field(4, "profile", NAME),
    Field(5, "profile_version", Int(1, 2**31 - 1)),
    Field(6, "lines", Array(SALE_LINE, LINES_MAX), optional=True),
    Field(7, "tenders", Array(TENDER, TENDERS_MAX), optional=True),
    Field(8, "tax_minor", UNSIGNED, optional=True),
    Field(9, "discount_minor", UNSIGNED, optional=True),
    Field(10, "receipt_number", SHORT_TEXT, optional=True),
)

REDEMPTION: Final = Record(
    Redemption,
    Field(1, "hold_id", HOLD_ID),
    Field(2, "points", UNSIGNED),
    Field(3, "amount_minor", UNSIGNED),
)

SALE_REFERENCE: Final = Record(
    SaleReference,
    Field(1, "key", SALE_KEY, optional=True),
    Field(2, "receipt_number", SHORT_TEXT, optional=True),
)

RETURNED: Final = Record(
    Returned,
    Field(1, "key", SALE_KEY),
    Field(2, "amount_minor", UNSIGNED),
    Field(3, "lines", Array(SALE_LINE, LINES_MAX), optional=True),
)

LOAD: Final = Record(
    Load,
    Field(1, "instrument", codes.INSTRUMENT),
    Field(2, "amount_minor", POSITIVE),
)

MEMBER_EVENT: Final = Record(
    MemberEvent,
    Field(1, "name", NAME),
    Field(2, "source", SHORT_TEXT),
)

REVIEW_CANDIDATE: Final = Record(
    ReviewCandidate,
    Field(1, "total_minor", POSITIVE),
    Field(2, "key", SALE_KEY, optional=True),
)

REVIEW: Final = Record(
    Review,
    Field(1, "key", SALE_KEY),
    Field(2, "profile", NAME),
    Field(3, "profile_version", Int(1, 2**31 - 1)),
    Field(4, "reasons", Array(codes.REVIEW_REASON, REASONS_MAX)),
    Field(5, "evidence", Array(codes.EVIDENCE_KIND, EVIDENCE_MAX), optional=True),
    Field(6, "candidates", Array(REVIEW_CANDIDATE, CANDIDATES_MAX), optional=True),
    Field(7, "sale", SALE, optional=True),
    Field(8, "paper", Array(Text(0, PAPER_CHARACTERS_MAX), PAPER_LINES_MAX), optional=True),
    Field(9, "receipt_number", SHORT_TEXT, optional=True),
    Field(10, "occurred_at", SHORT_TEXT, optional=True),
)

TRANSACTION: Final = Message(
    "transaction",
    Record(
        Transaction,
        Field(1, "id", TRANSACTION_ID),
        Field(2, "previous_hash", HASH),
        Field(3, "time", EVENT_TIME),
        Field(4, "programme_version", PROGRAMME_VERSION),
        Field(5, "channel", codes.CHANNEL),
        Field(6, "currency", CURRENCY),
        Field(7, "kind", codes.KIND),
        Field(8, "card", CARD_EVIDENCE, optional=True),
        Field(9, "sale", SALE, optional=True),
        Field(10, "redemption", REDEMPTION, optional=True),
        Field(11, "hold_id", HOLD_ID, optional=True),
        Field(12, "original", SALE_REFERENCE, optional=True),
        Field(13, "operator", NAME, optional=True),
        Field(14, "shift", SHORT_TEXT, optional=True),
        Field(15, "returned", RETURNED, optional=True),
        Field(16, "load", LOAD, optional=True),
        Field(17, "event", MEMBER_EVENT, optional=True),
        Field(18, "review", REVIEW, optional=True),
    ),
    keeps_extensions=True,
)


def encode_transaction(transaction: Transaction) -> bytes:
    """Write a transaction in its canonical form.

    Raises:
        WireError: if it would be longer than a receiver takes (200 long labels of four-byte
            characters can be), or its extensions break the rule of ``gateway.wire.message``.
    """
    return TRANSACTION.encode(transaction)


def decode_transaction(data: bytes) -> Transaction:
    """Take a transaction in its one canonical form.

    Raises:
        WireError: naming the path to what is wrong.
    """
    return TRANSACTION.decode(data)
