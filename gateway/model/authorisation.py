"""Requests that need an answer before the customer leaves, and their answers.

They travel on the ``auth`` topic outside the transaction sequence, so that they never wait behind
a backlog. A request's random id doubles as the id of the hold it makes; asking again with the
same id gives the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.errors import ValueRangeError
from gateway.model.card import CardEvidence
from gateway.model.checks import I63_MAX, check_bytes, check_int, check_name
from gateway.model.ids import HOLD_ID_BYTES, SALE_KEY_BYTES, HoldId, SaleKey, TerminalId
from gateway.model.instrument import STORED_MONEY, Instrument
from gateway.model.member_facts import MemberFacts
from gateway.model.money import Currency
from gateway.model.outcome import Reason, Status
from gateway.model.sale import LINES_MAX, SaleLine
from gateway.model.standing import Standing

#: A sealed name of at most 40 characters, all boxes equally long (``gateway.crypto.greeting``).
GREETING_BOX_BYTES: Final = 208
#: How long a code that is read out may be.
CODE_DIGITS: Final = range(4, 11)


class AuthKind(StrEnum):
    """What is asked: how a member stands, a reservation of value, or its release.

    The last two are about codes that are sent to a phone (``gateway.model.one_time_code``): send
    one to whom a card belongs, and take the one that was read out.
    """

    INQUIRE = "inquire"
    RESERVE = "reserve"
    CANCEL = "cancel"
    CHALLENGE = "challenge"
    PROVE = "prove"


CODE_KINDS: Final = frozenset({AuthKind.CHALLENGE, AuthKind.PROVE})
"""Requests that the ledger has nothing to do with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthRequest:
    """A sealed question of a terminal.

    Attributes:
        request_id: 16 random bytes; for ``reserve`` the id of the hold, for ``cancel`` the id of
            a request of its own while ``hold_id`` names the hold to free.
        terminal: who asks.
        kind: what is asked.
        made_at_ms: Unix time of asking in milliseconds.
        deadline_ms: Unix time after which the gateway must not act on it.
        card: whose balance, for ``inquire`` and ``reserve``; of a gift card its own. For
            ``challenge`` and ``prove`` the card whose owner is to be asked; for ``prove`` its proof
            are the ASCII digits that were typed, and for ``challenge`` it has none.
        points: how many units of the wallet to reserve at most, for ``reserve`` of points, stored
            credit or a gift card: points, or minor units of money.
        sale_key: the sale that the redemption is meant for, for ``reserve``.
        sale_total_minor: that sale's total, which caps the redemption, for ``reserve``.
        currency: the unit of ``sale_total_minor``.
        programme_version: the rules the terminal quoted with.
        hold_id: the hold to free, for ``cancel``.
        instrument: what to reserve, for ``reserve``.
        reward: which reward, for ``reserve`` of a reward or a coupon.
        times: how often the reward is taken.
        lines: the sale's goods where they are known, for rewards and offers that look at them.
        tax_minor: the tax contained in ``sale_total_minor`` where it is known, for the same.
    """

    request_id: HoldId
    terminal: TerminalId
    kind: AuthKind
    made_at_ms: int
    deadline_ms: int
    programme_version: int
    currency: Currency
    card: CardEvidence | None = None
    points: int | None = None
    sale_key: SaleKey | None = None
    sale_total_minor: int | None = None
    hold_id: HoldId | None = None
    instrument: Instrument = Instrument.POINTS
    reward: str | None = None
    times: int | None = None
    lines: tuple[SaleLine, ...] = ()
    tax_minor: int | None = None

    def __post_init__(self) -> None:
        check_bytes("request_id", self.request_id, HOLD_ID_BYTES, HOLD_ID_BYTES)
        check_name("terminal", self.terminal)
        check_int("made_at_ms", self.made_at_ms, 0, I63_MAX)
        check_int("deadline_ms", self.deadline_ms, 0, I63_MAX)
        check_int("programme_version", self.programme_version, 0, 2**31 - 1)
        if self.sale_key is not None:
            check_bytes("sale_key", self.sale_key, SALE_KEY_BYTES, SALE_KEY_BYTES)
        for name, least, most in _COUNTS:
            if getattr(self, name) is not None:
                check_int(name, getattr(self, name), least, most)
        if self.hold_id is not None:
            check_bytes("hold_id", self.hold_id, HOLD_ID_BYTES, HOLD_ID_BYTES)
        if self.reward is not None:
            check_name("reward", self.reward)
        if len(self.lines) > LINES_MAX:
            raise ValueRangeError(f"a request holds at most {LINES_MAX} lines")
        _check_parts(self)


