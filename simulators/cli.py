"""``mohr sim``: simulated shops."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(add_completion=False, help="Simulate shops, from a seed.", no_args_is_help=True)


@app.callback()
def sim() -> None:
    """Simulate shops, from a seed."""


@app.command()
def shop(
    *,
    seed: Annotated[int | None, typer.Option(help="Run this one day.")] = None,
    seeds: Annotated[str | None, typer.Option(help="Run a range of days, like 0..19.")] = None,
    visits: Annotated[int, typer.Option(help="Customers a day.")] = 60,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Run whole days of a shop in which everything goes wrong, and check that nothing is lost."""
    # Imported here, so that mohr --help stays quick.
    import logging  # noqa: PLC0415 - see above

    import structlog  # noqa: PLC0415 - see above

    from simulators.shop.day import run_day  # noqa: PLC0415 - see above
    from simulators.shop.plan import ShopSize  # noqa: PLC0415 - see above
    from simulators.shop.report import to_json  # noqa: PLC0415 - see above

    # A day of faults logs each of them; the report says what matters.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    days = []
    for one in _range(seed, seeds):
        day = run_day(one, ShopSize(visits=visits))
        days.append(day)
        if not as_json:
            state = "clean" if day.clean else "; ".join(day.findings)
            typer.echo(f"seed {one}: {day.transactions} transactions, {day.faults} faults: {state}")
    if as_json:
        typer.echo(to_json(days))
    failed = [day.seed for day in days if not day.clean]
    if failed:
        typer.echo(f"replay with: mohr sim shop --seed {failed[0]}", err=True)
        raise typer.Exit(1)


def _range(seed: int | None, seeds: str | None) -> range:
    if (seed is None) == (seeds is None):
        raise typer.BadParameter("give either --seed N or --seeds FIRST..LAST")
    if seed is not None:
        return range(seed, seed + 1)
    first, dots, last = (seeds or "").partition("..")
    if not (dots and first.isdigit() and last.isdigit() and int(first) <= int(last)):
        raise typer.BadParameter("--seeds takes a range like 0..19")
    return range(int(first), int(last) + 1)
