"""One whole agent without a broker: its gateway answers only as a test says."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from gateway.crypto.file_signer import FileSigner
from gateway.crypto.public_key import PublicKey
from gateway.crypto.seal import SealType, envelope_hash, open_envelope, seal
from gateway.crypto.sealed_box import AgreementKey, card_key_info, seal_box
from gateway.model.authorisation import AuthAnswer, AuthRequest
from gateway.model.card import Assurance, CardProfile, Tap
from gateway.model.configuration import Configuration
from gateway.model.ids import BranchId, SaleKey, TerminalId
from gateway.model.member_facts import MemberFacts
from gateway.model.money import EUR
from gateway.model.outcome import Reason, Status
from gateway.model.programme import Programme
from gateway.model.receipt import Receipt, Result
from gateway.model.rules.condition import Condition
from gateway.model.rules.earning import EarningKind, EarningRule
from gateway.model.rules.reward import Gift, GiftKind, Reward
from gateway.model.rules.rules import Rules
from gateway.model.rules.stored_value import CreditPolicy, GiftCardPolicy
from gateway.model.sale import Sale, SaleSource
from gateway.model.standing import Standing
from gateway.model.transaction import Transaction
from gateway.readers.reader import CardSeen
from gateway.wire.auth import decode_auth_request, encode_auth_answer
from gateway.wire.configuration import encode_configuration
from gateway.wire.receipt import encode_receipt
from gateway.wire.transaction import decode_transaction
from mqtt.topics import topic_auth, topic_cfg, topic_rx, topic_tx
from simulators.clock import VirtualClock
from simulators.direct_link import DirectLink
from simulators.display import RecordingDisplay
from simulators.scripted_till import ScriptedTill
from terminal_agent.agent import Agent
from terminal_agent.agent_ports import AgentOptions, AgentPorts
from terminal_agent.commands import Command
from terminal_agent.control import AnswerCode
from terminal_agent.identity import TerminalIdentity
from terminal_agent.journal.journal import Journal
from terminal_agent.journal.values import JournalSettings
from terminal_agent.outbox import OutboxSettings
from terminal_agent.pos.interpreters.events import SaleClosed
from terminal_agent.session.memory import SessionSettings
from terminal_agent.session.view import View

TERMINAL = TerminalId("lane-1")
START_MS = 1_800_000_000_000
FREE_DRINK = Reward(
    id="drink", cost_points=9, gift=Gift(kind=GiftKind.PERCENT_OFF, percent_bp=10_000)
)
PROGRAMME = Programme(
    name="club",
    version=4,
    effective_from_ms=0,
    currency=EUR,
    earn_points=1,
    earn_per_minor=100,
    redeem_points=100,
    redeem_value_minor=500,
    rules=Rules(
        earning=(
            EarningRule(id="review", kind=EarningKind.EVENT, points=5, event="review"),
            EarningRule(
                id="again",
                kind=EarningKind.FIXED,
                points=7,
                when=Condition(visits_minimum=2),
            ),
        ),
        rewards=(FREE_DRINK,),
        credit=CreditPolicy(
            share_percent=100, top_up_maximum_minor=10_000, balance_maximum_minor=12_000
        ),
        gift_cards=GiftCardPolicy(maximum_minor=10_000),
    ),
)


@dataclass
class Lane:
    """One agent and a gateway that answers only as a test says."""

    agent: Agent
    link: DirectLink
    display: RecordingDisplay
    till: ScriptedTill
    clock: VirtualClock
    signer: FileSigner
    identity: TerminalIdentity
    version: int = 0
    settled: int = 0

    def configure(self, programme: Programme) -> None:
        """Deliver a configuration of one programme, newer than the last."""
        self.version += 1
        box = seal_box(bytes(32), self.identity.agreement.public_bytes, card_key_info(TERMINAL))
        configuration = Configuration(
            terminal=TERMINAL,
            version=self.version,
            issued_at_ms=START_MS,
            branch=BranchId("b1"),
            programmes=(programme,),
            card_key_box=box,
        )
        sealed = seal(encode_configuration(configuration), SealType.CONFIGURATION, self.signer)
        self.link.deliver(topic_cfg(TERMINAL), sealed)

    def tap(self, number: int = 1) -> None:
        """A card is tapped, by number."""
        tap = Tap(
            reader="r",
            profile=CardProfile.UID,
            identity=bytes([number]) * 7,
            assurance=Assurance.IDENTIFIED,
            seen_at_ms=START_MS,
        )
        self.agent.on_reader_event(CardSeen(tap=tap))

    def member(self, standing: Standing | None = None, facts: MemberFacts | None = None) -> None:
        """A member's card is tapped, and the gateway says how the member stands."""
        self.tap()
        self.answer(balance_points=1_000, standing=standing, facts=facts)

    def answer(self, **parts: object) -> None:
        """Answer the last request; ``parts`` are those of ``AuthAnswer`` by name."""
        request = self.requests()[-1]
        reply = AuthAnswer(
            request_id=request.request_id,
            terminal=TERMINAL,
            kind=request.kind,
            status=Status.APPLIED,
            reason=Reason.NONE,
            answered_at_ms=START_MS,
        )
        reply = replace(reply, **parts)  # type: ignore[arg-type] # parts by name
        sealed = seal(encode_auth_answer(reply), SealType.AUTH_ANSWER, self.signer)
        self.link.deliver(topic_rx(TERMINAL), sealed)

    def say(self, command: Command) -> AnswerCode:
        """Give a cashier's command."""
        return self.agent.on_control(command).code

    def requests(self) -> list[AuthRequest]:
        """Every request that was sent, in order."""
        return [
            decode_auth_request(self._opened(one.payload, SealType.AUTH_REQUEST))
            for one in self.link.sent
            if one.topic == topic_auth(TERMINAL)
        ]

    def transactions(self) -> list[Transaction]:
        """Every transaction that was sent, each once."""
        return [
            decode_transaction(self._opened(one, SealType.TRANSACTION)) for one in self._sealed()
        ]

    def settle(self, status: Status = Status.APPLIED, reason: Reason = Reason.NONE) -> None:
        """Send a receipt for everything that was sent since the last one."""
        sealed = self._sealed()
        results = tuple(
            Result(seq=seq, envelope_hash=envelope_hash(one), status=status, reason=reason)
            for seq, one in enumerate(sealed, start=1)
            if seq > self.settled
        )
        self.settled = len(sealed)
        receipt = Receipt(
            terminal=TERMINAL,
            epoch=1,
            watermark=len(sealed),
            watermark_hash=envelope_hash(sealed[-1]),
            offsite_watermark=0,
            issued_at_ms=START_MS,
            results=results,
        )
        self.link.deliver(
            topic_rx(TERMINAL), seal(encode_receipt(receipt), SealType.RECEIPT, self.signer)
        )

    def close(self, total_minor: int = 2_000, key: bytes = b"s") -> None:
        """The till closes the sale."""
        self.till.say(SaleClosed(sale=sale(total_minor, key), evidence=frozenset()))
        self.agent.tick()

    @property
    def view(self) -> View:
        """What the display shows."""
        return self.display.latest()

    def _sealed(self) -> list[bytes]:
        """What was sent, each once: without a receipt the agent sends again."""
        sent = (one.payload for one in self.link.sent if one.topic == topic_tx(TERMINAL))
        return list(dict.fromkeys(sent))

    def _opened(self, sealed: bytes, seal_type: SealType) -> bytes:
        return open_envelope(sealed, seal_type, self.identity.public_key).payload


