"""A ledger in memory, for simulators: the same promises, except that nothing outlives it.

Not modelled: a full disk, other processes, and time spent on syncing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from threading import RLock
from typing import Any, Final, TypeVar, cast

from gateway.errors import LedgerError
from gateway.ledger.accounts import OTHER_BASE, PENDING_BASE, Ledgers, is_system, ledgers_of
from gateway.ledger.batch import LedgerBatch
from gateway.ledger.errors import StoreClosedError
from gateway.ledger.head import Head
from gateway.ledger.kinds import CardState, HoldState, JournalKind
from gateway.ledger.moved import MovedTotal, moved_totals
from gateway.ledger.numbering import maker_of
from gateway.ledger.row import Row
from gateway.ledger.row_types import ROW_TYPES
from gateway.ledger.rows import AccountRow, EntryRow, JournalRow
from gateway.ledger.rows_intake import ChainRow, InboxRow
from gateway.ledger.rows_lots import AllocationRow, DebtRow, HoldRow, LotRow, SuspendedRow
from gateway.ledger.rows_members import (
    CardRow,
    CardUseRow,
    GiftCardRow,
    HouseholdMemberRow,
    UsageRow,
    VisitRow,
    VoucherRow,
    WalletRow,
)
from gateway.ledger.rows_sales import SaleReturnRow, SaleRow
from gateway.ledger.shelf import ChangeSet
from gateway.ledger.store import LedgerStore
from gateway.model.ids import (
    BranchId,
    CardToken,
    HoldId,
    HouseholdId,
    MemberId,
    SaleKey,
    TerminalId,
    TransactionId,
    WalletId,
)

R = TypeVar("R", bound=Row)


class _Range(Enum):
    """What accounts are filed under: the range that their number is in."""

    SYSTEM = auto()
    MEMBER = auto()
    PENDING = auto()
    OTHER = auto()


class _Lot(Enum):
    """Lots that the nightly run looks for."""

    PENDING = auto()
    LAPSING = auto()


def _journal_labels(row: JournalRow) -> tuple[Hashable, ...]:
    if row.seq:
        return ((row.terminal, row.epoch, row.seq),)
    return (row.request_id,) if row.kind is JournalKind.COMMAND else ()


def _account_labels(row: AccountRow) -> tuple[Hashable, ...]:
    if is_system(row.account_id):
        return (_Range.SYSTEM,)
    if row.account_id > OTHER_BASE:
        return (_Range.OTHER,)
    return (_Range.MEMBER if row.account_id < PENDING_BASE else _Range.PENDING,)


def _lot_labels(row: LotRow) -> tuple[Hashable, ...]:
    labels: list[Hashable] = [row.earned_index]
    if row.remaining:
        labels.append(row.wallet_id)
    if row.closed_index is None:
        labels += [_Lot.PENDING] * row.pending
        labels += [_Lot.LAPSING] * (row.expires_at_ms is not None)
    return tuple(labels)


def _suspended_labels(row: SuspendedRow) -> tuple[Hashable, ...]:
    open_for = (row.card_token,) if row.resolved_index is None else ()
    return (row.journal_index, *open_for)


def _hold_labels(row: HoldRow) -> tuple[Hashable, ...]:
    live = row.state in (HoldState.PENDING, HoldState.POSTED)
    return (row.state, (row.branch, row.sale_key)) if live else (row.state,)


def _return_labels(row: SaleReturnRow) -> tuple[Hashable, ...]:
    return (("sale", row.branch, row.sale_key), ("return", row.branch, row.return_key))


def _wallet_labels(row: WalletRow) -> tuple[Hashable, ...]:
    return (row.ledger,) if row.available or row.pending else ()


#: For each kind of row that is looked for by other than its key: what it is filed under, which is
#: nothing where it is not to be found that way.
_FILED_UNDER: Final[dict[type[Row], Callable[[Any], tuple[Hashable, ...]]]] = {
    JournalRow: _journal_labels,
    AccountRow: _account_labels,
    InboxRow: lambda row: ((row.terminal, row.epoch),),
    LotRow: _lot_labels,
    DebtRow: lambda row: (row.wallet_id,) if row.remaining else (),
    SuspendedRow: _suspended_labels,
    AllocationRow: lambda row: (row.owner_index,),
    HoldRow: _hold_labels,
    SaleRow: lambda row: ((row.branch, row.receipt_number),),
    SaleReturnRow: _return_labels,
    ChainRow: lambda row: (row.highest_seq > row.watermark,),
    VisitRow: lambda row: (row.member_id,),
    UsageRow: lambda row: (row.owner,),
    VoucherRow: lambda row: (row.member_id, maker_of(row.voucher_id)),
    HouseholdMemberRow: lambda row: (row.household_id,),
    GiftCardRow: lambda row: (row.wallet_id,),
    CardRow: lambda row: () if row.state is CardState.ACTIVE else (False,),
    CardUseRow: lambda row: (row.token,),
    WalletRow: _wallet_labels,
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
        for label in self._labels(row):
            self.filed[label][row.key] = None

    def drop(self, key: Hashable) -> None:
        row = self.rows.pop(key, None)
        if row is None:
            return
        for label in self._labels(row):
            del self.filed[label][key]
            if not self.filed[label]:
                del self.filed[label]

    def under(self, labels: Iterable[Hashable]) -> list[Any]:
        return [self.rows[key] for label in labels for key in self.filed.get(label, ())]

    def last_under(self, label: Hashable) -> Any:  # noqa: ANN401 - a key of any type
        """The key that was filed last."""
        return next(reversed(self.filed.get(label, {})), None)

    def _labels(self, row: Row) -> tuple[Hashable, ...]:
        file_under = _FILED_UNDER.get(self.row_type)
        return () if file_under is None else file_under(row)


class MemoryBatch(LedgerBatch):
    """Reads the tables as they are; what is saved waits until the batch ends."""

    def __init__(self, tables: dict[type[Row], _MemoryTable]) -> None:
        self._tables = tables
        self.saved: list[ChangeSet] = []

    def head(self) -> Head:
        """See ``LedgerBatch``."""
        journal, accounts = self._tables[JournalRow].rows, self._tables[AccountRow]
        account_id = accounts.last_under(_Range.MEMBER) or 0
        other_account_id = accounts.last_under(_Range.OTHER) or 0
        if not journal:
            return Head(account_id=account_id, other_account_id=other_account_id)
        last = cast("JournalRow", journal[len(journal)])
        return Head(
            journal_index=last.journal_index,
            recorded_at_ms=last.recorded_at_ms,
            account_id=account_id,
            other_account_id=other_account_id,
        )

    def ledgers(self) -> Ledgers:
        """See ``LedgerBatch``."""
        return ledgers_of(self._tables[AccountRow].under([_Range.SYSTEM]))

    def rows(self, row_type: type[R], keys: Collection[Hashable]) -> list[R]:
        """See ``LedgerBatch``."""
        table = cast("dict[Hashable, R]", self._tables[row_type].rows)
        return [table[key] for key in keys if key in table]

    def every(self, row_type: type[R]) -> Iterator[R]:
        """See ``LedgerBatch``."""
        table = cast("dict[Any, R]", self._tables[row_type].rows)
        return (table[key] for key in sorted(table))

    def page(self, row_type: type[R], after: Hashable | None, limit: int) -> list[R]:
        """See ``LedgerBatch``."""
        table = cast("dict[Any, R]", self._tables[row_type].rows)
        keys = sorted(key for key in table if after is None or key > after)
        return [table[key] for key in keys[:limit]]

    def made_by(self, row_type: type[R], journal_indexes: Collection[int]) -> list[R]:
        """See ``LedgerBatch``."""
        return self._tables[row_type].under(journal_indexes)

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

    def open_lots(self, wallets: Collection[WalletId]) -> list[LotRow]:
        """See ``LedgerBatch``."""
        return self._tables[LotRow].under(wallets)

    def open_debts(self, wallets: Collection[WalletId]) -> list[DebtRow]:
        """See ``LedgerBatch``."""
        return self._tables[DebtRow].under(wallets)

    def open_suspended(self, tokens: Collection[CardToken]) -> list[SuspendedRow]:
        """See ``LedgerBatch``."""
        return self._tables[SuspendedRow].under(tokens)

    def allocations(self, owners: Collection[int]) -> list[AllocationRow]:
        """See ``LedgerBatch``."""
        return self._tables[AllocationRow].under(owners)

    def holds_on(self, sales: Collection[tuple[BranchId, SaleKey]]) -> list[HoldRow]:
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

    def due_pending_lots(self, at_ms: int, limit: int) -> list[LotRow]:
        """See ``LedgerBatch``."""
        pending: list[LotRow] = self._tables[LotRow].under([_Lot.PENDING])
        due = [row for row in pending if row.available_from_ms <= at_ms]
        return sorted(due, key=lambda row: (row.available_from_ms, row.lot_id))[:limit]

    def due_lapsing_lots(self, at_ms: int, limit: int) -> list[LotRow]:
        """See ``LedgerBatch``."""
        lapsing: list[LotRow] = self._tables[LotRow].under([_Lot.LAPSING])
        due = [row for row in lapsing if (row.expires_at_ms or 0) <= at_ms]
        return sorted(due, key=lambda row: (row.expires_at_ms or 0, row.lot_id))[:limit]

    def visits_since(self, members: Collection[MemberId], business_day: str) -> list[VisitRow]:
        """See ``LedgerBatch``."""
        visits: list[VisitRow] = self._tables[VisitRow].under(members)
        return [row for row in visits if row.business_day >= business_day]

    def usage_of(self, owners: Collection[str], business_day: str) -> list[UsageRow]:
        """See ``LedgerBatch``."""
        used: list[UsageRow] = self._tables[UsageRow].under(owners)
        return [row for row in used if row.last_day >= business_day]

    def vouchers_of(self, members: Collection[MemberId]) -> list[VoucherRow]:
        """See ``LedgerBatch``."""
        return self._tables[VoucherRow].under(members)

    def denied_cards(self, limit: int) -> list[CardRow]:
        """See ``LedgerBatch``."""
        denied: list[CardRow] = self._tables[CardRow].under([False])
        return sorted(denied, key=lambda row: (row.added_at_ms, row.token), reverse=True)[:limit]

    def card_uses_beside(self, uses: Collection[tuple[CardToken, int]]) -> list[CardUseRow]:
        """See ``LedgerBatch``."""
        found: list[CardUseRow] = []
        for token, counted in uses:
            same: list[CardUseRow] = self._tables[CardUseRow].under([token])
            same.sort(key=lambda row: row.counter)
            found += [row for row in same if row.counter <= counted][-2:]
            found += [row for row in same if row.counter > counted][:1]
        return found

    def gift_cards_in(self, wallets: Collection[WalletId]) -> list[GiftCardRow]:
        """See ``LedgerBatch``."""
        return self._tables[GiftCardRow].under(wallets)

    def wallets_left(self, ledger: str, after: WalletId | None, limit: int) -> list[WalletRow]:
        """See ``LedgerBatch``."""
        left: list[WalletRow] = self._tables[WalletRow].under([ledger])
        found = [row for row in left if after is None or row.wallet_id > after]
        return sorted(found, key=lambda row: row.wallet_id)[:limit]

    def household_members(self, households: Collection[HouseholdId]) -> list[HouseholdMemberRow]:
        """See ``LedgerBatch``."""
        return self._tables[HouseholdMemberRow].under(households)

    def returns_of(self, sales: Collection[tuple[BranchId, SaleKey]]) -> list[SaleReturnRow]:
        """See ``LedgerBatch``."""
        return self._tables[SaleReturnRow].under(("sale", *sale) for sale in sales)

    def returns_named(self, keys: Collection[tuple[BranchId, SaleKey]]) -> list[SaleReturnRow]:
        """See ``LedgerBatch``."""
        return self._tables[SaleReturnRow].under(("return", *key) for key in keys)

    def commands(self, ids: Collection[HoldId]) -> list[JournalRow]:
        """See ``LedgerBatch``."""
        return [replace(row, envelope=None) for row in self._tables[JournalRow].under(ids)]

    def moved(self, first_index: int, last_index: int) -> list[MovedTotal]:
        """See ``LedgerBatch``."""
        entries = (
            row
            for row in self._tables[EntryRow].rows.values()
            if isinstance(row, EntryRow) and first_index <= row.journal_index <= last_index
        )
        accounts = cast("Iterable[AccountRow]", self._tables[AccountRow].rows.values())
        return moved_totals(accounts, entries)

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
