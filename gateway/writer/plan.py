"""Load what a batch may need: a query for each kind of row, never one for each arrival."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from gateway.ledger.batch import LedgerBatch
from gateway.ledger.book import Book
from gateway.ledger.kinds import HoldState
from gateway.ledger.row import Row
from gateway.ledger.rows import CardRow, HoldRow, LotRow, SaleRow, SuspendedRow, WalletRow
from gateway.ledger.rows_intake import (
    AuthRow,
    ChainRow,
    InboxRow,
    TerminalKey,
    TerminalRow,
    TombstoneRow,
)
from gateway.model.authorisation import AuthKind, AuthRequest
from gateway.model.ids import (
    BranchId,
    CardToken,
    HoldId,
    MemberId,
    SaleKey,
    TerminalId,
    TransactionId,
)
from gateway.model.transaction import Kind, SaleReference, Transaction
from gateway.writer.arrival import Arrival, AuthArrival, QuarantineArrival, TransactionArrival

R = TypeVar("R", bound=Row)


@dataclass(slots=True)
class _Wants:
    """Which rows the arrivals name, collected before anything is asked."""

    tokens: set[CardToken] = field(default_factory=set)
    opening_tokens: set[CardToken] = field(default_factory=set)
    debit_tokens: set[CardToken] = field(default_factory=set)
    requests: set[HoldId] = field(default_factory=set)
    tombstones: set[tuple[HoldId, TerminalId]] = field(default_factory=set)
    holds: set[HoldId] = field(default_factory=set)
    sales: set[tuple[BranchId, SaleKey]] = field(default_factory=set)
    refunded: set[tuple[BranchId, SaleKey]] = field(default_factory=set)
    receipts: Counter[tuple[BranchId, str]] = field(default_factory=Counter)
    refunds_by_key: int = 0


class Planner:
    """Fills one book from one batch of the store.

    Args:
        batch: where the rows are.
        open_waiting: decodes an envelope that waited in the inbox; its seal was verified when it
            arrived.
    """

    def __init__(self, batch: LedgerBatch, open_waiting: Callable[[bytes], Transaction]) -> None:
        self._batch = batch
        self._open_waiting = open_waiting
        self.book = Book(batch.head(), batch.points_ledger())
        self.waiting: dict[TransactionId, Transaction] = {}

    def load_arrivals(self, arrivals: Sequence[Arrival]) -> None:
        """Load everything that judging these arrivals in any order may touch."""
        transactions = [one for one in arrivals if isinstance(one, TransactionArrival)]
        requests = [one for one in arrivals if isinstance(one, AuthArrival)]
        claimed = {
            one.claimed_terminal
            for one in arrivals
            if isinstance(one, QuarantineArrival) and one.sealed and one.claimed_terminal
        }
        self._load_terminals([*transactions, *requests], claimed)
        self._load_chain_neighbours(transactions)
        wants = _Wants()
        judged = [one.transaction for one in transactions] + list(self.waiting.values())
        for transaction in judged:
            _want_transaction(wants, transaction, self._branch(transaction.id.terminal))
        for arrival in requests:
            _want_request(wants, arrival.request)
        _want_refunded_here(wants, judged, self._branch)
        self._load_business(wants)

    def load_holds(self, holds: Collection[HoldRow]) -> None:
        """Load what freeing these holds touches."""
        self.book.holds.load(holds)
        self._load_holds_parts(holds)
        self._load_wallets({hold.member_id for hold in holds}, set())

    # -- terminals and chains -------------------------------------------------------------------

    def _load_terminals(
        self,
        arrivals: Sequence[TransactionArrival | AuthArrival],
        claimed: Collection[TerminalId],
    ) -> None:
        book, batch = self.book, self._batch
        key_ids = {one.key_id for one in arrivals}
        keys = batch.rows(TerminalKey, key_ids)
        book.keys.load(keys, key_ids)
        names = {key.terminal for key in keys} | set(claimed)
        terminals = batch.rows(TerminalRow, names)
        book.terminals.load(terminals, names)
        chains = {(key.terminal, key.epoch) for key in keys}
        chains |= {(one.terminal, one.epoch) for one in terminals if one.terminal in claimed}
        book.chains.load(batch.rows(ChainRow, chains), chains)

    def _load_chain_neighbours(self, arrivals: Iterable[TransactionArrival]) -> None:
        """Load what arrivals may repeat, wait beside, or let go on."""
        book, batch = self.book, self._batch
        settled: set[TransactionId] = set()
        beside: set[TransactionId] = set()
        filled: set[tuple[TerminalId, int]] = set()
        for arrival in arrivals:
            name = arrival.transaction.id
            key = (name.terminal, name.epoch)
            chain = book.chains.get(key) if book.chains.knows(key) else None
            if chain is None:
                continue
            if name.seq <= chain.watermark:
                settled.add(name)
            elif chain.waiting and name.seq == chain.watermark + 1:
                filled.add(key)
            elif chain.waiting:
                beside.add(name)
        book.load_results(batch.results(settled) if settled else ())
        book.inbox.load(batch.rows(InboxRow, beside) if beside else (), beside)
        for terminal, epoch in filled:
            rows = batch.waiting(terminal, epoch)
            book.inbox.load(rows)
            for row in rows:
                self.waiting[row.key] = self._open_waiting(row.envelope)

    def _branch(self, terminal: TerminalId) -> BranchId | None:
        known = self.book.terminals.get(terminal) if self.book.terminals.knows(terminal) else None
        return None if known is None else known.branch

    # -- cards, sales, holds, members -----------------------------------------------------------

    def _load_business(self, wants: _Wants) -> None:
        book, batch = self.book, self._batch
        cards = batch.rows(CardRow, wants.tokens) if wants.tokens else []
        book.cards.load(cards, wants.tokens)
        unowned = wants.opening_tokens - {card.token for card in cards}
        book.load_suspended(unowned, batch.open_suspended(unowned) if unowned else ())
        book.requests.load(_rows(batch, AuthRow, wants.requests), wants.requests)
        book.tombstones.load(_rows(batch, TombstoneRow, wants.tombstones), wants.tombstones)
        self._load_sales(wants)
        holds = _rows(batch, HoldRow, wants.holds)
        book.holds.load(holds, wants.holds)
        if wants.refunded:
            posted = batch.posted_holds(wants.refunded)
            book.load_posted_holds(wants.refunded, posted)
            holds += posted
        self._load_holds_parts(holds)
        earners = self._load_earned(wants.refunded)
        members = {card.member_id for card in cards} | {hold.member_id for hold in holds}
        debited = {card.member_id for card in cards if card.token in wants.debit_tokens}
        debited |= {hold.member_id for hold in holds} | earners
        self._load_wallets(members | earners, debited)

    def _load_sales(self, wants: _Wants) -> None:
        book, batch = self.book, self._batch
        for (branch, number), refunds in wants.receipts.items():
            # Each refund by this number takes one sale, and one by key may take another.
            found = batch.sales_by_receipt(branch, number, refunds + wants.refunds_by_key)
            book.load_receipts([(branch, number)], found)
            wants.refunded.update(sale.key for sale in found)
        book.sales.load(_rows(batch, SaleRow, wants.sales), wants.sales)

    def _load_earned(self, refunded: Iterable[tuple[BranchId, SaleKey]]) -> set[MemberId]:
        """Load what the sales to be refunded earned; say whose it is."""
        book, batch = self.book, self._batch
        sales = (book.sales.get(key) for key in refunded)
        earns = {sale.earn_index for sale in sales if sale is not None and sale.earn_index}
        lots = _rows(batch, LotRow, earns)
        book.load_lots(lots, earns)
        book.suspended.load(_rows(batch, SuspendedRow, earns), earns)
        return {lot.member_id for lot in lots}

    def _load_holds_parts(self, holds: Iterable[HoldRow]) -> None:
        """Load which lots stand behind holds, so that they can be given back."""
        owners = {
            hold.owner_index
            for hold in holds
            if hold.state in (HoldState.PENDING, HoldState.POSTED)
        }
        if not owners:
            return
        allocations = self._batch.allocations(owners)
        lots = self._batch.rows(LotRow, {row.lot_id for row in allocations})
        self.book.load_allocations(owners, allocations, lots)

    def _load_wallets(self, members: Collection[MemberId], debited: Collection[MemberId]) -> None:
        book, batch = self.book, self._batch
        if not members:
            return
        wallets = batch.rows(WalletRow, members)
        book.wallets.load(wallets, members)
        # Who owes has no open lot, and whoever has an open lot owes nothing: debts are looked
        # for where a balance is below zero, and their payment starts from no lots at all.
        owing = {wallet.member_id for wallet in wallets if wallet.available < 0}
        if owing:
            book.load_debts(batch.open_debts(owing))
        touched = set(debited) | owing
        if touched:
            book.load_open_lots(touched, batch.open_lots(touched))


def _want_transaction(wants: _Wants, transaction: Transaction, branch: BranchId | None) -> None:
    if branch is None:
        return  # a good seal in a name that is not its own; it goes to quarantine
    if transaction.card is not None:
        wants.tokens.add(transaction.card.token)
        if transaction.kind in (Kind.ENROL, Kind.EARN):
            wants.opening_tokens.add(transaction.card.token)
    if transaction.sale is not None:
        wants.sales.add((branch, transaction.sale.key))
    if transaction.redemption is not None:
        wants.holds.add(transaction.redemption.hold_id)
    if transaction.hold_id is not None:
        wants.holds.add(transaction.hold_id)
    if transaction.original is not None:
        _want_refund(wants, transaction.original, branch)


def _want_refund(wants: _Wants, original: SaleReference, branch: BranchId) -> None:
    if original.key is not None:
        wants.refunds_by_key += 1
        wants.sales.add((branch, original.key))
        wants.refunded.add((branch, original.key))
    if original.receipt_number is not None:
        wants.receipts[branch, original.receipt_number] += 1


def _want_request(wants: _Wants, request: AuthRequest) -> None:
    if request.card is not None:
        wants.tokens.add(request.card.token)
    if request.kind is AuthKind.INQUIRE:
        return
    wants.requests.add(request.request_id)
    if request.kind is AuthKind.RESERVE and request.card is not None:
        wants.debit_tokens.add(request.card.token)
        wants.tombstones.add((request.request_id, request.terminal))
    if request.hold_id is not None:
        wants.holds.add(request.hold_id)
        wants.tombstones.add((request.hold_id, request.terminal))


def _want_refunded_here(
    wants: _Wants,
    transactions: Iterable[Transaction],
    branch_of: Callable[[TerminalId], BranchId | None],
) -> None:
    """Want what a refund needs of sales that the same batch adds to."""
    if not wants.refunded and not wants.receipts:
        return
    for transaction in transactions:
        branch = branch_of(transaction.id.terminal)
        if branch is None or transaction.sale is None or transaction.card is None:
            continue
        number = transaction.sale.receipt_number
        if (branch, transaction.sale.key) in wants.refunded or (
            number is not None and (branch, number) in wants.receipts
        ):
            wants.debit_tokens.add(transaction.card.token)
            # The number may be new to a sale that the store knows without one.
            wants.refunded.add((branch, transaction.sale.key))


def _rows(batch: LedgerBatch, row_type: type[R], keys: Collection[Hashable]) -> list[R]:
    return batch.rows(row_type, keys) if keys else []
