"""``mohr scenario``: stories of a shop, written as data, played and judged."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

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
    on: Annotated[str, typer.Option(help="Which engine.")] = "pure",
) -> None:
    """Play each scenario, and compare every step with what the file expects of it.

    Where two things happen at once, every order is tried. Ends with 1 where anything differs.
    """
    # Imported here, so that mohr --help stays quick.
    from simulators.scenario.executors import executors_named  # noqa: PLC0415 - see above
    from simulators.scenario.report import to_json, to_lines  # noqa: PLC0415 - see above
    from simulators.scenario.run import LIBRARY, run_files  # noqa: PLC0415 - see above

    try:
        wanted = executors_named(on)
    except ValueError as error:
        raise typer.BadParameter(f"--on takes {error}") from error
    reports = []
    for report in run_files(files or [LIBRARY], wanted):
        reports.append(report)
        if not as_json:
            for line in to_lines(report):
                typer.echo(line)
    if as_json:
        typer.echo(to_json(reports))
    failed = sum(not report.passed for report in reports)
    if failed:
        typer.echo(f"{failed} of {len(reports)} scenarios differ", err=True)
        raise typer.Exit(1)
