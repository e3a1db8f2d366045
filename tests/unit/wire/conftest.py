"""The ``codecs`` fixture: every message's two functions, and a strategy of its values."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest
from hypothesis import strategies as st

from gateway.model.authorisation import GREETING_BOX_BYTES, AuthAnswer, AuthKind, AuthRequest
from gateway.model.card import Assurance, CardEvidence, CardProfile
from gateway.model.checks import I63_MAX, U32_MAX
from gateway.model.configuration import Configuration
from gateway.model.ids import TransactionId
from gateway.model.instrument import STORED_MONEY, Instrument
from gateway.model.member_facts import MemberDate, MemberFacts, Used
from gateway.model.money import Currency
from gateway.model.outcome import Reason, Status
from gateway.model.programme import Programme, RefundPolicy, UnknownCardPolicy
from gateway.model.receipt import Receipt, Rejection, ResendRequest, Result
from gateway.model.review import (
    CANDIDATES_MAX,
    PAPER_CHARACTERS_MAX,
    EvidenceKind,
    Review,
    ReviewCandidate,
    ReviewReason,
)
from gateway.model.rules.succession import Succession
from gateway.model.sale import Sale, SaleLine, SaleSource, Tender, TenderKind
from gateway.model.standing import GrantedDiscount, HeldVoucher, Standing
from gateway.model.transaction import (
    Channel,
    ClockQuality,
    EventTime,
    Kind,
    Load,
    MemberEvent,
    Redemption,
    Returned,
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

UNSIGNED = st.integers(0, I63_MAX)
POSITIVE = st.integers(1, I63_MAX)
SIGNED = st.integers(-I63_MAX, I63_MAX)
EPOCHS = st.integers(1, U32_MAX)
# Any: the model's ids are types of their own, which strategies do not know.
NAMES: st.SearchStrategy[Any] = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?", fullmatch=True)
HASHES: st.SearchStrategy[Any] = st.binary(min_size=32, max_size=32)
IDS_16: st.SearchStrategy[Any] = st.binary(min_size=16, max_size=16)


def texts(maximum: int) -> st.SearchStrategy[str]:
    """Text as the model allows it: Persian and anything else, but no controls or surrogates."""
    characters = st.characters(exclude_categories=("Cc", "Cs"))
    return st.text(characters, min_size=1, max_size=maximum)


def optional(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A value or its absence."""
    return st.none() | strategy


CURRENCIES = st.builds(
    Currency, code=st.from_regex(r"[A-Z]{3}", fullmatch=True), exponent=st.integers(0, 4)
)
CARDS = st.builds(
    CardEvidence,
    profile=st.sampled_from(CardProfile),
    token=HASHES,
    assurance=st.sampled_from(Assurance),
    counter=optional(st.integers(0, U32_MAX)),
    proof=optional(st.binary(min_size=1, max_size=256)),
)
LINES = st.builds(
    SaleLine,
    label=texts(64),
    quantity_milli=UNSIGNED,
    amount_minor=SIGNED,
    sku=optional(texts(32)),
)
SALES = st.builds(
    Sale,
    key=IDS_16,
    total_minor=UNSIGNED,
    source=st.sampled_from(SaleSource),
    profile=NAMES,
    profile_version=st.integers(1, 2**31 - 1),
    lines=st.lists(LINES, max_size=4).map(tuple),
    tenders=st.lists(
        st.builds(Tender, kind=st.sampled_from(TenderKind), amount_minor=UNSIGNED), max_size=3
    ).map(tuple),
    tax_minor=optional(UNSIGNED),
    discount_minor=optional(UNSIGNED),
    receipt_number=optional(texts(32)),
)
EVENT_TIMES = st.builds(
    EventTime,
    unix_ms=UNSIGNED,
    utc_offset_min=st.integers(-1080, 1080),
    quality=st.sampled_from(ClockQuality),
    boot_id=IDS_16,
    monotonic_ms=UNSIGNED,
    synchronised_at_ms=optional(UNSIGNED),
)
REFERENCES = st.one_of(
    st.builds(SaleReference, key=IDS_16),
    st.builds(SaleReference, receipt_number=texts(32)),
    st.builds(SaleReference, key=IDS_16, receipt_number=texts(32)),
)
REDEMPTIONS = st.builds(Redemption, hold_id=IDS_16, points=UNSIGNED, amount_minor=UNSIGNED)
RETURNED = st.builds(
    Returned,
    key=IDS_16,
    amount_minor=UNSIGNED,
    lines=st.lists(LINES.filter(lambda line: line.amount_minor >= 0), max_size=3).map(tuple),
)


