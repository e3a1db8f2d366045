"""The ``LedgerBatch`` half of the store's port: one state to read, one change to make."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Hashable, Iterator
from typing import TypeVar

from gateway.ledger.book import Head, PointsLedger
from gateway.ledger.programme_json import programme_from_json
from gateway.ledger.row import Row
from gateway.ledger.rows import (
    AllocationRow,
    DebtRow,
    HoldRow,
    JournalRow,
    LotRow,
    SaleRow,
    SuspendedRow,
)
from gateway.ledger.rows_intake import (
    ChainRow,
    InboxRow,
    ProgrammeRow,
)
from gateway.ledger.shelf import ChangeSet
from gateway.model.ids import BranchId, CardToken, MemberId, SaleKey, TerminalId, TransactionId
from gateway.model.programme import Programme

R = TypeVar("R", bound=Row)


class LedgerBatch(ABC):
    """One state of the ledger, and the one change that may be made to it."""

    @abstractmethod
    def head(self) -> Head:
        """The last journal index, its time, and the last account number."""

    @abstractmethod
    def points_ledger(self) -> PointsLedger | None:
        """The points' ledger, or None before the first programme."""

    @abstractmethod
    def rows(self, row_type: type[R], keys: Collection[Hashable]) -> list[R]:
        """The rows with these keys, in any order; keys without a row are left out."""

    @abstractmethod
    def every(self, row_type: type[R]) -> Iterator[R]:
        """All rows of a kind in key order, for administration, audits and exports."""

    @abstractmethod
    def results(self, ids: Collection[TransactionId]) -> list[JournalRow]:
        """The journal rows of these transactions, without their envelopes."""

    @abstractmethod
    def journal(self, after_index: int, limit: int) -> list[JournalRow]:
        """Up to ``limit`` whole journal rows after ``after_index``, in order."""

    @abstractmethod
    def waiting(self, terminal: TerminalId, epoch: int) -> list[InboxRow]:
        """The inbox of one chain, by rising seq."""

    @abstractmethod
    def open_chains(self) -> list[ChainRow]:
        """Chains that have seen a seq above their watermark."""

    @abstractmethod
    def open_lots(self, members: Collection[MemberId]) -> list[LotRow]:
        """These members' lots with points left."""

    @abstractmethod
    def open_debts(self, members: Collection[MemberId]) -> list[DebtRow]:
        """These members' unpaid debts."""

    @abstractmethod
    def open_suspended(self, tokens: Collection[CardToken]) -> list[SuspendedRow]:
        """Points that wait for the owners of these cards."""

    @abstractmethod
    def allocations(self, owners: Collection[int]) -> list[AllocationRow]:
        """Which lots serve these debits, every give and take of them."""

    @abstractmethod
    def posted_holds(self, sales: Collection[tuple[BranchId, SaleKey]]) -> list[HoldRow]:
        """The redemptions of these sales."""

    @abstractmethod
    def sales_by_receipt(self, branch: BranchId, number: str, limit: int) -> list[SaleRow]:
        """The newest ``limit`` sales under a till's receipt number that were not refunded.

        Returns:
            Newest first; where every such sale was refunded, the newest of those alone.
        """

    @abstractmethod
    def due_holds(self, at_ms: int, limit: int) -> list[HoldRow]:
        """Up to ``limit`` pending holds that expire at or before ``at_ms``, earliest first."""

    @abstractmethod
    def save(self, changes: ChangeSet) -> None:
        """Write a change set; it becomes durable when the batch ends.

        Raises:
            StoreFullError: if there is no space; the whole batch is undone.
            LedgerError: if a row to insert is there already or one to update is not.
        """

    def programmes(self) -> tuple[Programme, ...]:
        """Every version of the rules, by rising version."""
        return tuple(programme_from_json(row.rules) for row in self.every(ProgrammeRow))
