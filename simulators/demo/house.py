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
from gateway.errors import MohrError
from gateway.formatting.numbers import Language, MoneyUnit
from gateway.ledger.queries import LedgerReader
from gateway.model.ids import BranchId, TerminalId
from gateway.model.money import EUR
from gateway.model.programme import Programme
from gateway.office.house import House
from gateway.office.organisation import Organisation
from gateway.office.store import OFFICE_FILE, OfficeStore
from gateway.service.assembly import RunningGateway
from gateway.service.data_dir import DataDir, open_phone_key, read_card_key
from gateway.service.set_up import NewGateway, set_up
from mqtt.embedded import EmbeddedBroker
from mqtt.paho_link import PahoLink
from mqtt.settings import GATEWAY_INFLIGHT_MAX, LinkSettings, MqttVersion
from mqtt.topics import gateway_subscriptions
from simulators.cards.phone_codes import phones_of
from simulators.demo.receipts_seen import ReceiptsSeen
from simulators.notifier import RecordingNotifier
from simulators.test_bench.bench import BenchPlace, SimulatedBench
from simulators.test_bench.counter import SimCounter

BRANCH: Final = BranchId("corner-cafe")
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


_NAMES: Final = {Language.FA: "کافهٔ گوشه", Language.EN: "Corner Café"}
_ZONES: Final = {Language.FA: "Asia/Tehran", Language.EN: "UTC"}


def look_of(language: Language) -> Organisation:
    """How the demonstration's shop looks to readers of a language."""
    return Organisation(
        name=_NAMES[language],
        language=language,
        time_zone=_ZONES[language],
        money_unit=MoneyUnit.CURRENCY,
    )


class DemoError(MohrError):
    """The demonstration did not go as it must; something in Mohr is at fault."""


class DemoHouse:
    """Everything, started. Use as a context manager; leaving it stops everything.

    Attributes:
        tills: the counters, in order.
        receipts: what an onlooker verified.
        house: the gateway as its pages see it; the tills are its test bench.
    """

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        *,
        baud: int | None,
        tills: int = 2,
        look: Organisation | None = None,
    ) -> None:
        """Make keys, ledger and rules; nothing runs yet.

        Args:
            folder: an empty folder for everything.
            clock: the time.
            baud: pace of the tills' printers; None for a shop whose people never pause.
            tills: how many.
            look: how the shop looks on its pages; None for one without customers' pages.
        """
        self._clock = clock
        self._baud = baud
        self._names = tuple(TerminalId(f"till-{number}") for number in range(1, tills + 1))
        self._with_pages = look is not None
        self._look = look or look_of(Language.EN)
        self._gateway_dir = DataDir(folder / "gateway")
        self._stack = ExitStack()
        self._broker = EmbeddedBroker()
        self.notifier = RecordingNotifier()
        self.tills: list[SimCounter] = []
        self.receipts: ReceiptsSeen
        self.house: House

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
            office = OfficeStore(self._gateway_dir.path / OFFICE_FILE, self._clock)
            office.organisation.save(self._look)
            bench = stack.enter_context(self._make_bench(gateway, running, office))
            for name in self._names:
                bench.add_counter(name, BRANCH)
                self.tills.append(bench.counter(name))
            self.house = House(
                settings=self._settings(),
                data_dir=self._gateway_dir.path,
                ledger=self.queries(),
                office=office,
                execute=running.service.administer,
                hints=running.service.hints,
                clock=self._clock,
                test_bench=bench,
                phone_cards=phones_of(self._gateway_dir),
            )
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

    def _settings(self) -> GatewaySettings:
        persian = self._look.language is Language.FA
        return GatewaySettings(
            name=self._look.name,
            languages=("fa", "en") if persian else ("en", "fa"),
            test_mode=True,
        )

    def _set_up_gateway(self) -> PublicKey:
        identity = set_up(
            self._gateway_dir,
            NewGateway(
                name=self._look.name,
                identity="corner-cafe",
                programme=PROGRAMME,
                host=self._broker.host,
                port=self._broker.port,
            ),
        )
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
        return RunningGateway(self._gateway_dir, self._settings(), link, self._clock, self.notifier)

    def _make_bench(
        self, gateway: PublicKey, running: RunningGateway, office: OfficeStore
    ) -> SimulatedBench:
        return SimulatedBench(
            BenchPlace(
                folder=self._gateway_dir.path / "test-bench",
                gateway=gateway,
                card_key=read_card_key(self._gateway_dir),
                phone_key=open_phone_key(self._gateway_dir),
                broker_host=self._broker.host,
                broker_port=self._broker.port,
                currency=PROGRAMME.currency,
                baud=self._baud,
                hurried=self._baud is None,
                with_pages=self._with_pages,
            ),
            execute=running.service.administer,
            clock=self._clock,
            organisation=office.organisation.read,
        )
