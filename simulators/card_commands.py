"""``mohr sim card``: the named test cards, listed and tapped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    add_completion=False,
    help="Test cards: which there are, and a tap with one.",
    no_args_is_help=True,
)


@app.command("list")
def list_cards(
    *, as_json: Annotated[bool, typer.Option("--json", help="Print one JSON array.")] = False
) -> None:
    """Name the test cards, with what the terminal and the gateway must make of each."""
    # Imported here, so that mohr --help stays quick.
    from rich.console import Console  # noqa: PLC0415 - see above
    from rich.table import Table  # noqa: PLC0415 - see above

    from simulators.cards.named import NAMED_CARDS  # noqa: PLC0415 - see above

    cards = NAMED_CARDS.values()
    if as_json:
        rows = [
            {
                "name": card.name,
                "profile": card.profile,
                "meaning": card.meaning,
                "terminal": card.terminal,
                "gateway": card.gateway,
            }
            for card in cards
        ]
        typer.echo(json.dumps(rows, indent=1))
        return
    table = Table()
    table.add_column("name", no_wrap=True)
    for heading in ("it is", "the terminal", "the gateway"):
        table.add_column(heading)
    for card in cards:
        table.add_row(card.name, *map(_plain, (card.meaning, card.terminal, card.gateway)))
    Console().print(table)


@app.command()
def tap(
    card: Annotated[
        str,
        typer.Argument(
            help="A name of the list, a card's file (*.card), or with --dir a phone's address."
        ),
    ],
    *,
    socket: Annotated[
        Path | None,
        typer.Option(
            envvar="MOHR_SIM_SOCKET",
            help="Where a terminal's reader sim-socket listens; without, a reader of our own.",
        ),
    ] = None,
    directory: Annotated[
        Path | None,
        typer.Option(
            "--dir",
            help="A gateway here: show qr-changing, or a member's page, as it draws the code now.",
        ),
    ] = None,
    rf: Annotated[
        bool, typer.Option("--rf", help="Take the time that a real card takes by radio.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Tap a test card, and say what the reader told of it.

    The exit code is 0 where the card was shown, whatever the reader made of it, and 2 where it
    could not be shown.
    """
    from dataclasses import replace  # noqa: PLC0415 - as above

    from gateway.service.data_dir import DataDir  # noqa: PLC0415 - as above
    from gateway.system_clock import SystemClock  # noqa: PLC0415 - as above
    from simulators.cards.named_tray import tap_here  # noqa: PLC0415 - as above
    from simulators.cards.phone_codes import order_of_phone, phones_of  # noqa: PLC0415 - as above
    from simulators.socket_line import encode_report, order_of  # noqa: PLC0415 - as above
    from simulators.socket_reader import order_through  # noqa: PLC0415 - as above

    clock = SystemClock()
    if directory is None:
        order = order_of(card)
    else:
        order = order_of_phone(card, phones_of(DataDir(directory)), clock)
    order = replace(order, radio=rf)
    report = tap_here(order, clock) if socket is None else order_through(socket, order)
    if as_json:
        typer.echo(encode_report(report))
        return
    for said in report.said or ("nothing: it is the card that was there a moment ago",):
        typer.echo(f"{card}: {said}")
    if report.air_ms is not None:
        typer.echo(f"by radio: {report.air_ms} ms")


def _plain(text: str) -> str:
    """A sentence of the table without the marks that a page of documentation needs."""
    return text.replace("`", "")
