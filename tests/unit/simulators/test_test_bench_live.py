"""A test bench in front of a real gateway: what a press in the browser sets in motion."""

from __future__ import annotations

import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from gateway.config import GatewaySettings
from gateway.config_programme import default_programme
from gateway.crypto.public_key import PublicKey
from gateway.formatting.numbers import Language, MoneyUnit
from gateway.ledger.queries import LedgerReader
from gateway.model.ids import CardToken, TerminalId
from gateway.model.money import EUR, IRR
from gateway.office import test_bench as port
from gateway.office.commands import AddTerminal, ListTerminals, SetCardBlocked
from gateway.office.organisation import Organisation
from gateway.service.assembly import RunningGateway
from gateway.service.data_dir import DataDir, open_phone_key, read_card_key
from gateway.service.set_up import NewGateway, set_up
from gateway.system_clock import SystemClock
from mqtt.embedded import EmbeddedBroker
from mqtt.paho_link import PahoLink
from mqtt.settings import LinkSettings, MqttVersion
from mqtt.topics import gateway_subscriptions
from simulators.notifier import RecordingNotifier
from simulators.sealed_terminal import SealedTerminal
from simulators.test_bench.bench import BenchPlace, SimulatedBench
from simulators.test_bench.counter import SimCounter
from simulators.test_bench.errors import BenchError

pytestmark = pytest.mark.enable_socket

FIRST = TerminalId("test-1")
COFFEE = (port.BenchItem(label="Coffee", amount_minor=420),)


class Shop:
    """A running gateway with a broker, and benches that come and go before it."""

    def __init__(self, folder: Path, stack: ExitStack, currency: str = "EUR") -> None:
        self.data_dir = DataDir(folder / "gateway")
        self.currency = {"EUR": EUR, "IRR": IRR}[currency]
        broker = EmbeddedBroker()
        broker.start()
        stack.callback(broker.stop)
        identity = set_up(
            self.data_dir,
            NewGateway(
                name="Café",
                identity="gateway",
                programme=default_programme(currency),
                host=broker.host,
                port=broker.port,
            ),
        )
        link = PahoLink(
            LinkSettings(
                host=broker.host,
                port=broker.port,
                client_id="gateway",
                subscriptions=gateway_subscriptions(),
                version=MqttVersion.V311,
            )
        )
        running = RunningGateway(
            self.data_dir, GatewaySettings(), link, SystemClock(), RecordingNotifier()
        )
        self.service = stack.enter_context(running).service
        assert self.service.wait_up(20)
        self.ledger = LedgerReader(self.data_dir.ledger)
        self.look = Organisation(name="Café", language=Language.EN, money_unit=MoneyUnit.CURRENCY)
        self._place = BenchPlace(
            folder=self.data_dir.path / "test-bench",
            gateway=PublicKey.from_cose_key(identity.public_key),
            card_key=read_card_key(self.data_dir),
            phone_key=open_phone_key(self.data_dir),
            broker_host=broker.host,
            broker_port=broker.port,
            currency=self.currency,
            baud=None,
            hurried=True,
        )

    @contextmanager
    def bench(self) -> Iterator[SimulatedBench]:
        """A bench, as the gateway opens one at its start."""
        with SimulatedBench(
            self._place,
            execute=self.service.administer,
            clock=SystemClock(),
            organisation=lambda: self.look,
        ) as bench:
            yield bench

    def points_of(self, token: str) -> int | None:
        """What the ledger says a card's owner has."""
        balance = self.ledger.balance_of_card(CardToken(bytes.fromhex(token)))
        return None if balance is None else balance.available


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop whose tills print euro."""
    with ExitStack() as stack:
        yield Shop(tmp_path, stack)


def until(counter: SimCounter, look: Callable[[], object], what: str) -> None:
    """Wait for something that the gateway and the agents do between them."""
    counter.wait(lambda: look() or None, what)


def test_a_tap_and_a_receipt_make_a_member(shop: Shop) -> None:
    """The new counter takes a card, prints, and the points arrive under the tray's own token."""
    with shop.bench() as bench:
        assert bench.counters("en") == ()
        bench.add_counter(FIRST, "main")
        (counter,) = bench.counters("en")
        assert (counter.terminal, counter.ready) == (FIRST, True)
        token = bench.tap(FIRST, "first")
        assert shop.points_of(token) is None
        number = bench.print_receipt(FIRST, COFFEE)
        until(bench.counter(FIRST), lambda: shop.points_of(token) == 4, "the points")
        assert number.isdigit()
        assert [one.branch for one in shop.ledger.terminals()] == ["main"]


