"""The counter: feeds the session, carries out what it asks, and keeps the display right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import structlog

from gateway.clock import Clock
from gateway.crypto.signer import Signer
from gateway.model.card import CardEvidence
from gateway.model.ids import CardToken
from gateway.model.instrument import Instrument
from gateway.model.money import Currency
from gateway.model.outcome import Reason, Status
from gateway.model.receipt import Result
from gateway.model.sale import Sale, SaleSource
from gateway.model.transaction import Channel, Kind, Load
from terminal_agent.asking import Asker
from terminal_agent.claims import Claims
from terminal_agent.display import Display
from terminal_agent.errors import JournalForkError, JournalFullError
from terminal_agent.journal.journal import Journal
from terminal_agent.journal.values import Settlement
from terminal_agent.sealing import BootClock, Circumstances, Content, draft_of
from terminal_agent.sending import Sender
from terminal_agent.session.actions import (
    Accept,
    Action,
    CancelHold,
    Inquire,
    LoadGiftCard,
    Reserve,
    Show,
)
from terminal_agent.session.events import (
    AskAgain,
    AuthAnswered,
    CardTapped,
    Event,
    JournalAccepted,
    JournalRefused,
    OwnerChanged,
    ReceiptArrived,
)
from terminal_agent.session.machine import step
from terminal_agent.session.memory import Session
from terminal_agent.session.paying import discounts, price_minor
from terminal_agent.session.screen import view_of
from terminal_agent.session.states import State
from terminal_agent.session.view import Notice, Refusal, Screen, View
from terminal_agent.standing import Standing
from terminal_agent.unsettled import Unsettled

#: A gateway that is away for a moment worries nobody: only then is the customer told.
OFFLINE_AFTER_MS: Final = 5_000

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterPorts:
    """What the counter works with; see the classes named.

    Attributes:
        standing: the rules in force.
        asker: questions to the gateway.
        sender: the way of what was accepted.
        journal: where "accepted" is decided.
        signer: seals it.
        clock: the time of the waits.
        boot_clock: the time in the transactions.
        display: what everybody looks at.
        claims: remembers the sales that close without a card.
        channel: how this counter's transactions come about.
    """

    standing: Standing
    asker: Asker
    sender: Sender
    journal: Journal
    signer: Signer
    clock: Clock
    boot_clock: BootClock
    display: Display
    claims: Claims
    channel: Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class _Aside:
    """Something shown beside the dialogue for a while."""

    view: View
    until_ms: int


class Counter:
    """One counter with one session."""

    def __init__(self, ports: CounterPorts) -> None:
        """Begin with nobody there; nothing is shown before ``paint``."""
        self._ports = ports
        self.session = Session()
        self._aside: _Aside | None = None
        self._aside_seqs: set[int] = set()
        self._hardware: Notice | None = None
        self._wants_card: Callable[[CardEvidence], bool] = lambda _card: False
        self._stopped = ports.journal.stopped is not None
        self._shown: View | None = None
        self._down_since_ms: int | None = ports.clock.monotonic_ms()
        self._unsettled = Unsettled(
            ports.journal.watermark(), newest_seq=ports.journal.position().next_seq - 1
        )

    @property
    def stopped(self) -> bool:
        """Whether the journal has forked, so that nothing more is accepted."""
        return self._stopped

    @property
    def comes_to_nothing(self) -> bool:
        """Whether what is held takes the whole sale off, so that its paper says a total of zero."""
        offer, held = self.session.offer, self.session.grants
        return offer is not None and bool(discounts(held)) and price_minor(offer, held) == 0

    def feed(self, event: Event) -> None:
        """Let the session take one event, and carry out what it asks."""
        self.session, actions = step(self.session, event, self._ports.standing.rules())
        self._note_claim()
        for action in actions:
            self._carry_out(action)

    def offer_cards_first(self, wants: Callable[[CardEvidence], bool]) -> None:
        """Let somebody see each card before it begins a visit; who says yes has taken it."""
        self._wants_card = wants

    def take_card(self, card: CardEvidence) -> None:
        """A card was read, or a number that stands for one was keyed in."""
        if self._wants_card(card):
            return
        inquiry_id = self._ports.asker.fresh_id()
        now_ms = self._ports.clock.monotonic_ms()
        self.feed(
            CardTapped(
                now_ms=now_ms,
                card=card,
                inquiry_id=inquiry_id,
                behind=self.is_behind(card.token),
            )
        )
        if self._ports.standing.is_denied(card.token):
            # As the gateway will answer: but that may be away for days, and the card is here now.
            self.feed(
                AuthAnswered(
                    now_ms=now_ms,
                    answer=self._ports.asker.turned_away(inquiry_id),
                    request_id=self._ports.asker.fresh_id(),
                    stands_ms=None,
                    greeting=None,
                )
            )

    def record(self, content: Content, done: View) -> Refusal | None:
        """Accept a transaction that does not belong to the dialogue, and say so on the screen.

        Args:
            content: what it says.
            done: what says that it is accepted.

        Returns:
            why the journal refused it; None: it is accepted.
        """
        accepted = self._journal([content])
        waits = self._ports.standing.rules().settings
        if isinstance(accepted, Refusal):
            self.show_aside(View(screen=Screen.REFUSED, refusal=accepted), waits.attention_ms)
            return accepted
        self._aside_seqs.update(accepted)
        self.feed(OwnerChanged(now_ms=self._ports.clock.monotonic_ms()))
        self.show_aside(done, waits.show_ms)
        return None

    def is_behind(self, token: CardToken) -> bool:
        """Whether the gateway may not know yet all that a card did here."""
        return self._unsettled.concerns(token)

    def settled(self, settlement: Settlement) -> None:
        """Take over what a receipt changed."""
        self._unsettled.settled(settlement.watermark)
        if settlement.results:
            self._tell_results(settlement.results)

    def _tell_results(self, results: Sequence[Result]) -> None:
        """Tell the session, and the screen, what became of transactions."""
        now_ms = self._ports.clock.monotonic_ms()
        self.feed(ReceiptArrived(now_ms=now_ms, results=tuple(results)))
        beside = [result for result in results if result.seq in self._aside_seqs]
        self._aside_seqs.difference_update(result.seq for result in beside)
        card = self.session.card
        if beside and card is not None:
            # The gateway has booked what was recorded beside the visit: its owner stands anew.
            inquiry_id = self._ports.asker.fresh_id()
            behind = self.is_behind(card.token)
            self.feed(AskAgain(now_ms=now_ms, inquiry_id=inquiry_id, behind=behind))
        for result in beside:
            if result.status is Status.REFUSED:
                view = View(screen=Screen.NOT_APPLIED, reason=result.reason)
                self.show_aside(view, self._ports.standing.rules().settings.attention_ms)

    def remark(self, notice: Notice) -> None:
        """Put a remark beside what is shown, until the cashier has had time to read it."""
        view = replace(self._dialogue_view(), notice=notice)
        self.show_aside(view, self._ports.standing.rules().settings.attention_ms)

    def object(self, reason: Reason) -> None:
        """Say beside what is shown why something cannot be done, until it could be read."""
        view = replace(self._dialogue_view(), reason=reason)
        self.show_aside(view, self._ports.standing.rules().settings.attention_ms)

    def show_aside(self, view: View, lasts_ms: int) -> None:
        """Show something that is no part of the dialogue, until the dialogue moves on."""
        self._aside = _Aside(view=view, until_ms=self._ports.clock.monotonic_ms() + lasts_ms)
        self.paint()

    def hardware(self, notice: Notice | None) -> None:
        """Name the device that cannot be reached, or none."""
        self._hardware = notice
        self.paint()

    def stop_accepting(self) -> None:
        """The journal has forked: from now on the screen says so."""
        self._stopped = True
        self.paint()

    def link_up(self) -> None:
        """The gateway can be reached."""
        self._down_since_ms = None
        self.paint()

    def link_down(self) -> None:
        """The gateway cannot be reached; the screen says so if it lasts."""
        if self._down_since_ms is None:
            self._down_since_ms = self._ports.clock.monotonic_ms()

    def pass_time(self) -> None:
        """Go back to the dialogue where an aside has been shown long enough, and notice silence."""
        over = self._aside is not None and self._ports.clock.monotonic_ms() >= self._aside.until_ms
        if over:
            self._aside = None
        if over or (self._shown is not None and self._shown.offline != self._offline()):
            self.paint()

    def paint(self) -> None:
        """Show what is to be shown, if it is not shown already."""
        view = self._dialogue_view() if self._aside is None else self._aside.view
        view = replace(view, offline=self._offline())
        if view != self._shown:
            self._shown = view
            self._ports.display.show(view)

    def _offline(self) -> bool:
        since_ms = self._down_since_ms
        now_ms = self._ports.clock.monotonic_ms()
        return since_ms is not None and now_ms - since_ms >= OFFLINE_AFTER_MS

    def _note_claim(self) -> None:
        """Remember a sale that has closed without a card: its customer may come back with it."""
        sale, ports = self._waiting_sale(), self._ports
        if sale is None or ports.claims.code_of(sale.key) is not None:
            return
        ground = ports.standing.claim_ground()
        if ground is not None:
            currency = self.session.currency or ground.currency
            ports.claims.note(sale, currency, ground, ports.clock.unix_ms())

    def _claim(self) -> str | None:
        sale = self._waiting_sale()
        return None if sale is None else self._ports.claims.code_of(sale.key)

    def _waiting_sale(self) -> Sale | None:
        """The closed sale that waits for a card, save where it was claimed by its code."""
        sale = self.session.sale
        if self.session.state is not State.LATE or sale is None:
            return None
        return None if sale.source is SaleSource.CLAIMED else sale

    def _dialogue_view(self) -> View:
        view = view_of(self.session, self._ports.standing.rules())
        view = replace(view, claim=self._claim())
        if view.screen is Screen.READY and self._stopped:
            view = replace(view, screen=Screen.REFUSED, refusal=Refusal.JOURNAL_FORKED)
        elif view.screen is Screen.READY and self._ports.standing.version == 0:
            view = replace(view, screen=Screen.NOT_CONFIGURED)
        if view.notice is None and self._hardware is not None:
            view = replace(view, notice=self._hardware)
        return view

    def _carry_out(self, action: Action) -> None:
        ports = self._ports
        match action:
            case Show():
                # The view itself is drawn anew, with what lies outside the dialogue added.
                self._aside = None
                self.paint()
            case Inquire():
                ports.asker.inquire(action, ports.standing.basis())
            case Reserve():
                ports.asker.reserve(action, ports.standing.basis())
            case CancelHold(hold_id=hold_id):
                ports.asker.cancel(hold_id, ports.standing.basis())
            case Accept():
                self._accept(action)
            case LoadGiftCard():
                self._load_gift_card(action)

    def _accept(self, action: Accept) -> None:
        contents = [
            Content(kind=draft.kind, card=draft.card, sale=draft.sale, redemption=draft.redemption)
            for draft in action.drafts
        ]
        accepted = self._journal(contents, action.currency)
        now_ms = self._ports.clock.monotonic_ms()
        if isinstance(accepted, Refusal):
            self.feed(JournalRefused(now_ms=now_ms, refusal=accepted))
        else:
            self.feed(JournalAccepted(now_ms=now_ms, seqs=accepted))

    def _load_gift_card(self, action: LoadGiftCard) -> None:
        load = Load(instrument=Instrument.GIFT, amount_minor=action.amount_minor)
        rules = self._ports.standing.rules()
        self.record(
            Content(kind=Kind.TOP_UP, card=action.card, sale=action.sale, load=load),
            View(
                screen=Screen.GIFT_LOADED,
                load_minor=action.amount_minor,
                currency=rules.currency,
                before=rules.before,
            ),
        )

    def _journal(
        self, contents: Sequence[Content], currency: Currency | None = None
    ) -> tuple[int, ...] | Refusal:
        """Seal and keep transactions in one commit; their numbers, or why none was kept."""
        ports = self._ports
        basis = ports.standing.basis()
        about = Circumstances(
            time=ports.boot_clock.now(),
            programme_version=basis.version,
            currency=currency or basis.currency,
            channel=ports.channel,
        )
        drafts = [draft_of(content, about, ports.signer) for content in contents]
        try:
            accepted = ports.journal.accept(drafts, about.time.unix_ms)
        except JournalFullError as error:
            _log.error("not accepted: the journal is full", error=str(error))
            return Refusal.JOURNAL_FULL
        except JournalForkError as error:
            _log.error("not accepted: the journal has forked", error=str(error))
            self._stopped = True
            return Refusal.JOURNAL_FORKED
        seqs = tuple(one.id.seq for one in accepted)
        for content, seq in zip(contents, seqs, strict=True):
            self._unsettled.accepted(seq, None if content.card is None else content.card.token)
        ports.sender.accepted(seqs[-1])
        return seqs
