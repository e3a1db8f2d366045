"""The part of the ledger that one batch touches: decided in memory, written by one commit.

Nothing here reads a clock, a file or a database; ``gateway.ledger.posting`` moves the points.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from gateway.ledger.accounts import Ledgers
from gateway.ledger.book_members import MemberBook
from gateway.ledger.errors import NotLoadedError
from gateway.ledger.head import Head
from gateway.ledger.kinds import HoldState
from gateway.ledger.row import Row
from gateway.ledger.rows import AccountRow, EntryRow, JournalRow, MovementRow, PostingRow
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
from gateway.ledger.rows_lots import AllocationRow, HoldRow
from gateway.ledger.rows_members import CardRow, CardUseRow, MemberRow
from gateway.ledger.rows_reviews import ReviewRow
from gateway.ledger.rows_sales import RatingRow, SaleReturnRow, SaleRow
from gateway.ledger.shelf import ChangeSet, Shelf
from gateway.model.ids import (
    BranchId,
    CardToken,
    EnvelopeHash,
    HoldId,
    KeyId,
    SaleKey,
    TerminalId,
    TransactionId,
)
from gateway.model.outcome import Reason


class Book(MemberBook):
    """Everything a batch needs of the ledger, and everything it changes."""

    def __init__(self, head: Head, ledgers: Ledgers) -> None:
        super().__init__(head, ledgers)
        self.terminals = Shelf[TerminalId, TerminalRow](TerminalRow)
        self.keys = Shelf[KeyId, TerminalKey](TerminalKey)
        self.chains = Shelf[tuple[TerminalId, int], ChainRow](ChainRow)
        self.inbox = Shelf[TransactionId, InboxRow](InboxRow)
        self.cards = Shelf[CardToken, CardRow](CardRow)
        self.card_uses = Shelf[tuple[CardToken, int], CardUseRow](CardUseRow)
        self._uses_of: defaultdict[CardToken, dict[int, None]] = defaultdict(dict)
        self._with_uses: set[tuple[CardToken, int]] = set()
        self.holds = Shelf[HoldId, HoldRow](HoldRow)
        self.sales = Shelf[tuple[BranchId, SaleKey], SaleRow](SaleRow)
        self.reviews = Shelf[tuple[BranchId, SaleKey], ReviewRow](ReviewRow)
        self.requests = Shelf[HoldId, AuthRow](AuthRow)
        self.tombstones = Shelf[tuple[HoldId, TerminalId], TombstoneRow](TombstoneRow)
        self.quarantine = Shelf[tuple[EnvelopeHash, Reason], QuarantineRow](QuarantineRow)
        self.tallies = Shelf[Tally, TallyRow](TallyRow)
        self.ratings = Shelf[int, RatingRow](RatingRow)
        self.returns = Shelf[int, SaleReturnRow](SaleReturnRow)
        self._returns_of: defaultdict[tuple[BranchId, SaleKey], list[int]] = defaultdict(list)
        self._return_names: dict[tuple[BranchId, SaleKey], bool] = {}
        self._commands: dict[HoldId, JournalRow | None] = {}
        self._receipts: set[tuple[BranchId, str]] = set()
        self._with_posted: set[tuple[BranchId, SaleKey]] = set()

    # -- loading ------------------------------------------------------------------------------

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

    def load_returns(
        self,
        rows: Iterable[SaleReturnRow],
        *,
        sales: Iterable[tuple[BranchId, SaleKey]] = (),
        names: Iterable[tuple[BranchId, SaleKey]] = (),
    ) -> None:
        """Take what came back before.

        Args:
            rows: all returns of ``sales``, and those of ``names`` that there are.
            sales: sales of which more may come back.
            names: returns that may come a second time.
        """
        for sale in sales:
            self._returns_of.setdefault(sale, [])
        for name in names:
            self._return_names.setdefault(name, False)
        for row in rows:
            if not self.returns.knows(row.journal_index):
                self.returns.load([row])
                self._return_names[row.branch, row.return_key] = True
                if row.sale_key is not None:
                    self._returns_of[row.branch, row.sale_key].append(row.journal_index)

    def load_card_uses(
        self, asked: Iterable[tuple[CardToken, int]], rows: Iterable[CardUseRow]
    ) -> None:
        """Take the taps with these counters, and those next to each."""
        self._with_uses.update(asked)
        for row in rows:
            self.card_uses.load([row])
            self._uses_of[row.token][row.counter] = None

    def load_commands(self, asked: Iterable[HoldId], rows: Iterable[JournalRow]) -> None:
        """Take what became of commands that may come a second time."""
        self._commands.update(dict.fromkeys(asked))
        self._commands.update((row.request_id, row) for row in rows if row.request_id is not None)

    # -- reading ------------------------------------------------------------------------------

    def command(self, command_id: HoldId) -> JournalRow | None:
        """The journal row of a command; None for one that was not done yet.

        Raises:
            NotLoadedError: if nobody looked for it.
        """
        if command_id not in self._commands:
            raise NotLoadedError("the command was not looked for")
        return self._commands[command_id]

    def uses_beside(self, token: CardToken, counter: int) -> list[CardUseRow]:
        """A card's tap with a counter, and those next below and above it, by rising counter.

        Raises:
            NotLoadedError: if nobody looked for them.
        """
        if (token, counter) not in self._with_uses:
            raise NotLoadedError("the taps beside this one were not loaded")
        known = sorted(self._uses_of[token])
        below = [one for one in known if one < counter][-1:]
        above = [one for one in known if one > counter][:1]
        same = [counter] if counter in self._uses_of[token] else []
        return [self.card_uses.require((token, one)) for one in (*below, *same, *above)]

    def knows_return(self, branch: BranchId, key: SaleKey) -> bool:
        """Whether a return of this name was booked at a branch.

        Raises:
            NotLoadedError: if nobody looked for it.
        """
        known = self._return_names.get((branch, key))
        if known is None:
            raise NotLoadedError("the returns of this name were not loaded")
        return known

    def returns_of(self, branch: BranchId, key: SaleKey) -> list[SaleReturnRow]:
        """What came back of a sale, in order."""
        return [self.returns.require(index) for index in sorted(self._returns_of[branch, key])]

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
        stored = sale is not None and self._is_stored(sale.first_index)
        if stored and (branch, key) not in self._with_posted:
            raise NotLoadedError("the redemptions of a sale to be refunded were not loaded")
        posted = [
            hold
            for hold in self.holds.rows()
            if hold.state is HoldState.POSTED and (hold.branch, hold.sale_key) == (branch, key)
        ]
        return sorted(posted, key=lambda hold: hold.resolved_index or 0)

    def holds_on(self, branch: BranchId, key: SaleKey) -> list[HoldRow]:
        """The reservations of a sale that are pending or posted.

        Raises:
            NotLoadedError: if they were not looked for.
        """
        if (branch, key) not in self._with_posted:
            raise NotLoadedError("the reservations of this sale were not loaded")
        live = (HoldState.PENDING, HoldState.POSTED)
        return [
            hold
            for hold in self.holds.rows()
            if hold.state in live and (hold.branch, hold.sale_key) == (branch, key)
        ]

    def rating_of(self, earn_index: int) -> RatingRow | None:
        """How a sale was rated; None where its programme was only its base."""
        if not self._is_stored(earn_index) and not self.ratings.knows(earn_index):
            return None
        return self.ratings.get(earn_index)

    # -- changing -----------------------------------------------------------------------------

    def add_card_use(self, row: CardUseRow) -> None:
        """Keep what a card counted at a tap."""
        self.card_uses.add(row)
        self._uses_of[row.token][row.counter] = None

    def add_return(self, row: SaleReturnRow) -> None:
        """Keep what came back of a sale, or of one that nobody knows."""
        self.returns.add(row)
        self._return_names[row.branch, row.return_key] = True
        if row.sale_key is not None:
            self._returns_of[row.branch, row.sale_key].append(row.journal_index)

    def change_set(self) -> ChangeSet:
        """Everything that this batch changed."""
        shelves: tuple[Shelf[Any, Any], ...] = (
            *(self.terminals, self.keys, self.chains, self.inbox, self.cards, self.wallets),
            *(self.lots, self.debts, self.holds, self.sales, self.suspended, self.requests),
            *(self.tombstones, self.quarantine, self.tallies, self.standings, self.visits),
            *(self.usage, self.vouchers, self.gift_cards, self.households),
            *(self.household_members, self.ratings, self.returns, self.card_uses),
            self.reviews,
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