_COUNTS: Final = (
    ("points", 1, I63_MAX),
    ("sale_total_minor", 0, I63_MAX),
    ("times", 1, 1_000),
    ("tax_minor", 0, I63_MAX),
)
_ON_A_SALE: Final = frozenset({"card", "sale_key", "sale_total_minor"})
_RESERVE_PARTS: Final = {
    Instrument.POINTS: _ON_A_SALE | {"points"},
    Instrument.CREDIT: _ON_A_SALE | {"points"},
    Instrument.GIFT: _ON_A_SALE | {"points"},
    Instrument.REWARD: _ON_A_SALE | {"reward", "times"},
    Instrument.COUPON: _ON_A_SALE | {"reward", "times"},
    Instrument.OFFER: _ON_A_SALE,
}


def _check_parts(request: AuthRequest) -> None:
    parts = ("card", "points", "sale_key", "sale_total_minor", "hold_id", "reward", "times")
    present = {name for name in parts if getattr(request, name) is not None}
    wanted = {
        AuthKind.INQUIRE: frozenset({"card"}),
        AuthKind.RESERVE: _RESERVE_PARTS[request.instrument],
        AuthKind.CANCEL: frozenset({"hold_id"}),
        AuthKind.CHALLENGE: frozenset({"card"}),
        AuthKind.PROVE: frozenset({"card"}),
    }[request.kind]
    if present != wanted:
        raise ValueRangeError(f"an {request.kind} request carries exactly: {sorted(wanted)}")
    if request.kind is not AuthKind.RESERVE and request.instrument is not Instrument.POINTS:
        raise ValueRangeError("only a reservation names an instrument")
    goods = request.kind is AuthKind.RESERVE and request.instrument not in _WITHOUT_GOODS
    if (request.lines or request.tax_minor is not None) and not goods:
        raise ValueRangeError("only a reservation of a reward or an offer names goods and tax")
    if request.kind in CODE_KINDS and request.card is not None:
        _check_code(request.kind, request.card.proof)


def _check_code(kind: AuthKind, typed: bytes | None) -> None:
    if kind is AuthKind.CHALLENGE and typed is not None:
        raise ValueRangeError("who asks for a code has none to tell")
    if kind is AuthKind.PROVE and (
        typed is None or not typed.isdigit() or len(typed) not in CODE_DIGITS
    ):
        raise ValueRangeError("a code that was told is 4 to 10 ASCII digits")


_WITHOUT_GOODS: Final = STORED_MONEY | {Instrument.POINTS}


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthAnswer:
    """The gateway's sealed answer to one request.

    Attributes:
        request_id: the request answered.
        terminal: whom it is for.
        kind: what was asked.
        status: ``applied`` (done, or done before) or ``refused``.
        reason: why it was refused; ``none`` otherwise.
        balance_points: the member's spendable points afterwards, where the card is known.
        points: points now held, for a granted ``reserve``.
        amount_minor: the money they stand for, for a granted ``reserve``.
        expires_at_ms: when the hold frees itself, for a granted ``reserve``.
        answered_at_ms: Unix time of the answer in milliseconds.
        greeting_box: the name that a member wants to be greeted by, encrypted to the terminal for
            this request alone; only with an applied ``inquire``.
        standing: what else the member has, and what a granted reservation is made of.
        facts: what the gateway would rate the member's next sale with, for the terminal's preview;
            only with an applied ``inquire``, and left out where they are too many to carry.
    """

    request_id: HoldId
    terminal: TerminalId
    kind: AuthKind
    status: Status
    reason: Reason
    answered_at_ms: int
    balance_points: int | None = None
    points: int | None = None
    amount_minor: int | None = None
    expires_at_ms: int | None = None
    greeting_box: bytes | None = None
    standing: Standing | None = None
    facts: MemberFacts | None = None

    def __post_init__(self) -> None:
        check_bytes("request_id", self.request_id, HOLD_ID_BYTES, HOLD_ID_BYTES)
        check_name("terminal", self.terminal)
        check_int("answered_at_ms", self.answered_at_ms, 0, I63_MAX)
        if self.balance_points is not None:
            check_int("balance_points", self.balance_points, -I63_MAX, I63_MAX)
        for name in ("points", "amount_minor", "expires_at_ms"):
            if getattr(self, name) is not None:
                check_int(name, getattr(self, name), 0, I63_MAX)
        if self.greeting_box is not None:
            check_bytes("greeting_box", self.greeting_box, GREETING_BOX_BYTES, GREETING_BOX_BYTES)
            if self.kind is not AuthKind.INQUIRE or self.status is not Status.APPLIED:
                raise ValueRangeError("only the answer to an applied inquire greets anybody")
        _check_standing(self)


def _check_standing(answer: AuthAnswer) -> None:
    if answer.facts is not None and (
        answer.kind is not AuthKind.INQUIRE or answer.status is not Status.APPLIED
    ):
        raise ValueRangeError("only the answer to an applied inquire tells facts")
    if answer.standing is None:
        return
    if answer.status is not Status.APPLIED:
        raise ValueRangeError("only an applied answer tells a standing")
    if answer.standing == Standing():
        raise ValueRangeError("a standing that says nothing is left out")
