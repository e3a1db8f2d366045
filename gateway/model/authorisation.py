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
from gateway.model.money import Currency
from gateway.model.outcome import Reason, Status

#: A sealed name of at most 40 characters, all boxes equally long (``gateway.crypto.greeting``).
GREETING_BOX_BYTES: Final = 208


class AuthKind(StrEnum):
    """What is asked: a member's balance, a reservation of points, or its release."""

    INQUIRE = "inquire"
    RESERVE = "reserve"
    CANCEL = "cancel"


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
        card: whose balance, for ``inquire`` and ``reserve``.
        points: how many points to reserve at most, for ``reserve``.
        sale_key: the sale that the redemption is meant for, for ``reserve``.
        sale_total_minor: that sale's total, which caps the redemption, for ``reserve``.
        currency: the unit of ``sale_total_minor``.
        programme_version: the rules the terminal quoted with.
        hold_id: the hold to free, for ``cancel``.
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

    def __post_init__(self) -> None:
        check_bytes("request_id", self.request_id, HOLD_ID_BYTES, HOLD_ID_BYTES)
        check_name("terminal", self.terminal)
        check_int("made_at_ms", self.made_at_ms, 0, I63_MAX)
        check_int("deadline_ms", self.deadline_ms, 0, I63_MAX)
        check_int("programme_version", self.programme_version, 0, 2**31 - 1)
        if self.points is not None:
            check_int("points", self.points, 1, I63_MAX)
        if self.sale_key is not None:
            check_bytes("sale_key", self.sale_key, SALE_KEY_BYTES, SALE_KEY_BYTES)
        if self.sale_total_minor is not None:
            check_int("sale_total_minor", self.sale_total_minor, 0, I63_MAX)
        if self.hold_id is not None:
            check_bytes("hold_id", self.hold_id, HOLD_ID_BYTES, HOLD_ID_BYTES)
        _check_parts(self)


def _check_parts(request: AuthRequest) -> None:
    parts = ("card", "points", "sale_key", "sale_total_minor", "hold_id")
    present = {name for name in parts if getattr(request, name) is not None}
    wanted = {
        AuthKind.INQUIRE: {"card"},
        AuthKind.RESERVE: {"card", "points", "sale_key", "sale_total_minor"},
        AuthKind.CANCEL: {"hold_id"},
    }[request.kind]
    if present != wanted:
        raise ValueRangeError(f"an {request.kind} request carries exactly: {sorted(wanted)}")


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
