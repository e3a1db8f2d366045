"""One session driven by hand, with everything that it asked for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from gateway.model.authorisation import AuthAnswer, AuthKind
from gateway.model.card import Assurance, CardEvidence, CardProfile
from gateway.model.ids import BranchId, CardToken, HoldId, SaleKey, TerminalId
from gateway.model.instrument import Instrument
from gateway.model.money import EUR
from gateway.model.outcome import Reason, Status
from gateway.model.programme import Programme
from gateway.model.sale import Sale, SaleSource, Tender
from gateway.program.local_time import place_at
from terminal_agent.session.actions import Accept, Action, CancelHold, Show
from terminal_agent.session.events import (
    AuthAnswered,
    CardTapped,
    Event,
    JournalAccepted,
    SaleClaimed,
    SaleClosed,
    SaleOffered,
    TimePassed,
    UseAsked,
)
from terminal_agent.session.machine import step
from terminal_agent.session.memory import Rules, Session, SessionSettings
from terminal_agent.session.states import State
from terminal_agent.session.view import View
from terminal_agent.session.wishes import Wish

PROGRAMME = Programme(
    name="club",
    version=3,
    effective_from_ms=0,
    currency=EUR,
    earn_points=1,
    earn_per_minor=100,
    redeem_points=100,
    redeem_value_minor=500,
    redeem_minimum_points=100,
)
BRANCH = BranchId("b1")
RULES = Rules(
    settings=SessionSettings(),
    currency=EUR,
    programme=PROGRAMME,
    place=place_at(PROGRAMME.rules.settings, BRANCH, 0),
)


def card(number: int) -> CardEvidence:
    """A card by number."""
    return CardEvidence(
        profile=CardProfile.UID,
        token=CardToken(bytes([number]) * 32),
        assurance=Assurance.CLAIMED,
    )


def sale(number: int, total_minor: int = 2_000, tenders: tuple[Tender, ...] = ()) -> Sale:
    """A sale by number."""
    return Sale(
        key=SaleKey(bytes([number]) * 16),
        total_minor=total_minor,
        source=SaleSource.RECEIPT,
        profile="shop",
        tenders=tenders,
    )


def hold(number: int) -> HoldId:
    """A request's id by number."""
    return HoldId(bytes([number]) * 16)


def answer(number: int, kind: AuthKind, **fields: object) -> AuthAnswer:
    """A gateway answer by request number; ``fields`` replace the defaults."""
    base = AuthAnswer(
        request_id=hold(number),
        terminal=TerminalId("t1"),
        kind=kind,
        status=Status.APPLIED,
        reason=Reason.NONE,
        answered_at_ms=0,
    )
    return replace(base, **fields)  # type: ignore[arg-type] # test data by field name


def told(given: AuthAnswer, now_ms: int) -> AuthAnswered:
    """The event of an answer that is no grant."""
    return AuthAnswered(now_ms=now_ms, answer=given, request_id=hold(91))


@dataclass
class Counter:
    """Drives one session and keeps what it asked for."""

    session: Session = field(default_factory=Session)
    actions: list[Action] = field(default_factory=list)
    now_ms: int = 1_000

    def feed(self, event: Event) -> list[Action]:
        """Let something happen, and say what the session asks for in return."""
        self.session, actions = step(self.session, event, RULES)
        self.actions.extend(actions)
        return list(actions)

    def tap(self, number: int) -> list[Action]:
        """A card is tapped, by number."""
        return self.feed(
            CardTapped(now_ms=self.now_ms, card=card(number), inquiry_id=hold(100 + number))
        )

    def offer(self, total_minor: int = 2_000) -> list[Action]:
        """The till tells a total."""
        key = SaleKey(b"o" * 16)
        return self.feed(
            SaleOffered(now_ms=self.now_ms, total_minor=total_minor, key=key, request_id=hold(90))
        )

    def close(self, number: int = 1, total_minor: int = 2_000) -> list[Action]:
        """The till closes a sale, by number."""
        return self.feed(SaleClosed(now_ms=self.now_ms, sale=sale(number, total_minor)))

    def claim(self, number: int = 1) -> list[Action]:
        """The code of a receipt is shown, by the number of its sale."""
        told = replace(sale(number), source=SaleSource.CLAIMED)
        return self.feed(SaleClaimed(now_ms=self.now_ms, sale=told))

    def redeem(self, points: int | None = None, request: int = 7) -> list[Action]:
        """The cashier wants points used, all that fit unless told."""
        wish = Wish(instrument=Instrument.POINTS, units=points)
        return self.feed(UseAsked(now_ms=self.now_ms, wish=wish, request_id=hold(request)))

    def grant(self, request: int = 7, points: int = 200) -> list[Action]:
        """The gateway grants a reservation."""
        given = answer(request, AuthKind.RESERVE, points=points, amount_minor=points * 5)
        return self.feed(
            AuthAnswered(now_ms=self.now_ms, answer=given, request_id=hold(91), stands_ms=200_000)
        )

    def journaled(self, *seqs: int) -> list[Action]:
        """The journal took what it was given under these numbers."""
        return self.feed(JournalAccepted(now_ms=self.now_ms, seqs=seqs))

    def wait(self, ms: int) -> list[Action]:
        """Time goes by."""
        self.now_ms += ms
        return self.feed(TimePassed(now_ms=self.now_ms))

    def state(self) -> State:
        """Where the session stands."""
        return self.session.state

    @property
    def view(self) -> View:
        """What was shown last."""
        return [action.view for action in self.actions if isinstance(action, Show)][-1]

    def accepted(self) -> list[Accept]:
        """What was handed to the journal, in order."""
        return [action for action in self.actions if isinstance(action, Accept)]

    def cancelled(self) -> list[HoldId]:
        """Every hold that was given back, in order."""
        return [action.hold_id for action in self.actions if isinstance(action, CancelHold)]
