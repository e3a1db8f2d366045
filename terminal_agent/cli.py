"""``mohr terminal``: set up, run and operate the agent beside the till."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from terminal_agent.cli_cashier import DirOption
from terminal_agent.cli_cashier import app as cashier_app
from terminal_agent.cli_journal import app as journal_app

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Set up and run the agent beside the till."
)

app.add_typer(journal_app, name="journal")


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


# Without a name its commands stand among those above.
app.add_typer(cashier_app)


def _passphrase(file: Path | None) -> str | None:
    from terminal_agent.identity import find_passphrase  # noqa: PLC0415 - loads cryptography

    return find_passphrase(os.environ, file=file)
