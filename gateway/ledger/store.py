"""The ``LedgerStore`` port: who keeps the rows, one batch at a time.

A store gives out one batch at a time. Within a batch everything read is one state, and what is
saved becomes durable as a whole when the batch ends, or not at all.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Hashable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TypeVar

from gateway.crypto.registration import Registration
from gateway.ledger import administration
from gateway.ledger.book import Head, PointsLedger
from gateway.ledger.kinds import CardState
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
    TerminalKey,
    TerminalRow,
)
from gateway.ledger.shelf import ChangeSet
from gateway.model.ids import BranchId, CardToken, MemberId, SaleKey, TerminalId, TransactionId
from gateway.model.programme import Programme

__all__ = ["LedgerBatch", "LedgerStore", "TerminalKey"]

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


class LedgerStore(ABC):
    """Where the ledger lives. Safe to be called from several threads, one batch at a time."""

    @abstractmethod
    def batch(self) -> AbstractContextManager[LedgerBatch]:
        """Begin a batch. It commits durably on leaving, and is undone by an exception.

        Raises:
            StoreFullError: on leaving, if there is no space; nothing was applied.
            StoreClosedError: if the store was closed.
            LedgerError: if the store fails otherwise.
        """

    @abstractmethod
    def close(self) -> None:
        """Give everything back to the system; again is no fault."""

    def add_terminal(self, registration: Registration, branch: BranchId, at_ms: int) -> None:
        """Add a terminal, or a known terminal's next epoch with its new key.

        Adding the same registration again changes the branch and nothing else.

        Args:
            registration: the terminal's name, epoch and public keys.
            branch: where it stands.
            at_ms: Unix time in milliseconds.

        Raises:
            AdministrationError: if the epoch is older than, or the key other than, the one known.
            CryptoError: if the public key cannot be used.
        """
        with self.batch() as batch:
            batch.save(administration.terminal_added(batch, registration, branch, at_ms))

    def terminals(self) -> tuple[TerminalRow, ...]:
        """Every terminal, by name."""
        with self.batch() as batch:
            return tuple(batch.every(TerminalRow))

    def terminal_keys(self) -> tuple[TerminalKey, ...]:
        """Every sealing key, of all epochs."""
        with self.batch() as batch:
            return tuple(batch.every(TerminalKey))

    def add_programme(self, programme: Programme) -> None:
        """Add the next version of the rules; the first one opens the points' ledger.

        Raises:
            AdministrationError: if the version is not the next, the name is another programme's,
                or it would take effect before the version it follows or in the past of the
                journal, where it would rate sales differently from those already rated.
        """
        with self.batch() as batch:
            batch.save(administration.programme_added(batch, programme))

    def programmes(self) -> tuple[Programme, ...]:
        """Every version of the rules, by rising version."""
        with self.batch() as batch:
            return batch.programmes()

    def set_card_state(self, token: CardToken, state: CardState, at_ms: int) -> None:
        """Block a card, or make it active again; the journal says when.

        Raises:
            AdministrationError: if nobody owns such a card.
        """
        with self.batch() as batch:
            batch.save(administration.card_state_set(batch, token, state, at_ms))

    def journal(self, *, after_index: int = 0, limit: int = 1_000) -> Sequence[JournalRow]:
        """Read the journal in pieces, envelopes included."""
        with self.batch() as batch:
            return batch.journal(after_index, limit)
