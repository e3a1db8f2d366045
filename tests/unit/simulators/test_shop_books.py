"""The one-thread model by hand: what each message must come to, in whole numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.ledger.kinds import CardState, HoldState
from gateway.model.authorisation import AuthKind, AuthRequest
from gateway.model.ids import (
    BootId,
    BranchId,
    CardToken,
    EnvelopeHash,
    HoldId,
    SaleKey,
    TerminalId,
    TransactionId,
)
from gateway.model.money import EUR
from gateway.model.outcome import Reason, Status
from gateway.model.programme import Programme, RefundPolicy, UnknownCardPolicy
from gateway.model.sale import Sale, SaleSource
from gateway.model.transaction import (
    Channel,
    ClockQuality,
    EventTime,
    Kind,
    Redemption,
    SaleReference,
    Transaction,
)
from simulators.sealed_terminal import card_evidence, sale_key
from simulators.shop.book_values import Ending
from simulators.shop.books import Books

NOW_MS = 1_000_000
TOLERANCE_MS = 120_000
TILL, OTHER, FAR = TerminalId("till-1"), TerminalId("till-2"), TerminalId("till-3")
BRANCHES = {TILL: BranchId("north"), OTHER: BranchId("north"), FAR: BranchId("south")}
RULES = Programme(
    name="model",
    version=1,
    effective_from_ms=0,
    currency=EUR,
    earn_points=1,
    earn_per_minor=100,
    redeem_points=10,
    redeem_value_minor=50,
    hold_ttl_ms=5_000,
)
HOLD = HoldId(bytes(15) + b"\x07")


def _books(*later: tuple[int, Programme], rules: Programme = RULES) -> Books:
    books = Books([(0, rules), *later], BRANCHES, TOLERANCE_MS)
    books.index = 1
    return books


def _one(
    kind: Kind,
    *,
    terminal: TerminalId = TILL,
    card: int | None = None,
    sale: tuple[int, int] | None = None,
    redemption: Redemption | None = None,
    original: SaleReference | None = None,
    at_ms: int = NOW_MS,
    quality: ClockQuality = ClockQuality.SYNCHRONISED,
) -> Transaction:
    key_total = None if sale is None else _sale(*sale)
    return Transaction(
        id=TransactionId(terminal=terminal, epoch=1, seq=1),
        previous_hash=EnvelopeHash(bytes(32)),
        time=EventTime(
            unix_ms=at_ms,
            utc_offset_min=0,
            quality=quality,
            boot_id=BootId(bytes(16)),
            monotonic_ms=0,
            synchronised_at_ms=at_ms,
        ),
        programme_version=1,
        channel=Channel.SIMULATED,
        currency=EUR,
        kind=kind,
        card=None if card is None else card_evidence(card),
        sale=key_total,
        redemption=redemption,
        original=original,
    )


def _sale(number: int, total_minor: int) -> Sale:
    return Sale(
        key=sale_key(number),
        total_minor=total_minor,
        source=SaleSource.RECEIPT,
        profile="model",
        receipt_number=str(number),
    )


def _earn(books: Books, card: int, sale: int, total_minor: int = 10_000) -> Ending:
    return books.transaction(_one(Kind.EARN, card=card, sale=(sale, total_minor)), NOW_MS)


def _refund(
    books: Books, *, key: SaleKey | None = None, number: str | None = None, at: TerminalId = OTHER
) -> Ending:
    original = SaleReference(key=key, receipt_number=number)
    return books.transaction(_one(Kind.REFUND, terminal=at, original=original), NOW_MS)


def _reserve(books: Books, card: int, points: int, total_minor: int = 100_000) -> Ending:
    request = AuthRequest(
        request_id=HOLD,
        terminal=TILL,
        kind=AuthKind.RESERVE,
        made_at_ms=NOW_MS,
        deadline_ms=NOW_MS + 1_000,
        programme_version=1,
        currency=EUR,
        card=card_evidence(card),
        points=points,
        sale_key=sale_key(9),
        sale_total_minor=total_minor,
    )
    return books.request(request, None, NOW_MS)


def _redeem(books: Books, card: int, points: int, sale: int = 9) -> Ending:
    redemption = Redemption(hold_id=HOLD, points=points, amount_minor=points * 5)
    one = _one(Kind.REDEEM, card=card, sale=(sale, 100_000), redemption=redemption)
    return books.transaction(one, NOW_MS)


def _refused(reason: Reason) -> Ending:
    return Ending(status=Status.REFUSED, reason=reason)


def _token(card: int) -> CardToken:
    return card_evidence(card).token


def test_a_sale_earns_once_at_its_branch() -> None:
    """Another till of the branch cannot earn on it again; another branch's sale is another."""
    books = _books()
    assert _earn(books, 1, 1) == Ending(status=Status.APPLIED, points=100, balance=100, version=1)
    again = _one(Kind.EARN, terminal=OTHER, card=2, sale=(1, 10_000))
    assert books.transaction(again, NOW_MS) == _refused(Reason.SALE_ALREADY_RECORDED)
    elsewhere = books.transaction(replace(again, id=replace(again.id, terminal=FAR)), NOW_MS)
    assert elsewhere.status is Status.APPLIED


