"""What the session remembers, and the rules it works by. Both are values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from gateway.model.card import CardEvidence
from gateway.model.checks import check_int
from gateway.model.ids import HoldId, SaleKey
from gateway.model.money import Currency
from gateway.model.outcome import Reason
from gateway.model.programme import Programme
from gateway.model.receipt import Result
from gateway.model.sale import Sale
from gateway.readers.reader import CardTrouble
from terminal_agent.session.states import State
from terminal_agent.session.view import Notice, Refusal

#: Sales remembered as accepted, so that a reprinted receipt is not accepted again. The journal and
#: the gateway know all of them; this list only keeps the screen honest without asking either.
ACCEPTED_KEYS_MAX: Final = 256
#: Requests whose late answers still matter. Each was cancelled when it was given up, so one that
#: falls off the end is freed by that cancellation or by its own time limit at the gateway.
ABANDONED_MAX: Final = 64

_WAIT_MS_MAX: Final = 24 * 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSettings:
    """How long the counter waits for what, in milliseconds.

    Attributes:
        card_wait_ms: a read card waits this long for a sale.
        sale_wait_ms: a total on the screen waits this long for the sale's close.
        late_tap_ms: a closed sale without a card waits this long for a tap.
        auth_wait_ms: a reservation may take this long; the customer is standing there.
        show_ms: how long a good result or a remark stays on the screen.
        attention_ms: how long something the cashier must act on stays on the screen.

    Raises:
        ValueRangeError: if a wait is outside 1 ms to one day.
    """

    card_wait_ms: int = 120_000
    sale_wait_ms: int = 300_000
    late_tap_ms: int = 15_000
    auth_wait_ms: int = 5_000
    show_ms: int = 6_000
    attention_ms: int = 60_000

    def __post_init__(self) -> None:
        for name in self.__slots__:
            check_int(name, getattr(self, name), 1, _WAIT_MS_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What holds at the moment of an event.

    Attributes:
        settings: the waits.
        currency: the till's unit.
        programme: the loyalty rules now in force, or None while only later ones are known.
    """

    settings: SessionSettings
    currency: Currency
    programme: Programme | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A sale under way: its total so far and the name it goes by until it closes."""

    total_minor: int
    key: SaleKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Points that the gateway holds for the sale under way.

    Attributes:
        hold_id: the reservation.
        points: how many.
        amount_minor: the money they stand for.
    """

    hold_id: HoldId
    points: int
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Everything the dialogue remembers.

    Attributes:
        state: where it stands.
        card: the card that the visit belongs to.
        inquiry_id: the last question after its balance.
        balance_points: the answer to it.
        greeting: the name that came with it, as long as the visit is that card's.
        offer: the sale under way.
        sale: the closed sale, from its close until the screen goes back to idle.
        asked: the reservation now waited for.
        grant: the reservation now held.
        redeemed: the reservation that went into the last accepted drafts.
        abandoned: reservations given up while unanswered, oldest first.
        accepted_keys: sales lately accepted, oldest first.
        awaited: the transactions whose results the screen waits for, the earn last.
        result: the result to show.
        anonymous_sales: sales that closed and found no card, since the start.
        deadline_ms: when the present wait ends, in the events' time; None: no wait.
        reason: why something was refused.
        refusal: why the journal refused.
        trouble: what was wrong with the last card.
        notice: a remark.
    """

    state: State = State.IDLE
    card: CardEvidence | None = None
    inquiry_id: HoldId | None = None
    balance_points: int | None = None
    greeting: str | None = field(default=None, repr=False)
    offer: Offer | None = None
    sale: Sale | None = None
    asked: HoldId | None = None
    grant: Grant | None = None
    redeemed: Grant | None = None
    abandoned: tuple[HoldId, ...] = ()
    accepted_keys: tuple[SaleKey, ...] = ()
    awaited: tuple[int, ...] = ()
    result: Result | None = None
    anonymous_sales: int = 0
    deadline_ms: int | None = None
    reason: Reason | None = None
    refusal: Refusal | None = None
    trouble: CardTrouble | None = None
    notice: Notice | None = None
