"""``mohr terminal add``: registering a terminal at its gateway.

It runs beside the gateway, so it lives here; it joins the terminal's own group by the entry point
group ``mohr.commands.terminal``, and the agent never imports it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.administer import DirOption, administer
from gateway.errors import ConfigError
from gateway.office.commands import AddTerminal

app = typer.Typer(add_completion=False)


@app.command()
def add(
    registration: Annotated[Path, typer.Argument(help="The terminal.json of mohr terminal init.")],
    branch: Annotated[str, typer.Option(help="Machine name of the shop it stands in.")],
    directory: DirOption,
) -> None:
    """Register a terminal's public keys, so that its seals count."""
    try:
        text = registration.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{registration} cannot be read: {error}") from error
    reply = administer(directory, AddTerminal(registration=text, branch=branch))
    typer.echo(reply.text)
