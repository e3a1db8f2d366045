"""``mohr terminal``: set up, run and operate the agent beside the till."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from terminal_agent.cli_journal import app as journal_app

if TYPE_CHECKING:
    from terminal_agent.control import Command

#: A command that the agent did not carry out. Faults of ours end with 2 (``gateway.cli.main``).
NOT_DONE_EXIT = 1

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Set up and run the agent beside the till."
)

app.add_typer(journal_app, name="journal")

DirOption: TypeAlias = Annotated[
    Path,
    typer.Option("--dir", envvar="MOHR_TERMINAL_DIR", help="The terminal's data directory."),
]


@app.command()
def init(  # noqa: PLR0913 - each is an option of the command line
    directory: DirOption,
    *,
    terminal: Annotated[
        str, typer.Option("--id", help="The terminal's name: a-z, 0-9 and inner hyphens.")
    ],
    gateway: Annotated[
        Path, typer.Option(help="gateway.json, as 'mohr gateway init' wrote it.", exists=True)
    ],
    host: Annotated[str, typer.Option(help="The broker.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The broker's TCP port.")] = 1883,
    reader: Annotated[
        str, typer.Option(help="Card reader: a name from 'mohr reader list', or none.")
    ] = "pcsc",
    reader_name: Annotated[
        str, typer.Option(help="Part of the reader's name; of sim-socket, its socket's path.")
    ] = "",
    till: Annotated[
        str, typer.Option(help="The till's line: a serial device, file://PATH, or none.")
    ] = "none",
    profile: Annotated[
        str | None, typer.Option(help="Shop profile that reads the till; else the currency's.")
    ] = None,
    currency: Annotated[str, typer.Option(help="ISO 4217 code of what the till counts in.")] = (
        "IRR"
    ),
    language: Annotated[str, typer.Option(help="Of the counter display: fa or en.")] = "fa",
    passphrase_file: Annotated[
        Path | None, typer.Option(help="Encrypt the keys with this file's first line.")
    ] = None,
) -> None:
    """Make a terminal's keys, its registration and its settings."""
    from terminal_agent.cli_init import NewTerminal, set_up  # noqa: PLC0415 - loads cryptography

    made = set_up(
        directory,
        NewTerminal(
            terminal=terminal,
            gateway=gateway,
            host=host,
            port=port,
            reader=reader,
            reader_name=reader_name,
            till=till,
            profile=profile,
            currency=currency,
            language=language,
        ),
        _passphrase(passphrase_file),
    )
    typer.echo(f"terminal {terminal} made in {directory}, key {made.registration.key_id.hex()}")
    typer.echo(f"now introduce it to the gateway: {made.path}")


@app.command()
def run(
    directory: DirOption,
    *,
    passphrase_file: Annotated[
        Path | None, typer.Option(help="Open the keys with this file's first line.")
    ] = None,
) -> None:
    """Run the agent in the foreground until SIGTERM or Ctrl-C."""
    from terminal_agent.cli_run import run_agent  # noqa: PLC0415 - loads everything

    run_agent(directory, _passphrase(passphrase_file))


@app.command()
def status(
    directory: DirOption,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Say how the running agent stands."""
    from terminal_agent.control import AskStatus  # noqa: PLC0415 - not needed for --help
    from terminal_agent.control_socket import SOCKET_NAME, ask_agent  # noqa: PLC0415 - the same

    answer = ask_agent(directory / SOCKET_NAME, AskStatus())
    assert answer.status is not None
    values = asdict(answer.status)
    if as_json:
        typer.echo(json.dumps(values, ensure_ascii=False))
        return
    for name, value in values.items():
        typer.echo(f"{name:<24}{'-' if value is None else value}")


@app.command()
def total(
    amount: Annotated[int, typer.Argument(min=0, help="In the currency's smallest unit.")],
    directory: DirOption,
) -> None:
    """Key the sale's total in, where the till tells it only at the end."""
    from terminal_agent.control import Total  # noqa: PLC0415 - not needed for --help

    _tell(directory, Total(total_minor=amount))


@app.command()
def redeem(
    directory: DirOption,
    points: Annotated[
        str, typer.Argument(help="How many points; 'max' for as many as can be.")
    ] = "max",
) -> None:
    """Pay with points: for the card and the total now on the screen."""
    from terminal_agent.control import Redeem  # noqa: PLC0415 - not needed for --help

    if points != "max" and not (points.isascii() and points.isdigit() and int(points) > 0):
        raise typer.BadParameter("points must be a whole number above 0, or 'max'")
    _tell(directory, Redeem(points=None if points == "max" else int(points)))


@app.command()
def refund(
    receipt: Annotated[str, typer.Argument(help="The receipt number of the sale to take back.")],
    directory: DirOption,
) -> None:
    """Correct the points of a sale that the till has refunded."""
    from terminal_agent.control import Refund  # noqa: PLC0415 - not needed for --help

    _tell(directory, Refund(receipt_number=receipt))


@app.command()
def enrol(directory: DirOption) -> None:
    """Make the card now on the screen a member's."""
    from terminal_agent.control import Enrol  # noqa: PLC0415 - not needed for --help

    _tell(directory, Enrol())


@app.command()
def cancel(directory: DirOption) -> None:
    """Take one step back: give up the redemption, or else the visit."""
    from terminal_agent.control import Cancel  # noqa: PLC0415 - not needed for --help

    _tell(directory, Cancel())


def _tell(directory: Path, command: Command) -> None:
    """Give the running agent a command; its answer is a text of the counter's language."""
    from gateway.formatting.numbers import Language  # noqa: PLC0415 - the same
    from terminal_agent.config import load_settings  # noqa: PLC0415 - not needed for --help
    from terminal_agent.control_socket import SOCKET_NAME, ask_agent  # noqa: PLC0415 - the same
    from terminal_agent.texts.catalogue import load_texts  # noqa: PLC0415 - the same

    texts = load_texts(Language(load_settings(directory).display.language))
    answer = ask_agent(directory / SOCKET_NAME, command)
    typer.echo(texts.write(f"answer.{answer.code}"))
    if not answer.code.well:
        raise typer.Exit(NOT_DONE_EXIT)


def _passphrase(file: Path | None) -> str | None:
    from terminal_agent.identity import find_passphrase  # noqa: PLC0415 - loads cryptography

    return find_passphrase(os.environ, file=file)
