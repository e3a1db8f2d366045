"""What the one-thread model keeps, and the shape of its answers."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.ledger.kinds import CardState, HoldState
from gateway.model.ids import CardToken, HoldId, TerminalId
from gateway.model.outcome import Reason, Status


@dataclass(slots=True)
class Account:
    """What a member has."""

    available: int = 0
    held: int = 0
    state: CardState = CardState.ACTIVE


@dataclass(slots=True)
class Hold:
    """A reservation, and what became of it."""

    terminal: TerminalId
    token: CardToken
    points: int
    amount_minor: int
    expires_at_ms: int
    version: int
    state: HoldState = HoldState.PENDING
    borne: int = 0


@dataclass(slots=True)
class SaleEntry:
    """What points moved on one sale at one branch."""

    receipt_number: str | None
    earned: bool = False
    earner: CardToken | None = None
    points: int = 0
    waits: bool = False
    redeemed: list[HoldId] = field(default_factory=list)
    refunded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What a message must have come to."""

    status: Status
    reason: Reason = Reason.NONE
    points: int = 0
    balance: int | None = None
    version: int | None = None


def refused(reason: Reason) -> Ending:
    """A refusal moves nothing."""
    return Ending(status=Status.REFUSED, reason=reason)
