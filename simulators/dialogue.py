"""A counter's dialogue by hand: the session alone, with a gateway whose answers a test gives.

It does not model the journal, the display or the wire: what the session asks of its owner is kept
in a list. ``simulators.mirror`` puts a real writer behind the same session.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from gateway.model.authorisation import AuthAnswer, AuthKind
from gateway.model.card import Assurance, CardEvidence, CardProfile
from gateway.model.ids import BranchId, CardToken, HoldId, SaleKey, TerminalId
from gateway.model.instrument import Instrument
from gateway.model.money import EUR
from gateway.model.outcome import Reason, Status
from gateway.model.programme import Programme
from gateway.model.rules.offer import Offer
from gateway.model.rules.reward import Gift, GiftKind, Reward
from gateway.model.rules.rules import Rules as ProgrammeRules
from gateway.model.rules.stored_value import CreditPolicy, GiftCardPolicy
from gateway.model.sale import Sale, SaleLine, SaleSource
from gateway.model.standing import GrantedDiscount, Standing
from gateway.model.transaction import Kind
from gateway.program.local_time import place_at
from terminal_agent.session.actions import Accept, Action, CancelHold, Inquire, Reserve
from terminal_agent.session.events import (
    AuthAnswered,
    CardTapped,
    Event,
    OperatorCancelled,
    SaleClosed,
    SaleOffered,
    TimePassed,
    UseAsked,
)
from terminal_agent.session.machine import step
from terminal_agent.session.memory import Rules, Session, SessionSettings
from terminal_agent.session.screen import view_of
from terminal_agent.session.states import State
from terminal_agent.session.view import View
from terminal_agent.session.wishes import Wish

SETTINGS = SessionSettings()

SPRING: Final = Offer(id="spring", gift=Gift(kind=GiftKind.MONEY_OFF, amount_minor=200))
#: Something of everything that can be used on a sale: an offer of 2.00 off, rewards, credit and
#: gift cards.
PROGRAMME: Final = Programme(
    name="club",
    version=1,
    effective_from_ms=0,
    currency=EUR,
    earn_points=1,
    earn_per_minor=100,
    redeem_points=10,
    redeem_value_minor=100,
    redeem_minimum_points=10,
    redeem_share_percent=50,
    rules=ProgrammeRules(
        offers=(SPRING,),
        rewards=(
            Reward(id="off", cost_points=5, gift=Gift(kind=GiftKind.MONEY_OFF, amount_minor=100)),
            Reward(id="seat", cost_points=5, gift=Gift(kind=GiftKind.BENEFIT)),
        ),
        credit=CreditPolicy(share_percent=100, top_up_maximum_minor=10_000),
        gift_cards=GiftCardPolicy(minimum_minor=500, maximum_minor=10_000, most_per_sale=3),
    ),
)
WITHOUT_OFFERS: Final = replace(PROGRAMME, rules=replace(PROGRAMME.rules, offers=()))


def dialogue_card(number: int) -> CardEvidence:
    """A card by number."""
    token = CardToken(bytes([number]) * 32)
    return CardEvidence(profile=CardProfile.UID, token=token, assurance=Assurance.CLAIMED)


@dataclass
class Dialogue:
    """One session, with everything that it asked for.

    Attributes:
        programme: the rules in force.
        asks_offers: see ``Rules``.
        session: where the dialogue stands.
        actions: all that it asked of its owner, in order.
        now_ms: the monotonic time of the next event; the wall clock stands still.
        ids: how many ids were drawn.
    """

    programme: Programme
    asks_offers: bool = True
    session: Session = field(default_factory=Session)
    actions: list[Action] = field(default_factory=list)
    now_ms: int = 1_000
    ids: int = 0

    @property
    def rules(self) -> Rules:
        """What the session works by."""
        return Rules(
            settings=SETTINGS,
            currency=self.programme.currency,
            programme=self.programme,
            place=place_at(self.programme.rules.settings, BranchId("b1"), 0),
            asks_offers=self.asks_offers,
        )

    @property
    def view(self) -> View:
        """What the display shows."""
        return view_of(self.session, self.rules)

    @property
    def state(self) -> State:
        """Where the dialogue stands."""
        return self.session.state

    def feed(self, event: Event) -> None:
        """Let something happen."""
        self.session, actions = step(self.session, event, self.rules)
        self.actions += actions

    def new_id(self) -> HoldId:
        """A fresh id."""
        self.ids += 1
        return HoldId(self.ids.to_bytes(16, "big"))

    def member(self, number: int = 1, **told: object) -> None:
        """A member's card is tapped, and the gateway says how the member stands."""
        self.tap(number)
        self.told(balance_points=1_000, **told)

    def tap(self, number: int) -> None:
        """A card is tapped."""
        self.feed(
            CardTapped(now_ms=self.now_ms, card=dialogue_card(number), inquiry_id=self.new_id())
        )

    def told(self, **parts: object) -> None:
        """The gateway says how the card that was asked about last stands."""
        inquiry = next(one for one in reversed(self.actions) if isinstance(one, Inquire))
        self.answer(inquiry.request_id, AuthKind.INQUIRE, **parts)

    def offer(
        self,
        total_minor: int,
        lines: tuple[SaleLine, ...] = (),
        tax_minor: int | None = None,
    ) -> None:
        """The till tells a total."""
        self.feed(
            SaleOffered(
                now_ms=self.now_ms,
                total_minor=total_minor,
                key=SaleKey(b"o" * 16),
                request_id=self.new_id(),
                lines=lines,
                tax_minor=tax_minor,
            )
        )

    def use(
        self, instrument: Instrument, units: int | None = None, reward: str | None = None
    ) -> None:
        """The cashier wants something used on the sale."""
        wish = Wish(instrument=instrument, units=units, reward=reward)
        self.feed(UseAsked(now_ms=self.now_ms, wish=wish, request_id=self.new_id()))

    def grant(self, points: int, amount_minor: int, *discounts: GrantedDiscount) -> None:
        """The gateway grants what was asked for last."""
        standing = Standing(discounts=discounts) if discounts else None
        self.answer(
            self.reserved[-1].request_id,
            AuthKind.RESERVE,
            points=points,
            amount_minor=amount_minor,
            expires_at_ms=300_000,
            standing=standing,
        )

    def refuse(self, reason: Reason) -> None:
        """The gateway refuses what was asked for last."""
        self.answer(
            self.reserved[-1].request_id, AuthKind.RESERVE, status=Status.REFUSED, reason=reason
        )

    def answer(self, request_id: HoldId, kind: AuthKind, **parts: object) -> None:
        """The gateway answers; ``parts`` are those of ``AuthAnswer`` by name."""
        base = AuthAnswer(
            request_id=request_id,
            terminal=TerminalId("t1"),
            kind=kind,
            status=Status.APPLIED,
            reason=Reason.NONE,
            answered_at_ms=0,
        )
        self.feed(
            AuthAnswered(
                now_ms=self.now_ms,
                answer=replace(base, **parts),  # type: ignore[arg-type] # parts by name
                request_id=self.new_id(),
                stands_ms=200_000,
            )
        )

    def close(self, total_minor: int, lines: tuple[SaleLine, ...] = ()) -> None:
        """The till closes the sale."""
        sale = Sale(
            key=SaleKey(b"s" * 16),
            total_minor=total_minor,
            source=SaleSource.RECEIPT,
            profile="shop",
            lines=lines,
        )
        self.feed(SaleClosed(now_ms=self.now_ms, sale=sale))

    def cancel(self) -> None:
        """The cashier takes one step back."""
        self.feed(OperatorCancelled(now_ms=self.now_ms))

    def wait(self, ms: int) -> None:
        """Time goes by."""
        self.now_ms += ms
        self.feed(TimePassed(now_ms=self.now_ms))

    @property
    def reserved(self) -> list[Reserve]:
        """Every reservation asked for."""
        return [one for one in self.actions if isinstance(one, Reserve)]

    @property
    def freed(self) -> list[HoldId]:
        """Every hold given back, in order."""
        return [one.hold_id for one in self.actions if isinstance(one, CancelHold)]

    @property
    def accepted(self) -> Accept:
        """What was handed to the journal last."""
        return [one for one in self.actions if isinstance(one, Accept)][-1]

    def kinds(self) -> list[tuple[Kind, int]]:
        """The transactions of it, each with the money that it redeems."""
        return [
            (one.kind, 0 if one.redemption is None else one.redemption.amount_minor)
            for one in self.accepted.drafts
        ]