@st.composite
def reviews(draw: st.DrawFn) -> Review:
    """A paper that may be a sale, with anything that a terminal may tell of it."""
    key = draw(IDS_16)
    totals = draw(st.lists(POSITIVE, max_size=CANDIDATES_MAX, unique=True))
    characters = st.characters(exclude_categories=("Cc", "Cs"))
    lines = st.lists(st.text(characters, max_size=PAPER_CHARACTERS_MAX), max_size=6)
    sale = draw(optional(SALES))
    return Review(
        key=key,
        profile=draw(NAMES),
        profile_version=draw(st.integers(1, 2**31 - 1)),
        reasons=draw(st.lists(st.sampled_from(ReviewReason), min_size=1, unique=True).map(tuple)),
        evidence=draw(st.lists(st.sampled_from(EvidenceKind), unique=True).map(tuple)),
        candidates=tuple(
            ReviewCandidate(total_minor=total, key=draw(optional(IDS_16))) for total in totals
        ),
        sale=None if sale is None else replace(sale, key=key),
        paper=draw(lines.map(tuple)),
        receipt_number=draw(optional(texts(32))),
        occurred_at=draw(optional(texts(32))),
    )


PARTS_OF_KIND: Final[dict[Kind, dict[str, st.SearchStrategy[Any]]]] = {
    Kind.ENROL: {"card": CARDS},
    Kind.EARN: {"card": CARDS, "sale": SALES},
    Kind.REDEEM: {"card": CARDS, "sale": SALES, "redemption": REDEMPTIONS},
    Kind.VOID: {"hold_id": IDS_16},
    Kind.REFUND: {"original": REFERENCES, "returned": optional(RETURNED)},
    Kind.TOP_UP: {
        "card": CARDS,
        "load": st.builds(
            Load, instrument=st.sampled_from(sorted(STORED_MONEY)), amount_minor=POSITIVE
        ),
    },
    Kind.EVENT: {"card": CARDS, "event": st.builds(MemberEvent, name=NAMES, source=texts(32))},
    Kind.REVIEW: {"card": optional(CARDS), "review": reviews()},
}
EXTENSIONS = st.dictionaries(st.integers(128, 255), st.binary(max_size=40), max_size=16).map(
    lambda found: tuple(sorted(found.items()))
)


@st.composite
def transactions(draw: st.DrawFn) -> Transaction:
    """A transaction of any kind, sometimes of a newer minor version."""
    kind = draw(st.sampled_from(Kind))
    minor = draw(st.sampled_from((0, 0, 1, 65_535)))
    parts = {name: draw(part) for name, part in PARTS_OF_KIND[kind].items()}
    if kind is Kind.TOP_UP and parts["load"].instrument is Instrument.GIFT:
        parts["sale"] = draw(optional(SALES))
    return Transaction(
        id=draw(st.builds(TransactionId, terminal=NAMES, epoch=EPOCHS, seq=POSITIVE)),
        previous_hash=draw(HASHES),
        time=draw(EVENT_TIMES),
        programme_version=draw(st.integers(0, 2**31 - 1)),
        channel=draw(st.sampled_from(Channel)),
        currency=draw(CURRENCIES),
        kind=kind,
        operator=draw(optional(NAMES)),
        shift=draw(optional(texts(32))),
        wire_minor=minor,
        extensions=draw(EXTENSIONS) if minor else (),
        **parts,
    )


_CODE = re.compile(rb"[0-9]{4,10}")


def _with_code(card: CardEvidence, code: bytes) -> CardEvidence:
    return replace(card, proof=code)


