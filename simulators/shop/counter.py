"""One till of a simulated shop: the real agent with its journal, and a cashier with a plan."""

from __future__ import annotations

import random
from pathlib import Path

from gateway.clock import Clock
from gateway.crypto.public_key import PublicKey
from gateway.model.ids import TerminalId
from gateway.model.money import EUR
from gateway.model.transaction import Channel
from gateway.readers.settings import ReaderSettings
from mqtt.topics import terminal_subscriptions
from simulators.broker import SimBroker
from simulators.card import VirtualCard
from simulators.display import RecordingDisplay
from simulators.link import SimLink
from simulators.reader import SimReader
from terminal_agent.agent import Agent
from terminal_agent.agent_ports import AgentOptions, AgentPorts, agent_will
from terminal_agent.control import Redeem, Refund, Total
from terminal_agent.identity import TerminalIdentity, create_identity
from terminal_agent.journal.journal import Journal
from terminal_agent.journal.values import JournalSettings
from terminal_agent.outbox import OutboxSettings
from terminal_agent.paper_till import PaperTill
from terminal_agent.pos.port import PosBytes, PosPortState, PosPortStateChanged
from terminal_agent.pos.profile_file import load_profile
from terminal_agent.session.memory import SessionSettings

PROFILE = "generic-escpos-eur"
_LINK_WINDOW = 20


class ShopCounter:
    """A till, a reader and an agent that can be killed and started again.

    Args:
        folder: for the journal and the keys.
        terminal: the terminal's name.
        broker: where it connects.
        gateway: the gateway's pinned key.
        rng: for ids and jitter.
        clock: the terminal's own time.
    """

    def __init__(
        self,
        folder: Path,
        terminal: TerminalId,
        broker: SimBroker,
        gateway: PublicKey,
        rng: random.Random,
        clock: Clock,
    ) -> None:
        self.identity: TerminalIdentity = create_identity(folder, terminal)
        self.starts = 0
        self._journal_file = folder / "journal.db"
        self._broker = broker
        self._gateway = gateway
        self._rng = rng
        self._clock = clock
        self.journal, self.agent, self.display, self._link, self._reader = self._boot()

    @property
    def terminal(self) -> TerminalId:
        """The terminal's name."""
        return self.identity.terminal

    # -- the customer and the cashier ---------------------------------------------------------

    def tap(self, card: VirtualCard) -> None:
        """The customer shows a card and takes it away."""
        self._reader.tap(card)
        self._reader.remove()

    def print(self, data: bytes) -> None:
        """The till prints."""
        self.agent.on_pos_event(PosBytes(data=data, monotonic_ms=self._clock.monotonic_ms()))

    def key_total(self, total_minor: int) -> None:
        """The cashier keys in what the till shows, before it prints."""
        self.agent.on_control(Total(total_minor=total_minor))

    def redeem(self) -> None:
        """The cashier asks to take as many points as can be."""
        self.agent.on_control(Redeem())

    def refund(self, receipt_number: str) -> None:
        """The cashier takes a whole sale back."""
        self.agent.on_control(Refund(receipt_number=receipt_number))

    # -- the process --------------------------------------------------------------------------

    def tick(self) -> None:
        """Let time pass for the agent and its reader."""
        self._reader.tick()
        self.agent.tick()

    def restart(self, *, answered: bool) -> None:
        """End the agent and start it again from its journal.

        Args:
            answered: whether it stops in order; a killed one says goodbye to nobody.
        """
        if answered:
            self.agent.stop()
        else:
            self._broker.drop(self.terminal)
        self._reader.stop()
        self._link.stop()
        self.journal.close()
        self.journal, self.agent, self.display, self._link, self._reader = self._boot()

    def close(self) -> None:
        """Give the files back."""
        self._reader.stop()
        self._link.stop()
        self.journal.close()

    def _boot(self) -> tuple[Journal, Agent, RecordingDisplay, SimLink, SimReader]:
        self.starts += 1
        identity = self.identity
        journal = Journal.open(
            self._journal_file,
            settings=JournalSettings(
                terminal=identity.terminal, epoch=identity.epoch, public_key=identity.public_key
            ),
        )
        session_number = self._rng.randbytes(8).hex()
        link = self._broker.link(
            identity.terminal,
            terminal_subscriptions(identity.terminal),
            will=agent_will(identity.terminal, session_number),
            inflight_max=_LINK_WINDOW,
        )
        display = RecordingDisplay()
        agent = Agent(
            AgentPorts(
                identity=identity,
                gateway=self._gateway,
                journal=journal,
                link=link,
                display=display,
                till=PaperTill(load_profile(PROFILE)),
                clock=self._clock,
                random_bytes=self._rng.randbytes,
                random_unit=self._rng.random,
            ),
            AgentOptions(
                currency=EUR,
                waits=SessionSettings(),
                outbox=OutboxSettings(),
                session_number=session_number,
                channel=Channel.SIMULATED,
            ),
        )
        link.start(agent.on_link_event)
        agent.start()
        agent.on_pos_event(PosPortStateChanged(state=PosPortState.UP))
        reader = SimReader(ReaderSettings(), clock=self._clock)
        reader.start(agent.on_reader_event)
        return journal, agent, display, link, reader
