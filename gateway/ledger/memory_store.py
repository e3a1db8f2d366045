"""A ledger in memory, for simulators: the same promises, except that nothing outlives it.

Not modelled: a full disk, other processes, and time spent on syncing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import RLock
from typing import Any, Final, TypeVar, cast

from gateway.errors import LedgerError
from gateway.ledger.batch import LedgerBatch
from gateway.ledger.book import Head, PointsLedger
from gateway.ledger.errors import StoreClosedError
from gateway.ledger.kinds import HoldState, SystemAccount
from gateway.ledger.row import Row
from gateway.ledger.rows import (
    AccountRow,
    AllocationRow,
    DebtRow,
    HoldRow,
    JournalRow,
    LotRow,
    SaleRow,
    SuspendedRow,
)
from gateway.ledger.rows_intake import ROW_TYPES, ChainRow, InboxRow
from gateway.ledger.shelf import ChangeSet
from gateway.ledger.store import LedgerStore
from gateway.model.ids import BranchId, CardToken, MemberId, SaleKey, TerminalId, TransactionId

R = TypeVar("R", bound=Row)

_SYSTEM_NAMES: Final = frozenset(SystemAccount)

#: For each kind of row that is looked for by other than its key: what it is filed under, or None
#: where it is not to be found that way.
_FILED_UNDER: Final[dict[type[Row], Callable[[Any], Hashable | None]]] = {
    JournalRow: lambda row: (row.terminal, row.epoch, row.seq) if row.seq else None,
    InboxRow: lambda row: (row.terminal, row.epoch),
    LotRow: lambda row: row.member_id if row.remaining else None,
    DebtRow: lambda row: row.member_id if row.remaining else None,
    SuspendedRow: lambda row: row.card_token if row.resolved_index is None else None,
    AllocationRow: lambda row: row.owner_index,
    HoldRow: lambda row: (row.branch, row.sale_key) if row.state is HoldState.POSTED else row.state,
    SaleRow: lambda row: (row.branch, row.receipt_number),
    ChainRow: lambda row: row.highest_seq > row.watermark,
}


@dataclass(slots=True)
class _MemoryTable:
    """Rows by key, and for some kinds the keys by what they are filed under."""

    row_type: type[Row]
    rows: dict[Hashable, Row] = field(default_factory=dict)
    filed: defaultdict[Hashable, dict[Hashable, None]] = field(
        default_factory=lambda: defaultdict(dict)
    )

    def put(self, row: Row) -> None:
        self.drop(row.key)
        self.rows[row.key] = row
        label = self._label(row)
        if label is not None:
            self.filed[label][row.key] = None

    def drop(self, key: Hashable) -> None:
        row = self.rows.pop(key, None)
        if row is None:
            return
        label = self._label(row)
        if label is not None:
            del self.filed[label][key]
            if not self.filed[label]:
                del self.filed[label]

    def under(self, labels: Iterable[Hashable]) -> list[Any]:
        return [self.rows[key] for label in labels for key in self.filed.get(label, ())]

    def _label(self, row: Row) -> Hashable | None:
        file_under = _FILED_UNDER.get(self.row_type)
        return None if file_under is None else file_under(row)


class MemoryBatch(LedgerBatch):
    """Reads the tables as they are; what is saved waits until the batch ends."""

    def __init__(self, tables: dict[type[Row], _MemoryTable]) -> None:
        self._tables = tables
        self.saved: list[ChangeSet] = []

    def head(self) -> Head:
        """See ``LedgerBatch``."""
        journal = self._tables[JournalRow].rows
        account_id = len(self._tables[AccountRow].rows)
        if not journal:
            return Head(account_id=account_id)
        last = cast("JournalRow", journal[len(journal)])
        return Head(
            journal_index=last.journal_index,
            recorded_at_ms=last.recorded_at_ms,
            account_id=account_id,
        )

    def points_ledger(self) -> PointsLedger | None:
        """See ``LedgerBatch``."""
        first = self.rows(AccountRow, range(1, len(_SYSTEM_NAMES) + 1))
        if not first:
            return None
        accounts = {SystemAccount(row.name): row.account_id for row in first}
        return PointsLedger(first[0].ledger, accounts)

    def rows(self, row_type: type[R], keys: Collection[Hashable]) -> list[R]:
        """See ``LedgerBatch``."""
        table = cast("dict[Hashable, R]", self._tables[row_type].rows)
        return [table[key] for key in keys if key in table]

    def every(self, row_type: type[R]) -> Iterator[R]:
        """See ``LedgerBatch``."""
        table = cast("dict[Any, R]", self._tables[row_type].rows)
        return (table[key] for key in sorted(table))

    def results(self, ids: Collection[TransactionId]) -> list[JournalRow]:
        """See ``LedgerBatch``."""
        names = [(one.terminal, one.epoch, one.seq) for one in ids]
        return [replace(row, envelope=None) for row in self._tables[JournalRow].under(names)]

    def journal(self, after_index: int, limit: int) -> list[JournalRow]:
        """See ``LedgerBatch``."""
        return self.rows(JournalRow, range(after_index + 1, after_index + 1 + limit))

    def waiting(self, terminal: TerminalId, epoch: int) -> list[InboxRow]:
        """See ``LedgerBatch``."""
        found: list[InboxRow] = self._tables[InboxRow].under([(terminal, epoch)])
        return sorted(found, key=lambda row: row.seq)

    def open_chains(self) -> list[ChainRow]:
        """See ``LedgerBatch``."""
        return self._tables[ChainRow].under([True])

    def open_lots(self, members: Collection[MemberId]) -> list[LotRow]:
        """See ``LedgerBatch``."""
        return self._tables[LotRow].under(members)

    def open_debts(self, members: Collection[MemberId]) -> list[DebtRow]:
        """See ``LedgerBatch``."""
        return self._tables[DebtRow].under(members)

    def open_suspended(self, tokens: Collection[CardToken]) -> list[SuspendedRow]:
        """See ``LedgerBatch``."""
        return self._tables[SuspendedRow].under(tokens)

    def allocations(self, owners: Collection[int]) -> list[AllocationRow]:
        """See ``LedgerBatch``."""
        return self._tables[AllocationRow].under(owners)

    def posted_holds(self, sales: Collection[tuple[BranchId, SaleKey]]) -> list[HoldRow]:
        """See ``LedgerBatch``."""
        return self._tables[HoldRow].under(sales)

    def sales_by_receipt(self, branch: BranchId, number: str, limit: int) -> list[SaleRow]:
        """See ``LedgerBatch``."""
        same: list[SaleRow] = self._tables[SaleRow].under([(branch, number)])
        same.sort(key=lambda row: -row.first_index)
        return [row for row in same if row.refund_index is None][:limit] or same[:1]

    def due_holds(self, at_ms: int, limit: int) -> list[HoldRow]:
        """See ``LedgerBatch``."""
        pending: list[HoldRow] = self._tables[HoldRow].under([HoldState.PENDING])
        due = [row for row in pending if row.expires_at_ms <= at_ms]
        return sorted(due, key=lambda row: row.expires_at_ms)[:limit]

    def save(self, changes: ChangeSet) -> None:
        """See ``LedgerBatch``."""
        for row_type, rows in changes.inserted.items():
            table = self._tables[row_type]
            taken = [row for row in rows if row.key in table.rows]
            if taken:
                raise LedgerError(f"{row_type.TABLE} {taken[0].key!r} is there already")
        for group in (changes.updated, changes.removed):
            for row_type, rows in group.items():
                missing = [row for row in rows if row.key not in self._tables[row_type].rows]
                if missing:
                    raise LedgerError(f"{row_type.TABLE} {missing[0].key!r} is not there")
        self.saved.append(changes)


class MemoryLedgerStore(LedgerStore):
    """A ``LedgerStore`` whose tables are dictionaries."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._tables = {row_type: _MemoryTable(row_type) for row_type in ROW_TYPES}
        self._closed = False

    @contextmanager
    def batch(self) -> Iterator[LedgerBatch]:
        """See ``LedgerStore``."""
        with self._lock:
            if self._closed:
                raise StoreClosedError("the ledger in memory was closed")
            batch = MemoryBatch(self._tables)
            yield batch
            for changes in batch.saved:
                self._apply(changes)

    def close(self) -> None:
        """See ``LedgerStore``."""
        self._closed = True

    def _apply(self, changes: ChangeSet) -> None:
        for row_type, removed in changes.removed.items():
            for row in removed:
                self._tables[row_type].drop(row.key)
        for group in (changes.inserted, changes.updated):
            for row_type, rows in group.items():
                for row in rows:
                    self._tables[row_type].put(row)