@st.composite
def auth_requests(draw: st.DrawFn) -> AuthRequest:
    """A request of any kind."""
    kind = draw(st.sampled_from(AuthKind))
    on_a_sale = {"card": CARDS, "sale_key": IDS_16, "sale_total_minor": UNSIGNED}
    wallet = {**on_a_sale, "points": POSITIVE}
    goods = {
        **on_a_sale,
        "lines": st.lists(LINES, max_size=3).map(tuple),
        "tax_minor": optional(UNSIGNED),
    }
    reward = {**goods, "reward": NAMES, "times": st.integers(1, 1_000)}
    instrument = draw(st.sampled_from(Instrument))
    reserve = {
        Instrument.POINTS: wallet,
        Instrument.CREDIT: wallet,
        Instrument.GIFT: wallet,
        Instrument.REWARD: reward,
        Instrument.COUPON: reward,
        Instrument.OFFER: goods,
    }[instrument]
    parts: dict[AuthKind, dict[str, st.SearchStrategy[Any]]] = {
        AuthKind.INQUIRE: {"card": CARDS},
        AuthKind.RESERVE: {**reserve, "instrument": st.just(instrument)},
        AuthKind.CANCEL: {"hold_id": IDS_16},
        AuthKind.CHALLENGE: {"card": CARDS.map(lambda card: replace(card, proof=None))},
        AuthKind.PROVE: {
            "card": st.builds(_with_code, CARDS, st.from_regex(_CODE, fullmatch=True))
        },
    }
    return AuthRequest(
        request_id=draw(IDS_16),
        terminal=draw(NAMES),
        kind=kind,
        made_at_ms=draw(UNSIGNED),
        deadline_ms=draw(UNSIGNED),
        programme_version=draw(st.integers(0, 2**31 - 1)),
        currency=draw(CURRENCIES),
        **{name: draw(part) for name, part in parts[kind].items()},
    )


STANDINGS = st.builds(
    Standing,
    credit_minor=optional(UNSIGNED),
    pending_points=optional(UNSIGNED),
    tier=optional(NAMES),
    discounts=st.lists(
        st.builds(GrantedDiscount, source=NAMES, amount_minor=UNSIGNED)
        | st.builds(
            lambda source, lines: GrantedDiscount(
                source=source, amount_minor=sum(lines), lines=tuple(lines)
            ),
            source=NAMES,
            lines=st.lists(st.integers(0, 10_000), max_size=4),
        ),
        max_size=3,
    ).map(tuple),
    vouchers=st.lists(st.builds(HeldVoucher, name=NAMES, quantity=POSITIVE), max_size=3).map(tuple),
    last_points=optional(UNSIGNED),
    last_day_ms=optional(UNSIGNED),
).filter(lambda standing: standing != Standing())
FACTS = st.builds(
    MemberFacts,
    member_id=optional(st.from_regex(r"[0-9a-f]{32}", fullmatch=True)),
    tier=optional(NAMES),
    purchases=UNSIGNED,
    visit_days=st.lists(st.dates(), max_size=3).map(tuple),
    dates=st.lists(
        st.builds(MemberDate, month=st.integers(1, 12), day_of_month=st.integers(1, 31)), max_size=2
    ).map(tuple),
    used=st.lists(st.builds(Used, key=texts(40), amount=UNSIGNED), max_size=2).map(tuple),
)
AUTH_ANSWERS = st.builds(
    AuthAnswer,
    request_id=IDS_16,
    terminal=NAMES,
    kind=st.sampled_from(AuthKind),
    status=st.sampled_from(Status),
    reason=st.sampled_from(Reason),
    answered_at_ms=UNSIGNED,
    balance_points=optional(SIGNED),
    points=optional(UNSIGNED),
    amount_minor=optional(UNSIGNED),
    expires_at_ms=optional(UNSIGNED),
) | st.builds(
    AuthAnswer,
    request_id=IDS_16,
    terminal=NAMES,
    kind=st.just(AuthKind.INQUIRE),
    status=st.just(Status.APPLIED),
    reason=st.just(Reason.NONE),
    answered_at_ms=UNSIGNED,
    balance_points=optional(SIGNED),
    greeting_box=st.binary(min_size=GREETING_BOX_BYTES, max_size=GREETING_BOX_BYTES),
    standing=optional(STANDINGS),
    facts=optional(FACTS),
)
RESULTS = st.builds(
    Result,
    seq=POSITIVE,
    envelope_hash=HASHES,
    status=st.sampled_from(Status),
    reason=st.sampled_from(Reason),
    points=SIGNED,
    balance_points=optional(SIGNED),
)
REJECTIONS = st.builds(Rejection, envelope_hash=HASHES, reason=st.sampled_from(Reason))


