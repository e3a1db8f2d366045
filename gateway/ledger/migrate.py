"""Bring a database to the schema this version works with, all of it or nothing.

Alembic is loaded only where there is something to migrate: nearly every start finds the schema it
wants, and would otherwise wait a fifth of a second for it.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, inspect, text

HEAD_REVISION: Final = "0005"
"""The schema revision that this version of Mohr works with; a test compares it with the scripts."""

_REVISION: Final = text("SELECT version_num FROM alembic_version")
"""Where Alembic keeps it."""


def current_revision(connection: Connection) -> str | None:
    """The schema revision of a database, or None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(_REVISION).scalar_one_or_none()


def upgrade(connection: Connection) -> None:
    """Run the missing migrations inside the transaction that ``connection`` is in.

    Raises:
        StoreVersionError: if a newer Mohr made the database.
    """
    if current_revision(connection) == HEAD_REVISION:
        return
    from gateway.ledger.migrations.run import run_migrations  # noqa: PLC0415 - loads Alembic

    run_migrations(connection)
