"""One simulated counter: a real agent on its own thread, a simulated reader and printer.

Everything between them is what a shop uses: the serial port on a pseudo-terminal, the journal on
the disk, the link to the broker.
"""

from __future__ import annotations

import random
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

from gateway.clock import Clock
from gateway.crypto.public_key import PublicKey
from gateway.model.ids import TerminalId
from gateway.readers.serial_line import SerialSettings
from gateway.readers.settings import ReaderSettings
from mqtt.paho_link import PahoLink
from mqtt.settings import LinkSettings, MqttVersion
from mqtt.topics import terminal_subscriptions
from simulators.cards.named_states import Shown
from simulators.cards.named_tray import show, simulated_reader
from simulators.test_bench.errors import BenchError
from simulators.test_bench.screen import CounterScreen
from simulators.till import PtyTill
from terminal_agent.agent import Agent
from terminal_agent.agent_ports import AgentOptions, AgentPorts, agent_will
from terminal_agent.control import Answer, AskStatus, Command
from terminal_agent.control_socket import SOCKET_NAME, ask_agent
from terminal_agent.customer_display.page import CustomerDisplay, PageSettings
from terminal_agent.display import Display, EveryDisplay
from terminal_agent.heard_till import heard_by_one
from terminal_agent.identity import TerminalIdentity
from terminal_agent.journal.journal import Journal
from terminal_agent.journal.values import JournalSettings
from terminal_agent.outbox import OutboxSettings
from terminal_agent.pos.profile_file import load_profile
from terminal_agent.pos.serial_port import SerialPosPort
from terminal_agent.runtime import Runtime, RuntimePorts
from terminal_agent.session.memory import SessionSettings
from terminal_agent.session.view import View

T = TypeVar("T")

_START_S: Final = 20.0
_LOOK_EVERY_S: Final = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterPlace:
    """Where a counter stands.

    Attributes:
        folder: its data directory, with the identity made.
        identity: its keys.
        gateway: the gateway's pinned key.
        broker_host: where the broker is.
        broker_port: its TCP port.
        profile: the shop profile its receipts are read by.
        baud: pace of its printer line, None for as fast as it goes.
        hurried: whether its people do not pause: results are shown briefly, and a card that comes
            back at once is a new tap.
        page: how the customer's page is served; None for none.
    """

    folder: Path
    identity: TerminalIdentity
    gateway: PublicKey
    broker_host: str
    broker_port: int
    profile: str
    baud: int | None
    hurried: bool = False
    page: PageSettings | None = None


