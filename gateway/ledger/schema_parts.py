"""How the ledger's tables are made: column types, names of constraints, partial indexes."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, Table, Text, text
from sqlalchemy.sql.schema import SchemaItem

METADATA: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)
"""Every table of the ledger, once the modules that make them are loaded."""

# SQLite's own row number is a column declared INTEGER PRIMARY KEY, never BIGINT.
_NUMBER: Final = BigInteger().with_variant(Integer, "sqlite")


def number(name: str, *items: SchemaItem, key: bool = False, null: bool = False) -> Column[Any]:
    """A column of whole numbers of 64 bits."""
    return Column(name, _NUMBER, *items, primary_key=key, nullable=null, autoincrement=False)


def words(name: str, *items: SchemaItem, key: bool = False, null: bool = False) -> Column[Any]:
    """A column of text."""
    return Column(name, Text, *items, primary_key=key, nullable=null)


def octets(name: str, *items: SchemaItem, key: bool = False, null: bool = False) -> Column[Any]:
    """A column of bytes."""
    return Column(name, LargeBinary, *items, primary_key=key, nullable=null)


def table(name: str, *items: SchemaItem, clustered: bool = False) -> Table:
    """A table. A clustered one is its own primary key's tree: one tree to write instead of two."""
    return Table(name, METADATA, *items, sqlite_with_rowid=not clustered)


def where(condition: str) -> dict[str, Any]:
    """What an index says of the rows that it holds, in the words of each database."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}
