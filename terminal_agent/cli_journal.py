"""``mohr terminal journal``: look after the journal of a terminal that is stopped."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

if TYPE_CHECKING:
    from terminal_agent.journal.journal import Journal

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Check, export and mend a terminal's journal, while its agent is stopped.",
)

DirOption: TypeAlias = Annotated[
    Path,
    typer.Option("--dir", envvar="MOHR_TERMINAL_DIR", help="The terminal's data directory."),
]
PassphraseOption: TypeAlias = Annotated[
    Path | None, typer.Option(help="Open the keys with this file's first line.")
]


@app.command()
def verify(directory: DirOption, *, passphrase_file: PassphraseOption = None) -> None:
    """Check every envelope that is still kept: hash, number, link and seal."""
    with _journal(directory, passphrase_file) as journal:
        count = journal.verify()
        counts = journal.counts()
    typer.echo(f"{count} envelopes are whole and in order")
    typer.echo(f"accepted {counts.accepted}, settled {counts.settled}, pending {counts.pending}")


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="Where to write the sealed envelopes.")],
    directory: DirOption,
    *,
    passphrase_file: PassphraseOption = None,
) -> None:
    """Write every envelope still kept to a file, for an auditor (CBOR sequence, RFC 8742)."""
    with _journal(directory, passphrase_file) as journal:
        made = journal.export(file)
    typer.echo(f"{made.count} envelopes, {made.size_bytes} bytes, in {file}")


@app.command()
def release(directory: DirOption, *, passphrase_file: PassphraseOption = None) -> None:
    """Send rejected transactions again, once what the gateway objected to is mended."""
    with _journal(directory, passphrase_file) as journal:
        released = journal.release_rejected()
    typer.echo(f"{released} rejected transactions will be sent again when the agent runs")


@contextmanager
def _journal(directory: Path, passphrase_file: Path | None) -> Iterator[Journal]:
    # Imported here: help must not load the journal's database and the terminal's keys.
    from terminal_agent.cli_run import journal_settings  # noqa: PLC0415 - see above
    from terminal_agent.config import load_settings  # noqa: PLC0415 - see above
    from terminal_agent.identity import find_passphrase, load_identity  # noqa: PLC0415 - see above
    from terminal_agent.journal.journal import Journal  # noqa: PLC0415 - see above

    settings = load_settings(directory)
    identity = load_identity(directory, find_passphrase(os.environ, file=passphrase_file))
    path = settings.journal_path(identity.epoch)
    with Journal.open(path, settings=journal_settings(settings, identity)) as journal:
        yield journal
