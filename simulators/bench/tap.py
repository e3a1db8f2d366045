"""``mohr bench tap``: from a card and a receipt to "accepted", and to the gateway's result.

Everything is as in a shop (``simulators.process_shop``): the shipped agent and the shipped gateway
as processes, pcscd with a virtual reader, a pseudo-terminal for the till's line, Mosquitto with
mutual TLS on loopback, both databases with every sync. ``counter_visits`` defines what is measured.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

from simulators.bench.bare_tap import BareSales, bare_cards_ms
from simulators.bench.counter_visits import CounterVisits, Visit
from simulators.bench.figures import BenchResult, Figure
from simulators.bench.loaded import COMPANIONS, installed_with, loaded_by_agent
from simulators.bench.memory import Memory, memory_of
from simulators.bench.statistics import median, percentile
from simulators.bench.watched_agent import WatchedAgent
from simulators.process_setup import ShopOptions
from simulators.process_shop import ProcessShop

_VISITS: Final = 200
_VISITS_QUICK: Final = 6
_BARE: Final = 200
_BARE_QUICK: Final = 10
#: What a terminal with a PC/SC reader installs.
_EXTRAS: Final = ("terminal", "pcsc")

_MEANING: Final = (
    "tap_to_accepted, our own time: from the card's power-up by the driver to its screen, plus",
    "  from the receipt's last byte to its screen; one of them says 'accepted', after the sync",
    "tap_to_receipt: from whichever of the two came last to the gateway's result on the screen",
    "not in it: pcscd's looking for a card two or three times a second; in it: that the whole",
    "  receipt arrives at once, because a pseudo-terminal has no pace. Memory is in MiB",
)


def bench_tap(*, quick: bool) -> BenchResult:
    """Let customers come to one counter, one after the other, card first and paper first in turn.

    Args:
        quick: a few customers only.

    Returns:
        percentiles of what they waited for, the bare cost beside, and the agent's memory.
    """
    visits, bare = (_VISITS_QUICK, _BARE_QUICK) if quick else (_VISITS, _BARE)
    with tempfile.TemporaryDirectory(prefix="mohr-bench-") as name:
        folder = Path(name)
        with ProcessShop(folder, ShopOptions(tls=True, agent=False)) as shop:
            seen, agent, gateway = _visits(shop, visits)
            loaded = loaded_by_agent(shop.terminal_dir, folder / "imports.log")
            shop.gateway.stop()
            cards_ms = bare_cards_ms(shop.slot, bare)
            with BareSales(
                folder, port=shop.broker.port, certificates=folder / "broker"
            ) as exchange:
                sales_ms = [exchange.one_ms() for _ in range(bare)]
    surplus = sorted(loaded - installed_with("mohr", _EXTRAS) - COMPANIONS)
    return BenchResult(
        bench="tap",
        figures=(
            *_waits(seen),
            *_bare(seen, cards_ms, sales_ms),
            *_memory(agent, gateway, surplus),
        ),
        lines=(f"{visits} visits, half of them card first, half paper first", *_MEANING),
    )


def _visits(shop: ProcessShop, count: int) -> tuple[list[Visit], Memory, Memory]:
    with WatchedAgent(shop.terminal_dir, shop.folder / "agent.log") as agent:
        agent.wait_open(link=True)
        counter = CounterVisits(agent, shop.slot, shop.till)
        try:
            seen = [counter.one() for _ in range(count)]
        finally:
            counter.close()
        assert shop.gateway.pid is not None, "the shop's gateway runs"
        return seen, memory_of(agent.pid), memory_of(shop.gateway.pid)


def _waits(seen: list[Visit]) -> tuple[Figure, ...]:
    accepted = [visit.to_accepted_ms for visit in seen]
    receipt = [visit.to_receipt_ms for visit in seen]
    card = [visit.card_ms for visit in seen]
    return (
        Figure("tap_to_accepted_ms_p50", median(accepted)),
        Figure("tap_to_accepted_ms_p99", percentile(accepted, 99)),
        Figure("tap_to_receipt_ms_p50", median(receipt)),
        Figure("tap_to_receipt_ms_p99", percentile(receipt, 99)),
        Figure("card_to_screen_ms_p50", median(card), "either order"),
        Figure(
            "paper_to_accepted_ms_p50",
            median([visit.paper_ms for visit in seen[::2]]),
            "card first",
        ),
    )


def _bare(seen: list[Visit], cards_ms: list[float], sales_ms: list[float]) -> tuple[Figure, ...]:
    # Card first: what the card cost was over before the clock of the receipt began.
    ours_ms = median([visit.to_receipt_ms for visit in seen[::2]])
    return (
        Figure("raw_card_ms_p50", median(cards_ms), "connect, read the UID, let go"),
        Figure(
            "raw_to_receipt_ms_p50",
            median(sales_ms),
            "sign, append, publish, verify, append, sign, publish",
        ),
        Figure(
            "tap_to_receipt_over_raw_ratio", ours_ms / median(sales_ms), "card first, at the median"
        ),
    )


def _memory(agent: Memory, gateway: Memory, surplus: list[str]) -> tuple[Figure, ...]:
    extras = ",".join(_EXTRAS)
    note = (
        f"loaded nothing that mohr[{extras}] does not install"
        if not surplus
        else f"TOO MUCH: it loaded {', '.join(surplus)}, which mohr[{extras}] does not install"
    )
    return (
        Figure("agent_rss_mb", agent.rss_mib, note),
        Figure("agent_rss_peak_mb", agent.peak_mib),
        Figure("agent_surplus_distributions", len(surplus), "loaded beyond the terminal's extras"),
        Figure("gateway_rss_mb", gateway.rss_mib, "of this one shop's gateway"),
    )
