"""The demonstration's shop: an embedded broker, a gateway and tills, in one process.

Real are the wire format, the seals, MQTT over TCP, both databases, the serial port and every rule.
Simulated are the cards, the reader, the printer and the shop's people.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from gateway.audit.auditor import audit
from gateway.audit.report import AuditReport
from gateway.clock import Clock
from gateway.config import GatewaySettings, LimitSettings
from gateway.crypto.public_key import PublicKey
from gateway.ledger.queries import LedgerReader
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.model.ids import BranchId, TerminalId
from gateway.model.money import EUR
from gateway.model.programme import Programme
from gateway.service.assembly import RunningGateway
from gateway.service.data_dir import DataDir
from gateway.service.set_up import NewGateway, set_up
from mqtt.embedded import EmbeddedBroker
from mqtt.paho_link import PahoLink
from mqtt.settings import GATEWAY_INFLIGHT_MAX, LinkSettings, MqttVersion
from mqtt.topics import gateway_subscriptions
from simulators.demo.receipts_seen import ReceiptsSeen
from simulators.demo.till import DemoError, DemoTill, TillPlace
from simulators.notifier import RecordingNotifier
from terminal_agent.identity import TerminalIdentity, create_identity

BRANCH: Final = BranchId("corner-cafe")
PROFILE: Final = "generic-escpos-eur"
_START_S: Final = 30.0

PROGRAMME: Final = Programme(
    name="corner-cafe",
    version=1,
    effective_from_ms=0,
    currency=EUR,
    earn_points=1,
    earn_per_minor=100,
    redeem_points=10,
    redeem_value_minor=100,
    redeem_minimum_points=10,
    redeem_share_percent=50,
)


class DemoHouse:
    """Everything, started. Use as a context manager; leaving it stops everything."""

    def __init__(self, folder: Path, clock: Clock, *, baud: int | None, tills: int = 2) -> None:
        """Make keys, ledger and registrations; nothing runs yet.

        Args:
            folder: an empty folder for everything.
            clock: the time.
            baud: pace of the tills' printers; None for a shop whose people never pause.
            tills: how many.
        """
        self._folder = folder
        self._clock = clock
        self._baud = baud
        self._gateway_dir = DataDir(folder / "gateway")
        self._stack = ExitStack()
        self._broker = EmbeddedBroker()
        self.notifier = RecordingNotifier()
        self.tills: list[DemoTill] = []
        self.receipts: ReceiptsSeen
        self._identities = [
            create_identity(folder / f"till-{number}", TerminalId(f"till-{number}"))
            for number in range(1, tills + 1)
        ]

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._broker.start()
            stack.callback(self._broker.stop)
            gateway = self._set_up_gateway()
            self.receipts = stack.enter_context(
                ReceiptsSeen(gateway, self._broker.host, self._broker.port)
            )
            running = stack.enter_context(self._run_gateway())
            if not running.service.wait_up(_START_S):
                raise DemoError("the gateway did not reach the broker")
            for identity in self._identities:
                till = DemoTill(self._place(identity, gateway), self._clock)
                self.tills.append(stack.enter_context(till))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def audit(self) -> AuditReport:
        """Let the independent auditor look at the ledger, while the gateway runs."""
        with self.queries().batch() as batch:
            return audit(batch)

    def queries(self) -> LedgerReader:
        """The read side of the ledger."""
        return LedgerReader(self._gateway_dir.ledger)

    def _set_up_gateway(self) -> PublicKey:
        identity = set_up(
            self._gateway_dir,
            NewGateway(
                name="Corner Café",
                identity="corner-cafe",
                programme=PROGRAMME,
                host=self._broker.host,
                port=self._broker.port,
            ),
        )
        store = SqlLedgerStore(self._gateway_dir.ledger)
        try:
            for terminal in self._identities:
                store.add_terminal(terminal.registration, BRANCH, self._clock.unix_ms())
        finally:
            store.close()
        return PublicKey.from_cose_key(identity.public_key)

    def _run_gateway(self) -> RunningGateway:
        link = PahoLink(
            LinkSettings(
                host=self._broker.host,
                port=self._broker.port,
                client_id="gateway",
                subscriptions=gateway_subscriptions(),
                inflight_max=GATEWAY_INFLIGHT_MAX,
                receive_max=LimitSettings().in_flight,
                version=MqttVersion.V311,  # all that the embedded broker speaks
            )
        )
        settings = GatewaySettings()
        return RunningGateway(self._gateway_dir, settings, link, self._clock, self.notifier)

    def _place(self, identity: TerminalIdentity, gateway: PublicKey) -> TillPlace:
        return TillPlace(
            folder=self._folder / identity.terminal,
            identity=identity,
            gateway=gateway,
            broker_host=self._broker.host,
            broker_port=self._broker.port,
            profile=PROFILE,
            baud=self._baud,
            hurried=self._baud is None,
        )
