"""Reads rows that may have been tampered with: what is not of its column's type is a finding.

SQLite keeps whatever type it is given, so a row that the gateway wrote as numbers may hold words.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from functools import lru_cache, partial
from typing import Final, TypeVar

from gateway.audit.report import Findings
from gateway.errors import MohrError
from gateway.ledger.row import Row
from gateway.ledger.rows import JournalRow
from gateway.ledger.store import LedgerBatch

R = TypeVar("R", bound=Row)
T = TypeVar("T")

_JOURNAL_ROWS_AT_ONCE: Final = 1_000


class Reading:
    """Reads one state of the ledger, and notes what cannot be read.

    Attributes:
        findings: where to note it.
    """

    def __init__(self, batch: LedgerBatch, findings: Findings) -> None:
        """Read from ``batch``."""
        self._batch = batch
        self.findings = findings

    def every(self, row_type: type[R]) -> Iterator[R]:
        """All rows of a kind in key order, up to one that cannot be read at all."""
        rows = self._batch.every(row_type)
        while True:
            row = self.attempt(row_type.TABLE, lambda: next(rows, None))
            if row is None:
                return
            if self._is_typed(row):
                yield row

    def journal(self) -> Iterator[JournalRow]:
        """The journal in order. Rows that cannot be read are noted and left out."""
        after = 0
        while True:
            try:
                rows: Iterable[JournalRow] = self._batch.journal(after, _JOURNAL_ROWS_AT_ONCE)
            except (MohrError, ValueError, TypeError, LookupError):
                # Somewhere in these is a bad row: take them one by one, to lose it alone.
                rows = self._one_by_one(after)
            last = after
            for row in rows:
                last = row.journal_index
                if self._is_typed(row):
                    yield row
            if last == after:
                return
            after = last

    def _one_by_one(self, after: int) -> Iterator[JournalRow]:
        for index in range(after, after + _JOURNAL_ROWS_AT_ONCE):
            where = f"journal {index + 1}"
            found = self.attempt(where, partial(self._batch.journal, index, 1))
            # Beyond a gap the next row would come again and again.
            if found and found[0].journal_index == index + 1:
                yield found[0]

    def attempt(self, where: str, read: Callable[[], T]) -> T | None:
        """Read something, or note that it cannot be read."""
        try:
            return read()
        except (MohrError, ValueError, TypeError, LookupError) as error:
            self.findings.add(where, f"it cannot be read: {error}")
            return None

    def _is_typed(self, row: Row) -> bool:
        for name, allowed in _allowed(type(row)):
            if type(getattr(row, name)) not in allowed:
                where = f"{type(row).TABLE} {row.key!r}"[:120]
                self.findings.add(where, f"{name} is not of its type")
                return False
        return True


@lru_cache(maxsize=64)
def _allowed(row_type: type[Row]) -> tuple[tuple[str, frozenset[type]], ...]:
    """The types that each field of a row may have."""
    hints = typing.get_type_hints(row_type)
    names = [one.name for one in fields(row_type)]  # type: ignore[arg-type] # every row is one
    return tuple((name, frozenset(_types(hints[name]))) for name in names)


def _types(hint: object) -> Iterator[type]:
    # A NewType in a union makes typing's own kind of union instead of the language's.
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        for part in typing.get_args(hint):
            yield from _types(part)
    elif isinstance(hint, typing.NewType):
        yield from _types(hint.__supertype__)
    elif isinstance(hint, type):
        yield hint