def sale(total_minor: int = 2_000, key: bytes = b"s") -> Sale:
    """A closed sale."""
    return Sale(
        key=SaleKey(key * 16),
        total_minor=total_minor,
        source=SaleSource.RECEIPT,
        profile="shop",
        receipt_number="R1",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WiredAgent:
    """An agent that was started over a link, with what a test holds of it."""

    agent: Agent
    link: DirectLink
    display: RecordingDisplay
    till: ScriptedTill


def wire_agent(
    identity: TerminalIdentity,
    journal: Journal,
    gateway: PublicKey,
    clock: VirtualClock,
    chance: random.Random,
    *,
    asks_offers: bool = True,
) -> WiredAgent:
    """Start an agent that counts in euro.

    Args:
        identity: the terminal's.
        journal: its journal.
        gateway: whose answers it believes.
        clock: its time.
        chance: its randomness.
        asks_offers: see ``AgentOptions``.
    """
    link, display, till = DirectLink(), RecordingDisplay(), ScriptedTill()
    agent = Agent(
        AgentPorts(
            identity=identity,
            gateway=gateway,
            journal=journal,
            link=link,
            display=display,
            till=till,
            clock=clock,
            random_bytes=chance.randbytes,
            random_unit=chance.random,
        ),
        AgentOptions(
            currency=EUR,
            waits=SessionSettings(),
            outbox=OutboxSettings(),
            session_number="0a",
            asks_offers=asks_offers,
        ),
    )
    agent.start()
    link.start(agent.on_link_event)
    return WiredAgent(agent=agent, link=link, display=display, till=till)


def new_identity(terminal: TerminalId = TERMINAL) -> TerminalIdentity:
    """A terminal with keys of its own."""
    return TerminalIdentity(
        terminal=terminal,
        epoch=1,
        signer=FileSigner.generate(),
        agreement=AgreementKey.generate(),
    )


def open_journal(path: Path, identity: TerminalIdentity) -> Journal:
    """Open a small journal for a terminal."""
    settings = JournalSettings(
        terminal=identity.terminal, epoch=1, public_key=identity.public_key, reserve_bytes=1_024
    )
    return Journal.open(path, settings=settings)


def build_lane(identity: TerminalIdentity, journal: Journal) -> Lane:
    """Wire a lane together over a journal; its gateway is a key of its own."""
    signer = FileSigner.generate()
    clock = VirtualClock(unix_ms=START_MS, synchronised_at_ms=START_MS)
    gateway = PublicKey.from_cose_key(signer.public_key)
    wired = wire_agent(identity, journal, gateway, clock, random.Random(3))
    return Lane(
        agent=wired.agent,
        link=wired.link,
        display=wired.display,
        till=wired.till,
        clock=clock,
        signer=signer,
        identity=identity,
    )


@contextmanager
def opened_lane(folder: Path) -> Iterator[Lane]:
    """A configured lane with nobody there, its journal in a folder."""
    identity = new_identity()
    with open_journal(folder / "journal.sqlite3", identity) as journal:
        lane = build_lane(identity, journal)
        lane.configure(PROGRAMME)
        yield lane