@st.composite
def receipts(draw: st.DrawFn) -> Receipt:
    """A receipt whose offsite watermark does not pass its watermark."""
    watermark = draw(UNSIGNED)
    return Receipt(
        terminal=draw(NAMES),
        epoch=draw(EPOCHS),
        watermark=watermark,
        watermark_hash=draw(HASHES),
        offsite_watermark=draw(st.integers(0, watermark)),
        issued_at_ms=draw(UNSIGNED),
        results=tuple(draw(st.lists(RESULTS, max_size=4))),
        rejections=tuple(draw(st.lists(REJECTIONS, max_size=3))),
    )


RESEND_REQUESTS = st.builds(
    ResendRequest, terminal=NAMES, epoch=EPOCHS, from_seq=POSITIVE, issued_at_ms=UNSIGNED
)
#: Old currencies of the same decimals fit any rate.
_SUCCEEDED = st.builds(
    Succession,
    currency=st.builds(Currency, code=st.just("XTS"), exponent=st.just(4)),
    old_units_per_unit=st.integers(1, 10**9),
)
PROGRAMMES = st.builds(
    Programme,
    name=NAMES,
    version=st.integers(1, 2**31 - 1),
    effective_from_ms=UNSIGNED,
    currency=CURRENCIES.filter(lambda one: one.code != "XTS"),
    earn_points=st.integers(0, 10**9),
    earn_per_minor=POSITIVE,
    redeem_points=st.integers(1, 10**9),
    redeem_value_minor=st.integers(1, 10**12),
    redeem_minimum_points=POSITIVE,
    redeem_share_percent=st.integers(0, 100),
    redeemed_amount_earns=st.booleans(),
    unknown_card=st.sampled_from(UnknownCardPolicy),
    refund=st.sampled_from(RefundPolicy),
    hold_ttl_ms=st.integers(1_000, 7 * 86_400_000),
    succeeds=optional(_SUCCEEDED),
)
CONFIGURATIONS = st.builds(
    Configuration,
    terminal=NAMES,
    version=POSITIVE,
    issued_at_ms=UNSIGNED,
    branch=NAMES,
    programmes=st.lists(PROGRAMMES, max_size=3).map(tuple),
    card_key_box=st.binary(min_size=48, max_size=256),
)
BATCHES = st.lists(st.binary(min_size=1, max_size=80), min_size=1, max_size=5).map(tuple)


@dataclass(frozen=True)
class Codec:
    """One message's two functions and a strategy of its values."""

    values: st.SearchStrategy[Any]
    encode: Callable[[Any], bytes]
    decode: Callable[[bytes], Any]


CODECS: Final = {
    "transaction": Codec(transactions(), encode_transaction, decode_transaction),
    "auth request": Codec(auth_requests(), encode_auth_request, decode_auth_request),
    "auth answer": Codec(AUTH_ANSWERS, encode_auth_answer, decode_auth_answer),
    "receipt": Codec(receipts(), encode_receipt, decode_receipt),
    "resend request": Codec(RESEND_REQUESTS, encode_resend_request, decode_resend_request),
    "configuration": Codec(CONFIGURATIONS, encode_configuration, decode_configuration),
    "batch": Codec(BATCHES, encode_batch, decode_batch),
}


@pytest.fixture(scope="session")
def codecs() -> dict[str, Codec]:
    """Every message by its name."""
    return CODECS
