"""A whole shop of real processes on one machine, set up by the documented commands.

Real are Mosquitto, the gateway and the agent (the shipped command), pcscd with its virtual reader,
the serial line, both databases and every rule. Simulated are the plastic and the paper. Each part
can be killed and started again while the others go on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from gateway.ledger.kinds import JournalKind
from gateway.ledger.queries import LedgerReader
from gateway.model.ids import EnvelopeHash, TerminalId
from gateway.service.admin_socket import ask
from gateway.service.commands import GetStats, Stats
from gateway.service.data_dir import DataDir
from simulators.card import VirtualCard
from simulators.command_process import CommandError, MohrProcess, run_mohr, wait_until
from simulators.mosquitto_process import MosquittoProcess, free_port
from simulators.pcscd import PcscDaemon
from simulators.receipts import ReceiptItem, TillReceipt, render_receipt
from simulators.tcp_proxy import TcpProxy
from simulators.till import PtyTill
from simulators.vpcd import VpcdSlot
from terminal_agent.control import AgentStatus, AskStatus, ControlError
from terminal_agent.control_socket import SOCKET_NAME, ask_agent
from terminal_agent.identity import load_identity
from terminal_agent.journal.journal import Journal
from terminal_agent.journal.values import JournalSettings

TERMINAL: Final = TerminalId("till-1")
BRANCH: Final = "corner"
LANE: Final = "Lane 1"
PROFILE: Final = "generic-escpos-eur"

#: One point for each whole euro; ten points are worth one euro.
PROGRAMME: Final = """\
name = "cafe"
version = 1
currency = "EUR"
currency_exponent = 2
earn_points = 1
earn_per_minor = 100
redeem_points = 10
redeem_value_minor = 100
redeem_minimum_points = 10
redeem_share_percent = 50
"""

#: A terminal that asks again after a second, so that tests of lost messages do not wait for long.
IMPATIENT: Final[Mapping[str, str]] = {
    "outbox.resend_after_ms": "1000",
    "outbox.resend_max_ms": "4000",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopOptions:
    """What a shop is made of.

    Attributes:
        tls: Mosquitto with mutual TLS and access rules, as in a shop; otherwise plain on loopback,
            which keeps nothing across its own death.
        reader: a real pcscd with a virtual reader; otherwise no reader.
        till: a till on a pseudo-terminal; otherwise none.
        proxied: the agent's network can be cut (``ProcessShop.network``).
        baud: pace of the till's line, None for as fast as it takes it.
        language: of the counter display.
        gateway_dir: the gateway's data directory; None for one in the shop's folder.
        terminal_dir: the terminal's, likewise.
        settings: of the terminal, by table and name, as TOML values.
    """

    tls: bool = False
    reader: bool = True
    till: bool = True
    proxied: bool = False
    baud: int | None = None
    language: str = "en"
    gateway_dir: Path | None = None
    terminal_dir: Path | None = None
    settings: Mapping[str, str] = field(default_factory=lambda: IMPATIENT)


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
        self.broker = self._make_broker()
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
            self._set_up()
            stack.enter_context(self.gateway)
            self.gateway.start()
            stack.enter_context(self.agent)
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
        return LedgerReader(DataDir(self.gateway_dir).ledger)

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
        self.wait_status(lambda status: status.accepted == before + 1, f"receipt {number}")

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

    def wait_settled(self, count: int) -> None:
        """Wait until the gateway's receipts have settled ``count`` transactions, and no more."""
        self.wait_status(
            lambda status: status.settled == count == status.accepted,
            f"{count} settled transactions",
        )

    def wait_screen(self, text: str) -> None:
        """Wait until the agent has shown ``text`` in this life."""
        self.wait(lambda: text in self.agent.said(), f"the screen to say {text!r}")

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

    # -- set-up -------------------------------------------------------------------------------

    def _make_broker(self) -> MosquittoProcess:
        """Mosquitto with the configuration that the command writes."""
        port, files = free_port(), self.folder / "broker"
        options = ["--out", str(files), "--folder", str(files), "--terminals", "1"]
        if self._options.tls:
            names = ("--host", "127.0.0.1", "--terminal", TERMINAL)
            run_mohr("broker", "certs", "--out", str(files), *names)
            options += ["--persistence", str(files)]
        else:
            options += ["--insecure-loopback"]
        run_mohr("broker", "config", *options, "--port", str(port))
        text = (files / "mohr.conf").read_text(encoding="utf-8")
        return MosquittoProcess(text, port=port, folder=self.folder / "mosquitto")

    def _set_up(self) -> None:
        """Gateway and terminal, by the commands of the quick start."""
        options, port = self._options, self.broker.port
        rules = self.folder / "rules.toml"
        rules.write_text(PROGRAMME, encoding="utf-8")
        run_mohr(
            *("gateway", "init", "--dir", str(self.gateway_dir), "--programme", str(rules)),
            *("--port", str(port)),
        )
        run_mohr(
            *("terminal", "init", "--dir", str(self.terminal_dir), "--id", TERMINAL),
            *("--gateway", str(self.gateway_dir / "gateway.json")),
            *("--port", str(port if self._network is None else self._network.port)),
            *("--reader", "pcsc" if options.reader else "none"),
            *("--till", self._till.device if self._till is not None else "none"),
            *("--profile", PROFILE, "--currency", "EUR", "--language", options.language),
        )
        run_mohr(
            *("terminal", "add", str(self.terminal_dir / "identity" / "terminal.json")),
            *("--branch", BRANCH, "--dir", str(self.gateway_dir)),
        )
        settings = dict(options.settings)
        if options.reader:
            settings["reader.name"] = json.dumps(PcscDaemon.reader_name(LANE))
        if options.tls:
            settings |= self._certificates(f"terminal-{TERMINAL}")
            change_settings(self.gateway_dir / "gateway.toml", self._certificates("gateway"))
        change_settings(self.terminal_dir / "terminal.toml", settings)

    def _certificates(self, name: str) -> dict[str, str]:
        files = self.folder / "broker"
        return {
            "broker.ca_file": json.dumps(str(files / "ca.crt")),
            "broker.certificate_file": json.dumps(str(files / f"{name}.crt")),
            "broker.key_file": json.dumps(str(files / f"{name}.key")),
        }


def change_settings(path: Path, settings: Mapping[str, str]) -> None:
    """Change a TOML file as a person with an editor would.

    Args:
        path: the file; its tables stand in brackets on lines of their own.
        settings: TOML values by ``table.name``; tables that are missing are added.
    """
    text = path.read_text(encoding="utf-8")
    for place, value in settings.items():
        table, name = place.split(".")
        header = f"[{table}]\n"
        if header not in text:
            text += f"\n{header}"
        before, after = text.split(header, 1)
        own, bracket, rest = after.partition("\n[")
        # A name may stand in a table once only, so what init wrote is replaced.
        own = re.sub(rf"^{re.escape(name)} = .*\n?", "", own, flags=re.MULTILINE)
        text = f"{before}{header}{name} = {value}\n{own}{bracket}{rest}"
    path.write_text(text, encoding="utf-8")


def receipt(number: str, total_minor: int, *, printed_at: str = "23.11.2026 10:15") -> bytes:
    """A till's receipt over one item, paid by card."""
    return render_receipt(
        TillReceipt(
            shop="CAFÉ AM ECK",
            items=(ReceiptItem(label="Frühstück", amount_minor=total_minor),),
            receipt_number=number,
            printed_at=printed_at,
        )
    )
