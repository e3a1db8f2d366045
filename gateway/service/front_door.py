"""The door between the web and a gateway: opens one that is set up, or sets one up and opens it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from importlib.metadata import entry_points
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from gateway.clock import Clock
from gateway.config import SETTINGS_FILE, GatewaySettings, load_settings
from gateway.crypto.phone_card import PhoneCards
from gateway.crypto.public_key import PublicKey
from gateway.crypto.registration import GatewayIdentity
from gateway.errors import ConfigError
from gateway.ledger.queries import LedgerReader
from gateway.notifier import Notifier
from gateway.office.acquaintance import OfficeAcquaintance
from gateway.office.house import Door, FirstSteps, House
from gateway.office.reaching import OfficePhones
from gateway.office.store import OFFICE_FILE, OfficeStore
from gateway.office.test_bench import TestBench
from gateway.service.assembly import RunningGateway
from gateway.service.broker_link import link_settings
from gateway.service.data_dir import DataDir, open_phone_key, read_card_key
from gateway.service.greeting import KnownPeople
from gateway.service.set_up import NewGateway, set_up
from mqtt.embedded import LOOPBACK, EmbeddedBroker
from mqtt.paho_link import PahoLink

TEST_BENCH_GROUP: Final = "mohr.test_bench"


class GatewayDoor(Door):
    """Holds at most one running gateway. Use as a context manager; leaving stops it."""

    def __init__(
        self,
        directory: Path,
        clock: Clock,
        notifier: Notifier,
        overrides: Mapping[str, str | int] | None = None,
    ) -> None:
        """Look at a directory; nothing runs before the context is entered.

        Args:
            directory: the data directory, set up or blank.
            clock: the time.
            notifier: whom to tell.
            overrides: broker settings that the command line gives.
        """
        self._directory = directory
        self._clock = clock
        self._notifier = notifier
        self._overrides = dict(overrides or {})
        self._stack = ExitStack()
        self._lock = threading.Lock()
        self._house: House | None = None
        self._running: RunningGateway | None = None

    @property
    def house(self) -> House | None:
        """The running gateway; None before it is set up."""
        return self._house

    @property
    def data_dir(self) -> Path:
        """The data directory, which may still be empty."""
        return self._directory

    @property
    def clock(self) -> Clock:
        """The time."""
        return self._clock

    @property
    def running(self) -> RunningGateway | None:
        """What runs, to wait on; None before it is set up."""
        return self._running

    def set_up(self, steps: FirstSteps) -> House:
        """Make a gateway in the empty directory and start it.

        Raises:
            ConfigError: if there is one already, or it cannot be made.
            MohrError: if it was made and does not start.
        """
        with self._lock:
            if self._house is None and not (self._directory / SETTINGS_FILE).exists():
                set_up(DataDir(self._directory), _new_gateway(steps))
            return self._open()

    def __enter__(self) -> Self:
        if (self._directory / SETTINGS_FILE).exists():
            with self._lock:
                self._open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def _open(self) -> House:
        if self._house is not None:
            return self._house
        settings = load_settings(self._directory)
        broker = settings.broker.model_copy(update=self._overrides)
        settings = settings.model_copy(update={"broker": broker})
        data_dir = DataDir(self._directory)
        with ExitStack() as stack:
            if broker.embedded:
                embedded = EmbeddedBroker(port=broker.port)
                embedded.start()
                stack.callback(embedded.stop)
            office = OfficeStore(self._directory / OFFICE_FILE, self._clock)
            link = PahoLink(link_settings(broker, settings.limits.in_flight))
            running = stack.enter_context(
                RunningGateway(
                    data_dir,
                    settings,
                    link,
                    self._clock,
                    self._notifier,
                    people=KnownPeople(
                        greet=office.people.greeting,
                        acquaintance=OfficeAcquaintance(office.people),
                        phone_of=OfficePhones(office.people).phone_of,
                        organisation=office.organisation.read,
                    ),
                )
            )
            ledger = LedgerReader(data_dir.ledger_place(settings))
            bench = None
            if settings.test_mode:
                bench = stack.enter_context(self._test_bench(settings, ledger, office, running))
            house = House(
                settings=settings,
                data_dir=self._directory,
                ledger=ledger,
                office=office,
                execute=running.service.administer,
                hints=running.service.hints,
                clock=self._clock,
                phone_cards=PhoneCards(open_phone_key(data_dir), read_card_key(data_dir)),
                test_bench=bench,
            )
            self._stack.push(stack.pop_all())
        self._running, self._house = running, house
        return house

    def _test_bench(
        self,
        settings: GatewaySettings,
        ledger: LedgerReader,
        office: OfficeStore,
        running: RunningGateway,
    ) -> AbstractContextManager[TestBench]:
        """Find the simulators, which nothing of ours imports: they plug in by entry point."""
        found = tuple(entry_points(group=TEST_BENCH_GROUP))
        if not found:
            raise ConfigError(
                "test_mode needs the simulators, which this installation leaves out: install the"
                " whole of mohr, or take test_mode out of the settings"
            )
        data_dir = DataDir(self._directory)
        try:
            identity = GatewayIdentity.from_json(data_dir.identity.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{data_dir.identity} cannot be read: {error}") from error
        with ledger.batch() as batch:
            currency = batch.programmes()[-1].currency
        opened: AbstractContextManager[TestBench] = found[0].load()(
            folder=self._directory / "test-bench",
            gateway=PublicKey.from_cose_key(identity.public_key),
            card_key=read_card_key(data_dir),
            phone_key=open_phone_key(data_dir),
            broker=(settings.broker.host, settings.broker.port),
            currency=currency,
            execute=running.service.administer,
            clock=self._clock,
            organisation=office.organisation.read,
        )
        return opened


def _new_gateway(steps: FirstSteps) -> NewGateway:
    other = {"fa": "en", "en": "fa"}[steps.language]
    embedded = steps.broker_host is None
    port = steps.broker_port
    if embedded and (port == 0 or not _is_free(port)):
        # Most likely a Mosquitto that serves somebody else: the built-in broker makes way.
        port = _free_port()
    return NewGateway(
        name=steps.organisation,
        identity=steps.identity,
        programme=steps.programme,
        host=steps.broker_host or LOOPBACK,
        port=port,
        languages=(steps.language, other),
        embedded=embedded,
        test_mode=steps.test_mode,
    )


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As a server would: what lingers of a connection long closed is no hindrance.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
