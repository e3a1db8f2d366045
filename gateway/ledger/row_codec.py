"""Rows to and from SQL: which columns, in which order, and which of them are enumerations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from itertools import repeat
from operator import attrgetter, call
from typing import Any, Final, Generic, TypeVar, cast, get_args, get_type_hints

from sqlalchemy import Column, Table, bindparam
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import ClauseElement

from gateway.ledger.row import Row
from gateway.ledger.row_types import ROW_TYPES
from gateway.ledger.schema import METADATA, MUTABLE_COLUMNS

R = TypeVar("R", bound=Row)

#: A statement that sets a column and looks for the same one needs two names for it.
_KEY_PREFIX: Final = "key__"


@dataclass(frozen=True, slots=True)
class DriverStatement:
    """Finished SQL with what takes its parameters out of a row.

    Rows go to the driver as tuples made in C: a batch writes some two thousand of them, and a
    dictionary for each would cost more than SQLite does.
    """

    sql: str
    parameters: Callable[[object], tuple[Any, ...]]


class RowCodec(Generic[R]):
    """Knows one kind of row."""

    def __init__(self, row_type: type[R]) -> None:
        self.row_type = row_type
        self.table: Table = METADATA.tables[row_type.TABLE]
        self.names = tuple(field.name for field in fields(cast("Any", row_type)))
        if self.names != tuple(self.table.columns.keys()):
            raise TypeError(f"{row_type.__name__} and table {self.table.name} differ")
        self.columns: tuple[Column[Any], ...] = tuple(self.table.columns)
        self.key_columns: tuple[Column[Any], ...] = tuple(self.table.primary_key.columns)
        hints = get_type_hints(row_type)
        converters = ((at, _converter(hints[name])) for at, name in enumerate(self.names))
        self._converters = tuple((at, convert) for at, convert in converters if convert)
        # What a frozen row's own __init__ does, in a third of its time: a redemption may look at a
        # thousand lots.
        self._setters = tuple(getattr(row_type, name).__set__ for name in self.names)

    def row(self, values: Sequence[Any]) -> R:
        """Make a row of what a SELECT of all columns returned."""
        if self._converters:
            values = list(values)
            for at, convert in self._converters:
                if values[at] is not None:
                    values[at] = convert(values[at])
        row = object.__new__(self.row_type)
        # No setter returns anything, so this calls them all, without a step of Python for each.
        any(map(call, self._setters, repeat(row), values))
        return row

    def insert(self, dialect: Dialect) -> DriverStatement:
        """Make the statement that inserts a row."""
        return _driver_statement(self.table.insert(), self.names, dialect)

    def update(self, dialect: Dialect) -> DriverStatement:
        """Make the statement that writes a row's mutable columns."""
        statement = self.table.update().values(
            {name: bindparam(name) for name in MUTABLE_COLUMNS[self.table.name]}
        )
        for column in self.key_columns:
            statement = statement.where(column == bindparam(f"{_KEY_PREFIX}{column.name}"))
        return _driver_statement(statement, self.names, dialect)

    def delete(self, dialect: Dialect) -> DriverStatement:
        """Make the statement that removes a row."""
        statement = self.table.delete()
        for column in self.key_columns:
            statement = statement.where(column == bindparam(f"{_KEY_PREFIX}{column.name}"))
        return _driver_statement(statement, self.names, dialect)


def _converter(hint: object) -> Callable[[Any], object] | None:
    for option in (hint, *get_args(hint)):
        if isinstance(option, type) and (issubclass(option, StrEnum) or option is bool):
            return option
    return None


def _driver_statement(
    statement: ClauseElement, names: Sequence[str], dialect: Dialect
) -> DriverStatement:
    column_keys = list(names) if statement.is_insert else None  # type: ignore[attr-defined]
    compiled = statement.compile(dialect=dialect, column_keys=column_keys)
    order = compiled.positiontup  # type: ignore[attr-defined]
    attributes = [name.removeprefix(_KEY_PREFIX) for name in order]
    getter = attrgetter(*attributes)
    if len(attributes) == 1:
        return DriverStatement(str(compiled), lambda row: (getter(row),))
    return DriverStatement(str(compiled), cast("Callable[[object], tuple[Any, ...]]", getter))


CODECS: Final[dict[type[Row], RowCodec[Any]]] = {
    row_type: RowCodec(row_type) for row_type in ROW_TYPES
}
"""The codec of each kind of row, parents before children."""
