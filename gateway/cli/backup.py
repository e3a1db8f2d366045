"""``mohr gateway backup``: take, prove, list and restore backups. A gateway may be running."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from gateway.backup.contents import BACKUPS_FOLDER
from gateway.cli.administer import DirOption
from gateway.cli.tables import JsonOption, moment, show_json, show_table
from gateway.errors import ConfigError

if TYPE_CHECKING:
    from gateway.backup.shelf import Backup

#: A backup that something is wrong with; 2 is a fault, as everywhere.
UNCLEAN_EXIT: Final = 1
PASSPHRASE_VARIABLE: Final = "MOHR_BACKUP_PASSPHRASE"  # noqa: S105 - a name, no passphrase

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Take, verify, list and restore backups, while the gateway runs.",
)

ToOption = Annotated[
    Path | None,
    typer.Option("--to", help="The folder for backups; by default, backups in the data directory."),
]
FileArgument = Annotated[Path, typer.Argument(help="A backup: mohr-backup-….tar.gz.")]
# Never an option with the passphrase itself: every user of the machine can read a command line.
PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        help=f"A file whose first line is the keys' passphrase; or set {PASSPHRASE_VARIABLE}.",
    ),
]


@app.command()
def take(
    directory: DirOption,
    *,
    to: ToOption = None,
    passphrase_file: PassphraseFile = None,
    keep: Annotated[int, typer.Option(min=1, help="Keep this many; the oldest go.")] = 14,
) -> None:
    """Take a backup; the gateway goes on. Keys go into it only under a passphrase."""
    from gateway.backup.shelf import retain  # noqa: PLC0415 - loads the ledger
    from gateway.backup.take import take as take_backup  # noqa: PLC0415 - the same
    from gateway.system_clock import SystemClock  # noqa: PLC0415 - the same

    folder = to if to is not None else directory / BACKUPS_FOLDER
    taken = take_backup(directory, folder, SystemClock().unix_ms(), _passphrase(passphrase_file))
    row = taken.manifest.ledger.journal_index
    typer.echo(f"{taken.path} ({taken.size_bytes} bytes), journal row {row}")
    for name in taken.manifest.left_out:
        typer.echo(f"not in it: {name}")
    if taken.keys_left_out:
        typer.echo(
            f"The keys {', '.join(taken.keys_left_out)} are not in it. Keep copies of them "
            "elsewhere: without gateway.key every terminal must be set up again, without card.key "
            "no card finds its member. With a passphrase they go into the backup, encrypted."
        )
    for name in retain(folder, keep):
        typer.echo(f"deleted {name}")


@app.command()
def verify(
    file: FileArgument,
    *,
    passphrase_file: PassphraseFile = None,
    as_json: JsonOption = False,
) -> None:
    """Prove a backup: hashes, pages, invariants, every seal. Exit code 1 if anything is wrong."""
    from gateway.backup.shelf import note_verification  # noqa: PLC0415 - loads the ledger
    from gateway.backup.verify import verify as verify_backup  # noqa: PLC0415 - the same
    from gateway.system_clock import SystemClock  # noqa: PLC0415 - the same

    verification = verify_backup(file, passphrase=_passphrase(passphrase_file))
    note_verification(file, verification, SystemClock().unix_ms())
    if as_json:
        show_json(
            {
                "good": verification.good,
                "seals": verification.seals,
                "journal_rows": verification.journal_rows,
                "findings": [
                    {"flaw": one.flaw, "where": one.where, "what": one.what}
                    for one in verification.findings
                ],
            }
        )
    else:
        for one in verification.findings:
            typer.echo(f"FINDING {one.flaw} {one.where}: {one.what}")
        typer.echo(f"{verification.journal_rows} journal rows, {verification.seals} seals")
        typer.echo("good" if verification.good else "NOT GOOD: keep an older backup")
    if not verification.good:
        raise typer.Exit(UNCLEAN_EXIT)


@app.command(name="list")
def list_(directory: DirOption, *, to: ToOption = None, as_json: JsonOption = False) -> None:
    """List backups, newest first, and which of them were proved good."""
    from gateway.backup.shelf import list_backups  # noqa: PLC0415 - loads the ledger

    found = list_backups(to if to is not None else directory / BACKUPS_FOLDER)
    if as_json:
        show_json(
            [
                {
                    "name": one.name,
                    "made_at_ms": one.made_at_ms,
                    "size_bytes": one.size_bytes,
                    "verified_at_ms": one.verified.at_ms if one.verified else None,
                    "good": one.verified.good if one.verified else None,
                }
                for one in found
            ]
        )
        return
    if not found:
        typer.echo("no backups")
        return
    rows = [(one.name, moment(one.made_at_ms), str(one.size_bytes), _state(one)) for one in found]
    show_table(("backup", "made", "bytes", "verified"), rows)


@app.command()
def restore(
    file: FileArgument,
    into: Annotated[Path, typer.Argument(help="A folder that is new or empty.")],
    *,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Restore a backup into an empty folder, which then is a gateway's data directory."""
    from gateway.backup.restore import restore as restore_backup  # noqa: PLC0415 - loads the ledger

    restored = restore_backup(file, into, _passphrase(passphrase_file))
    typer.echo(f"restored to {into}, journal row {restored.manifest.ledger.journal_index}")
    if restored.keys_missing:
        typer.echo(f"put your copies of {', '.join(restored.keys_missing)} there before it can run")
    typer.echo("terminals send what came after by themselves; docs/backup.md says what does not")


def _state(backup: Backup) -> str:
    if backup.verified is None:
        return "no"
    if backup.verified.good:
        return f"good {moment(backup.verified.at_ms)}"
    return f"NOT GOOD: {backup.verified.findings} findings"


def _passphrase(file: Path | None) -> str | None:
    """Read a passphrase from a file, or from the environment; None where neither is given."""
    if file is None:
        return os.environ.get(PASSPHRASE_VARIABLE)
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} cannot be read: {error}") from error
    if not lines:
        raise ConfigError(f"{file} is empty")
    return lines[0]
