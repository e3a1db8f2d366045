"""One lane with a whole agent: a real journal, real seals, a simulated broker and reader."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from gateway.crypto.file_signer import FileSigner
from gateway.model.ids import SaleKey
from gateway.model.money import EUR
from gateway.model.sale import Sale, SaleSource
from gateway.readers.settings import ReaderSettings
from mqtt.topics import terminal_subscriptions
from simulators.broker import SimBroker
from simulators.card import UidCard
from simulators.clock import VirtualClock
from simulators.display import RecordingDisplay
from simulators.given.agent_peer import START_MS, TERMINAL, Peer
from simulators.reader import SimReader
from simulators.scripted_till import ScriptedTill
from terminal_agent.agent import Agent
from terminal_agent.agent_ports import AgentOptions, AgentPorts, agent_will
from terminal_agent.identity import TerminalIdentity
from terminal_agent.journal.journal import Journal
from terminal_agent.outbox import OutboxSettings
from terminal_agent.pos.interpreters.events import SaleClosed, TotalSeen
from terminal_agent.pos.port import PosPortState, PosPortStateChanged
from terminal_agent.session.memory import SessionSettings
from terminal_agent.till import Till

UID = bytes.fromhex("04a1b2c3d4e5f6")


@dataclass
class Shop:
    """One lane: clock, broker, peer, reader, till and agent, all in this thread."""

    clock: VirtualClock
    broker: SimBroker
    peer: Peer
    journal: Journal
    display: RecordingDisplay
    reader: SimReader
    till: ScriptedTill
    agent: Agent

    def run(self, ms: int = 200) -> None:
        """Let time pass in steps of 50 ms."""
        for _ in range(ms // 50):
            self.clock.advance(50)
            self.broker.step(self.clock.monotonic_ms())
            self.agent.tick()

    def tap(self, uid: bytes = UID) -> None:
        """A card is tapped, read and taken away."""
        self.reader.tap(UidCard(uid))
        self.run()
        self.reader.remove()

    def ring(self, number: int, total_minor: int = 2_000) -> None:
        """The till's paper of a sale comes out."""
        self.till.say(SaleClosed(sale=sale(number, total_minor), evidence=frozenset()))
        self.run()

    def total(self, total_minor: int = 2_000, number: int = 1) -> None:
        """The till tells a total."""
        seen = TotalSeen(total_minor=total_minor, key=sale(number).key, evidence=frozenset())
        self.till.say(seen)
        self.run()


def sale(number: int, total_minor: int = 2_000) -> Sale:
    """A sale by number."""
    return Sale(
        key=SaleKey(number.to_bytes(16, "big")),
        total_minor=total_minor,
        source=SaleSource.RECEIPT,
        profile="shop",
        receipt_number=f"R{number}",
    )


MakeShop = Callable[..., Shop]


def build_shop(
    identity: TerminalIdentity,
    gateway_signer: FileSigner,
    journal: Journal,
    seed: int,
    till: Till | None,
) -> Shop:
    """Wire one lane together; everything random comes from the seed."""
    chance = random.Random(seed)
    clock = VirtualClock(unix_ms=START_MS, synchronised_at_ms=START_MS - 1_000)
    broker = SimBroker(random.Random(seed))
    peer = Peer(broker, identity.public_key, identity.agreement.public_bytes)
    peer.signer = gateway_signer
    peer.start()
    session_number = "0a0b"
    link = broker.link(
        TERMINAL, terminal_subscriptions(TERMINAL), will=agent_will(TERMINAL, session_number)
    )
    display, scripted = RecordingDisplay(), ScriptedTill()
    agent = Agent(
        AgentPorts(
            identity=identity,
            gateway=peer.public_key,
            journal=journal,
            link=link,
            display=display,
            till=till or scripted,
            clock=clock,
            random_bytes=chance.randbytes,
            random_unit=chance.random,
        ),
        AgentOptions(
            currency=EUR,
            waits=SessionSettings(),
            outbox=OutboxSettings(),
            session_number=session_number,
        ),
    )
    agent.start()
    link.start(agent.on_link_event)
    reader = SimReader(ReaderSettings(), clock=clock)
    reader.start(agent.on_reader_event)
    agent.on_pos_event(PosPortStateChanged(state=PosPortState.UP))
    shop = Shop(
        clock=clock,
        broker=broker,
        peer=peer,
        journal=journal,
        display=display,
        reader=reader,
        till=scripted,
        agent=agent,
    )
    shop.run()
    return shop
