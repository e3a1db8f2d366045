"""What the web is given: the read side, the way to the writer, and the clock. Nothing else.

``mohr gateway run`` fills it in; pages and the HTTP API never see the service, the broker or a
device. Where a gateway is not set up yet there is a door and no house behind it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from gateway.clock import Clock
from gateway.config import GatewaySettings
from gateway.crypto.phone_card import PhoneCards
from gateway.ledger.queries import LedgerReader
from gateway.model.ids import BranchId, TerminalId
from gateway.model.programme import Programme
from gateway.office.commands import Command, Reply
from gateway.office.store import OfficeStore
from gateway.office.terminal_hint import TerminalHint
from gateway.office.test_bench import TestBench


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A gateway that runs, as the people at its desk see it.

    Attributes:
        settings: what it was told.
        data_dir: its data directory; the office's own files are there.
        ledger: the ledger's read side.
        office: accounts, sessions, profiles, the trail: what people at the desk keep.
        execute: has the one writer carry a command out, and waits for its reply; raises MohrError
            where that cannot be done. May be called from any thread.
        hints: the last thing each terminal said about itself. May be called from any thread.
        clock: the time.
        phone_cards: cards that live on members' phones.
        test_bench: simulated counters, where the gateway is in test mode; otherwise None.
    """

    settings: GatewaySettings
    data_dir: Path
    ledger: LedgerReader
    office: OfficeStore
    execute: Callable[[Command], Reply]
    hints: Callable[[], Mapping[TerminalId, TerminalHint]]
    clock: Clock
    phone_cards: PhoneCards
    test_bench: TestBench | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstSteps:
    """What a new gateway is told by whoever sets it up in the browser.

    Attributes:
        organisation: its name as people read it.
        identity: the machine name by which terminals know it.
        programme: the first version of the rules.
        language: of pages by default, ``fa`` or ``en``.
        broker_host: where the broker is; None for the one built in, on loopback.
        broker_port: its TCP port; of the one built in, 0 or a port that is taken means a free one.
        test_mode: whether simulated counters may be used.
        branch: the first shop.
    """

    organisation: str
    identity: str
    programme: Programme
    language: str
    broker_host: str | None
    broker_port: int
    test_mode: bool
    branch: BranchId


class Door(ABC):
    """Where the web finds its house, or has one built."""

    @property
    @abstractmethod
    def house(self) -> House | None:
        """The running gateway; None before it is set up."""

    @property
    @abstractmethod
    def data_dir(self) -> Path:
        """The data directory, which may still be empty."""

    @property
    @abstractmethod
    def clock(self) -> Clock:
        """The time, with or without a house."""

    @abstractmethod
    def set_up(self, steps: FirstSteps) -> House:
        """Make a gateway in the empty data directory and start it.

        Raises:
            MohrError: if it cannot be made or started; says what to do.
        """


class WebFront(AbstractContextManager["WebFront"], ABC):
    """The web server as ``mohr gateway run`` holds it; leaving its context stops it."""

    @property
    @abstractmethod
    def address(self) -> str:
        """Where a browser on this machine finds it, such as ``http://127.0.0.1:8080``."""

    @property
    @abstractmethod
    def setup_address(self) -> str | None:
        """The address with the one-time code for the first run; None once there is an owner."""
