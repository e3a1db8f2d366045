"""Registering a terminal at its gateway, as ``mohr gateway terminal-add``.

``mount`` puts the same command on another command group, so that the terminal's own group can
offer it as ``mohr terminal add`` without the agent importing the gateway.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.administer import DirOption, administer
from gateway.errors import ConfigError
from gateway.service.commands import AddTerminal


def add_terminal_command(
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


def mount(app: typer.Typer, name: str) -> None:
    """Add the command to ``app`` under ``name``."""
    app.command(name)(add_terminal_command)
