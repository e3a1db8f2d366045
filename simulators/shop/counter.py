"""One till of a simulated shop: the real agent with its journal, and a cashier with a plan."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from gateway.clock import Clock
from gateway.crypto.public_key import PublicKey
from gateway.crypto.signer import Signer
from gateway.model.ids import TerminalId
from gateway.model.money import EUR
from gateway.model.transaction import Channel
from gateway.readers.settings import ReaderSettings
from mqtt.link import Link, LinkEvent
from mqtt.topics import terminal_subscriptions
from simulators.broker import SimBroker
from simulators.card import VirtualCard
from simulators.display import RecordingDisplay
from simulators.reader import SimReader
from terminal_agent.agent import Agent
from terminal_agent.agent_ports import AgentOptions, AgentPorts, agent_will
from terminal_agent.control import Answer, Command, Redeem, Refund, Total
from terminal_agent.display import Display
from terminal_agent.heard_till import heard_by_one
from terminal_agent.identity import TerminalIdentity, create_identity
from terminal_agent.journal.journal import Journal
from terminal_agent.journal.values import JournalSettings
from terminal_agent.outbox import OutboxSettings
from terminal_agent.pos.port import PosBytes, PosPortState, PosPortStateChanged
from terminal_agent.pos.profile import ShopProfile
from terminal_agent.pos.profile_file import load_profile
from terminal_agent.session.memory import SessionSettings

PROFILE = "generic-escpos-eur"
_LINK_WINDOW = 20


def _open_journal(path: Path, settings: JournalSettings) -> Journal:
    return Journal.open(path, settings=settings)


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterKit:
    """What a counter is made of; a simulation puts in its own parts to watch or to break it.

    Attributes:
        open_journal: opens the journal, making it if there is none.
        display: makes what the counter looks at, anew with each start.
        link: goes around the link to the broker.
        signer: goes around the terminal's key.
        outbox: how patient sending is.
    """

    open_journal: Callable[[Path, JournalSettings], Journal] = _open_journal
    display: Callable[[], Display] = RecordingDisplay
    link: Callable[[Link], Link] = lambda link: link
    signer: Callable[[Signer], Signer] = lambda signer: signer
    outbox: OutboxSettings = field(default_factory=OutboxSettings)


@dataclass(frozen=True, slots=True)
class _Life:
    """Everything that one run of the agent holds in memory."""

    journal: Journal
    agent: Agent
    link: Link
    reader: SimReader


class ShopCounter:
    """A till, a reader and an agent that can be killed and started again.

    What the network brings waits in a queue, as in the agent's own shell, until
    ``take_messages`` or ``tick`` hands it to the agent.

    Args:
        folder: for the journal and the keys.
        terminal: the terminal's name.
        broker: where it connects.
        gateway: the gateway's pinned key.
        rng: for ids and jitter.
        clock: the terminal's own time.
        kit: its parts.
    """

    def __init__(  # noqa: PLR0913 - a terminal and the five things around it
        self,
        folder: Path,
        terminal: TerminalId,
        broker: SimBroker,
        gateway: PublicKey,
        rng: random.Random,
        clock: Clock,
        *,
        kit: CounterKit | None = None,
    ) -> None:
        self.identity: TerminalIdentity = create_identity(folder, terminal)
        self.journal_file = folder / "journal.db"
        self.starts = 0
        self._broker = broker
        self._gateway = gateway
        self._rng = rng
        self._clock = clock
        self._kit = kit or CounterKit()
        self._news: deque[LinkEvent] = deque()
        self._opened: Journal | None = None
        self._life: _Life | None = None

    @property
    def terminal(self) -> TerminalId:
        """The terminal's name."""
        return self.identity.terminal

    @property
    def journal(self) -> Journal:
        """The journal of a running agent."""
        return self._alive().journal

    @property
    def agent(self) -> Agent:
        """The running agent."""
        return self._alive().agent

    @property
    def has_news(self) -> bool:
        """Whether something of the network's waits for the agent."""
        return bool(self._news)

    # -- the customer and the cashier ---------------------------------------------------------

    def tap(self, card: VirtualCard) -> None:
        """The customer shows a card and takes it away."""
        reader = self._alive().reader
        reader.tap(card)
        reader.remove()

    def scan(self, code: str) -> None:
        """The cashier scans a code."""
        self._alive().reader.scan(code.encode("ascii"))

    def print(self, data: bytes) -> None:
        """The till prints."""
        self.agent.on_pos_event(PosBytes(data=data, monotonic_ms=self._clock.monotonic_ms()))

    def command(self, command: Command) -> Answer:
        """The cashier asks for something."""
        return self.agent.on_control(command)

    def key_total(self, total_minor: int) -> None:
        """The cashier keys in what the till shows, before it prints."""
        self.command(Total(total_minor=total_minor))

    def redeem(self) -> None:
        """The cashier asks to take as many points as can be."""
        self.command(Redeem())

    def refund(self, receipt_number: str) -> None:
        """The cashier takes a whole sale back."""
        self.command(Refund(receipt_number=receipt_number))

    # -- the process --------------------------------------------------------------------------

    def start(self) -> None:
        """Start the agent from its journal.

        Raises:
            MohrError: if the journal cannot be opened.
        """
        self.starts += 1
        self._news.clear()
        self._life = self._boot()
        self._alive().agent.on_pos_event(PosPortStateChanged(state=PosPortState.UP))
        self._alive().reader.start(self.agent.on_reader_event)

    def take_messages(self) -> None:
        """Hand the agent what the network has brought."""
        while self._news:
            self.agent.on_link_event(self._news.popleft())

    def tick(self) -> None:
        """Hand over what has come, and let time pass for the agent and its reader."""
        self.take_messages()
        self._alive().reader.tick()
        self.agent.tick()

    def stop(self) -> None:
        """End the agent in order."""
        self.take_messages()
        self.agent.stop()
        self._end()

    def kill(self) -> None:
        """End the agent at once; it says goodbye to nobody.

        The journal is closed as the library closes it. Whoever wants the files as a dead process
        leaves them keeps copies around this call.
        """
        # The cut is due before the goodbye of the link's own ending, so that one never arrives.
        self._broker.drop(self.terminal)
        self._end()

    def restart(self, *, answered: bool) -> None:
        """End the agent and start it again from its journal.

        Args:
            answered: whether it stops in order; a killed one says goodbye to nobody.
        """
        if answered:
            self.stop()
        else:
            self.kill()
        self.start()

    def close(self) -> None:
        """Give the files back."""
        self._end()

    def _alive(self) -> _Life:
        assert self._life is not None, "the agent is not running"
        return self._life

    def _end(self) -> None:
        life, self._life = self._life, None
        opened, self._opened = self._opened, None
        self._news.clear()
        if life is not None:
            life.reader.stop()
            life.link.stop()
        if opened is not None:
            opened.close()

    def _boot(self) -> _Life:
        identity = self.identity
        settings = JournalSettings(
            terminal=identity.terminal, epoch=identity.epoch, public_key=identity.public_key
        )
        # Kept apart: what is opened must be closed also where the start breaks off after it.
        self._opened = journal = self._kit.open_journal(self.journal_file, settings)
        session_number = self._rng.randbytes(8).hex()
        link = self._kit.link(
            self._broker.link(
                identity.terminal,
                terminal_subscriptions(identity.terminal),
                will=agent_will(identity.terminal, session_number),
                inflight_max=_LINK_WINDOW,
            )
        )
        agent = Agent(
            AgentPorts(
                identity=replace(identity, signer=self._kit.signer(identity.signer)),
                gateway=self._gateway,
                journal=journal,
                link=link,
                display=self._kit.display(),
                till=heard_by_one(_profile()),
                clock=self._clock,
                random_bytes=self._rng.randbytes,
                random_unit=self._rng.random,
            ),
            AgentOptions(
                currency=EUR,
                waits=SessionSettings(),
                outbox=self._kit.outbox,
                session_number=session_number,
                channel=Channel.SIMULATED,
            ),
        )
        reader = SimReader(ReaderSettings(), clock=self._clock)
        life = _Life(journal=journal, agent=agent, link=link, reader=reader)
        link.start(self._news.append)
        self._life = life
        agent.start()
        return life


@lru_cache(maxsize=1)
def _profile() -> ShopProfile:
    """The till's profile is a value; reading its file at every start would only take time."""
    return load_profile(PROFILE)
