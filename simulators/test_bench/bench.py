"""All simulated counters of one gateway, behind the port that the pages know."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import structlog

from gateway.clock import Clock
from gateway.crypto.phone_card import PhoneCards
from gateway.crypto.public_key import PublicKey
from gateway.durable import write_durably
from gateway.errors import MohrError
from gateway.formatting.numbers import Language
from gateway.model.checks import check_name
from gateway.model.ids import TerminalId
from gateway.model.money import Currency
from gateway.office.commands import AddTerminal, Command, ListTerminals, Reply
from gateway.office.organisation import Organisation
from gateway.office.test_bench import BenchCard, BenchCounter, BenchItem, TestBench
from simulators.cards.named_tray import NamedTray
from simulators.receipts import render_receipt
from simulators.test_bench.cards import deal, tray
from simulators.test_bench.counter import CounterPlace, SimCounter
from simulators.test_bench.errors import BenchError
from simulators.test_bench.paper import make_receipt, receipt_number, till_kind
from terminal_agent.customer_display.brand import Brand
from terminal_agent.customer_display.page import PageSettings
from terminal_agent.identity import (
    IDENTITY_DIRECTORY,
    TerminalIdentity,
    create_identity,
    load_identity,
)
from terminal_agent.texts.catalogue import load_texts
from terminal_agent.texts.words import words_of

#: Each is an agent with three threads; a tray that taps more at once helps nobody.
COUNTERS_MAX: Final = 8
#: A longer name has no room on the customer's page.
BRAND_CHARACTERS_MAX: Final = 40
_BRANCH_FILE: Final = "branch"
#: Where the test cards are kept; no terminal has such a name.
_CARDS_FOLDER: Final = "_cards"

_log = structlog.get_logger("mohr.test_bench")


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchPlace:
    """Where a bench stands.

    Attributes:
        folder: of all its counters; each has a folder of its own in it.
        gateway: the gateway's key, pinned by every counter.
        card_key: names the cards of the tray.
        phone_key: draws the codes of its phones.
        broker_host: where the broker is.
        broker_port: its TCP port.
        currency: what the tills print in.
        baud: pace of their lines, None for as fast as they go.
        hurried: whether their people do not pause; see ``CounterPlace``.
        with_pages: whether each has its customer's page.
    """

    folder: Path
    gateway: PublicKey
    card_key: bytes
    phone_key: bytes
    broker_host: str
    broker_port: int
    currency: Currency
    baud: int | None
    hurried: bool = False
    with_pages: bool = True


@dataclass(slots=True)
class _Stand:
    """A counter, and what its till printed last. One tap or receipt at a time."""

    counter: SimCounter
    last_number: int = 0
    busy: threading.Lock = field(default_factory=threading.Lock)


class SimulatedBench(TestBench, AbstractContextManager["SimulatedBench"]):
    """Simulated counters, started when it is entered and stopped when it is left."""

    def __init__(
        self,
        place: BenchPlace,
        *,
        execute: Callable[[Command], Reply],
        clock: Clock,
        organisation: Callable[[], Organisation],
    ) -> None:
        """Prepare; nothing runs yet. The arguments are those of ``open_test_bench``."""
        self._place = place
        self._execute = execute
        self._clock = clock
        self._organisation = organisation
        self._lock = threading.Lock()
        self._stands: dict[TerminalId, _Stand] = {}
        phones = PhoneCards(place.phone_key, place.card_key)
        self._named = NamedTray(clock, place.folder / _CARDS_FOLDER, phones=phones)
        self._dealing = threading.Lock()

    def __enter__(self) -> Self:
        for folder in self._known_folders():
            try:
                self._start_known(folder)
            except MohrError as error:
                # The shop's real terminals must not wait for a simulated one.
                _log.error("a simulated counter does not start", folder=folder.name, why=str(error))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            stands = tuple(self._stands.values())
            self._stands.clear()
        for stand in stands:
            stand.counter.stop()

    def cards(self) -> Sequence[BenchCard]:
        """See ``TestBench``."""
        return tray()

    def counters(self, language: str) -> Sequence[BenchCounter]:
        """See ``TestBench``."""
        with self._lock:
            stands = dict(self._stands)
        texts, unit = load_texts(Language(language)), self._organisation().money_unit
        return tuple(
            BenchCounter(
                terminal=terminal,
                display_address=stand.counter.page_address,
                lines=() if view is None else words_of(view, texts, unit),
                ready=_is_ready(stand.counter),
            )
            for terminal, stand in sorted(stands.items())
            for view in (stand.counter.view,)
        )

    def counter(self, terminal: TerminalId) -> SimCounter:
        """The counter of a name, for whoever plays its people.

        Raises:
            BenchError: if there is none.
        """
        return self._stand(terminal).counter

    def add_counter(self, terminal: TerminalId, branch: str) -> None:
        """See ``TestBench``. Returns once it has its configuration.

        One that was added and did not start is started again.
        """
        try:
            check_name("terminal", terminal)
            check_name("branch", branch)
        except ValueError as error:
            raise BenchError(str(error)) from error
        till_kind(self._place.currency)
        with self._lock:
            if terminal in self._stands:
                raise BenchError(f"there is a simulated counter {terminal} already")
            if len(self._stands) >= COUNTERS_MAX:
                raise BenchError(f"there are {COUNTERS_MAX} simulated counters; that is the most")
            counter = self._make(terminal, branch)
            self._stands[terminal] = _Stand(counter)
        try:
            counter.start()
            counter.wait_ready()
        except MohrError:
            with self._lock:
                self._stands.pop(terminal, None)
            counter.stop()
            raise

    def tap(self, terminal: TerminalId, card: str) -> str:
        """See ``TestBench``."""
        stand = self._stand(terminal)
        # A card is in one hand at a time: two counters must not read one file at once.
        with self._dealing, stand.busy:
            dealt = deal(card, self._named)
            if dealt is None:
                raise BenchError(f"there is no card {card!r} in the tray")
            for _ in range(dealt.taps):
                stand.counter.tap(dealt.card)
        return dealt.token(self._place.card_key)

    def print_receipt(self, terminal: TerminalId, items: Sequence[BenchItem]) -> str:
        """See ``TestBench``."""
        stand = self._stand(terminal)
        with stand.busy:
            unix_ms = self._clock.unix_ms()
            number = receipt_number(unix_ms, stand.last_number)
            receipt = make_receipt(items, self._place.currency, number, unix_ms)
            stand.last_number = number
            stand.counter.print(render_receipt(receipt))
        return receipt.receipt_number

    def _stand(self, terminal: TerminalId) -> _Stand:
        with self._lock:
            stand = self._stands.get(terminal)
        if stand is None:
            raise BenchError(f"there is no simulated counter {terminal}")
        return stand

    def _known_folders(self) -> list[Path]:
        if not self._place.folder.is_dir():
            return []
        return sorted(
            folder
            for folder in self._place.folder.iterdir()
            if (folder / IDENTITY_DIRECTORY).is_dir() and (folder / _BRANCH_FILE).is_file()
        )

    def _start_known(self, folder: Path) -> None:
        identity = load_identity(folder)
        counter = self._introduce(folder, identity, _read_branch(folder))
        self._stands[identity.terminal] = _Stand(counter)
        counter.start()

    def _make(self, terminal: TerminalId, branch: str) -> SimCounter:
        folder = self._place.folder / terminal
        if (folder / IDENTITY_DIRECTORY).is_dir():
            identity = load_identity(folder)
            return self._introduce(folder, identity, _read_branch(folder))
        if any(line.terminal == terminal for line in self._execute(ListTerminals()).terminals):
            raise BenchError(f"{terminal} is a terminal already, and no simulated one")
        identity = create_identity(folder, terminal)
        # From here on the folder stays: where it is not known whether the registration came
        # through, the next attempt repeats it with the same keys, and the name is not lost.
        try:
            write_durably(folder / _BRANCH_FILE, branch.encode())
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise BenchError(f"{folder} cannot be written: {error}") from error
        return self._introduce(folder, identity, branch)

    def _introduce(self, folder: Path, identity: TerminalIdentity, branch: str) -> SimCounter:
        """Register the counter, again if need be: a registration that is known changes nothing."""
        reply = self._execute(
            AddTerminal(registration=identity.registration.to_json(), branch=branch)
        )
        if not reply.ok:
            raise BenchError(reply.text)
        place = CounterPlace(
            folder=folder,
            identity=identity,
            gateway=self._place.gateway,
            broker_host=self._place.broker_host,
            broker_port=self._place.broker_port,
            profile=till_kind(self._place.currency).profile,
            baud=self._place.baud,
            hurried=self._place.hurried,
            page=self._page_settings() if self._place.with_pages else None,
        )
        try:
            return SimCounter(place, self._clock)
        except OSError as error:
            raise BenchError(f"{identity.terminal}: no line for its till: {error}") from error

    def _page_settings(self) -> PageSettings:
        """The customer's page in the organisation's look, as it is when the counter starts."""
        look = self._organisation()
        return PageSettings(
            port=0,
            texts=load_texts(look.language),
            unit=look.money_unit,
            brand=Brand(name=look.name[:BRAND_CHARACTERS_MAX], colour=look.colour),
        )


def _read_branch(folder: Path) -> str:
    try:
        return (folder / _BRANCH_FILE).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise BenchError(f"{folder / _BRANCH_FILE} cannot be read: {error}") from error


def _is_ready(counter: SimCounter) -> bool:
    try:
        return counter.ready
    except MohrError as error:
        _log.info("a simulated counter does not answer", counter=counter.name, why=str(error))
        return False
