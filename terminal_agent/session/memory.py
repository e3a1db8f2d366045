"""What the session remembers, and the rules it works by. Both are values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Final

from gateway.model.card import CardEvidence
from gateway.model.checks import check_int
from gateway.model.ids import HoldId, SaleKey
from gateway.model.instrument import Instrument
from gateway.model.member_facts import MemberFacts
from gateway.model.money import Currency
from gateway.model.outcome import Reason
from gateway.model.programme import Programme
from gateway.model.receipt import Result
from gateway.model.rules.succession import Succession
from gateway.model.sale import Sale, SaleLine
from gateway.model.standing import GrantedDiscount, Standing
from gateway.program.facts import Place
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
        asks_offers: whether the session asks by itself what offers take off; not where the till
            cannot take a discount.
        currency: the till's unit.
        programme: the loyalty rules now in force, or None while only later ones are known.
        place: this branch and now, by its own clock; None where no rules are in force, or they
            name a time zone that this machine does not know.
    """

    settings: SessionSettings
    currency: Currency
    programme: Programme | None
    place: Place | None
    asks_offers: bool = True

    @property
    def before(self) -> Succession | None:
        """The currency that the till's took the place of, while the rules in force name it."""
        return None if self.programme is None else self.programme.succeeds


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A sale under way, as the till offers it to be paid.

    Attributes:
        total_minor: its total as the till shows it now.
        key: the name it goes by until it closes.
        lines: its goods, where they are known.
        tax_minor: the tax in that total, where it is known.
        taken_minor: of the discounts that are held, what the till has taken off that total.
    """

    total_minor: int
    key: SaleKey
    lines: tuple[SaleLine, ...] = ()
    tax_minor: int | None = None
    taken_minor: int = 0

    @property
    def gross_minor(self) -> int:
        """The total before any discount that is held."""
        return self.total_minor + self.taken_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A reservation that was asked for and is not answered yet.

    Attributes:
        request_id: the question, and the hold's id once it is granted.
        instrument: what is asked for.
        card: whose; of a gift card its own.
        source: the reward, where one is asked for.
        automatic: the session asked by itself, for what offers take off.
    """

    request_id: HoldId
    instrument: Instrument
    card: CardEvidence
    source: str = ""
    automatic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What the gateway holds for the sale under way.

    Attributes:
        hold_id: the reservation.
        instrument: what it is taken from.
        card: whose; of a gift card its own.
        points: how many units: points, or minor units of stored money; 0 for what costs none.
        amount_minor: the money they stand for; 0 for a reward that is no money.
        source: the reward, where it is one.
        parts: what a discount is made of.
        until_ms: until then it surely stands, in the events' time; None where that is not known.
    """

    hold_id: HoldId
    instrument: Instrument
    card: CardEvidence
    points: int
    amount_minor: int
    source: str = ""
    parts: tuple[GrantedDiscount, ...] = ()
    until_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftWish:
    """The next card on the reader shall pay, with at most ``units`` of it (None: all it can)."""

    units: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Purse:
    """A gift card that was shown without being asked for, and what is left on it."""

    card: CardEvidence
    left_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldIn:
    """A closed sale that gift cards may have been sold in.

    Attributes:
        sale: as the till told it.
        left_minor: of its total, what was not put onto cards yet.
    """

    sale: Sale
    left_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftLoad:
    """Money that is to be put onto a gift card.

    Attributes:
        amount_minor: how much.
        sale: the sale that the card was sold in, where there is one that shows it.
        card: the card, once it was shown.
        inquiry_id: the question how it stands.
    """

    amount_minor: int
    sale: Sale | None = None
    card: CardEvidence | None = None
    inquiry_id: HoldId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the gateway answered about the card of this visit, beside its balance.

    It belongs to the tap that was asked about, to the rules that were in force here, and to the
    business day that the gateway answered on: whoever looks at it checks all three.

    Attributes:
        owned: whether a member owns the card.
        earns: whether a sale with the card can bring anything; nothing with a blocked one.
        facts: what the next sale will be rated with; None where the rules look at nothing, where
            it was too much to carry, or where sales with this card are still on their way.
        standing: tier, credit, coupons and so on; None for nothing of it.
        version: the rules in force here when it was told.
        business_day: the branch's day on which it was told.
    """

    owned: bool
    earns: bool
    facts: MemberFacts | None
    standing: Standing | None
    version: int
    business_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a sale will bring its member, by the terminal's own reckoning.

    Attributes:
        points: how many.
        credit_minor: stored credit.
        sure: whether the gateway will say the same, if it has the same rules and nothing happens
            to the member meanwhile. Otherwise it is what the sale brings whoever is not known.
    """

    points: int
    credit_minor: int
    sure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Everything the dialogue remembers.

    Attributes:
        state: where it stands.
        card: the card that the visit belongs to.
        inquiry_id: the last question after its balance.
        behind: sales with this card were still on their way to the gateway when it was asked.
        balance_points: the answer to it.
        told: the rest of the answer.
        greeting: the name that came with it, as long as the visit is that card's.
        offer: the sale under way.
        sale: the closed sale, from its close until the screen goes back to idle.
        currency: what the sale, under way or closed, is counted in; rules may change meanwhile.
        asked: the reservation now waited for.
        grants: the reservations now held, in the order in which they were granted.
        redeemed: those that went into the last accepted drafts, as far as they were used.
        declined: offers are not asked for any more on this sale.
        gift_wish: the next card on the reader shall pay.
        purse: a gift card that was shown by itself.
        load: money that is to be put onto a gift card.
        sold_in: the last closed sale, while gift cards are loaded after it.
        abandoned: reservations given up while unanswered, oldest first.
        accepted_keys: sales lately accepted, oldest first.
        promised: what the sale was said to bring when it was accepted.
        awaited: the transactions whose results the screen waits for.
        earn_seq: which of them is the earn; None where nobody earns.
        results: results of them that have come.
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
    behind: bool = False
    balance_points: int | None = None
    told: Told | None = None
    greeting: str | None = field(default=None, repr=False)
    offer: Offer | None = None
    sale: Sale | None = None
    currency: Currency | None = None
    asked: Asked | None = None
    grants: tuple[Grant, ...] = ()
    redeemed: tuple[Grant, ...] = ()
    declined: bool = False
    gift_wish: GiftWish | None = None
    purse: Purse | None = None
    load: GiftLoad | None = None
    sold_in: SoldIn | None = None
    abandoned: tuple[HoldId, ...] = ()
    accepted_keys: tuple[SaleKey, ...] = ()
    promised: Preview | None = None
    awaited: tuple[int, ...] = ()
    earn_seq: int | None = None
    results: tuple[Result, ...] = ()
    result: Result | None = None
    anonymous_sales: int = 0
    deadline_ms: int | None = None
    reason: Reason | None = None
    refusal: Refusal | None = None
    trouble: CardTrouble | None = None
    notice: Notice | None = None
