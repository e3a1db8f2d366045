"""How long a gateway takes to be ready that has many members and many terminals."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gateway.office.commands import GetStats, Stats
from gateway.service.admin_socket import ask
from gateway.service.data_dir import DataDir
from mqtt.link import Delivered
from mqtt.topics import ROOT, Leaf, topic_tx
from simulators.bench.big_ledger import BigLedger, make_big_ledger
from simulators.bench.memory import memory_of
from simulators.bench.watched_process import WatchedProcess
from simulators.link_bench import MosquittoBench, Peer
from simulators.process_setup import PROGRAMME, make_gateway
from simulators.sealed_terminal import sale_key

_NS_PER_S: Final = 1e9
_READY: Final = "mohr gateway: ready"
_CONFIGURATIONS: Final = f"{ROOT}/+/+/{Leaf.CFG}"


@dataclass(slots=True, kw_only=True)
class GatewayStarts:
    """What the starts of one gateway took, in seconds from the start of the process.

    Attributes:
        made_s: how long it took to make the ledger.
        ledger_bytes: the size of the ledger's file.
        orderly_s: until it takes and answers messages, after an orderly end.
        unclean_s: the same after a kill in the middle of work, with a log left to recover.
        answered_s: until its administration socket answered, whatever the end before.
        configured_s: until every terminal's configuration has reached a client of the broker.
        rss_mib: of a gateway that is ready.
    """

    made_s: float = 0.0
    ledger_bytes: int = 0
    orderly_s: list[float] = field(default_factory=list)
    unclean_s: list[float] = field(default_factory=list)
    answered_s: list[float] = field(default_factory=list)
    configured_s: list[float] = field(default_factory=list)
    rss_mib: float = 0.0


class _House:
    """A broker on loopback with a client that watches, and a gateway's directory."""

    def __init__(self, folder: Path, *, members: int, terminals: int) -> None:
        self._links = MosquittoBench(folder / "broker")
        self._log = folder / "gateway.log"
        self._numbers = itertools.count(10**9)
        rules = folder / "rules.toml"
        rules.write_text(PROGRAMME, encoding="utf-8")
        self.data_dir = DataDir(folder / "gateway")
        make_gateway(self.data_dir.path, rules, self._links.port, pages=True)
        self.ledger: BigLedger = make_big_ledger(
            self.data_dir.ledger, members=members, terminals=terminals
        )
        self.peer = self._links.peer("watcher", _CONFIGURATIONS, receive_max=terminals)

    def close(self) -> None:
        """Stop the client and the broker."""
        self._links.close()

    def start(self) -> WatchedProcess:
        """Start the gateway."""
        return WatchedProcess(("gateway", "run", "--dir", str(self.data_dir.path)), self._log)

    def stats(self) -> Stats | None:
        """What the gateway has counted; None while nobody answers."""
        reply = ask(self.data_dir.socket, GetStats())
        return None if reply is None else reply.stats

    def work(self, gateway: WatchedProcess, sales: int) -> None:
        """Let terminals sell, and wait until most of it is in the ledger."""
        boxes, members = self.ledger.terminals, self.ledger.members
        for number in range(sales):
            box = boxes[number % len(boxes)]
            card = self.ledger.card(number * 7919 % members)
            sealed = box.earn(card, sale_key(next(self._numbers)), 2_500)
            self._links.publish(self.peer, topic_tx(box.name), sealed)
        gateway.wait_for(lambda: self._posted(sales * 9 // 10), "the sales to be posted")

    def _posted(self, wanted: int) -> Stats | None:
        stats = self.stats()
        return stats if stats is not None and stats.journalled >= wanted else None


def measure_gateway_starts(
    folder: Path, *, members: int, terminals: int, starts: int, sales: int
) -> GatewayStarts:
    """Start a gateway again and again.

    Args:
        folder: an empty folder.
        members: in its ledger, each with a past.
        terminals: registered, none of them there.
        starts: how many starts of each kind.
        sales: so many are posted before each kill.
    """
    found = GatewayStarts()
    began_s = time.perf_counter()
    house = _House(folder, members=members, terminals=terminals)
    found.made_s = time.perf_counter() - began_s
    found.ledger_bytes = house.data_dir.ledger.stat().st_size
    try:
        for _ in range(starts):
            with _measured(house, found, found.orderly_s) as gateway:
                found.rss_mib = memory_of(gateway.pid).rss_mib
        for number in range(starts + 1):
            # The first of these still follows an orderly end.
            into = found.unclean_s if number else found.orderly_s
            with _measured(house, found, into) as gateway:
                house.work(gateway, sales)
                gateway.kill()
    finally:
        house.close()
    return found


def _measured(house: _House, found: GatewayStarts, into: list[float]) -> WatchedProcess:
    """Start the gateway and take its times; it goes on running."""
    house.peer.events.clear()
    gateway = house.start()
    answered_ns, _ = gateway.wait_for(house.stats, "the administration socket")
    ready_ns = gateway.wait_line(_READY, since_ns=gateway.began_ns)
    configured_ns, _ = gateway.wait_for(
        _counted(house.peer, len(house.ledger.terminals)), "every configuration"
    )
    for at_ns, seconds in (
        (answered_ns, found.answered_s),
        (ready_ns, into),
        (configured_ns, found.configured_s),
    ):
        seconds.append((at_ns - gateway.began_ns) / _NS_PER_S)
    return gateway


def _counted(peer: Peer, terminals: int) -> Callable[[], int | None]:
    """Look whether so many configurations came that were not kept from an earlier start."""

    def look() -> int | None:
        fresh = sum(not one.retained for one in peer.of(Delivered))
        return fresh if fresh >= terminals else None

    return look
