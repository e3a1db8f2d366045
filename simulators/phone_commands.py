"""``mohr sim phone``: the phone that a gateway's codes go to while one tries Mohr out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

_NEWEST: Final = 5


def phone(
    *,
    directory: Annotated[
        Path,
        typer.Option("--dir", envvar="MOHR_GATEWAY_DIR", help="The gateway's data directory."),
    ],
    newest: Annotated[int, typer.Option(min=1, max=200, help="How many messages.")] = _NEWEST,
) -> None:
    """Show the last messages that a gateway with sender = "folder" has written, newest last."""
    # Imported here, so that mohr --help stays quick.
    from datetime import UTC, datetime  # noqa: PLC0415 - see above

    from gateway.codes.folder import read_folder  # noqa: PLC0415 - see above
    from gateway.formatting.phone import write_phone  # noqa: PLC0415 - see above
    from gateway.service.data_dir import DataDir  # noqa: PLC0415 - see above

    messages = read_folder(DataDir(directory).codes, newest)
    if not messages:
        typer.echo("No message yet.")
    for at_ms, message in messages:
        at = datetime.fromtimestamp(at_ms // 1_000, UTC)
        typer.echo(f"{at:%Y-%m-%d %H:%M:%S} UTC  to {write_phone(message.to)}")
        for line in message.text.splitlines():
            typer.echo(f"    {line}")
