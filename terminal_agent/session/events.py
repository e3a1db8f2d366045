"""What the session is told. Every event carries ``now_ms``, monotonic milliseconds.

Random ids come in with the event that may need one, so that the session itself draws none.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.model.authorisation import AuthAnswer
from gateway.model.card import CardEvidence
from gateway.model.ids import HoldId, SaleKey
from gateway.model.receipt import Result
from gateway.model.sale import Sale
from gateway.readers.reader import CardTrouble
from terminal_agent.session.view import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class CardTapped:
    """A card was read. ``inquiry_id`` is a fresh id for asking after its balance."""

    now_ms: int
    card: CardEvidence
    inquiry_id: HoldId


@dataclass(frozen=True, slots=True, kw_only=True)
class CardTroubled:
    """A card was there but could not be read: removed early, not supported and so on."""

    now_ms: int
    trouble: CardTrouble


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleOffered:
    """The till told a total it is sure of, before the sale is closed.

    Attributes:
        now_ms: when.
        total_minor: what the customer owes.
        key: names the sale towards the gateway until it closes under its own key.
    """

    now_ms: int
    total_minor: int
    key: SaleKey


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleClosed:
    """The till committed the sale (the paper was cut, the closing record came)."""

    now_ms: int
    sale: Sale


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleCancelled:
    """The till gave the sale up before closing it."""

    now_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RedeemAsked:
    """The cashier wants to pay with points: ``points`` of them, or as many as can be (None)."""

    now_ms: int
    points: int | None
    request_id: HoldId


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthAnswered:
    """The gateway's sealed answer, already verified.

    Attributes:
        now_ms: when it arrived.
        answer: the answer.
        stands_ms: for a granted reservation, how many milliseconds from now it stands.
        greeting: for an answered inquiry, the name that its sealed box held, if any.
    """

    now_ms: int
    answer: AuthAnswer
    stands_ms: int | None = None
    greeting: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalAccepted:
    """The journal committed every draft of the last ``Accept`` under these numbers, in order."""

    now_ms: int
    seqs: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalRefused:
    """The journal took none of the drafts of the last ``Accept``."""

    now_ms: int
    refusal: Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptArrived:
    """A gateway receipt named results of transactions of this terminal's present epoch."""

    now_ms: int
    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorCancelled:
    """The cashier pressed cancel: one step back, or the end of the visit."""

    now_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TimePassed:
    """Time went by. The only way in which a wait ends."""

    now_ms: int


Event = (
    CardTapped
    | CardTroubled
    | SaleOffered
    | SaleClosed
    | SaleCancelled
    | RedeemAsked
    | AuthAnswered
    | JournalAccepted
    | JournalRefused
    | ReceiptArrived
    | OperatorCancelled
    | TimePassed
)
