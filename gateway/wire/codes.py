"""The numbers of every name on the wire. A number is given once, and never again to another name.

A new name takes a free number of its table; a name that is retired keeps its number for ever.
``docs/wire.cddl`` holds the same tables, and a test compares them.
"""

from __future__ import annotations

from typing import Final

from gateway.model.authorisation import AuthKind
from gateway.model.card import Assurance, CardProfile
from gateway.model.instrument import Instrument
from gateway.model.outcome import Reason, Status
from gateway.model.programme import RefundPolicy, UnknownCardPolicy
from gateway.model.review import EvidenceKind, ReviewReason
from gateway.model.sale import SaleSource, TenderKind
from gateway.model.transaction import Channel, ClockQuality, Kind
from gateway.wire.schema import Code

KIND: Final = Code(
    Kind,
    {
        Kind.ENROL: 1,
        Kind.EARN: 2,
        Kind.REDEEM: 3,
        Kind.VOID: 4,
        Kind.REFUND: 5,
        Kind.TOP_UP: 6,
        Kind.EVENT: 7,
        Kind.REVIEW: 8,
    },
)

CLOCK_QUALITY: Final = Code(
    ClockQuality,
    {
        ClockQuality.SYNCHRONISED: 1,
        ClockQuality.GUESSED: 2,
    },
)

CHANNEL: Final = Code(
    Channel,
    {
        Channel.TILL: 1,
        Channel.KEYED: 2,
        Channel.SIMULATED: 3,
    },
)

CARD_PROFILE: Final = Code(
    CardProfile,
    {
        CardProfile.UID: 1,
        CardProfile.NDEF: 2,
        CardProfile.NTAG424: 3,
        CardProfile.DESFIRE: 4,
        CardProfile.ULTRALIGHT_AES: 5,
        CardProfile.QR: 6,
        CardProfile.STRIPE: 7,
        CardProfile.PASS: 8,
        CardProfile.PHONE: 9,
    },
)

ASSURANCE: Final = Code(
    Assurance,
    {
        Assurance.CLAIMED: 1,
        Assurance.IDENTIFIED: 2,
        Assurance.SIGNED: 3,
        Assurance.AUTHENTICATED: 4,
    },
)

SALE_SOURCE: Final = Code(
    SaleSource,
    {
        SaleSource.RECEIPT: 1,
        SaleSource.PROTOCOL: 2,
        SaleSource.KEYED: 3,
        SaleSource.CLAIMED: 4,
        SaleSource.REVIEWED: 5,
    },
)

TENDER_KIND: Final = Code(
    TenderKind,
    {
        TenderKind.CASH: 1,
        TenderKind.CARD: 2,
        TenderKind.POINTS: 3,
        TenderKind.STORE_CREDIT: 4,
        TenderKind.GIFT_CARD: 5,
        TenderKind.OTHER: 6,
    },
)

AUTH_KIND: Final = Code(
    AuthKind,
    {
        AuthKind.INQUIRE: 1,
        AuthKind.RESERVE: 2,
        AuthKind.CANCEL: 3,
        AuthKind.CHALLENGE: 4,
        AuthKind.PROVE: 5,
    },
)

INSTRUMENT: Final = Code(
    Instrument,
    {
        Instrument.POINTS: 1,
        Instrument.REWARD: 2,
        Instrument.COUPON: 3,
        Instrument.OFFER: 4,
        Instrument.CREDIT: 5,
        Instrument.GIFT: 6,
    },
)

STATUS: Final = Code(
    Status,
    {
        Status.APPLIED: 1,
        Status.DUPLICATE: 2,
        Status.HELD: 3,
        Status.REFUSED: 4,
    },
)

