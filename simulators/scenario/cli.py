"""``mohr scenario``: stories of a shop, written as data, played and judged."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import structlog
import typer

app = typer.Typer(
    add_completion=False, help="Play scenarios written as data.", no_args_is_help=True
)


@app.callback()
def scenario() -> None:
    """Play scenarios written as data."""


@app.command()
def run(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Scenario files, or folders of them; all that come with Mohr."),
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    on: Annotated[str, typer.Option(help="Which engine: pure, gateway or both.")] = "pure",
    store: Annotated[
        str, typer.Option(help="The gateway's ledger: memory, sqlite or postgresql.")
    ] = "sqlite",
    cuts: Annotated[
        bool, typer.Option("--cuts", help="Once more on a gateway that keeps losing its power.")
    ] = False,
    audit: Annotated[bool, typer.Option(help="Audit the gateway's books in the end.")] = True,
) -> None:
    """Play each scenario, and compare every step with what the file expects of it.

    Where two things happen at once, every order is tried. Ends with 1 where anything differs.
    """
    # Imported here, so that mohr --help stays quick.
    from simulators.scenario.executors import Wanted, executors_named  # noqa: PLC0415 - see above
    from simulators.scenario.gateway.homes import Homes, StoreKind  # noqa: PLC0415 - see above
    from simulators.scenario.report import to_json, to_lines  # noqa: PLC0415 - see above
    from simulators.scenario.run import LIBRARY, run_files  # noqa: PLC0415 - see above

    if store not in list(StoreKind):
        raise typer.BadParameter(f"--store takes {', '.join(StoreKind)}")
    reports = []
    _be_quiet()
    with Homes(StoreKind(store)) as homes:
        try:
            executors = executors_named(on, Wanted(homes=homes, cuts=cuts, audited=audit))
        except ValueError as error:
            raise typer.BadParameter(f"--on takes {error}") from error
        for report in run_files(files or [LIBRARY], executors):
            reports.append(report)
            for line in () if as_json else to_lines(report):
                typer.echo(line)
    if as_json:
        typer.echo(to_json(reports))
    _sum_up(
        sum(report.failed for report in reports),
        sum(report.not_run for report in reports),
        len(reports),
    )


def _be_quiet() -> None:
    """Log nothing: a gateway logs each of its lives, and the report says what matters."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


def _sum_up(failed: int, not_run: int, of: int) -> None:
    """Say how it ended; with 1 where anything differs."""
    if not_run:
        typer.echo(f"{not_run} of {of} scenarios were not run everywhere", err=True)
    if failed:
        typer.echo(f"{failed} of {of} scenarios differ", err=True)
        raise typer.Exit(1)
