"""``mohr bench pages``: how long the pages take in a large house, and what they weigh.

The pages are served by a process of their own, by the shipped web server, and asked for one after
the other over a connection that stays open, each time for another member, name or place.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from simulators.bench import pages_house, pages_viewers
from simulators.bench.figures import BenchResult, Figure, rounded
from simulators.bench.pages_client import Answer, PageClient, PageError
from simulators.bench.pages_house import LOGIN, PASSWORD, BigHouse, HouseSize, make_big_house
from simulators.bench.pages_plan import PageAsked, pages_to_ask
from simulators.bench.pages_weight import first_load_bytes
from simulators.bench.statistics import percentile

#: A server that has just started counts what the overview shows while it is asked for it.
_WARM_UP: Final = 15
_WARM_UP_QUICK: Final = 3
_ASKED: Final = 60
_ASKED_QUICK: Final = 8
_PACKED: Final = {"Accept-Encoding": "gzip", "Accept-Language": "fa"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PageCost:
    """What one page took.

    Attributes:
        p95_ms: from the first byte asked to the last received.
        cold_ms: the slowest of the first answers, before the server knows anything by heart.
        queries: statements of the request that asked most.
        kb: of its own markup over the wire, at most.
    """

    p95_ms: float
    cold_ms: float
    queries: int
    kb: float


class PagesServer:
    """The process that serves a prepared house; see ``pages_server``.

    Attributes:
        address: where.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.address: str = self._heard()["address"]

    def statements(self) -> list[str]:
        """What its pages asked the databases since the last time."""
        assert self._process.stdin is not None, "asked for when it was started"
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        taken: list[str] = self._heard()
        return taken

    def _heard(self) -> Any:  # noqa: ANN401 - whatever the JSON holds
        assert self._process.stdout is not None, "asked for when it was started"
        line = self._process.stdout.readline()
        if not line:
            raise PageError("the pages' process has ended; it says why on standard error")
        return json.loads(line)