# 1 to 15: held. 16 to 63: refused business. 64 to 127: quarantined.
REASON: Final = Code(
    Reason,
    {
        Reason.NONE: 0,
        Reason.UNKNOWN_CARD: 1,
        Reason.IN_REVIEW: 2,
        Reason.CARD_BLOCKED: 16,
        Reason.CARD_ALREADY_ENROLLED: 17,
        Reason.CURRENCY_MISMATCH: 18,
        Reason.PROGRAMME_UNKNOWN: 19,
        Reason.SALE_ALREADY_RECORDED: 20,
        Reason.SALE_NOT_FOUND: 21,
        Reason.SALE_ALREADY_REFUNDED: 22,
        Reason.HOLD_NOT_FOUND: 23,
        Reason.HOLD_EXPIRED: 24,
        Reason.HOLD_ALREADY_RESOLVED: 25,
        Reason.HOLD_MISMATCH: 26,
        Reason.INSUFFICIENT_POINTS: 27,
        Reason.BELOW_MINIMUM: 28,
        Reason.REQUEST_EXPIRED: 29,
        Reason.REQUEST_ID_REUSED: 30,
        Reason.REWARD_UNKNOWN: 31,
        Reason.REWARD_NOT_AVAILABLE: 32,
        Reason.COUPON_NOT_AVAILABLE: 33,
        Reason.OFFER_NOT_AVAILABLE: 34,
        Reason.LIMIT_REACHED: 35,
        Reason.CREDIT_NOT_OFFERED: 36,
        Reason.INSUFFICIENT_CREDIT: 37,
        Reason.GIFT_CARD_NOT_OFFERED: 38,
        Reason.GIFT_CARD_UNKNOWN: 39,
        Reason.GIFT_CARD_EXPIRED: 40,
        Reason.GIFT_CARD_EMPTY: 41,
        Reason.GIFT_CARD_BLOCKED: 42,
        Reason.LINE_ALREADY_RETURNED: 48,
        Reason.RETURN_TOO_LARGE: 49,
        Reason.RETURN_TOO_LATE: 50,
        Reason.HOUSEHOLD_NOT_OFFERED: 43,
        Reason.HOUSEHOLD_FULL: 44,
        Reason.NOT_HOUSEHOLD_FOUNDER: 45,
        Reason.NOT_INVITED: 46,
        Reason.NOT_IN_HOUSEHOLD: 47,
        Reason.ALREADY_IN_HOUSEHOLD: 51,
        Reason.CARD_COPIED: 52,
        Reason.CARD_PROOF_WRONG: 53,
        Reason.CARD_TOO_WEAK: 54,
        Reason.CODE_NOT_SENT: 55,
        Reason.CODE_TOO_SOON: 56,
        Reason.CODE_WRONG: 57,
        Reason.CODE_ENDED: 58,
        Reason.REVIEW_CHANGED: 59,
        Reason.REVIEW_CLOSED: 60,
        Reason.CARD_MISSING: 61,
        Reason.UNKNOWN_KEY: 64,
        Reason.KEY_NOT_VALID: 65,
        Reason.BAD_SEAL: 66,
        Reason.MALFORMED: 67,
        Reason.WRONG_TERMINAL: 68,
        Reason.CLONE: 69,
        Reason.CHAIN_BROKEN: 70,
        Reason.EPOCH_UNKNOWN: 71,
        Reason.QUARANTINE_FULL: 72,
    },
)

UNKNOWN_CARD_POLICY: Final = Code(
    UnknownCardPolicy,
    {
        UnknownCardPolicy.ENROL: 1,
        UnknownCardPolicy.HOLD: 2,
    },
)

REFUND_POLICY: Final = Code(
    RefundPolicy,
    {
        RefundPolicy.ALLOW_NEGATIVE: 1,
        RefundPolicy.CLAMP: 2,
    },
)

REVIEW_REASON: Final = Code(
    ReviewReason,
    {
        ReviewReason.UNCORROBORATED: 1,
        ReviewReason.TOTALS_DIFFER: 2,
        ReviewReason.FISCAL_DIFFERS: 3,
        ReviewReason.PAYMENT_DIFFERS: 4,
        ReviewReason.TAX_ABOVE_TOTAL: 5,
        ReviewReason.TOTAL_UNREADABLE: 6,
        ReviewReason.OTHER_CURRENCY: 7,
        ReviewReason.UNCLEAR_NOTICE: 8,
        ReviewReason.ABOVE_CEILING: 9,
        ReviewReason.TOO_LONG: 10,
        ReviewReason.LINE_LOST: 11,
        ReviewReason.DISPLAY_DIFFERS: 12,
    },
)

EVIDENCE_KIND: Final = Code(
    EvidenceKind,
    {
        EvidenceKind.FISCAL: 1,
        EvidenceKind.LABEL: 2,
        EvidenceKind.ITEMS: 3,
        EvidenceKind.NET_TAX: 4,
        EvidenceKind.PAYMENT: 5,
        EvidenceKind.SIZE: 6,
        EvidenceKind.DISPLAY: 7,
        EvidenceKind.REQUEST: 8,
        EvidenceKind.APPROVAL: 9,
        EvidenceKind.MESSAGE: 10,
    },
)
