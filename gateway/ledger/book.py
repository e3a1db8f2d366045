"""The part of the ledger that one batch touches: decided in memory, written by one commit.

Nothing here reads a clock, a file or a database; ``gateway.ledger.posting`` moves the points.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.ledger.errors import InvariantError, NotLoadedError
from gateway.ledger.kinds import HoldState, JournalKind, SystemAccount
from gateway.ledger.row import Row
from gateway.ledger.rows import (
    AccountRow,
    AllocationRow,
    CardRow,
    DebtRow,
    EntryRow,
    HoldRow,
    JournalRow,
    LotRow,
    MemberRow,
    MovementRow,
    PostingRow,
    SaleRow,
    SuspendedRow,
    WalletRow,
)
from gateway.ledger.rows_intake import (
    AuthRow,
    ChainRow,
    InboxRow,
    QuarantineRow,
    Tally,
    TallyRow,
    TerminalKey,
    TerminalRow,
    TombstoneRow,
)
from gateway.ledger.shelf import ChangeSet, Shelf
from gateway.model.ids import (
    BranchId,
    CardToken,
    EnvelopeHash,
    HoldId,
    KeyId,
    MemberId,
    SaleKey,
    TerminalId,
    TransactionId,
)
from gateway.model.outcome import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Where the books stand before a batch."""

    journal_index: int = 0
    recorded_at_ms: int = -1
    account_id: int = 0


@dataclass(frozen=True, slots=True)
class PointsLedger:
    """The points' ledger and the numbers of its system accounts."""

    name: str
    accounts: Mapping[SystemAccount, int]


def ledger_name(programme: str) -> str:
    """Name the ledger that a programme's points are counted in."""
    return f"PTS:{programme}"


def spend_order(lot: LotRow) -> tuple[bool, int, int]:
    """Sort lots for spending: soonest to expire first, never expiring last, then oldest."""
    return (lot.expires_at_ms is None, lot.expires_at_ms or 0, lot.lot_id)


def _name_of(row: JournalRow) -> tuple[TerminalId, int, int]:
    """The parts of a transaction's id, which the row's maker has checked already."""
    if row.terminal is None or row.epoch is None or row.seq is None:
        raise InvariantError(f"journal row {row.journal_index} names no transaction")
    return (row.terminal, row.epoch, row.seq)