@contextmanager
def pages_server(folder: Path) -> Iterator[PagesServer]:
    """Serve a prepared folder for as long as the context is open.

    Raises:
        PageError: if it does not start.
    """
    with subprocess.Popen(  # noqa: S603 - our own module with our own arguments
        [sys.executable, "-m", "simulators.bench.pages_server", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield PagesServer(process)
        finally:
            assert process.stdin is not None, "asked for above"
            process.stdin.close()
            process.wait()


def bench_pages(*, quick: bool) -> BenchResult:
    """Measure every page that shows rows, the first load, and what viewers cost.

    Args:
        quick: measure little, in a small house.

    Raises:
        PageError: if a page does not answer as it should.
        LoadError: if the load beside the viewers was not taken.
    """
    size = pages_house.QUICK if quick else pages_house.FULL
    with tempfile.TemporaryDirectory(prefix="mohr-bench-") as folder:
        began_s = time.perf_counter()
        house = make_big_house(Path(folder) / "gateway", size)
        made_s = time.perf_counter() - began_s
        with pages_server(house.folder) as server:
            costs = measure_pages(server, house, times=_ASKED_QUICK if quick else _ASKED)
            first_kb = _first_load_kb(server)
    viewers = pages_viewers.measure_viewers(pages_viewers.QUICK if quick else pages_viewers.FULL)
    figures = (
        *_worst(costs),
        Figure("first_load_kb", max(first_kb.values()), "a page and all it needs, nothing cached"),
        *(Figure(f"first_load_{name}_kb", value) for name, value in first_kb.items()),
        Figure("viewers_cost_percent", viewers.percent, "of sales a second; below 0 is chance"),
        Figure("alone_per_s", viewers.alone_per_s, "sales a second while nobody watches"),
        Figure("watched_per_s", viewers.watched_per_s, "the same while forty watch"),
        *(
            Figure(f"{name}_ms_p95", one.p95_ms, f"{one.queries} statements, {one.kb:.1f} kB")
            for name, one in costs.items()
        ),
    )
    return BenchResult(
        bench="pages", figures=figures, lines=_lines(size, made_s), details=_details(costs)
    )


def measure_pages(server: PagesServer, house: BigHouse, *, times: int) -> dict[str, PageCost]:
    """Ask for each page so many times.

    Raises:
        PageError: if one does not answer with 200.
    """
    token = {"Authorization": f"Bearer {house.token}"}
    with (
        PageClient(server.address, _PACKED) as desk,
        PageClient(server.address, {**_PACKED, **token}) as program,
    ):
        desk.log_in(LOGIN, PASSWORD)
        return {
            one.name: _measure(server, program if one.api else desk, one, times)
            for one in pages_to_ask(house, desk)
        }


def _measure(server: PagesServer, client: PageClient, page: PageAsked, times: int) -> PageCost:
    cold_ms: list[float] = []
    took_ms: list[float] = []
    queries, most_bytes = 0, 0
    warm_up = _WARM_UP if times >= _ASKED else _WARM_UP_QUICK
    for number in range(-warm_up, times):
        server.statements()
        answer = _asked(client, page.path(number))
        (took_ms if number >= 0 else cold_ms).append(answer.took_ms)
        queries = max(queries, len(server.statements()))
        most_bytes = max(most_bytes, answer.wire_bytes)
    return PageCost(
        p95_ms=percentile(took_ms, 95),
        cold_ms=max(cold_ms),
        queries=queries,
        kb=most_bytes / 1_000,
    )


def _asked(client: PageClient, path: str) -> Answer:
    answer = client.get(path)
    if answer.status != 200:
        raise PageError(f"{path} answered with {answer.status}: {answer.text[:300]}")
    return answer


def _first_load_kb(server: PagesServer) -> dict[str, float]:
    """In Persian, which has the larger style sheet and font."""
    with PageClient(server.address, _PACKED) as client:
        login = first_load_bytes(client, "/login")
        client.log_in(LOGIN, PASSWORD)
        return {"login": login / 1_000, "dashboard": first_load_bytes(client, "/") / 1_000}


def _worst(costs: dict[str, PageCost]) -> tuple[Figure, ...]:
    slowest = _slowest(costs)
    busiest = max(costs, key=lambda name: costs[name].queries)
    coldest = max(costs, key=lambda name: costs[name].cold_ms)
    return (
        Figure("worst_p95_ms", costs[slowest].p95_ms, slowest),
        Figure("worst_cold_ms", costs[coldest].cold_ms, f"{coldest}, right after a start"),
        Figure("worst_queries", costs[busiest].queries, busiest),
    )


def _slowest(costs: dict[str, PageCost]) -> str:
    return max(costs, key=lambda name: costs[name].p95_ms)


def _details(costs: dict[str, PageCost]) -> dict[str, object]:
    pages = {
        name: {
            "p95_ms": rounded(one.p95_ms),
            "cold_ms": rounded(one.cold_ms),
            "queries": one.queries,
            "kb": rounded(one.kb),
        }
        for name, one in costs.items()
    }
    return {"worst_page": _slowest(costs), "pages": pages}


def _lines(size: HouseSize, made_s: float) -> tuple[str, ...]:
    viewers = pages_viewers.FULL
    return (
        (
            f"{size.members:,} members with profiles, {size.members * 10:,} transactions over a "
            f"year, {size.terminals} branches; made in {made_s:.0f} s."
        ),
        (
            "Each page is asked for over one open connection with gzip, by one visitor at a time; "
            "the time is from the first byte asked to the last received. Statements exclude BEGIN, "
            "COMMIT and PRAGMA."
        ),
        (
            "First load: markup, style sheets, scripts, sprite and every font that is named, in "
            f"Persian. Viewers: {viewers.viewers} live streams open while terminals sell through "
            "Mosquitto to the shipped gateway."
        ),
    )
