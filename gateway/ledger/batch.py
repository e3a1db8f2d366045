"""The ``LedgerBatch`` half of the store's port: one state to read, one change to make."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Hashable, Iterator
from typing import TypeVar

from gateway.ledger.accounts import Ledgers
from gateway.ledger.head import Head
from gateway.ledger.moved import MovedTotal
from gateway.ledger.programme_json import programme_from_json
from gateway.ledger.row import Row
from gateway.ledger.rows import JournalRow
from gateway.ledger.rows_intake import ChainRow, InboxRow, ProgrammeRow
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
from gateway.model.programme import Programme

R = TypeVar("R", bound=Row)


class LedgerBatch(ABC):
    """One state of the ledger, and the one change that may be made to it."""

    @abstractmethod
    def head(self) -> Head:
        """The last journal index, its time, and the last account numbers."""

    @abstractmethod
    def ledgers(self) -> Ledgers:
        """Every ledger with its system accounts; none before the first programme."""

    @abstractmethod
    def rows(self, row_type: type[R], keys: Collection[Hashable]) -> list[R]:
        """The rows with these keys, in any order; keys without a row are left out."""

    @abstractmethod
    def every(self, row_type: type[R]) -> Iterator[R]:
        """All rows of a kind in key order, for administration, audits and exports."""

    @abstractmethod
    def page(self, row_type: type[R], after: Hashable | None, limit: int) -> list[R]:
        """Up to ``limit`` rows in key order, of a kind whose key is one value.

        Args:
            row_type: the kind.
            after: the last key of the page before; None for the first page.
            limit: how many.
        """

    @abstractmethod
    def made_by(self, row_type: type[R], journal_indexes: Collection[int]) -> list[R]:
        """The lots, suspended lots or vouchers that these journal rows made, in any order."""

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
    def open_lots(self, wallets: Collection[WalletId]) -> list[LotRow]:
        """These wallets' lots with something left, pending ones too."""

    @abstractmethod
    def open_debts(self, wallets: Collection[WalletId]) -> list[DebtRow]:
        """These wallets' unpaid debts."""

    @abstractmethod
    def open_suspended(self, tokens: Collection[CardToken]) -> list[SuspendedRow]:
        """What waits for the owners of these cards."""

    @abstractmethod
    def allocations(self, owners: Collection[int]) -> list[AllocationRow]:
        """Which lots serve these debits, every give and take of them."""

    @abstractmethod
    def holds_on(self, sales: Collection[tuple[BranchId, SaleKey]]) -> list[HoldRow]:
        """The reservations of these sales that are pending or posted."""

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
    def due_pending_lots(self, at_ms: int, limit: int) -> list[LotRow]:
        """Up to ``limit`` pending lots that may be spent from ``at_ms`` or before, oldest first."""

    @abstractmethod
    def due_lapsing_lots(self, at_ms: int, limit: int) -> list[LotRow]:
        """Up to ``limit`` lots that lapse at or before ``at_ms`` and are not closed, oldest first.

        Those with nothing left are among them: each lot is closed once.
        """

    @abstractmethod
    def visits_since(self, members: Collection[MemberId], business_day: str) -> list[VisitRow]:
        """These members' visits on and after a day, ISO 8601 text."""

    @abstractmethod
    def usage_of(self, owners: Collection[str], business_day: str) -> list[UsageRow]:
        """What these owners used of limits that can still matter on a day, ISO 8601 text."""

    @abstractmethod
    def vouchers_of(self, members: Collection[MemberId]) -> list[VoucherRow]:
        """Every coupon and benefit that these members were ever given."""

    @abstractmethod
    def denied_cards(self, limit: int) -> list[CardRow]:
        """Up to ``limit`` cards that may not be used, the youngest first."""

    @abstractmethod
    def card_uses_beside(self, uses: Collection[tuple[CardToken, int]]) -> list[CardUseRow]:
        """The taps of these cards with these counters, and those next below and above each."""

    @abstractmethod
    def gift_cards_in(self, wallets: Collection[WalletId]) -> list[GiftCardRow]:
        """The gift cards whose money is in these wallets."""

    @abstractmethod
    def wallets_left(self, ledger: str, after: WalletId | None, limit: int) -> list[WalletRow]:
        """Up to ``limit`` wallets of a ledger in which anything is but what is held, by name.

        Args:
            ledger: one of a currency.
            after: the last wallet of the page before; None for the first page.
            limit: how many.
        """

    @abstractmethod
    def household_members(self, households: Collection[HouseholdId]) -> list[HouseholdMemberRow]:
        """Who is in these households, or asked to join them."""

    @abstractmethod
    def returns_of(self, sales: Collection[tuple[BranchId, SaleKey]]) -> list[SaleReturnRow]:
        """What came back of these sales."""

    @abstractmethod
    def returns_named(self, keys: Collection[tuple[BranchId, SaleKey]]) -> list[SaleReturnRow]:
        """The returns of these names, each by its branch and ``return_key``."""

    @abstractmethod
    def commands(self, ids: Collection[HoldId]) -> list[JournalRow]:
        """The journal rows of commands with these ids, without the commands themselves."""

    @abstractmethod
    def moved(self, first_index: int, last_index: int) -> list[MovedTotal]:
        """What these journal rows, both included, moved in all, by ledger and kind of account."""

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
