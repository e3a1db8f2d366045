"""``mohr bench``: how fast Mohr is on this machine."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Annotated, Protocol, TypeAlias

import structlog
import typer

if TYPE_CHECKING:
    from simulators.bench.figures import BenchResult

app = typer.Typer(
    add_completion=False, help="Measure how fast Mohr is on this machine.", no_args_is_help=True
)

JsonOption: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Print one JSON object and nothing else.")
]
QuickOption: TypeAlias = Annotated[
    bool, typer.Option("--quick", help="Measure little: the same figures, but rough.")
]


class Measure(Protocol):
    """A bench: measures, and says what it came to."""

    def __call__(self, *, quick: bool) -> BenchResult:
        """Measure; where ``quick``, only so much that every figure has a value."""


@app.callback()
def bench() -> None:
    """Measure how fast Mohr is on this machine, beside the bare cost of the same work."""


@app.command()
def tap(*, as_json: JsonOption = False, quick: QuickOption = False) -> None:
    """From a card on the reader and a printed receipt to what the customer sees."""
    # Imported here and below, so that mohr --help stays quick.
    from simulators.bench.tap import bench_tap  # noqa: PLC0415 - see above

    _run(bench_tap, quick=quick, as_json=as_json)


@app.command()
def card(*, as_json: JsonOption = False, quick: QuickOption = False) -> None:
    """What a tap costs us, through the real pcscd and in process, beside its bare round trips."""
    from simulators.bench.card import bench_card  # noqa: PLC0415 - see above

    _run(bench_card, quick=quick, as_json=as_json)


@app.command()
def ingest(*, as_json: JsonOption = False, quick: QuickOption = False) -> None:
    """How many sales a second the gateway takes from many terminals that are online."""
    from simulators.bench.ingest import bench_ingest  # noqa: PLC0415 - see above

    _run(bench_ingest, quick=quick, as_json=as_json)


@app.command()
def backlog(*, as_json: JsonOption = False, quick: QuickOption = False) -> None:
    """How many sales a second the gateway takes from terminals that were offline."""
    from simulators.bench.backlog import bench_backlog  # noqa: PLC0415 - see above

    _run(bench_backlog, quick=quick, as_json=as_json)


@app.command()
def ledger(*, as_json: JsonOption = False, quick: QuickOption = False) -> None:
    """What a posting costs in a large ledger, over what it costs in a small one."""
    from simulators.bench.ledger import bench_ledger  # noqa: PLC0415 - see above

    _run(bench_ledger, quick=quick, as_json=as_json)


@app.command()
def start(*, as_json: JsonOption = False, quick: QuickOption = False) -> None:
    """How long an agent and a gateway with much behind them take to be ready."""
    from simulators.bench.start import bench_start  # noqa: PLC0415 - see above

    _run(bench_start, quick=quick, as_json=as_json)


@app.command()
def pages(*, as_json: JsonOption = False, quick: QuickOption = False) -> None:
    """How long the pages take with 100,000 members, what they weigh, and what viewers cost."""
    from simulators.bench.pages import bench_pages  # noqa: PLC0415 - see above

    _run(bench_pages, quick=quick, as_json=as_json)


@app.command()
def rules(*, as_json: JsonOption = False, quick: QuickOption = False) -> None:
    """What rating a sale of twenty lines costs under a hundred offers."""
    from simulators.bench.rules import bench_rules  # noqa: PLC0415 - see above

    _run(bench_rules, quick=quick, as_json=as_json)


@app.command()
def pos(*, as_json: JsonOption = False, quick: QuickOption = False) -> None:
    """How fast a till's lines are read, and what one line may hold, whatever comes."""
    from simulators.bench.pos import bench_pos  # noqa: PLC0415 - see above

    _run(bench_pos, quick=quick, as_json=as_json)


def _run(measure: Measure, *, quick: bool, as_json: bool) -> None:
    from simulators.bench.figures import to_json, to_text  # noqa: PLC0415 - as above
    from simulators.bench.machine import describe_machine  # noqa: PLC0415 - as above

    # What is logged on the way would be measured as well, and is for real servers.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    typer.echo(f"machine: {describe_machine()}", err=True)
    result = measure(quick=quick)
    typer.echo(to_json(result) if as_json else to_text(result))
