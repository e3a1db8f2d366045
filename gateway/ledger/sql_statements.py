"""SQL for many keys or many rows at once, in few sizes, so that few statements are prepared.

The driver gives the interpreter's lock away for each statement that it steps, and then has to wait
until it gets it back: one statement for 64 rows waits once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, Final, cast

from sqlalchemy import (
    CTE,
    Table,
    and_,
    bindparam,
    column,
    literal_column,
    select,
    text,
    values,
)
from sqlalchemy.engine import Dialect

from gateway.ledger.numbering import MADE_BY_ONE_ROW_MAX
from gateway.ledger.row import Row
from gateway.ledger.row_codec import CODECS, DriverStatement
from gateway.ledger.rows_members import UsageRow, VisitRow
from gateway.model.ids import TransactionId

#: Keys in one statement. SQLite 3.40 takes 32,766 parameters, three of them for each key.
_KEYS_AT_ONCE: Final = 512
#: Rows in one statement; the widest table has 20 columns.
_ROWS_AT_ONCE: Final = 64

_KEY_PARTS: Final[dict[type, Callable[[Any], tuple[Any, ...]]]] = {
    TransactionId: lambda key: (key.terminal, key.epoch, key.seq),
    tuple: lambda key: key,
}


def _key_parts(key: Hashable) -> tuple[Any, ...]:
    split = _KEY_PARTS.get(type(key))
    return (key,) if split is None else split(key)


def keys_at_once(keys: Collection[Hashable], width: int) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Flat parameters for up to so many keys at once, filled up to a power of two.

    A key of NULLs equals nothing.

    Args:
        keys: each one value, a tuple, or a transaction's id.
        width: columns of a key.

    Returns:
        how many keys, and their parts, in pieces.
    """
    parts = [_key_parts(key) for key in keys]
    for start in range(0, len(parts), _KEYS_AT_ONCE):
        some = parts[start : start + _KEYS_AT_ONCE]
        size = 1 << (len(some) - 1).bit_length()
        flat = tuple(part for key in some for part in key)
        yield size, flat + (None,) * (width * (size - len(some)))


def rows_at_once(rows: Sequence[tuple[Any, ...]]) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Flat parameters for many rows at once, in pieces of a power of two.

    Returns:
        how many rows, and their parts, in pieces.
    """
    start = 0
    while start < len(rows):
        left = len(rows) - start
        size = _ROWS_AT_ONCE if left >= _ROWS_AT_ONCE else 1 << (left.bit_length() - 1)
        yield size, tuple(chain.from_iterable(rows[start : start + size]))
        start += size


OWNER_AND_DAY: Final[dict[type[Row], tuple[str, str]]] = {
    VisitRow: ("member_id", "business_day"),
    UsageRow: ("owner", "last_day"),
}
"""Rows that belong to somebody and to a day: the columns that say so, an index over both."""


@lru_cache(maxsize=512)
def keyed_statement(
    dialect: Dialect, row_type: type[Row], names: tuple[str, ...], condition: str, size: int
) -> str:
    """SQL that finds rows by ``size`` keys.

    The keys are a table of their own that is joined: SQLite answers the shorter
    ``(a, b) IN (VALUES ...)`` by reading the whole table as soon as there are two keys.
    """
    table = CODECS[row_type].table
    wanted = _given(table, names, size)
    same = and_(*(wanted.columns[name] == table.columns[name] for name in names))
    found = select(*table.columns).select_from(wanted.join(table, same))
    if condition:
        found = found.where(text(condition))
    return str(found.compile(dialect=dialect))


@lru_cache(maxsize=64)
def since_statement(dialect: Dialect, row_type: type[Row], size: int) -> str:
    """SQL that finds an owner's rows from a day on, ``size`` times."""
    table = CODECS[row_type].table
    first, second = (table.columns[name] for name in OWNER_AND_DAY[row_type])
    wanted = _given(table, (first.name, second.name), size)
    among = and_(
        first == wanted.columns[first.name],
        second >= wanted.columns[second.name],
    )
    found = select(*table.columns).select_from(wanted.join(table, among))
    return str(found.compile(dialect=dialect))


@lru_cache(maxsize=64)
def made_by_statement(dialect: Dialect, row_type: type[Row], size: int) -> str:
    """SQL that finds what ``size`` journal rows made, by the range of the numbers it has."""
    table = CODECS[row_type].table
    (number,) = table.primary_key.columns
    wanted = _given(table, (number.name,), size)
    each = literal_column(str(MADE_BY_ONE_ROW_MAX), number.type)
    first = wanted.columns[number.name] * each
    among = and_(number >= first, number < first + each)
    found = select(*table.columns).select_from(wanted.join(table, among))
    return str(found.compile(dialect=dialect))


@lru_cache(maxsize=512)
def inserting_statement(dialect: Dialect, row_type: type[Row], size: int) -> str:
    """SQL that inserts ``size`` rows."""
    head, word, one = single_statement(dialect, row_type, "insert").sql.partition(" VALUES ")
    return f"{head}{word}{', '.join([one] * size)}"


@lru_cache(maxsize=256)
def single_statement(dialect: Dialect, row_type: type[Row], action: str) -> DriverStatement:
    """SQL for one row: ``insert``, ``update`` or ``delete``."""
    return cast("DriverStatement", getattr(CODECS[row_type], action)(dialect))


def _given(table: Table, names: tuple[str, ...], size: int) -> CTE:
    """A table of ``size`` rows of parameters, with types and names of some columns."""
    rows = [
        tuple(bindparam(f"{name}_{number}", type_=table.columns[name].type) for name in names)
        for number in range(size)
    ]
    columns = (column(name, table.columns[name].type) for name in names)
    return values(*columns, name="wanted").data(rows).cte("wanted")