def test_a_blocked_card_is_refused(shop: Shop) -> None:
    """Blocked by the token that the tap gave, the card's next receipt moves no points."""
    with shop.bench() as bench:
        bench.add_counter(FIRST, "main")
        counter = bench.counter(FIRST)
        token = bench.tap(FIRST, "blocked")
        bench.print_receipt(FIRST, COFFEE)
        until(counter, lambda: shop.points_of(token) == 4, "the points")
        assert shop.service.administer(SetCardBlocked(token=token, blocked=True)).ok
        counter.wait_view(lambda view: view.screen == "ready", "the till to be free")
        bench.tap(FIRST, "blocked")
        bench.print_receipt(FIRST, COFFEE)
        counter.wait_view(lambda view: view.reason == "card_blocked", "the refusal")
        assert shop.points_of(token) == 4


def test_counters_come_back_with_the_gateway(shop: Shop) -> None:
    """A counter that was added is there again, with its journal, and sells on."""
    with shop.bench() as bench:
        bench.add_counter(FIRST, "main")
        token = bench.tap(FIRST, "first")
        bench.print_receipt(FIRST, COFFEE)
        until(bench.counter(FIRST), lambda: shop.points_of(token) == 4, "the points")
    with shop.bench() as bench:
        bench.counter(FIRST).wait_ready()
        assert bench.tap(FIRST, "first") == token
        bench.print_receipt(FIRST, COFFEE)
        until(bench.counter(FIRST), lambda: shop.points_of(token) == 8, "more points")


def test_each_counter_has_its_page(shop: Shop) -> None:
    """The customer's page is served where the bench says, in the organisation's look."""
    with shop.bench() as bench:
        bench.add_counter(FIRST, "main")
        (counter,) = bench.counters("en")
        assert counter.display_address is not None
        with urllib.request.urlopen(counter.display_address, timeout=10) as page:  # noqa: S310 - our own
            assert page.status == 200
            assert "Café" in page.read().decode()


def test_the_display_speaks_the_readers_language(shop: Shop) -> None:
    """The same display is told in Persian to one reader and in English to another."""
    with shop.bench() as bench:
        bench.add_counter(FIRST, "main")
        bench.counter(FIRST).wait_view(lambda view: view.screen == "ready", "the welcome")
        said = {language: bench.counters(language)[0].lines[0] for language in ("fa", "en")}
    assert said["en"].startswith("Welcome")
    assert said["fa"].startswith("خوش آمدید")


def test_names_are_unique_and_known(shop: Shop) -> None:
    """A name that is taken, unfit or unknown is refused, and nothing of it stays behind."""
    real = SealedTerminal(TerminalId("till-1"), now_ms=SystemClock().unix_ms())
    command = AddTerminal(registration=real.registration.to_json(), branch="main")
    assert shop.service.administer(command).ok
    with shop.bench() as bench:
        with pytest.raises(BenchError, match="is a terminal already"):
            bench.add_counter(TerminalId("till-1"), "main")
        assert not (shop.data_dir.path / "test-bench" / "till-1").exists()
        bench.add_counter(FIRST, "main")
        with pytest.raises(BenchError, match="already"):
            bench.add_counter(FIRST, "main")
        for name, branch in (("Not A Name", "main"), ("../up", "main"), ("ok", "not ok")):
            with pytest.raises(BenchError):
                bench.add_counter(TerminalId(name), branch)
        with pytest.raises(BenchError, match="no simulated counter"):
            bench.tap(TerminalId("till-1"), "first")
        with pytest.raises(BenchError, match="no card"):
            bench.tap(FIRST, "ace of spades")
        assert [one.terminal for one in shop.service.administer(ListTerminals()).terminals] == [
            FIRST,
            "till-1",
        ]


def test_rials_are_printed_and_read(tmp_path: Path) -> None:
    """With a programme in rials the paper is Persian, and its points are right."""
    with ExitStack() as stack:
        shop = Shop(tmp_path, stack, "IRR")
        bench = stack.enter_context(shop.bench())
        bench.add_counter(FIRST, "main")
        token = bench.tap(FIRST, "written")
        bench.print_receipt(FIRST, (port.BenchItem(label="نان سنگک", amount_minor=250_000),))
        until(bench.counter(FIRST), lambda: shop.points_of(token) == 25, "the points")


def test_nothing_runs_on(shop: Shop) -> None:
    """Left, the bench leaves no thread of its counters behind."""
    before = set(threading.enumerate())
    with shop.bench() as bench:
        bench.add_counter(FIRST, "main")
        bench.add_counter(TerminalId("test-2"), "main")
        assert len(bench.counters("en")) == 2
    left = {thread.name for thread in set(threading.enumerate()) - before if thread.is_alive()}
    assert not {name for name in left if name.startswith(("agent-", "mohr-display"))}
