"""Rows of one kind that a batch loaded, with what became of each: the unit of work's memory."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from gateway.ledger.errors import InvariantError, NotLoadedError
from gateway.ledger.row import Row

K = TypeVar("K", bound=Hashable)
R = TypeVar("R", bound=Row)


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """What one commit writes, by kind of row.

    Attributes:
        inserted: rows the store does not hold.
        updated: rows the store holds under the same key, whole.
        removed: rows to forget, as they stood when they were loaded.
    """

    inserted: Mapping[type[Row], Sequence[Row]]
    updated: Mapping[type[Row], Sequence[Row]]
    removed: Mapping[type[Row], Sequence[Row]]


class Shelf(Generic[K, R]):
    """A small table in memory that knows the difference between absent and not asked for.

    Asking for a key that the batch's plan never loaded is a bug that would silently decide
    against a customer; it raises instead.
    """

    __slots__ = ("_asked", "_rows", "_stored", "_touched", "row_type")

    def __init__(self, row_type: type[R]) -> None:
        self.row_type = row_type
        self._rows: dict[K, R] = {}
        self._stored: dict[K, R] = {}
        self._asked: set[K] = set()
        self._touched: dict[K, None] = {}

    def load(self, rows: Iterable[R], asked: Iterable[K] = ()) -> None:
        """Take rows from the store.

        Args:
            rows: what the store holds.
            asked: every key that was looked for; those without a row are known to be absent.
        """
        found = {cast("K", row.key): row for row in rows}
        self._stored.update(found)
        self._asked.update(found)
        self._asked.update(asked)
        if self._touched:
            found = {key: row for key, row in found.items() if key not in self._touched}
        self._rows.update(found)

    def get(self, key: K) -> R | None:
        """The row, or None where there is none.

        Raises:
            NotLoadedError: if nobody looked for this key.
        """
        row = self._rows.get(key)
        if row is None and key not in self._asked:
            raise NotLoadedError(f"{self.row_type.TABLE} {key!r} was not loaded")
        return row

    def require(self, key: K) -> R:
        """The row that must be there.

        Raises:
            InvariantError: if it is not.
            NotLoadedError: if nobody looked for this key.
        """
        row = self.get(key)
        if row is None:
            raise InvariantError(f"{self.row_type.TABLE} {key!r} is missing")
        return row

    def knows(self, key: K) -> bool:
        """Whether the key was looked for or made."""
        return key in self._asked

    def add(self, row: R) -> None:
        """Make a new row.

        Raises:
            InvariantError: if there is one under its key.
        """
        key = cast("K", row.key)
        if key in self._rows:
            raise InvariantError(f"{self.row_type.TABLE} {key!r} is there already")
        self._rows[key] = row
        self._asked.add(key)
        self._touched[key] = None

    def replace(self, row: R) -> None:
        """Change an existing row.

        Raises:
            InvariantError: if there is none under its key.
        """
        key = cast("K", row.key)
        if key not in self._rows:
            raise InvariantError(f"{self.row_type.TABLE} {key!r} is missing")
        self._rows[key] = row
        self._touched[key] = None

    def remove(self, key: K) -> None:
        """Forget an existing row.

        Raises:
            InvariantError: if there is none under its key.
        """
        if self._rows.pop(key, None) is None:
            raise InvariantError(f"{self.row_type.TABLE} {key!r} is missing")
        self._touched[key] = None

    def among(self, keys: Iterable[K]) -> list[R]:
        """The rows that there are under some keys, all of which were looked for in some way."""
        rows = self._rows
        return [rows[key] for key in keys if key in rows]

    def rows(self) -> Iterable[R]:
        """Every row now on the shelf."""
        return self._rows.values()

    def inserted(self) -> list[R]:
        """New rows, in the order they were made."""
        stored, rows = self._stored, self._rows
        return [rows[key] for key in self._touched if key in rows and key not in stored]

    def updated(self) -> list[R]:
        """Stored rows that are not what they were."""
        stored, rows = self._stored, self._rows
        return [
            rows[key]
            for key in self._touched
            if key in rows and key in stored and rows[key] is not stored[key]
        ]

    def removed(self) -> list[R]:
        """Stored rows that are gone, as they were."""
        stored, rows = self._stored, self._rows
        return [stored[key] for key in self._touched if key in stored and key not in rows]
