"""``mohr key``: the master keys of cards, kept in a sealed file or a token (docs/keys.md)."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from gateway.cli.administer import DirOption
from gateway.cli.key_trail import recorded
from gateway.cli.tables import JsonOption, show_json, show_table
from gateway.config import SETTINGS_FILE, CardKeySettings, load_settings
from gateway.crypto.keystore.key_store import KeyStore, VersionState
from gateway.crypto.keystore.key_version import KeyVersion
from gateway.crypto.keystore.opening import CREDENTIAL, first_line, unattended_secret
from gateway.crypto.keystore.sealed_file import read_box, write_box
from gateway.errors import ConfigError, KeyStoreError
from gateway.service.card_keys import (
    compare,
    make_card_keys,
    open_card_keys,
    restore_card_keys,
    secret_variable,
)
from gateway.service.data_dir import DataDir
from gateway.system_clock import SystemClock

BACKUP_VARIABLE: Final = "MOHR_CARD_KEYS_BACKUP_PASSPHRASE"

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Make, list, back up and restore the master keys of cards.",
)

# Never options with the secrets themselves: every user of the machine can read a command line.
SecretFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        help="A file whose first line is the store's passphrase, or the token's PIN.",
    ),
]
BackupSecretFile = Annotated[
    Path | None,
    typer.Option(
        "--backup-passphrase-file",
        help=f"A file whose first line is the backup's passphrase; or set {BACKUP_VARIABLE}.",
    ),
]


@app.command()
def init(directory: DirOption, *, passphrase_file: SecretFile = None) -> None:
    """Make the first version of the keys; what exists is never replaced."""
    settings = _settings(directory)
    _make_folder(directory)
    secret = _secret(settings, passphrase_file, new=True)
    with recorded(directory, action="key.init", subject="1"):
        store = make_card_keys(DataDir(directory), settings, secret, SystemClock())
    with store:
        _say_version("made", store, store.current_version)
    typer.echo("Back it up before the first card is issued: docs/keys.md says how.")


@app.command(name="list")
def list_(
    directory: DirOption, *, passphrase_file: SecretFile = None, as_json: JsonOption = False
) -> None:
    """Show every version, its state and its check value; no key is shown."""
    with open_store(directory, passphrase_file) as store:
        rows = [
            {"version": one.version, "state": state, "check_value": store.check_value(one.version)}
            for one, state in _named_states(store)
        ]
    if as_json:
        show_json(rows)
        return
    show_table(("version", "state", "check value"), [tuple(map(str, row.values())) for row in rows])


@app.command()
def add(directory: DirOption, *, passphrase_file: SecretFile = None) -> None:
    """Make a new version, which new cards get; cards with older ones stay good."""
    with open_store(directory, passphrase_file) as store:
        with recorded(directory, action="key.add", subject="") as change:
            version = store.add_version()
            change["version"] = version
        _say_version("made", store, version)
    typer.echo("Back it up before the first card is issued with it.")


@app.command()
def retire(
    version: Annotated[int, typer.Argument(help="Cards with this version are turned away.")],
    directory: DirOption,
    *,
    undo: Annotated[bool, typer.Option("--undo", help="Let them be used again.")] = False,
    passphrase_file: SecretFile = None,
) -> None:
    """Turn cards with an old version away. Its keys are kept, so that it can be undone."""
    with open_store(directory, passphrase_file) as store:
        if undo:
            with recorded(directory, action="key.reinstate", subject=str(version)):
                store.reinstate(version)
        else:
            with recorded(directory, action="key.retire", subject=str(version)):
                store.retire(version)
    typer.echo(f"version {version} is {'in use again' if undo else 'retired'}")


@app.command()
def export_backup(
    file: Annotated[Path, typer.Argument(help="A new file, such as one on a memory stick.")],
    directory: DirOption,
    *,
    passphrase_file: SecretFile = None,
    backup_passphrase_file: BackupSecretFile = None,
) -> None:
    """Write all keys into a file that a passphrase of its own opens, and read it back."""
    with open_store(directory, passphrase_file) as store:
        versions = store.export_versions()
    secret = _backup_secret(backup_passphrase_file, new=True)
    with recorded(directory, action="key.export-backup", subject=file.name):
        write_box(file, secret, versions)
        if read_box(file, secret, is_backup=True) != versions:
            raise KeyStoreError(f"{file} does not read back as it was written: use another disk")
    typer.echo(f"{file}: written, and read back")
    _show_versions(versions)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file of mohr key export-backup.")],
    directory: DirOption,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only open it, and compare it with the store.")
    ] = False,
    passphrase_file: SecretFile = None,
    backup_passphrase_file: BackupSecretFile = None,
) -> None:
    """Put the keys of a backup into the store; one that is there is added to, never replaced."""
    settings = _settings(directory)
    versions = read_box(file, _backup_secret(backup_passphrase_file, new=False), is_backup=True)
    _show_versions(versions)
    there = settings.store == "pkcs11" or DataDir(directory).card_keys.exists()
    if dry_run:
        if there:
            with open_store(directory, passphrase_file) as store:
                _say_missing(compare(store, versions))
        else:
            typer.echo("there is no store here yet; nothing was changed")
        return
    _make_folder(directory)
    secret = _secret(settings, passphrase_file, new=not there)
    with recorded(directory, action="key.restore", subject=file.name):
        restore_card_keys(DataDir(directory), settings, secret, SystemClock(), versions).close()
    typer.echo("restored")


def _settings(directory: Path) -> CardKeySettings:
    # Keys may be made on a machine that is no gateway: a ceremony needs none.
    if not (directory / SETTINGS_FILE).exists():
        return CardKeySettings()
    return load_settings(directory).card_keys


def _make_folder(directory: Path) -> None:
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{directory} cannot be made: {error}") from error


def open_store(directory: Path, passphrase_file: Path | None) -> KeyStore:
    """Open the key store of a data directory, asking for its passphrase if need be.

    Raises:
        KeyStoreError: if there is none, or it does not open.
        ConfigError: if the settings cannot be used.
    """
    settings = _settings(directory)
    data_dir = DataDir(directory)
    if settings.store == "file" and not data_dir.card_keys.exists():
        # Said before anybody is asked for a passphrase.
        raise KeyStoreError(f"there are no card keys in {data_dir.card_keys}: run mohr key init")
    secret = _secret(settings, passphrase_file, new=False)
    return open_card_keys(data_dir, settings, secret, SystemClock())


def _secret(settings: CardKeySettings, file: Path | None, *, new: bool) -> str:
    variable = secret_variable(settings)
    found = first_line(file) if file else unattended_secret(os.environ, variable)
    if found is not None:
        return found
    what = "Passphrase of the card keys" if settings.store == "file" else "PIN of the token"
    return _asked(
        what,
        f"set {variable}, give --passphrase-file, or the credential {CREDENTIAL}",
        new=new and settings.store == "file",
    )


def _backup_secret(file: Path | None, *, new: bool) -> str:
    found = first_line(file) if file else os.environ.get(BACKUP_VARIABLE)
    if found is not None:
        return found
    return _asked(
        "Passphrase of the backup",
        f"set {BACKUP_VARIABLE} or give --backup-passphrase-file",
        new=new,
    )


def _asked(what: str, otherwise: str, *, new: bool) -> str:
    if not _is_typed():
        raise KeyStoreError(f"nobody is here to type the {what.lower()}: {otherwise}")
    return str(typer.prompt(what, hide_input=True, confirmation_prompt=new))


def _is_typed() -> bool:
    return sys.stdin.isatty()


def _named_states(store: KeyStore) -> list[tuple[VersionState, str]]:
    states = store.states()
    current = max((one.version for one in states if not one.retired), default=0)
    return [
        (one, "retired" if one.retired else "current" if one.version == current else "in use")
        for one in states
    ]


def _say_version(done: str, store: KeyStore, version: int) -> None:
    typer.echo(f"version {version} {done}, check value {store.check_value(version)}")


def _show_versions(versions: tuple[KeyVersion, ...]) -> None:
    for one in versions:
        retired = ", retired" if one.retired else ""
        typer.echo(f"version {one.version}{retired}, check value {one.check_value}")


def _say_missing(missing: tuple[int, ...]) -> None:
    if missing:
        typer.echo(f"the store lacks version {', '.join(map(str, missing))}; nothing was changed")
    else:
        typer.echo("the store has all of it, with the same keys; nothing was changed")