class SimCounter:
    """A counter with its agent. ``start`` and ``stop`` it, or use it as a context manager."""

    def __init__(self, place: CounterPlace, clock: Clock) -> None:
        """Put it together; nothing runs before ``start``."""
        self._place = place
        self._clock = clock
        self._fault: BaseException | None = None
        self._started = threading.Event()
        self._stopping = threading.Event()
        self._configured = False
        self._screen = CounterScreen()
        self._page = None if place.page is None else CustomerDisplay(place.page)
        settings = ReaderSettings(debounce_ms=0) if place.hurried else ReaderSettings()
        self.reader = simulated_reader(settings, clock)
        self.printer = PtyTill(place.folder, baud=place.baud)
        # The journal belongs to the agent's thread, which opens and closes it.
        self._runtime: Runtime | None = None
        self._thread = threading.Thread(target=self._run, name=f"agent-{place.identity.terminal}")

    @property
    def name(self) -> TerminalId:
        """The terminal's name."""
        return self._place.identity.terminal

    @property
    def view(self) -> View | None:
        """What the customer sees now."""
        return self._screen.view

    @property
    def page_address(self) -> str | None:
        """Where the customer's page is; None where none is served."""
        return None if self._page is None else self._page.address

    @property
    def fault(self) -> BaseException | None:
        """What stopped the agent, if something did."""
        return self._fault

    def tap(self, card: Shown) -> None:
        """A customer shows a card, or a code, and takes it away."""
        show(self.reader, card)

    def print(self, data: bytes) -> None:
        """The till prints; returns when the bytes are on the wire."""
        self.printer.print(data)

    def tell(self, command: Command) -> Answer:
        """The cashier asks the agent for something, through its control socket.

        Raises:
            ControlError: if the agent does not answer.
        """
        return ask_agent(self._place.folder / SOCKET_NAME, command)

    def wait_view(self, wanted: Callable[[View], bool], what: str, timeout_s: float = 30.0) -> View:
        """Wait until the display shows what is wanted.

        Raises:
            BenchError: if it does not in time, or the agent stopped.
        """
        return self.wait(
            lambda: self.view if self.view is not None and wanted(self.view) else None,
            what,
            timeout_s,
        )

    def wait(self, look: Callable[[], T | None], what: str, timeout_s: float = 30.0) -> T:
        """Wait until ``look`` finds something.

        Raises:
            BenchError: if it does not in time, or the agent stopped.
        """
        until_s = time.monotonic() + timeout_s
        while True:
            found = look()
            if found is not None:
                return found
            if self._fault is not None:
                raise BenchError(f"{self.name} stopped: {self._fault}") from self._fault
            if time.monotonic() > until_s:
                raise BenchError(f"{self.name}: waited {timeout_s:.0f} s for {what}; {self.view}")
            time.sleep(_LOOK_EVERY_S)

    def start(self) -> None:
        """Start the agent, and do not wait for it.

        Raises:
            BenchError: if the customer's page cannot be served.
        """
        if self._page is not None:
            try:
                self._page.start()
            except OSError as error:
                raise BenchError(f"{self.name}: no page for the customer: {error}") from error
        self._thread.start()

    def wait_ready(self) -> None:
        """Wait until it has the gateway's sealed configuration; before that, taps mean nothing.

        Raises:
            BenchError: if that takes too long, or the agent stopped.
        """
        self.wait(lambda: self._started.is_set() or None, "the agent", _START_S)
        self.wait(lambda: self.ready or None, "the configuration", _START_S)

    @property
    def ready(self) -> bool:
        """Whether it runs and has its configuration.

        Raises:
            ControlError: if the agent runs and does not answer.
        """
        if not self._started.is_set() or self._stopping.is_set() or self._fault is not None:
            return False
        if not self._configured:
            status = self.tell(AskStatus()).status
            self._configured = status is not None and status.configuration_version > 0
        return self._configured

    def stop(self) -> None:
        """Stop the agent in good order and unplug the till; again is no fault."""
        self._stopping.set()
        if self._runtime is not None:
            self._runtime.request_stop()
        if self._thread.ident is not None:
            self._thread.join()
        self.printer.close()
        if self._page is not None:
            self._page.stop()

    def __enter__(self) -> Self:
        self.start()
        try:
            self.wait_ready()
        except BaseException:
            # Its thread would keep the process alive.
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _run(self) -> None:
        identity = self._place.identity
        settings = JournalSettings(
            terminal=identity.terminal, epoch=identity.epoch, public_key=identity.public_key
        )
        try:
            with Journal.open(self._place.folder / "journal.sqlite3", settings=settings) as journal:
                runtime = self._assemble(journal)
                self._runtime = runtime
                if self._stopping.is_set():
                    return
                runtime.run(self._started.set)
        except Exception as fault:  # noqa: BLE001 - handed to whoever waits for the counter
            self._fault = fault

    def _assemble(self, journal: Journal) -> Runtime:
        place, identity = self._place, self._place.identity
        session_number = secrets.token_hex(8)
        link = PahoLink(
            LinkSettings(
                host=place.broker_host,
                port=place.broker_port,
                client_id=identity.terminal,
                subscriptions=terminal_subscriptions(identity.terminal),
                will=agent_will(identity.terminal, session_number),
                version=MqttVersion.V311,  # all that the embedded broker speaks
            )
        )
        profile = load_profile(place.profile)
        display: Display = self._screen
        if self._page is not None:
            display = EveryDisplay(self._screen, self._page)
        agent = Agent(
            AgentPorts(
                identity=identity,
                gateway=place.gateway,
                journal=journal,
                link=link,
                display=display,
                till=heard_by_one(profile),
                clock=self._clock,
                random_bytes=secrets.token_bytes,
                random_unit=random.SystemRandom().random,
            ),
            AgentOptions(
                currency=profile.currency,
                waits=SessionSettings(show_ms=200) if place.hurried else SessionSettings(),
                outbox=OutboxSettings(),
                session_number=session_number,
            ),
        )
        return Runtime(
            RuntimePorts(
                agent=agent,
                link=link,
                reader=self.reader,
                till_port=SerialPosPort(SerialSettings(device=self.printer.device), self._clock),
                display=display,
                clock=self._clock,
                control_path=place.folder / SOCKET_NAME,
            )
        )
