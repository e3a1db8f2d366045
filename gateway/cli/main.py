"""``mohr``: the root command. One clear line and exit code 2 where something is at fault."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from typing import Annotated

import typer

from gateway.cli.commands import sub_commands
from gateway.errors import MohrError
from mqtt.link import LinkError

FAULT_EXIT = 2
INTERRUPTED_EXIT = 130

app = typer.Typer(
    name="mohr",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(value: bool) -> None:  # noqa: FBT001 - typer calls it with the flag's value
    if value:
        typer.echo(f"mohr {version('mohr')}")
        raise typer.Exit


@app.callback()
def root(
    *,
    show_version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_print_version,
            is_eager=True,
            help="Show the version and leave.",
        ),
    ] = False,
) -> None:
    """Mohr: self-hosted loyalty for shops. Sealed at the till, exact in the ledger."""


def main() -> None:
    """Run the command line.

    A fault of Mohr's own tree becomes one line on standard error and exit code 2; set
    ``MOHR_DEBUG=1`` to see the traceback as well.
    """
    group = typer.main.get_group(app)
    for command in sub_commands():
        group.add_command(command)
    try:
        group(prog_name="mohr")
    except (MohrError, LinkError) as error:
        if os.environ.get("MOHR_DEBUG") == "1":
            raise
        text = " ".join(str(error).split()) or type(error).__name__
        sys.stderr.write(f"mohr: {text}\n")
        sys.exit(FAULT_EXIT)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED_EXIT)


if __name__ == "__main__":
    main()
