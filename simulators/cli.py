"""``mohr sim``: simulated shops."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from simulators.card_commands import app as card_app
from simulators.furnished.cli import furnished
from simulators.phone_commands import phone
from simulators.planted.cli import planted
from simulators.power.cli import power
from simulators.tills.cli import card_terminal, printer, till

app = typer.Typer(add_completion=False, help="Simulate shops, from a seed.", no_args_is_help=True)
app.command("power")(power)
app.command("planted")(planted)
app.command("furnished")(furnished)
app.command("phone")(phone)
app.command("till")(till)
app.command("card-terminal")(card_terminal)
app.command("printer")(printer)
app.add_typer(card_app, name="card")


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


@app.command()
def world(
    *,
    seed: Annotated[int | None, typer.Option(help="Run this one world.")] = None,
    seeds: Annotated[str | None, typer.Option(help="Run a range of worlds, like 0..1999.")] = None,
    size: Annotated[str, typer.Option(help="small, normal or large.")] = "normal",
    jobs: Annotated[int, typer.Option(min=0, help="Processes; 0 takes every processor.")] = 0,
    story: Annotated[bool, typer.Option("--story", help="Tell what happened in --seed.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Run whole worlds in which processes die at any call, and check every promise.

    A world that fails is told again with as few events as it takes.
    """
    from simulators.world.cli import WorldOrder, run_order  # noqa: PLC0415 - as above

    wanted = _range(seed, seeds)
    order = WorldOrder(seeds=wanted, size=size, jobs=jobs, story=story, as_json=as_json)
    if run_order(order, typer.echo):
        raise typer.Exit(1)


@app.command()
def tap(
    socket: Annotated[Path, typer.Argument(help="Where the reader sim-socket listens.")],
    uid: Annotated[str, typer.Argument(help="The card's UID in hexadecimal, 4, 7 or 10 bytes.")],
) -> None:
    """Show a card to a terminal whose reader is sim-socket, and take it away."""
    from gateway.errors import ConfigError  # noqa: PLC0415 - as above
    from simulators.socket_reader import tap_through  # noqa: PLC0415 - as above

    try:
        card = bytes.fromhex(uid)
    except ValueError as error:
        raise ConfigError(f"{uid!r} is not hexadecimal, like 04a1b2c3d4e5f6") from error
    tap_through(socket, card)
    typer.echo("tapped")


@app.command()
def scan(
    socket: Annotated[Path, typer.Argument(help="Where the reader sim-socket listens.")],
    text: Annotated[
        str, typer.Argument(help="What a scanner reads: a member's or receipt's code.")
    ],
) -> None:
    """Scan a code beside a terminal whose reader is sim-socket, and say what it was."""
    from simulators.socket_line import TapOrder  # noqa: PLC0415 - as above
    from simulators.socket_reader import order_through  # noqa: PLC0415 - as above

    for said in order_through(socket, TapOrder(scan=text)).said or (
        "nothing: it was just scanned",
    ):
        typer.echo(said)


@app.command()
def tray(
    folder: Annotated[Path, typer.Argument(help="The tray; made if missing.")],
    *,
    kind: Annotated[str, typer.Option(help="ntag424, desfire or ultralight_aes.")] = "ntag424",
    count: Annotated[int, typer.Option(min=1, max=100_000, help="How many.")] = 10,
    seed: Annotated[int, typer.Option(help="Other UIDs from another seed.")] = 0,
) -> None:
    """Put new cards into a tray, for mohr card --backend sim-tray --reader FOLDER."""
    from simulators.cards.tray import fill_tray  # noqa: PLC0415 - as above

    typer.echo(f"{len(fill_tray(folder, kind, count, seed))} cards in {folder}")


def _range(seed: int | None, seeds: str | None) -> range:
    if (seed is None) == (seeds is None):
        raise typer.BadParameter("give either --seed N or --seeds FIRST..LAST")
    if seed is not None:
        return range(seed, seed + 1)
    first, dots, last = (seeds or "").partition("..")
    if not (dots and first.isdigit() and last.isdigit() and int(first) <= int(last)):
        raise typer.BadParameter("--seeds takes a range like 0..19")
    return range(int(first), int(last) + 1)
