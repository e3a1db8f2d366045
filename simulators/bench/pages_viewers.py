"""What forty people who watch the live page cost a gateway that is busy."""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from gateway.office.account import Account
from gateway.office.accounts import Profile
from gateway.office.roles import Role
from gateway.office.store import OFFICE_FILE, OfficeStore
from gateway.system_clock import SystemClock
from simulators.bench.loaded_gateway import LoadBench, load_bench
from simulators.bench.pages_client import PageClient, PageError
from simulators.bench.pages_house import LOGIN, PASSWORD
from simulators.bench.sealed_load import SealedLoad, sealed_load

STREAM: Final = "/live/stream"
_READ_BYTES: Final = 1 << 16
_LOOK_S: Final = 0.2
_CONNECT_S: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewersPlan:
    """How much is sold while how many watch.

    Attributes:
        members: customers with a past.
        terminals: of which each sells...
        per_terminal: ...so much in each of the runs.
        viewers: how many watch.
        window: sales that may be unanswered at once.
        pairs: how often the gateway is measured both ways.
    """

    members: int
    terminals: int
    per_terminal: int
    viewers: int
    window: int
    pairs: int


FULL: Final = ViewersPlan(
    members=30_000, terminals=300, per_terminal=60, viewers=40, window=2_000, pairs=2
)
QUICK: Final = ViewersPlan(
    members=500, terminals=50, per_terminal=12, viewers=40, window=200, pairs=1
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewersCost:
    """What was measured.

    Attributes:
        alone_per_s: sales a second while nobody watches.
        watched_per_s: sales a second while all do.
        heard_bytes: what the viewers were sent.
    """

    alone_per_s: float
    watched_per_s: float
    heard_bytes: int

    @property
    def percent(self) -> float:
        """How much slower the gateway is; below zero where chance made it faster."""
        return (1 - self.watched_per_s / self.alone_per_s) * 100


def measure_viewers(plan: ViewersPlan) -> ViewersCost:
    """Sell the same with nobody watching, and with everybody; in turn, ending with nobody.

    Raises:
        LoadError: if a sale was refused or not answered.
        PageError: if a viewer was sent nothing.
    """
    heard = 0
    took_s: dict[bool, list[float]] = {False: [], True: []}
    with load_bench(members=plan.members, terminals=plan.terminals) as bench:
        _add_account(bench)
        for number in range(2 * plan.pairs + 1):
            watched = number % 2 == 1
            load = _load(bench, plan, number)
            viewers = Viewers(plan.viewers) if watched else None
            run = bench.run_gateway(
                load,
                window=plan.window,
                beside=viewers.watching if viewers else lambda _: nullcontext(),
            )
            took_s[watched].append(run.sent.seconds / load.transactions)
            if viewers is not None:
                heard += viewers.heard_bytes
    return ViewersCost(
        alone_per_s=len(took_s[False]) / sum(took_s[False]),
        watched_per_s=len(took_s[True]) / sum(took_s[True]),
        heard_bytes=heard,
    )


class Viewers:
    """Browsers on the live page, of one person, that read all they are sent and show nothing.

    Args:
        count: how many.

    Attributes:
        heard_bytes: what came, all together.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._stopping = threading.Event()
        self.heard_bytes = 0

    @contextmanager
    def watching(self, address: str) -> Iterator[None]:
        """Watch the pages at an address.

        Raises:
            PageError: if a viewer is not let in, or all of them were sent nothing.
        """
        with PageClient(address) as client:
            client.log_in(LOGIN, PASSWORD)
            cookie = client.cookie
        with ExitStack() as stack, selectors.DefaultSelector() as selector:
            for _ in range(self._count):
                connection = stack.enter_context(_open_stream(address, cookie))
                selector.register(connection, selectors.EVENT_READ)
            thread = threading.Thread(target=self._read, args=(selector,), name="viewers")
            thread.start()
            try:
                yield
            finally:
                self._stopping.set()
                thread.join()
        if not self.heard_bytes:
            raise PageError("nobody who watched was sent anything")

    def _read(self, selector: selectors.BaseSelector) -> None:
        while not self._stopping.is_set():
            for key, _ in selector.select(_LOOK_S):
                connection = key.fileobj
                assert isinstance(connection, socket.socket), "nothing else was registered"
                data = connection.recv(_READ_BYTES)
                self.heard_bytes += len(data)
                if not data:
                    selector.unregister(connection)


def _open_stream(address: str, cookie: str) -> socket.socket:
    place = urlsplit(address)
    assert place.hostname is not None
    assert place.port is not None
    connection = socket.create_connection((place.hostname, place.port), timeout=_CONNECT_S)
    connection.sendall(
        f"GET {STREAM} HTTP/1.1\r\nHost: {place.netloc}\r\nCookie: {cookie}\r\n"
        "Accept: text/event-stream\r\n\r\n".encode()
    )
    head = connection.recv(_READ_BYTES)
    if not head.startswith(b"HTTP/1.1 200"):
        connection.close()
        raise PageError(f"a viewer was not let in: {head[:200]!r}")
    return connection


def _add_account(bench: LoadBench) -> None:
    office = OfficeStore(bench.data_dir / OFFICE_FILE, SystemClock())
    owner = Profile(display_name="Bench", role=Role.OWNER)
    made = office.accounts.add(LOGIN, owner, PASSWORD, language="fa", must_change_password=False)
    if not isinstance(made, Account):
        raise PageError(f"the account was not taken: {made}")


def _load(bench: LoadBench, plan: ViewersPlan, number: int) -> SealedLoad:
    return sealed_load(bench.ledger, per_terminal=plan.per_terminal, batch=1, seed=number)
