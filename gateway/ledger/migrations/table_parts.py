"""What the scripts after the first make tables of. Frozen with them: add, and change nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.sql.schema import SchemaItem


def number(name: str, *items: SchemaItem, null: bool = False) -> sa.Column[Any]:
    """A column of whole numbers of 64 bits."""
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column(name, kind, *items, nullable=null, autoincrement=False)


def words(name: str, *items: SchemaItem, null: bool = False) -> sa.Column[Any]:
    """A column of text."""
    return sa.Column(name, sa.Text(), *items, nullable=null)


def octets(name: str, *items: SchemaItem, null: bool = False) -> sa.Column[Any]:
    """A column of bytes."""
    return sa.Column(name, sa.LargeBinary(), *items, nullable=null)


def reference(table: str, column: str, target: str) -> sa.ForeignKey:
    """A reference from a table's column to another's, under the name it is to have."""
    return sa.ForeignKey(target, name=op.f(f"fk_{table}_{column}"))


def check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    """A condition on a table's rows, under the name it is to have."""
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def make_table(name: str, *items: SchemaItem, key: str, clustered: bool = False) -> None:
    """Make a table; a clustered one is its own primary key's tree."""
    primary = sa.PrimaryKeyConstraint(*key.split(), name=op.f(f"pk_{name}"))
    op.create_table(name, *items, primary, sqlite_with_rowid=not clustered)


def make_index(
    name: str,
    table: str,
    columns: str,
    *,
    where: str | None = None,
    unique: bool = False,
    again: bool = False,
) -> None:
    """Make an index on columns, of some rows where a condition says which.

    ``again`` drops it first.
    """
    if again:
        op.drop_index(name, table)
    condition: dict[str, Any] = {}
    if where is not None:
        condition = {"sqlite_where": sa.text(where), "postgresql_where": sa.text(where)}
    op.create_index(name, table, columns.split(), unique=unique, **condition)


def set_aside(name: str) -> None:
    """Keep a table's rows under another name, and drop it."""
    op.execute(f"CREATE TABLE old_{name} AS SELECT * FROM {name}")  # noqa: S608 - names of ours
    op.drop_table(name)


def bring_back(name: str, make: Callable[[], None], columns: str) -> None:
    """Make a table anew and give it its rows back, each as ``columns`` says."""
    make()
    op.execute(f"INSERT INTO {name} SELECT {columns} FROM old_{name}")  # noqa: S608 - as above
    op.drop_table(f"old_{name}")
