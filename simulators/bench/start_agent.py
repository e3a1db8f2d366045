"""How long an agent takes to be ready whose journal holds much that the gateway has not seen."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.system_clock import SystemClock
from simulators.backlog import accept_sales
from simulators.bench.memory import memory_of
from simulators.bench.watched_agent import WatchedAgent
from simulators.process_setup import ShopOptions
from simulators.process_shop import ProcessShop
from terminal_agent.identity import load_identity

_NS_PER_S: Final = 1e9
_CARDS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentStarts:
    """What the starts of one agent took.

    Attributes:
        pending: transactions in its journal, none of them settled.
        made_s: how long it took to accept them.
        orderly_s: starts after an orderly end.
        unclean_s: starts after a kill.
        rss_mib: of an agent that has just become ready.
    """

    pending: int
    made_s: float
    orderly_s: tuple[float, ...]
    unclean_s: tuple[float, ...]
    rss_mib: float


def measure_agent_starts(folder: Path, *, pending: int, starts: int) -> AgentStarts:
    """Start an agent again and again.

    It counts from the start of the process until the control socket says that reader and till are
    there and rules are in force: from then on a card is answered and a sale accepted. The broker is
    there and the gateway is not, so that nothing is settled meanwhile.

    Args:
        folder: an empty folder.
        pending: how many transactions its journal is to hold.
        starts: how many starts of each kind.
    """
    with ProcessShop(folder, ShopOptions(agent=False)) as shop:
        log = folder / "agent.log"
        with WatchedAgent(shop.terminal_dir, log) as agent:
            # The first run gets its rules from the gateway.
            agent.wait_open(link=True)
        shop.gateway.stop()
        signer = load_identity(shop.terminal_dir).signer
        began_s = time.perf_counter()
        with shop.journal() as journal:
            accept_sales(journal, signer, SystemClock(), count=pending, cards=_CARDS)
        made_s = time.perf_counter() - began_s
        orderly_s, unclean_s, rss_mib = [], [], 0.0
        for _ in range(starts):
            with WatchedAgent(shop.terminal_dir, log) as agent:
                orderly_s.append((agent.wait_open(link=False) - agent.began_ns) / _NS_PER_S)
                rss_mib = memory_of(agent.pid).rss_mib
        for number in range(starts + 1):
            with WatchedAgent(shop.terminal_dir, log) as agent:
                took_s = (agent.wait_open(link=False) - agent.began_ns) / _NS_PER_S
                # The first of these still follows an orderly end.
                if number:
                    unclean_s.append(took_s)
                agent.kill()
    return AgentStarts(
        pending=pending,
        made_s=made_s,
        orderly_s=tuple(orderly_s),
        unclean_s=tuple(unclean_s),
        rss_mib=rss_mib,
    )
