"""One value of every message on the wire, whose bytes are written down in tests/vectors/wire."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from gateway.model.authorisation import AuthAnswer, AuthKind, AuthRequest
from gateway.model.card import Assurance, CardEvidence, CardProfile
from gateway.model.configuration import Configuration
from gateway.model.deny_list import DenyList
from gateway.model.ids import (
    BootId,
    BranchId,
    CardToken,
    EnvelopeHash,
    HoldId,
    OperatorId,
    SaleKey,
    TerminalId,
    TransactionId,
)
from gateway.model.instrument import Instrument
from gateway.model.money import EUR, IRR, Currency
from gateway.model.outcome import Reason, Status
from gateway.model.programme import Programme, RefundPolicy, UnknownCardPolicy
from gateway.model.receipt import Receipt, Rejection, ResendRequest, Result
from gateway.model.rules.succession import Succession
from gateway.model.sale import Sale, SaleLine, SaleSource, Tender, TenderKind
from gateway.model.standing import GrantedDiscount, Standing
from gateway.model.transaction import (
    Channel,
    ClockQuality,
    EventTime,
    Kind,
    Load,
    Redemption,
    SaleReference,
    Transaction,
)
from gateway.wire.auth import (
    decode_auth_answer,
    decode_auth_request,
    encode_auth_answer,
    encode_auth_request,
)
from gateway.wire.batch import decode_batch, encode_batch
from gateway.wire.configuration import decode_configuration, encode_configuration
from gateway.wire.receipt import (
    decode_receipt,
    decode_resend_request,
    encode_receipt,
    encode_resend_request,
)
from gateway.wire.transaction import decode_transaction, encode_transaction

TILL: Final = TerminalId("till-1")
HASH: Final = EnvelopeHash(b"\xaa" * 32)
HOLD: Final = HoldId(b"\xbb" * 16)
SALE_KEY: Final = SaleKey(b"\xcc" * 16)
CARD: Final = CardEvidence(
    profile=CardProfile.NTAG424,
    token=CardToken(b"\xdd" * 32),
    assurance=Assurance.SIGNED,
    counter=300,
    proof=b"\x01\x02\x03\x04\x05\x06\x07\x08",
)
BARE_CARD: Final = CardEvidence(
    profile=CardProfile.UID, token=CardToken(b"\xdd" * 32), assurance=Assurance.IDENTIFIED
)
SALE: Final = Sale(
    key=SALE_KEY,
    total_minor=1_999,
    source=SaleSource.RECEIPT,
    profile="escpos",
    profile_version=2,
    lines=(
        SaleLine(label="Espresso", quantity_milli=2_000, amount_minor=500),
        SaleLine(label="نان", quantity_milli=1_000, amount_minor=-1, sku="4006381333931"),
    ),
    tenders=(
        Tender(kind=TenderKind.POINTS, amount_minor=999),
        Tender(kind=TenderKind.CASH, amount_minor=1_000),
    ),
    tax_minor=319,
    discount_minor=0,
    receipt_number="R-17",
)
TIME: Final = EventTime(
    unix_ms=1_790_000_000_000,
    utc_offset_min=-90,
    quality=ClockQuality.SYNCHRONISED,
    boot_id=BootId(b"\xee" * 16),
    monotonic_ms=65_536,
    synchronised_at_ms=1_789_999_999_000,
)


def transaction(kind: Kind, **parts: object) -> Transaction:
    """A transaction of a kind, everything else fixed."""
    fixed: dict[str, Any] = {
        "id": TransactionId(terminal=TILL, epoch=1, seq=4_294_967_296),
        "previous_hash": HASH,
        "time": TIME,
        "programme_version": 3,
        "channel": Channel.KEYED,
        "currency": EUR,
        "kind": kind,
    }
    return Transaction(**(fixed | parts))


PROGRAMME: Final = Programme(
    name="club",
    version=2,
    effective_from_ms=1_780_000_000_000,
    currency=IRR,
    earn_points=1,
    earn_per_minor=10_000,
    redeem_points=100,
    redeem_value_minor=50_000,
    redeem_minimum_points=200,
    redeem_share_percent=50,
    redeemed_amount_earns=True,
    unknown_card=UnknownCardPolicy.HOLD,
    refund=RefundPolicy.CLAMP,
    hold_ttl_ms=120_000,
)

Codec = tuple[Callable[[Any], bytes], Callable[[bytes], Any]]
TRANSACTION: Final[Codec] = (encode_transaction, decode_transaction)
AUTH_REQUEST: Final[Codec] = (encode_auth_request, decode_auth_request)
AUTH_ANSWER: Final[Codec] = (encode_auth_answer, decode_auth_answer)
RECEIPT: Final[Codec] = (encode_receipt, decode_receipt)
RESEND: Final[Codec] = (encode_resend_request, decode_resend_request)
CONFIGURATION: Final[Codec] = (encode_configuration, decode_configuration)
BATCH: Final[Codec] = (encode_batch, decode_batch)

ASKED: Final[dict[str, Any]] = {
    "request_id": HOLD,
    "terminal": TILL,
    "made_at_ms": 1,
    "deadline_ms": 15_001,
    "programme_version": 3,
    "currency": EUR,
}

VALUES: Final[dict[str, tuple[Codec, Any]]] = {
    "enrol": (TRANSACTION, transaction(Kind.ENROL, card=BARE_CARD)),
    "earn": (
        TRANSACTION,
        transaction(Kind.EARN, card=CARD, sale=SALE, operator=OperatorId("op-7"), shift="morning"),
    ),
    "redeem": (
        TRANSACTION,
        transaction(
            Kind.REDEEM,
            card=BARE_CARD,
            sale=SALE,
            redemption=Redemption(hold_id=HOLD, points=200, amount_minor=999),
        ),
    ),
    "void": (TRANSACTION, transaction(Kind.VOID, hold_id=HOLD)),
    "refund by key": (
        TRANSACTION,
        transaction(Kind.REFUND, original=SaleReference(key=SALE_KEY)),
    ),
    "refund by number, newer minor": (
        TRANSACTION,
        transaction(
            Kind.REFUND,
            original=SaleReference(receipt_number="R-17"),
            wire_minor=2,
            extensions=((128, b"later"), (255, b"")),
        ),
    ),
    "top-up": (
        TRANSACTION,
        transaction(
            Kind.TOP_UP,
            card=BARE_CARD,
            load=Load(instrument=Instrument.CREDIT, amount_minor=5_000),
        ),
    ),
    "gift card of a sale": (
        TRANSACTION,
        transaction(
            Kind.TOP_UP,
            card=BARE_CARD,
            sale=SALE,
            load=Load(instrument=Instrument.GIFT, amount_minor=500),
        ),
    ),
    "inquire": (AUTH_REQUEST, AuthRequest(kind=AuthKind.INQUIRE, card=CARD, **ASKED)),
    "reserve": (
        AUTH_REQUEST,
        AuthRequest(
            kind=AuthKind.RESERVE,
            card=CARD,
            points=200,
            sale_key=SALE_KEY,
            sale_total_minor=0,
            **ASKED,
        ),
    ),
    "reserve of an offer": (
        AUTH_REQUEST,
        AuthRequest(
            kind=AuthKind.RESERVE,
            card=BARE_CARD,
            sale_key=SALE_KEY,
            sale_total_minor=1_999,
            instrument=Instrument.OFFER,
            lines=SALE.lines,
            tax_minor=319,
            **ASKED,
        ),
    ),
    "challenge": (AUTH_REQUEST, AuthRequest(kind=AuthKind.CHALLENGE, card=BARE_CARD, **ASKED)),
    "prove": (
        AUTH_REQUEST,
        AuthRequest(kind=AuthKind.PROVE, card=replace(BARE_CARD, proof=b"012345"), **ASKED),
    ),
    "cancel": (AUTH_REQUEST, AuthRequest(kind=AuthKind.CANCEL, hold_id=HOLD, **ASKED)),
    "granted": (
        AUTH_ANSWER,
        AuthAnswer(
            request_id=HOLD,
            terminal=TILL,
            kind=AuthKind.RESERVE,
            status=Status.APPLIED,
            reason=Reason.NONE,
            answered_at_ms=2,
            balance_points=-5,
            points=200,
            amount_minor=999,
            expires_at_ms=300_002,
        ),
    ),
    "granted by line": (
        AUTH_ANSWER,
        AuthAnswer(
            request_id=HOLD,
            terminal=TILL,
            kind=AuthKind.RESERVE,
            status=Status.APPLIED,
            reason=Reason.NONE,
            answered_at_ms=2,
            balance_points=0,
            points=0,
            amount_minor=300,
            expires_at_ms=300_002,
            standing=Standing(
                discounts=(
                    GrantedDiscount(source="spring", amount_minor=200, lines=(0, 200)),
                    GrantedDiscount(source="whole-sale", amount_minor=100),
                )
            ),
        ),
    ),
    "refused": (
        AUTH_ANSWER,
        AuthAnswer(
            request_id=HOLD,
            terminal=TILL,
            kind=AuthKind.INQUIRE,
            status=Status.REFUSED,
            reason=Reason.CARD_BLOCKED,
            answered_at_ms=2,
        ),
    ),
    "code wrong": (
        AUTH_ANSWER,
        AuthAnswer(
            request_id=HOLD,
            terminal=TILL,
            kind=AuthKind.PROVE,
            status=Status.REFUSED,
            reason=Reason.CODE_WRONG,
            answered_at_ms=2,
        ),
    ),
    "greeted": (
        AUTH_ANSWER,
        AuthAnswer(
            request_id=HOLD,
            terminal=TILL,
            kind=AuthKind.INQUIRE,
            status=Status.APPLIED,
            reason=Reason.NONE,
            answered_at_ms=2,
            balance_points=42,
            greeting_box=b"\x77" * 208,
        ),
    ),
    "receipt": (
        RECEIPT,
        Receipt(
            terminal=TILL,
            epoch=1,
            watermark=9,
            watermark_hash=HASH,
            offsite_watermark=4,
            issued_at_ms=3,
            results=(
                Result(
                    seq=9,
                    envelope_hash=HASH,
                    status=Status.APPLIED,
                    reason=Reason.NONE,
                    points=-200,
                    balance_points=17,
                ),
                Result(seq=8, envelope_hash=HASH, status=Status.HELD, reason=Reason.UNKNOWN_CARD),
            ),
            rejections=(Rejection(envelope_hash=HASH, reason=Reason.CLONE),),
        ),
    ),
    "first receipt": (
        RECEIPT,
        Receipt(
            terminal=TILL,
            epoch=1,
            watermark=0,
            watermark_hash=HASH,
            offsite_watermark=0,
            issued_at_ms=3,
        ),
    ),
    "resend": (RESEND, ResendRequest(terminal=TILL, epoch=2, from_seq=5, issued_at_ms=3)),
    "configuration": (
        CONFIGURATION,
        Configuration(
            terminal=TILL,
            version=7,
            issued_at_ms=3,
            branch=BranchId("mashhad-1"),
            programmes=(PROGRAMME,),
            card_key_box=b"\x99" * 80,
        ),
    ),
    "card configuration": (
        CONFIGURATION,
        Configuration(
            terminal=TILL,
            version=9,
            issued_at_ms=3,
            branch=BranchId("mashhad-1"),
            programmes=(PROGRAMME,),
            card_key_box=b"\x99" * 80,
            shared_keys_box=b"\x77" * 85,
            issuers=(b"\xa4issuer",),
            deny_list=DenyList(
                issued_at_ms=2, salt=b"\x55" * 16, entries=b"\x01" * 8 + b"\x02" * 8
            ),
        ),
    ),
    "redenomination": (
        CONFIGURATION,
        Configuration(
            terminal=TILL,
            version=8,
            issued_at_ms=3,
            branch=BranchId("mashhad-1"),
            programmes=(
                PROGRAMME,
                replace(
                    PROGRAMME,
                    version=PROGRAMME.version + 1,
                    currency=Currency(code="IRT", exponent=2),
                    succeeds=Succession(currency=IRR, old_units_per_unit=10_000),
                ),
            ),
            card_key_box=b"\x99" * 80,
        ),
    ),
    "batch": (BATCH, (b"\xd2one", b"\xd2two")),
}
