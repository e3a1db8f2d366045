"""Runs Alembic on a connection of ours."""

from __future__ import annotations

from typing import Final

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection

from gateway.ledger.errors import StoreVersionError

_SCRIPTS: Final = "gateway.ledger:migrations"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", _SCRIPTS)
    config.set_main_option("path_separator", "os")
    return config


def head_of_scripts() -> str | None:
    """The newest revision that this installation holds a script for."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def run_migrations(connection: Connection) -> None:
    """Run the missing migrations inside the transaction that ``connection`` is in.

    Alembic by itself takes SQLite's DDL to be outside transactions and leaves half a migration
    behind when the process dies in the middle. SQLite's DDL is transactional; the caller's
    ``BEGIN IMMEDIATE`` and commit surround everything.

    Raises:
        StoreVersionError: if a newer Mohr made the database.
    """
    config = _config()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StoreVersionError(
            f"the database was made by another version of Mohr: {error}"
        ) from error
