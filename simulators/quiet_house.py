"""A gateway without a broker: real keys, ledger, writer and office, fed by hand.

For tests of the pages and for furnished houses. It does not model the link, the lane or the
threads of ``gateway.service.runner``; what is delivered is applied at once, in the caller's thread.
"""

from __future__ import annotations

import itertools
import threading
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from gateway.clock import Clock
from gateway.config import GatewaySettings, WebSettings, load_settings
from gateway.config_programme import default_programme
from gateway.crypto.file_signer import FileSigner
from gateway.crypto.phone_card import PhoneCards
from gateway.errors import ConfigError
from gateway.ledger.queries import LedgerReader
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.model.ids import MemberId
from gateway.office.commands import AddTerminal, Command, Reply
from gateway.office.house import Door, FirstSteps, House
from gateway.office.passwords import DEFAULT_COST, HashCost
from gateway.office.store import OFFICE_FILE, OfficeStore
from gateway.office.test_bench import TestBench
from gateway.service.card_office import card_check
from gateway.service.core import GatewayCore
from gateway.service.data_dir import DataDir, open_phone_key, read_card_key
from gateway.service.messages import Step
from gateway.service.set_up import NewGateway, set_up
from gateway.service.told import CardOffice
from gateway.writer.settings import WriterSettings
from gateway.writer.writer import Writer
from mqtt.link import AckToken, Delivered
from mqtt.topics import topic_auth, topic_state, topic_tx
from simulators.sealed_terminal import SealedTerminal


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietOptions:
    """What a quiet house is made with.

    Attributes:
        organisation: its name.
        currency: ISO 4217 code of the first rules.
        web: how its pages would be served.
        test_bench: simulated counters, if it shall have any.
        password_cost: of the office's passwords; tests take a small one.
    """

    organisation: str = "Corner Café"
    currency: str = "EUR"
    web: WebSettings = field(default_factory=WebSettings)
    test_bench: TestBench | None = None
    password_cost: HashCost = DEFAULT_COST


class QuietHouse(Door):
    """Use as a context manager. Everything but ``execute`` belongs to one thread."""

    def __init__(self, folder: Path, clock: Clock, options: QuietOptions | None = None) -> None:
        """Make a gateway in ``folder``, or open the one that is there.

        Args:
            folder: the data directory, blank or made by an earlier house.
            clock: the time.
            options: see there.
        """
        self._options = options or QuietOptions()
        self._folder = folder
        self._clock = clock
        self._lock = threading.Lock()
        self._packets = itertools.count(1)
        self._stack = ExitStack()
        data_dir = DataDir(folder)
        if not data_dir.settings.exists():
            set_up(
                data_dir,
                NewGateway(
                    name=self._options.organisation,
                    identity="quiet",
                    programme=default_programme(self._options.currency),
                    host="127.0.0.1",
                    port=1,
                ),
            )
        self.store: Final = SqlLedgerStore(data_dir.ledger)
        self._stack.callback(self.store.close)
        ledger = LedgerReader(data_dir.ledger)
        self._members = itertools.count(ledger.counts().members + 1)
        card_key, phone_key = read_card_key(data_dir), open_phone_key(data_dir)
        writer = Writer(
            self.store,
            new_member_id=self._new_member_id,
            settings=WriterSettings(),
            check_card=card_check(CardOffice(), card_key, phone_key),
        )
        signer = FileSigner.load(data_dir.signing_key)
        self.core: Final = GatewayCore(self.store, writer, signer, card_key=card_key)
        self.office: Final = OfficeStore(
            folder / OFFICE_FILE, clock, cost=self._options.password_cost
        )
        settings: GatewaySettings = load_settings(folder)
        self._house = House(
            settings=settings.model_copy(update={"web": self._options.web}),
            data_dir=folder,
            ledger=ledger,
            office=self.office,
            execute=self.execute,
            hints=self.core.hints,
            clock=clock,
            phone_cards=PhoneCards(phone_key, card_key),
            test_bench=self._options.test_bench,
        )

    @property
    def house(self) -> House:
        """The house, which is always there."""
        return self._house

    @property
    def data_dir(self) -> Path:
        """The data directory."""
        return self._folder

    @property
    def clock(self) -> Clock:
        """The time."""
        return self._clock

    def set_up(self, steps: FirstSteps) -> House:
        """Refuse: it is set up.

        Raises:
            ConfigError: always.
        """
        raise ConfigError(f"{self._folder} is set up already; {steps.organisation} is not needed")

    def execute(self, command: Command) -> Reply:
        """Carry an administrator's command out; from any thread.

        Raises:
            MohrError: if it cannot be carried out.
        """
        with self._lock:
            reply, _ = self.core.administer(command, self._clock.unix_ms())
            return reply

    def add_terminal(self, terminal: SealedTerminal, branch: str) -> None:
        """Register a terminal as an administrator does."""
        registration = terminal.registration.to_json()
        self.execute(AddTerminal(registration=registration, branch=branch))

    def transact(self, terminal: SealedTerminal, *sealed: bytes) -> Step:
        """Deliver transactions of a terminal, all in one commit."""
        return self._deliver(topic_tx(terminal.name), *sealed)

    def ask(self, terminal: SealedTerminal, sealed: bytes) -> Step:
        """Deliver a request of a terminal."""
        return self._deliver(topic_auth(terminal.name), sealed)

    def hint(self, terminal: SealedTerminal, payload: bytes) -> Step:
        """Deliver what a terminal says about itself."""
        return self._deliver(topic_state(terminal.name), payload)

    def _deliver(self, topic: str, *payloads: bytes) -> Step:
        opened = [
            self.core.open(
                Delivered(
                    topic=topic,
                    payload=payload,
                    token=AckToken(generation=1, packet_id=next(self._packets)),
                )
            )
            for payload in payloads
        ]
        with self._lock:
            return self.core.apply(opened, self._clock.unix_ms())

    def _new_member_id(self) -> MemberId:
        return MemberId(f"{next(self._members):032x}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()
