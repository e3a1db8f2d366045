"""The office database's registry of tables, and how their columns are declared.

Each module of the office declares its own tables on ``METADATA``; ``store`` imports the modules and
makes what is missing.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Integer,
    LargeBinary,
    MetaData,
    Text,
)
from sqlalchemy.sql.schema import SchemaItem

#: Written to ``PRAGMA user_version``. Raise it whenever a column or a table changes its meaning;
#: a new table alone is made where it is missing.
SCHEMA_VERSION: Final = 1

METADATA: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

# SQLite's own row number is a column declared INTEGER PRIMARY KEY, never BIGINT.
_NUMBER: Final = BigInteger().with_variant(Integer, "sqlite")


def number(name: str, *items: SchemaItem, key: bool = False, null: bool = False) -> Column[Any]:
    """Declare a whole number. A lone key is SQLite's row number and counts by itself."""
    return Column(name, _NUMBER, *items, primary_key=key, nullable=null)


def text(name: str, *items: SchemaItem, key: bool = False, null: bool = False) -> Column[Any]:
    """Declare a text."""
    return Column(name, Text, *items, primary_key=key, nullable=null)


def octets(name: str, *items: SchemaItem, key: bool = False, null: bool = False) -> Column[Any]:
    """Declare a string of bytes."""
    return Column(name, LargeBinary, *items, primary_key=key, nullable=null)


def flag(name: str, *items: SchemaItem) -> Column[Any]:
    """Declare a yes or no."""
    return Column(name, Boolean, *items, nullable=False)