class Book:
    """Everything a batch needs of the ledger, and everything it changes."""

    def __init__(self, head: Head, ledger: PointsLedger | None) -> None:
        self.ledger = ledger
        self.terminals = Shelf[TerminalId, TerminalRow](TerminalRow)
        self.keys = Shelf[KeyId, TerminalKey](TerminalKey)
        self.chains = Shelf[tuple[TerminalId, int], ChainRow](ChainRow)
        self.inbox = Shelf[TransactionId, InboxRow](InboxRow)
        self.cards = Shelf[CardToken, CardRow](CardRow)
        self.wallets = Shelf[MemberId, WalletRow](WalletRow)
        self.lots = Shelf[int, LotRow](LotRow)
        self.debts = Shelf[int, DebtRow](DebtRow)
        self.holds = Shelf[HoldId, HoldRow](HoldRow)
        self.sales = Shelf[tuple[BranchId, SaleKey], SaleRow](SaleRow)
        self.suspended = Shelf[int, SuspendedRow](SuspendedRow)
        self.requests = Shelf[HoldId, AuthRow](AuthRow)
        self.tombstones = Shelf[tuple[HoldId, TerminalId], TombstoneRow](TombstoneRow)
        self.quarantine = Shelf[tuple[EnvelopeHash, Reason], QuarantineRow](QuarantineRow)
        self.tallies = Shelf[Tally, TallyRow](TallyRow)
        self.journal: list[JournalRow] = []
        self.members: list[MemberRow] = []
        self.accounts: list[AccountRow] = []
        self.postings: list[PostingRow] = []
        self.entries: list[EntryRow] = []
        self.movements: list[MovementRow] = []
        self.allocations: list[AllocationRow] = []
        self._head = head
        self._recorded_at_ms = head.recorded_at_ms
        self._account_id = head.account_id
        self._lots_of: defaultdict[MemberId, dict[int, None]] = defaultdict(dict)
        self._with_lots: set[MemberId] = set()
        self._debts: defaultdict[MemberId, list[int]] = defaultdict(list)
        self._held_by: dict[int, dict[int, int]] = {}
        self._suspended_for: dict[CardToken, list[int]] = {}
        self._receipts: set[tuple[BranchId, str]] = set()
        self._with_posted: set[tuple[BranchId, SaleKey]] = set()
        self._results: dict[tuple[TerminalId, int, int], JournalRow] = {}

    # -- loading ------------------------------------------------------------------------------

    def load_lots(self, lots: Iterable[LotRow], asked: Iterable[int] = ()) -> None:
        """Take lots by their numbers."""
        rows = list(lots)
        self.lots.load(rows, asked)
        for lot in rows:
            self._lots_of[lot.member_id][lot.lot_id] = None

    def load_open_lots(self, members: Iterable[MemberId], lots: Iterable[LotRow]) -> None:
        """Take all open lots of members whose points this batch may take."""
        self.load_lots(lots)
        self._with_lots.update(members)

    def load_debts(self, debts: Iterable[DebtRow]) -> None:
        """Take the open debts of members whose balance is below zero."""
        for debt in sorted(debts, key=lambda debt: debt.owner_index):
            self.debts.load([debt])
            self._debts[debt.member_id].append(debt.owner_index)

    def load_allocations(
        self, owners: Iterable[int], allocations: Iterable[AllocationRow], lots: Iterable[LotRow]
    ) -> None:
        """Take what earlier debits hold of which lots, so that it can be given back."""
        for owner in owners:
            self._held_by[owner] = {}
        for row in allocations:
            parts = self._held_by[row.owner_index]
            parts[row.lot_id] = parts.get(row.lot_id, 0) + row.points
        self.load_lots(lots)

    def load_suspended(self, tokens: Iterable[CardToken], waiting: Iterable[SuspendedRow]) -> None:
        """Take what waits for the owners of cards that nobody owned before this batch."""
        for token in tokens:
            self._suspended_for.setdefault(token, [])
        for row in sorted(waiting, key=lambda row: row.journal_index):
            self.suspended.load([row])
            self._suspended_for[row.card_token].append(row.journal_index)

    def load_receipts(
        self, asked: Iterable[tuple[BranchId, str]], sales: Iterable[SaleRow]
    ) -> None:
        """Take the sales that a till's receipt number may name."""
        self._receipts.update(asked)
        self.sales.load(sales)

    def load_posted_holds(
        self, sales: Iterable[tuple[BranchId, SaleKey]], holds: Iterable[HoldRow]
    ) -> None:
        """Take every redemption of sales that this batch may refund."""
        self._with_posted.update(sales)
        self.holds.load(holds)

    def load_results(self, rows: Iterable[JournalRow]) -> None:
        """Take what became of transactions that were judged before this batch."""
        for row in rows:
            self._results[_name_of(row)] = row

    # -- reading ------------------------------------------------------------------------------

    @property
    def next_index(self) -> int:
        """The journal index of the row to be recorded next."""
        return self._head.journal_index + len(self.journal) + 1

    def next_recorded_at_ms(self, now_ms: int) -> int:
        """When the next row is recorded: now, but always later than the row before."""
        return max(now_ms, self._recorded_at_ms + 1)

    def system(self, account: SystemAccount) -> int:
        """The number of a system account.

        Raises:
            NotLoadedError: if no programme was ever added, so that there is no ledger.
        """
        if self.ledger is None:
            raise NotLoadedError("there is no points ledger before the first programme")
        return self.ledger.accounts[account]

    def open_lots(self, member_id: MemberId) -> list[LotRow]:
        """A member's lots with points left, in spending order.

        Raises:
            NotLoadedError: if they were not loaded.
        """
        if member_id not in self._with_lots:
            raise NotLoadedError(f"the lots of member {member_id} were not loaded")
        lots = (self.lots.require(lot_id) for lot_id in self._lots_of[member_id])
        return sorted((lot for lot in lots if lot.remaining), key=spend_order)

    def open_debts(self, member_id: MemberId) -> list[DebtRow]:
        """A member's unpaid debts, oldest first."""
        debts = (self.debts.require(owner) for owner in self._debts.get(member_id, ()))
        return [debt for debt in debts if debt.remaining]

    def debt_of(self, owner_index: int) -> DebtRow | None:
        """What a debit still owes, if it does."""
        return self.debts.get(owner_index) if self.debts.knows(owner_index) else None

    def held_by(self, owner_index: int) -> Mapping[int, int]:
        """How many points of which lot serve a debit now.

        Raises:
            NotLoadedError: if the debit is an earlier one and was not loaded.
        """
        parts = self._held_by.get(owner_index)
        if parts is None:
            if owner_index <= self._head.journal_index:
                raise NotLoadedError(f"the allocations of posting {owner_index} were not loaded")
            return {}
        return parts

    def lot_of(self, earn_index: int) -> LotRow | None:
        """The lot that an earn opened, or None where it earned nothing or still waits."""
        if earn_index > self._head.journal_index and not self.lots.knows(earn_index):
            return None
        return self.lots.get(earn_index)

    def suspended_of(self, earn_index: int) -> SuspendedRow | None:
        """What an earn put in suspense, or None where it put nothing there."""
        if earn_index > self._head.journal_index and not self.suspended.knows(earn_index):
            return None
        return self.suspended.get(earn_index)

    def suspended_for(self, token: CardToken) -> list[SuspendedRow]:
        """What still waits for a card's owner, oldest first.

        Raises:
            NotLoadedError: if it was not loaded.
        """
        indexes = self._suspended_for.get(token)
        if indexes is None:
            raise NotLoadedError("what waits for a card was not loaded")
        waiting = (self.suspended.require(index) for index in indexes)
        return [row for row in waiting if row.resolved_index is None]

    def sale_by_receipt(self, branch: BranchId, number: str) -> SaleRow | None:
        """The newest sale under a till's receipt number, one not yet refunded where there is one.

        Raises:
            NotLoadedError: if the number was not looked for.
        """
        if (branch, number) not in self._receipts:
            raise NotLoadedError(f"the sales under receipt {number!r} were not loaded")
        same = (
            sale
            for sale in self.sales.rows()
            if sale.branch == branch and sale.receipt_number == number
        )
        return max(
            same, key=lambda sale: (sale.refund_index is None, sale.first_index), default=None
        )

    def posted_holds(self, branch: BranchId, key: SaleKey) -> list[HoldRow]:
        """The redemptions of a sale, in the order in which they were posted.

        Raises:
            NotLoadedError: if the store knows the sale and its redemptions were not looked for.
        """
        sale = self.sales.get((branch, key))
        stored = sale is not None and sale.first_index <= self._head.journal_index
        if stored and (branch, key) not in self._with_posted:
            raise NotLoadedError("the redemptions of a sale to be refunded were not loaded")
        posted = [
            hold
            for hold in self.holds.rows()
            if hold.state is HoldState.POSTED and (hold.branch, hold.sale_key) == (branch, key)
        ]
        return sorted(posted, key=lambda hold: hold.resolved_index or 0)

    def result(self, transaction_id: TransactionId) -> JournalRow:
        """What became of a transaction at or below its chain's watermark.

        Raises:
            InvariantError: if the journal does not know it.
        """
        name = transaction_id
        row = self._results.get((name.terminal, name.epoch, name.seq))
        if row is None:
            raise InvariantError(f"the journal holds no row for settled {transaction_id}")
        return row

    # -- changing -----------------------------------------------------------------------------

    def record(self, row: JournalRow) -> None:
        """Append to the journal.

        Raises:
            InvariantError: if the row is not the next in index and time.
        """
        if row.journal_index != self.next_index or row.recorded_at_ms <= self._recorded_at_ms:
            raise InvariantError(f"journal row {row.journal_index} is not the next")
        self._recorded_at_ms = row.recorded_at_ms
        self.journal.append(row)
        if row.kind is JournalKind.TRANSACTION:
            self._results[_name_of(row)] = row

    def add_member(self, member_id: MemberId, branch: BranchId, at_ms: int) -> None:
        """Make a member with two empty accounts."""
        if self.ledger is None:
            raise NotLoadedError("there is no points ledger before the first programme")
        numbers = []
        for part in ("available", "held"):
            self._account_id += 1
            numbers.append(self._account_id)
            name = f"member:{member_id}:{part}"
            self.accounts.append(
                AccountRow(account_id=self._account_id, ledger=self.ledger.name, name=name)
            )
        self.members.append(MemberRow(member_id=member_id, enrolled_at_ms=at_ms, branch=branch))
        wallet = WalletRow(
            member_id=member_id,
            ledger=self.ledger.name,
            available_account=numbers[0],
            held_account=numbers[1],
            available=0,
            held=0,
        )
        self.wallets.add(wallet)
        self._with_lots.add(member_id)

    def add_lot(self, lot: LotRow) -> None:
        """Open a lot."""
        self.lots.add(lot)
        self._lots_of[lot.member_id][lot.lot_id] = None

    def add_suspended(self, row: SuspendedRow) -> None:
        """Let points wait for a card's owner."""
        self.suspended.add(row)
        self._suspended_for.setdefault(row.card_token, []).append(row.journal_index)

    def add_debt(self, debt: DebtRow) -> None:
        """Write down what no lot covered."""
        self.debts.add(debt)
        self._debts[debt.member_id].append(debt.owner_index)

    def allocate(self, row: AllocationRow) -> None:
        """Let points of a lot serve a debit, or give them back."""
        self.allocations.append(row)
        parts = self._held_by.get(row.owner_index)
        if parts is None:
            if row.owner_index <= self._head.journal_index:
                return  # an earlier debit that this batch does not undo
            parts = self._held_by[row.owner_index] = {}
        parts[row.lot_id] = parts.get(row.lot_id, 0) + row.points

    def change_set(self) -> ChangeSet:
        """Everything that this batch changed."""
        shelves: tuple[Shelf[Any, Any], ...] = (
            *(self.terminals, self.keys, self.chains, self.inbox, self.cards, self.wallets),
            *(self.lots, self.debts, self.holds, self.sales, self.suspended, self.requests),
            *(self.tombstones, self.quarantine, self.tallies),
        )
        inserted: dict[type[Row], list[Row]] = {
            JournalRow: [*self.journal],
            MemberRow: [*self.members],
            AccountRow: [*self.accounts],
            PostingRow: [*self.postings],
            EntryRow: [*self.entries],
            MovementRow: [*self.movements],
            AllocationRow: [*self.allocations],
        }
        inserted |= {shelf.row_type: shelf.inserted() for shelf in shelves}
        return ChangeSet(
            inserted=inserted,
            updated={shelf.row_type: shelf.updated() for shelf in shelves},
            removed={shelf.row_type: shelf.removed() for shelf in shelves},
        )
