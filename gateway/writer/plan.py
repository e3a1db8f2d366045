"""Load what a batch may need: a query for each kind of row, never one for each arrival."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from datetime import date
from typing import Final, TypeVar

from gateway.ledger.accounts import points_wallet_id
from gateway.ledger.batch import LedgerBatch
from gateway.ledger.book import Book
from gateway.ledger.kinds import HoldState
from gateway.ledger.row import Row
from gateway.ledger.rows_intake import (
    AuthRow,
    ChainRow,
    InboxRow,
    TerminalKey,
    TerminalRow,
    TombstoneRow,
)
from gateway.ledger.rows_lots import HoldRow, LotRow, SuspendedRow
from gateway.ledger.rows_members import CardRow, WalletRow
from gateway.ledger.rows_reviews import ReviewRow
from gateway.ledger.rows_sales import SaleRow, loads_of
from gateway.model.ids import (
    BranchId,
    CardToken,
    HoldId,
    MemberId,
    SaleKey,
    TerminalId,
    TransactionId,
    WalletId,
)
from gateway.model.instrument import Instrument
from gateway.model.ledger_command import LedgerCommand
from gateway.model.settled_review import settled_card, settled_sale
from gateway.model.transaction import Transaction
from gateway.program.succession import superseded
from gateway.writer.arrival import Arrival, AuthArrival, QuarantineArrival, TransactionArrival
from gateway.writer.bench import Reviewed
from gateway.writer.event_key import event_key
from gateway.writer.plan_acts import ActsPlan
from gateway.writer.plan_rules import Context, RulesPlan
from gateway.writer.plan_succession import load_beside, load_branches
from gateway.writer.plan_wants import (
    Wants,
    want_refunded_here,
    want_request,
    want_settlement,
    want_transaction,
)
from gateway.writer.reviewed import review_name

R = TypeVar("R", bound=Row)

#: What may bring something beside money off.
_WITH_GIFTS: Final = frozenset({Instrument.REWARD, Instrument.COUPON})


class Planner:
    """Fills one book from one batch of the store.

    Args:
        batch: where the rows are.
        open_waiting: decodes an envelope whose seal was verified when it arrived.
        context: the rules and the moment.

    Attributes:
        book: what was loaded.
        rules: what was loaded beside it for rules beyond the base.
        waiting: transactions that waited in the inbox and may go on now.
        reviewed: the paper that a command is about.
    """

    def __init__(
        self,
        batch: LedgerBatch,
        open_waiting: Callable[[bytes], Transaction],
        context: Context,
    ) -> None:
        self._batch = batch
        self._open_waiting = open_waiting
        self._context = context
        self.book = Book(batch.head(), batch.ledgers())
        self.book.superseded = superseded(context.programmes, context.now_ms)
        self.rules = RulesPlan(batch, self.book, context, open_waiting)
        self._acts = ActsPlan(self.book, self.rules, context, self._branch)
        self.waiting: dict[TransactionId, Transaction] = {}
        self.reviewed: Reviewed | None = None

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
        wants = Wants()
        judged = [one.transaction for one in transactions] + list(self.waiting.values())
        for transaction in judged:
            want_transaction(wants, transaction, self._branch(transaction.id.terminal))
        for arrival in requests:
            want_request(wants, arrival.request, self._branch(arrival.request.terminal))
        want_refunded_here(wants, judged, self._branch)
        members = self._load_business(wants)
        if self.rules.rich:
            acts = [*self._acts.of_transactions(judged), *self._acts.of_requests(requests)]
            self.rules.load_past(acts, members)

    def load_holds(self, holds: Collection[HoldRow]) -> None:
        """Load what freeing these holds touches."""
        self.book.holds.load(holds)
        self._load_holds_parts(holds)
        self.rules.load_terms(holds)
        members = {hold.member_id for hold in holds if hold.member_id is not None}
        more = self.rules.load_members(members)
        if self.book.superseded:
            more |= self.rules.credit_wallets(members)
        self._load_wallets({*_wallets_of(holds), *map(points_wallet_id, members), *more}, set())

    def load_command(self, command: LedgerCommand) -> None:
        """Load what a command from a desk touches."""
        book, batch = self.book, self._batch
        name = HoldId(bytes.fromhex(command.id))
        book.load_commands([name], batch.commands([name]))
        if command.review is not None:
            self._load_review(command)
            return
        tokens = {
            CardToken(bytes.fromhex(text))
            for text in (command.token, command.other_token)
            if text is not None
        }
        cards = _rows(batch, CardRow, tokens)
        book.cards.load(cards, tokens)
        gifts = self.rules.load_gift_cards(tokens)
        members = {card.member_id for card in cards}
        members |= {one for one in (command.member_id, command.other_member_id) if one is not None}
        if command.other_token is not None:
            self._load_waiting_for(CardToken(bytes.fromhex(command.other_token)), members)
        more = self.rules.load_desk(members) | self.rules.load_households(members)
        named = {*map(points_wallet_id, members), *gifts, *more}
        self._load_wallets(named, named)

    def _load_review(self, command: LedgerCommand) -> None:
        """Load a paper, and all that a late sale of its card at its time touches."""
        name = review_name(command)
        row = self.rules.reviews.row(command)
        self.book.reviews.load([] if row is None else [row], [name])
        self.reviewed = reviewed = None if row is None else self.rules.reviews.read(row)
        review = None if reviewed is None else reviewed.transaction.review
        names = {(command.branch, key) for key in (() if review is None else review.names)}
        self.book.reviews.load(_rows(self._batch, ReviewRow, names), names)
        card = None if reviewed is None else settled_card(reviewed.card, command)
        if reviewed is None or card is None or command.amount is None:
            return
        told, wants = reviewed.transaction, Wants()
        sale = settled_sale(told, command.amount)
        want_settlement(wants, card.token, (command.branch, sale.key))
        members = self._load_business(wants)
        if self.rules.rich:
            at_ms = reviewed.happened_at_ms
            acts = self._acts.of_sale(told.currency, card.token, command.branch, at_ms)
            self.rules.load_past([*acts], members)

    def _load_waiting_for(self, token: CardToken, members: Collection[MemberId]) -> None:
        """Load what waits for a card's owner, who may be one of these members soon."""
        waiting = self._batch.open_suspended([token])
        self.book.load_suspended([token], waiting)
        if waiting:
            self.rules.load_waiting({row.journal_index for row in waiting})
            every = self._batch.visits_since(members, date.min.isoformat())
            self.book.load_visits(members, every)

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

    def _load_business(self, wants: Wants) -> set[MemberId]:
        """Load cards, sales, holds and wallets; say which members they concern."""
        book, batch = self.book, self._batch
        cards = batch.rows(CardRow, wants.tokens) if wants.tokens else []
        book.cards.load(cards, wants.tokens)
        if wants.card_uses:
            book.load_card_uses(wants.card_uses, batch.card_uses_beside(wants.card_uses))
        owned_tokens = {card.token for card in cards}
        gifts = self.rules.load_gift_cards(wants.tokens - owned_tokens)
        book.gift_cards.load((), owned_tokens)
        unowned = wants.opening_tokens - owned_tokens
        waiting = batch.open_suspended(unowned) if unowned else []
        book.load_suspended(unowned, waiting)
        self.rules.load_waiting({row.journal_index for row in waiting})
        book.requests.load(_rows(batch, AuthRow, wants.requests), wants.requests)
        book.tombstones.load(_rows(batch, TombstoneRow, wants.tombstones), wants.tombstones)
        self._load_sales(wants)
        holds = self._load_holds(wants)
        if any(hold.instrument in _WITH_GIFTS for hold in holds):
            self.rules.load_ratings_of(wants.sales)
        earners, earned_by = self._load_earned(wants.refunded, holds)
        members = {card.member_id for card in cards} | earned_by
        members |= {hold.member_id for hold in holds if hold.member_id is not None}
        members |= self.rules.load_originals(wants.refunded, wants.returns)
        more = self.rules.load_members(members)
        if book.superseded:
            more |= self.rules.credit_wallets(members)
        owners = {card.token: card.member_id for card in cards}
        more |= self.rules.credit_wallets(
            owners[token] for token in wants.credit_tokens if token in owners
        )
        self.rules.load_limits(
            [event_key(event, owners[token]) for token, event in wants.events if token in owners]
        )
        referrers = self.rules.referrers(members) - members
        more |= self.rules.load_members(referrers)
        members |= referrers
        held = _wallets_of(holds)
        named = {*map(points_wallet_id, members), *held, *earners, *gifts, *more}
        debited = named if self.rules.rich or gifts else held | earners
        debited |= {
            points_wallet_id(card.member_id) for card in cards if card.token in wants.debit_tokens
        }
        debited |= self.rules.credit_wallets(
            owners[token] for token in wants.paying_tokens if token in owners
        )
        self._load_wallets(named, debited)
        return members

    def _load_holds(self, wants: Wants) -> list[HoldRow]:
        book, batch = self.book, self._batch
        holds = _rows(batch, HoldRow, wants.holds)
        book.holds.load(holds, wants.holds)
        if wants.refunded or wants.held_sales:
            sales = wants.refunded | wants.held_sales
            live = batch.holds_on(sales)
            book.load_posted_holds(sales, live)
            holds += live
        self._load_holds_parts(holds)
        self.rules.load_terms(holds)
        return holds

    def _load_sales(self, wants: Wants) -> None:
        book, batch = self.book, self._batch
        for (branch, number), refunds in wants.receipts.items():
            # Each refund by this number takes one sale, and one by key may take another.
            found = batch.sales_by_receipt(branch, number, refunds + wants.refunds_by_key)
            book.load_receipts([(branch, number)], found)
            wants.refunded.update(sale.key for sale in found)
        book.sales.load(_rows(batch, SaleRow, wants.sales), wants.sales)
        book.reviews.load(_rows(batch, ReviewRow, wants.reviews), wants.reviews)
        # Goods may have come back before the sale that they are of was told.
        known = (book.sales.get(key) for key in wants.sales)
        wants.refunded.update(
            row.key
            for row in known
            if row is not None and row.returned_minor and not row.earn_index
        )

    def _load_earned(
        self, refunded: Iterable[tuple[BranchId, SaleKey]], holds: Iterable[HoldRow]
    ) -> tuple[set[WalletId], set[MemberId]]:
        """Load what the sales to be refunded, and rewards taken on them, brought.

        Returns:
            In which wallets it is, and who got it.
        """
        book, batch = self.book, self._batch
        sales = [row for row in map(book.sales.get, refunded) if row is not None]
        earns = {sale.earn_index for sale in sales if sale.earn_index}
        loads = {load.journal_index for sale in sales for load in loads_of(sale)}
        gifts = {
            hold.resolved_index
            for hold in holds
            if hold.state is HoldState.POSTED and hold.instrument in _WITH_GIFTS
        }
        made = earns | loads | {index for index in gifts if index is not None}
        lots = batch.made_by(LotRow, made) if made else []
        waiting = batch.made_by(SuspendedRow, earns) if earns else []
        book.load_made(made, lots, waiting)
        owners = self.rules.load_owners(made, lots, waiting)
        return {lot.wallet_id for lot in lots}, owners

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

    def _load_wallets(self, named: Collection[WalletId], debited: Collection[WalletId]) -> None:
        book, batch = self.book, self._batch
        if not named:
            return
        if book.superseded:
            beside = load_beside(batch, book, named, self._context.currencies)
            named, debited = {*named, *beside}, {*debited, *beside}
        wallets = batch.rows(WalletRow, named)
        book.wallets.load(wallets, named)
        # Who owes has no lot to spend, and whoever has one owes nothing: debts are looked for
        # where a balance is below zero, and their payment starts from no lots at all.
        owing = {wallet.wallet_id for wallet in wallets if wallet.available < 0}
        if owing:
            book.load_debts(batch.open_debts(owing))
        touched = set(debited) | owing
        if touched:
            book.load_open_lots(touched, batch.open_lots(touched))
        if book.superseded:
            load_branches(batch, book)


def _wallets_of(holds: Iterable[HoldRow]) -> set[WalletId]:
    return {hold.wallet_id for hold in holds if hold.wallet_id is not None}


def _rows(batch: LedgerBatch, row_type: type[R], keys: Collection[Hashable]) -> list[R]:
    return batch.rows(row_type, keys) if keys else []
