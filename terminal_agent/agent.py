"""The agent's core: reader, till, gateway and cashier meet here.

No thread, no clock of its own, no randomness: its owner calls the ``on_…`` methods and ``tick``,
one at a time; ``terminal_agent.runtime`` does it from one thread, simulations from theirs. Each
method returns when its work is done; what it accepted is then on the disk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

import structlog

from gateway.errors import CryptoError, WireError
from gateway.model.authorisation import CODE_KINDS, AuthAnswer
from gateway.model.ids import BOOT_ID_BYTES, BootId
from gateway.model.receipt import Receipt, ResendRequest
from gateway.readers.reader import (
    CardGone,
    CardSeen,
    CardUnreadable,
    ReaderEvent,
    ReaderState,
    ReaderStateChanged,
    ReceiptScanned,
)
from mqtt.link import Delivered, LinkDown, LinkEvent, LinkUp, Published
from mqtt.topics import topic_cfg, topic_state
from terminal_agent.agent_ports import AgentOptions, AgentPorts, asking_ports, standing_ports
from terminal_agent.agent_status import Parts, layers_of, numbers_of, status_of
from terminal_agent.asking import Asker, stands_ms
from terminal_agent.cashier import Cashier
from terminal_agent.claim_desk import ClaimDesk
from terminal_agent.claims import Claims
from terminal_agent.code_desk import CodeDesk
from terminal_agent.control import (
    AgentStatus,
    Answer,
    AnswerCode,
    AskClaim,
    AskStatus,
    Claim,
    Code,
    Command,
)
from terminal_agent.counter import Counter, CounterPorts
from terminal_agent.counter_desk import CounterDesk
from terminal_agent.errors import ForeignReceiptError, JournalForkError, JournalFullError
from terminal_agent.gateway_messages import open_message, opened_greeting
from terminal_agent.line_till import LineTill
from terminal_agent.outbox import Outbox
from terminal_agent.pos.interpreters.events import (
    NeedsReview,
    NotASale,
    ReceiptEvent,
    RefundSeen,
    TotalSeen,
)
from terminal_agent.pos.interpreters.events import SaleClosed as PaperClosed
from terminal_agent.pos.port import PosPortEvent, PosPortState, PosPortStateChanged
from terminal_agent.review_desk import ReviewDesk
from terminal_agent.sealing import BootClock
from terminal_agent.sending import WINDOW_FOR_QUESTIONS, Sender
from terminal_agent.session.events import (
    AuthAnswered,
    CardTroubled,
    OperatorCancelled,
    SaleCancelled,
    SaleClosed,
    SaleOffered,
    TimePassed,
)
from terminal_agent.session.states import State
from terminal_agent.session.view import Notice, Screen, View
from terminal_agent.standing import Standing
from terminal_agent.state_hints import StateHints, state_payload

_log = structlog.get_logger(__name__)


class Agent:
    """One terminal's agent."""

    def __init__(self, ports: AgentPorts, options: AgentOptions) -> None:
        """Put the agent together; nothing is sent or shown before ``start``.

        Raises:
            MohrError: if the configuration kept in the journal is not the pinned gateway's.
        """
        self._ports = ports
        self._options = options
        self._terminal = ports.identity.terminal
        self._standing = Standing(standing_ports(ports, options))
        self._asker = Asker(asking_ports(ports, options))
        self._sender = Sender(
            journal=ports.journal,
            link=ports.link,
            outbox=_outbox(ports, options),
            terminal=self._terminal,
        )
        claims = Claims(self._terminal, options.claim_days)
        self._counter = Counter(
            CounterPorts(
                standing=self._standing,
                asker=self._asker,
                sender=self._sender,
                journal=ports.journal,
                signer=ports.identity.signer,
                clock=ports.clock,
                boot_clock=BootClock(ports.clock, BootId(ports.random_bytes(BOOT_ID_BYTES))),
                display=ports.display,
                claims=claims,
                channel=options.channel,
            )
        )
        self._cashier = Cashier(
            counter=self._counter,
            standing=self._standing,
            asker=self._asker,
            journal=ports.journal,
            clock=ports.clock,
        )
        self._claim_desk = ClaimDesk(
            counter=self._counter, standing=self._standing, claims=claims, clock=ports.clock
        )
        self._review_desk = ReviewDesk(
            counter=self._counter, standing=self._standing, clock=ports.clock
        )
        self._code_desk = CodeDesk(
            counter=self._counter, standing=self._standing, asker=self._asker
        )
        if isinstance(ports.till, LineTill):
            ports.till.meet(CounterDesk(self._counter, self._cashier, self._standing, ports.clock))
        self._link_up = False
        self._hints = StateHints(options.session_number)
        # Unknown until they say something: nobody is told to check a cable before.
        self._reader: ReaderState | None = None
        self._till: PosPortState | None = None
        self._bad_messages = 0
        self._unread_receipts = 0

    def start(self) -> None:
        """Show the first screen, and give back what an earlier run left reserved."""
        given_back = self._asker.give_back_open_holds(self._standing.basis())
        if given_back:
            _log.info("giving back reservations of an earlier run", count=given_back)
        self._show_hardware()

    def stop(self) -> None:
        """Free what is reserved, say goodbye, and show that the terminal is off."""
        while self._counter.session.state in (State.AUTHORISING, State.RESERVED):
            self._counter.feed(OperatorCancelled(now_ms=self._now_ms()))
        self._pump()
        payload = state_payload(self._options.session_number, online=False)
        self._ports.link.publish(topic_state(self._terminal), payload, retain=True)
        self._counter.show_aside(View(screen=Screen.STOPPED), lasts_ms=0)

    def tick(self) -> None:
        """Let time pass: waits end, silence ends a receipt, what is unanswered is asked again."""
        now_ms = self._now_ms()
        if self._ports.till is not None:
            self._on_till_news(self._ports.till.pass_time(now_ms))
        self._counter.feed(TimePassed(now_ms=now_ms))
        self._counter.pass_time()
        self._code_desk.pass_time()
        self._pump()

    # -- the card reader ------------------------------------------------------------------------

    def on_reader_event(self, event: ReaderEvent) -> None:
        """A card, or the reader itself, came or went."""
        now_ms = self._now_ms()
        match event:
            case CardSeen(tap=tap):
                evidence = self._standing.evidence(tap)
                if evidence is None:
                    _log.warning("tap ignored: no configuration yet")
                    return
                self._counter.take_card(evidence)
            case CardUnreadable(trouble=trouble, detail=detail):
                _log.info("card unreadable", trouble=trouble, detail=detail)
                self._counter.feed(CardTroubled(now_ms=now_ms, trouble=trouble))
            case ReceiptScanned(code=code):
                self._claim_desk.take(code)
            case ReaderStateChanged(state=state, detail=detail):
                _log.info("reader", state=state, detail=detail)
                self._reader = state
                self._show_hardware()
            case CardGone():
                # The visit belongs to the card that was tapped, not to one that stays.
                pass
            case _:
                assert_never(event)
        self._pump()

    # -- the till -------------------------------------------------------------------------------

    def on_pos_event(self, event: PosPortEvent) -> None:
        """Bytes came from the till, or its wire came up or went down."""
        till = self._ports.till
        assert till is not None, "a port without a till that reads it"
        news = till.take(event)
        if isinstance(event, PosPortStateChanged):
            _log.info("till", line=event.line, state=event.state, detail=event.detail)
            self._till = till.state_after(event.state)
            self._show_hardware()
        self._on_till_news(news)
        self._pump()

    def _on_till_news(self, news: Sequence[ReceiptEvent]) -> None:
        for one in news:
            if self._standing.version == 0:
                _log.warning("the till was heard before the first configuration")
                continue
            self._on_paper(one, self._now_ms())

    def _on_paper(self, event: ReceiptEvent, now_ms: int) -> None:
        match event:
            case TotalSeen(total_minor=total_minor, key=key, lines=lines, tax_minor=tax_minor):
                self._counter.feed(
                    SaleOffered(
                        now_ms=now_ms,
                        total_minor=total_minor,
                        key=key,
                        request_id=self._asker.fresh_id(),
                        lines=lines,
                        tax_minor=tax_minor,
                    )
                )
            case PaperClosed(sale=sale):
                self._counter.feed(SaleClosed(now_ms=now_ms, sale=sale))
            case NeedsReview(reasons=reasons, receipt_number=number):
                _log.warning("receipt needs a person", reasons=reasons, receipt_number=number)
                self._unread_receipts += 1
                self._review_desk.take(event)
            case NotASale(reason=reason, sale=sale):
                _log.info("paper is no sale", reason=reason)
                if sale is not None and self._counter.comes_to_nothing:
                    # All of it was taken off, and for the gateway that is a sale like any other.
                    self._counter.feed(SaleClosed(now_ms=now_ms, sale=sale))
                else:
                    self._counter.feed(SaleCancelled(now_ms=now_ms))
            case RefundSeen():
                self._counter.feed(SaleCancelled(now_ms=now_ms))
                self._counter.remark(Notice.REFUND_SEEN)
            case _:
                assert_never(event)

    # -- the gateway ----------------------------------------------------------------------------

    def on_link_event(self, event: LinkEvent) -> None:
        """The connection came, went, delivered or confirmed something."""
        match event:
            case LinkUp():
                self._link_up = True
                self._hints.link_up()
                self._counter.link_up()
                self._sender.link_up()
                self._asker.link_up()
            case LinkDown(reason=reason):
                if self._link_up:
                    _log.info("connection lost", reason=reason)
                self._link_up = False
                self._counter.link_down()
                self._sender.link_down()
            case Published(message_id=message_id):
                self._sender.published(message_id)
            case Delivered():
                self._on_delivery(event)
                # Handled or refused for ever: either way it must not come again.
                self._ports.link.ack(event.token)
            case _:
                assert_never(event)
        self._pump()

    def _on_delivery(self, event: Delivered) -> None:
        try:
            if event.topic == topic_cfg(self._terminal):
                if self._standing.take(event.payload):
                    self._counter.paint()
                return
            message = open_message(event.payload, self._ports.gateway, self._terminal)
            self._on_message(message)
        except (CryptoError, WireError, ForeignReceiptError) as error:
            self._bad_messages += 1
            _log.warning("message ignored", topic=event.topic, error=str(error))
        except JournalFullError as error:
            # Somebody else's files took the reserve. What is not kept now comes again: a receipt
            # because nothing is settled without one, a configuration with the next connection.
            _log.error("message not kept: make room", topic=event.topic, error=str(error))

    def _on_message(self, message: Receipt | AuthAnswer | ResendRequest) -> None:
        now_ms = self._now_ms()
        match message:
            case Receipt():
                self._on_receipt(message)
            case AuthAnswer() if message.kind in CODE_KINDS:
                if self._asker.take_answer(message):
                    self._code_desk.take(message)
            case AuthAnswer():
                self._asker.take_answer(message)
                self._counter.feed(
                    AuthAnswered(
                        now_ms=now_ms,
                        answer=message,
                        request_id=self._asker.fresh_id(),
                        stands_ms=stands_ms(message, self._options.waits.auth_wait_ms),
                        greeting=opened_greeting(message, self._ports.identity),
                    )
                )
            case ResendRequest():
                if not self._sender.resend(message, now_ms):
                    raise ForeignReceiptError(f"a resend request for epoch {message.epoch}")
            case _:
                assert_never(message)

    def _on_receipt(self, receipt: Receipt) -> None:
        try:
            settlement = self._sender.settle(receipt, self._now_ms())
        except JournalForkError as error:
            _log.error("the journal has forked; nothing more is accepted", error=str(error))
            self._counter.stop_accepting()
            return
        self._counter.settled(settlement)

    # -- the cashier ----------------------------------------------------------------------------

    def on_control(self, command: Command) -> Answer:
        """Carry a cashier's command out."""
        if isinstance(command, AskStatus):
            return Answer(code=AnswerCode.DONE, status=self.status())
        if isinstance(command, Claim | AskClaim):
            answer = self._claim_desk.answer(command)
        elif isinstance(command, Code):
            answer = Answer(code=self._code_desk.ask(command))
        else:
            answer = Answer(code=self._cashier.carry_out(command))
        self._pump()
        return answer

    def status(self) -> AgentStatus:
        """How the agent stands now."""
        return status_of(self._parts())

    # -- inside ---------------------------------------------------------------------------------

    def _now_ms(self) -> int:
        return self._ports.clock.monotonic_ms()

    def _parts(self) -> Parts:
        return Parts(
            ports=self._ports,
            options=self._options,
            standing=self._standing,
            counter=self._counter,
            link_up=self._link_up,
            reader=self._reader,
            till=self._till,
            gateway_silent_attempts=self._sender.status.attempt,
            unread_receipts=self._unread_receipts,
            bad_messages=self._bad_messages,
        )

    def _show_hardware(self) -> None:
        notice = None
        if self._reader not in (None, ReaderState.READY):
            notice = Notice.READER_LOST
        elif self._till is PosPortState.DOWN:
            notice = Notice.TILL_LOST
        self._counter.hardware(notice)

    def _pump(self) -> None:
        """Send what is due, the birth message first, then what somebody waits for."""
        if not self._link_up:
            return
        parts = self._parts()
        hint = self._hints.due(self._now_ms(), layers_of(parts), lambda: numbers_of(parts))
        if hint is not None:
            sent = self._ports.link.publish(topic_state(self._terminal), hint, retain=True)
            if sent is not None:
                self._hints.taken()
        self._asker.pump()
        self._sender.pump(self._now_ms())


def _outbox(ports: AgentPorts, options: AgentOptions) -> Outbox:
    position = ports.journal.position()
    window = max(options.outbox.window - WINDOW_FOR_QUESTIONS, 1)
    return Outbox(
        settled_seq=ports.journal.watermark(),
        newest_seq=position.next_seq - 1,
        random=ports.random_unit,
        settings=replace(options.outbox, window=window),
    )
