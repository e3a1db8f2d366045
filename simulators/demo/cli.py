"""``mohr demo``: the whole shop in this terminal."""

from __future__ import annotations

import json
import logging
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import structlog
import typer

app = typer.Typer(
    add_completion=False,
    help="Run a whole shop on this machine, with simulated hardware.",
    invoke_without_command=True,
)

#: A real till's line; the scripted visit does not wait for paper.
_BAUD = 19_200


@app.callback()
def demo(
    *,
    once: Annotated[
        bool, typer.Option("--once", help="Play one scripted visit and leave.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what happened as JSON.")] = False,
    seed: Annotated[int, typer.Option(help="Whose day the shop has.")] = 1,
    language: Annotated[str, typer.Option(help="fa or en: what the displays say.")] = "en",
    web_port: Annotated[
        int, typer.Option(min=0, max=65_535, help="Serve the pages at this port, or a free one.")
    ] = 8080,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="No customers but you: tap and print in the browser.")
    ] = False,
) -> None:
    """Run a whole shop on this machine: broker, gateway, pages, two tills. Ctrl-C stops it."""
    # Imported here, so that mohr --help stays quick.
    from gateway.formatting.numbers import Language  # noqa: PLC0415 - see above
    from gateway.system_clock import SystemClock  # noqa: PLC0415 - see above
    from simulators.demo.front import open_pages  # noqa: PLC0415 - see above
    from simulators.demo.house import DemoHouse, look_of  # noqa: PLC0415 - see above
    from simulators.demo.show import run_show  # noqa: PLC0415 - see above
    from simulators.demo.visit import run_visit  # noqa: PLC0415 - see above

    # The screen belongs to the shop; what goes wrong is raised, and logs are for real servers.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    clock = SystemClock()
    with tempfile.TemporaryDirectory(prefix="mohr-demo-") as folder:
        if once:
            with DemoHouse(Path(folder), clock, baud=None) as house:
                report = run_visit(house)
            _print(asdict(report), as_json=as_json)
            if not report.right:
                raise typer.Exit(1)
            return
        spoken = Language(language)
        with (
            DemoHouse(Path(folder), clock, baud=_BAUD, look=look_of(spoken)) as house,
            open_pages(house, web_port) as sign,
        ):
            run_show(house, None if quiet else seed, spoken, sign)


def _print(report: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(report, ensure_ascii=False, indent=2))
        return
    steps = report["steps"]
    assert isinstance(steps, tuple)
    for step in steps:
        typer.echo(f"{step['terminal']}: {step['step']}; balance {step['balance_points']} points")
    typer.echo(f"receipts verified: {report['receipts_verified']}; audit: {report['audit']}")
