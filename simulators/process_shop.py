"""A whole shop of real processes on one machine, set up by the documented commands.

Real are Mosquitto, the gateway and the agent (the shipped command), pcscd with its virtual reader,
the serial line, both databases and every rule. Simulated are the plastic and the paper. Each part
can be killed and started again while the others go on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from gateway.config import load_settings
from gateway.ledger.kinds import JournalKind
from gateway.ledger.queries import LedgerReader
from gateway.model.ids import EnvelopeHash
from gateway.office.commands import GetStats, Stats
from gateway.service.admin_socket import ask
from gateway.service.data_dir import DataDir
from simulators.card import VirtualCard
from simulators.command_process import CommandError, MohrProcess, run_mohr, wait_until
from simulators.pcscd import PcscDaemon
from simulators.process_setup import (
    LANE,
    TERMINAL,
    Places,
    ShopOptions,
    make_broker,
    receipt,
    set_up,
)
from simulators.tcp_proxy import TcpProxy
from simulators.till import PtyTill
from simulators.vpcd import VpcdSlot
from terminal_agent.control import AgentStatus, AskStatus, ControlError
from terminal_agent.control_socket import SOCKET_NAME, ask_agent
from terminal_agent.identity import load_identity
from terminal_agent.journal.journal import Journal
from terminal_agent.journal.values import JournalSettings


class ProcessShop:
    """Everything, started. Use as a context manager; leaving it leaves no process behind.

    Args:
        folder: an empty folder with a short path (a Unix socket lies in it).
        options: what it is made of.

    Attributes:
        folder: where everything is.
        gateway_dir: the gateway's data directory.
        terminal_dir: the terminal's data directory.
        broker: Mosquitto.
        gateway: the gateway's process.
        agent: the agent's process.
    """

    def __init__(self, folder: Path, options: ShopOptions) -> None:
        self.folder = folder
        self.gateway_dir = options.gateway_dir or folder / "gateway"
        self.terminal_dir = options.terminal_dir or folder / TERMINAL
        self._options = options
        self._stack = ExitStack()
        self._daemon = PcscDaemon(folder / "pcscd", [LANE])
        self._slot: VpcdSlot | None = None
        self._till: PtyTill | None = None
        self._network: TcpProxy | None = None
        self.broker = make_broker(folder, options)
        self.gateway = MohrProcess(
            folder / "gateway.log", "gateway", "run", "--dir", str(self.gateway_dir)
        )
        self.agent = MohrProcess(
            folder / "agent.log", "terminal", "run", "--dir", str(self.terminal_dir)
        )

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            if self._options.reader:
                stack.callback(self._daemon.close)
                self._daemon.start()
                self._slot = self._daemon.slot(LANE)
                stack.callback(self._slot.remove)
            stack.callback(self.broker.stop)
            self.broker.start()
            if self._options.till:
                self._till = stack.enter_context(PtyTill(self.folder, baud=self._options.baud))
            if self._options.proxied:
                self._network = TcpProxy(self.broker.port)
                stack.callback(self._network.close)
            set_up(self._places(), self._options)
            stack.enter_context(self.gateway)
            self.gateway.start()
            stack.enter_context(self.agent)
            if self._options.agent:
                self.agent.start()
                self.wait_open()
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    # -- the parts ----------------------------------------------------------------------------

    @property
    def daemon(self) -> PcscDaemon:
        """The PC/SC daemon, to kill and start again."""
        return self._daemon

    @property
    def till(self) -> PtyTill:
        """The till's end of the serial line."""
        assert self._till is not None, "a shop without a till"
        return self._till

    @property
    def network(self) -> TcpProxy:
        """What lies between the agent and the broker."""
        assert self._network is not None, "a shop whose network cannot be cut"
        return self._network

    @property
    def slot(self) -> VpcdSlot:
        """Where cards are shown."""
        assert self._slot is not None, "a shop without a reader"
        return self._slot

    @property
    def ledger(self) -> LedgerReader:
        """The read side of the ledger; the gateway may be running or dead."""
        settings = load_settings(self.gateway_dir)
        return LedgerReader(DataDir(self.gateway_dir).ledger_place(settings))

    # -- the counter --------------------------------------------------------------------------

    def tap(self, card: VirtualCard) -> None:
        """Show a card until the agent has taken it for the next sale.

        The card of the visit that is still on the screen would be ignored; see ``wait_idle``.
        """
        self.slot.insert(card)
        self.wait_status(lambda status: status.state == "card", "the card to be seen")
        self.slot.remove()

    def wait_idle(self) -> None:
        """Wait until the counter is ready for anybody: until then the same card is the old tap."""
        self.wait_status(lambda status: status.state == "idle", "the counter to be idle")

    def sell(self, card: VirtualCard, number: str, total_minor: int) -> None:
        """Tap a card and print a receipt, and wait until the journal has it."""
        before = self.status().accepted
        self.tap(card)
        self.till.print(receipt(number, total_minor))
        self.wait_accepted(before + 1)

    def cashier(self, *arguments: str) -> str:
        """Give a command at the counter, such as ``redeem 10``."""
        return run_mohr("terminal", *arguments, "--dir", str(self.terminal_dir))

    # -- how things stand ---------------------------------------------------------------------

    def status(self) -> AgentStatus:
        """How the agent stands.

        Raises:
            ControlError: if no agent answers.
        """
        answer = ask_agent(self.terminal_dir / SOCKET_NAME, AskStatus())
        assert answer.status is not None
        return answer.status

    def stats(self) -> Stats:
        """What the running gateway has counted.

        Raises:
            CommandError: if no gateway answers.
        """
        reply = ask(DataDir(self.gateway_dir).socket, GetStats())
        if reply is None or reply.stats is None:
            raise CommandError("the gateway gives no counts")
        return reply.stats

    def wait(self, look: Callable[[], object], what: str) -> None:
        """Wait until ``look`` is true; see ``wait_until``."""
        wait_until(look, what, self.agent.log, self.gateway.log)

    def wait_status(self, wanted: Callable[[AgentStatus], bool], what: str) -> None:
        """Wait until the agent stands as wanted."""

        def look() -> bool:
            try:
                return wanted(self.status())
            except ControlError as error:
                if self.agent.running:
                    # Busy, or not listening yet; the next look may find it.
                    return False
                raise CommandError(f"the agent is gone: {self.agent.said()}") from error

        self.wait(look, what)

    def wait_open(self) -> None:
        """Wait until the agent has its devices, its connection and its rules."""
        reader = "ready" if self._options.reader else "none"
        till = "up" if self._options.till else "none"
        self.wait_status(
            lambda status: (
                (status.reader, status.till, status.link) == (reader, till, "up")
                and status.configuration_version > 0
            ),
            "reader, till, broker and configuration",
        )

    def wait_accepted(self, count: int) -> None:
        """Wait until the journal holds ``count`` transactions, and no more."""
        self.wait_status(lambda status: status.accepted == count, f"{count} accepted")

    def wait_settled_part(self, count: int) -> None:
        """Wait until at least ``count`` transactions are settled."""
        self.wait_status(lambda status: status.settled >= count, f"{count} settled of many")

    def wait_settled(self, count: int) -> None:
        """Wait until the gateway's receipts have settled ``count`` transactions, and no more."""
        self.wait_status(
            lambda status: status.settled == count == status.accepted,
            f"{count} settled transactions",
        )

    def wait_screen(self, text: str, *, times: int = 1) -> None:
        """Wait until the agent has shown ``text`` so often in this life."""
        self.wait(lambda: self.agent.said().count(text) >= times, f"the screen to say {text!r}")

    def findings(self) -> tuple[str, ...]:
        """What the shipped audit of the ledger finds; nothing is as it should be."""
        try:
            report = json.loads(
                run_mohr("ledger", "audit", "--json", "--dir", str(self.gateway_dir))
            )
        except CommandError as error:
            return (str(error),)
        return () if report["clean"] else (str(report),)

    def in_ledger(self) -> dict[int, EnvelopeHash]:
        """The terminal's transactions in the ledger's journal, by number.

        Raises:
            CommandError: if a number is there twice.
        """
        found: dict[int, EnvelopeHash] = {}
        for row in self.ledger.journal(limit=1_000_000):
            if row.kind is not JournalKind.TRANSACTION or row.terminal != TERMINAL:
                continue
            assert row.seq is not None, "a transaction has a number"
            assert row.envelope_hash is not None, "a transaction has an envelope"
            if row.seq in found:
                raise CommandError(f"seq {row.seq} was applied twice")
            found[row.seq] = row.envelope_hash
        return found

    def in_journal(self) -> dict[int, EnvelopeHash]:
        """The terminal's own transactions, by number; every seal and link is checked."""
        with self.journal() as journal:
            journal.verify()
            return {one.seq: one.envelope_hash for one in journal.envelopes(0, 1_000_000)}

    def close_day(self) -> tuple[str, ...]:
        """Stop the agent and compare its journal with the ledger.

        Returns:
            what is wrong: the audit's findings, and where the two books differ; nothing as a rule.
        """
        wrong = list(self.findings())
        if self.status().rejected:
            wrong.append("the gateway has put something of the terminal's into quarantine")
        self.agent.stop()
        ours, theirs = self.in_journal(), self.in_ledger()
        differing = sorted(seq for seq in ours.keys() | theirs if ours.get(seq) != theirs.get(seq))
        if differing:
            wrong.append(f"the terminal's journal and the ledger differ at {differing}")
        if list(ours) != list(range(1, len(ours) + 1)):
            wrong.append(f"the journal's numbers are not contiguous: {list(ours)}")
        return tuple(wrong)

    @contextmanager
    def journal(self) -> Iterator[Journal]:
        """Open the terminal's journal while its agent is not running."""
        identity = load_identity(self.terminal_dir)
        settings = JournalSettings(
            terminal=identity.terminal,
            epoch=identity.epoch,
            public_key=identity.public_key,
            reserve_bytes=0,
        )
        path = self.terminal_dir / f"journal-{identity.epoch}.sqlite3"
        with Journal.open(path, settings=settings) as journal:
            yield journal

    def _places(self) -> Places:
        return Places(
            folder=self.folder,
            gateway_dir=self.gateway_dir,
            terminal_dir=self.terminal_dir,
            gateway_port=self.broker.port,
            terminal_port=self.broker.port if self._network is None else self._network.port,
            device="none" if self._till is None else self._till.device,
        )