def test_a_held_earn_waits_for_its_owner() -> None:
    """Under ``hold`` the points of an unknown card are its owner's once there is one."""
    books = _books(rules=replace(RULES, unknown_card=UnknownCardPolicy.HOLD))
    assert _earn(books, 1, 1).status is Status.HELD
    enrolled = books.transaction(_one(Kind.ENROL, card=1), NOW_MS)
    assert (enrolled.points, enrolled.balance) == (100, 100)
    assert books.system["suspense"] == 0
    again = books.transaction(_one(Kind.ENROL, card=1), NOW_MS)
    assert again == _refused(Reason.CARD_ALREADY_ENROLLED)


def test_a_refund_undoes_everything_once() -> None:
    """By key or by number, at any till of the branch, what moved comes back, and not again."""
    books = _books()
    _earn(books, 1, 1)
    _reserve(books, 1, 50)
    _redeem(books, 1, 50, sale=2)
    back = _refund(books, number="2")
    assert (back.points, back.balance) == (50, 100)
    assert _refund(books, number="2") == _refused(Reason.SALE_ALREADY_REFUNDED)
    assert _refund(books, key=sale_key(1)).balance == 0
    assert _refund(books, key=sale_key(1), at=FAR) == _refused(Reason.SALE_NOT_FOUND)
    assert sum(books.system.values()) == 0


@pytest.mark.parametrize(
    ("policy", "balance", "borne"),
    [(RefundPolicy.ALLOW_NEGATIVE, -100, 0), (RefundPolicy.CLAMP, 0, 100)],
)
def test_a_late_redemption_is_honoured(policy: RefundPolicy, balance: int, borne: int) -> None:
    """Points that are gone meanwhile are owed by the member or borne by the programme (ADR 4)."""
    books = _books(rules=replace(RULES, refund=policy))
    _earn(books, 1, 1)
    assert _reserve(books, 1, 100).balance == 0
    assert books.expiry(HOLD, NOW_MS + 4_999).status is Status.REFUSED
    assert books.expiry(HOLD, NOW_MS + 5_000).balance == 100
    _refund(books, key=sale_key(1))
    assert _redeem(books, 1, 100).balance == balance
    assert books.holds[HOLD].borne == borne
    assert books.holds[HOLD].state is HoldState.POSTED
    assert _redeem(books, 1, 100) == _refused(Reason.HOLD_ALREADY_RESOLVED)
    money = sum(books.system.values()) + sum(one.available for one in books.accounts.values())
    assert money == 0


def test_a_reservation_takes_whole_steps_within_every_bound() -> None:
    """What is asked, what is there and what the sale allows: the least of them, in tens."""
    books = _books()
    _earn(books, 1, 1, total_minor=9_900)
    assert _reserve(books, 1, 5) == _refused(Reason.INSUFFICIENT_POINTS)
    assert _reserve(books, 2, 50) == _refused(Reason.UNKNOWN_CARD)
    books.card(_token(1), CardState.BLOCKED)
    assert _reserve(books, 1, 50) == _refused(Reason.CARD_BLOCKED)
    books.card(_token(1), CardState.ACTIVE)
    assert _reserve(books, 1, 1_000, total_minor=199).balance == 99 - 30
    assert books.holds[HOLD].amount_minor == 150
    assert _redeem(books, 1, 40) == _refused(Reason.HOLD_MISMATCH)


def test_nobodys_card_cannot_be_blocked() -> None:
    """The model knows who owns what."""
    assert not _books().card(_token(1), CardState.BLOCKED)


@pytest.mark.parametrize(
    ("at_ms", "quality", "index", "version"),
    [
        (NOW_MS, ClockQuality.SYNCHRONISED, 9, 1),
        (NOW_MS + TOLERANCE_MS, ClockQuality.SYNCHRONISED, 9, 2),
        (NOW_MS + TOLERANCE_MS + 1, ClockQuality.SYNCHRONISED, 9, 1),
        (NOW_MS + TOLERANCE_MS, ClockQuality.GUESSED, 9, 1),
        (NOW_MS + TOLERANCE_MS, ClockQuality.SYNCHRONISED, 5, 1),
    ],
    ids=["own time", "within tolerance", "beyond it", "a guess", "not known yet"],
)
def test_a_sale_is_rated_by_the_rules_of_its_time(
    at_ms: int, quality: ClockQuality, index: int, version: int
) -> None:
    """If its clock can be believed, and only by rules that the gateway had by then."""
    newer = replace(RULES, version=2, effective_from_ms=NOW_MS + 1, earn_points=3)
    books = _books((5, newer))
    books.index = index
    one = _one(Kind.EARN, card=1, sale=(1, 10_000), at_ms=at_ms, quality=quality)
    assert books.transaction(one, NOW_MS).version == version
