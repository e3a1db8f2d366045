"""Which rows the arrivals of a batch name, collected before anything is asked of the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from gateway.model.authorisation import CODE_KINDS, AuthKind, AuthRequest
from gateway.model.card import CardEvidence
from gateway.model.ids import BranchId, CardToken, HoldId, SaleKey, TerminalId
from gateway.model.instrument import Instrument
from gateway.model.transaction import Kind, MemberEvent, SaleReference, Transaction


@dataclass(slots=True)
class Wants:
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
    returns: set[tuple[BranchId, SaleKey]] = field(default_factory=set)
    reviews: set[tuple[BranchId, SaleKey]] = field(default_factory=set)
    held_sales: set[tuple[BranchId, SaleKey]] = field(default_factory=set)
    credit_tokens: set[CardToken] = field(default_factory=set)
    paying_tokens: set[CardToken] = field(default_factory=set)
    events: list[tuple[CardToken, MemberEvent]] = field(default_factory=list)
    card_uses: set[tuple[CardToken, int]] = field(default_factory=set)


def want_transaction(wants: Wants, transaction: Transaction, branch: BranchId | None) -> None:
    """Want what judging a transaction at a branch looks at."""
    if branch is None:
        return  # a good seal in a name that is not its own; it goes to quarantine
    if transaction.card is not None:
        _want_card(wants, transaction, transaction.card.token)
        _want_use(wants, transaction.card)
    if transaction.sale is not None:
        wants.sales.add((branch, transaction.sale.key))
    if transaction.kind is Kind.EARN and transaction.sale is not None:
        wants.reviews.add((branch, transaction.sale.key))
    if transaction.review is not None:
        wants.sales.add((branch, transaction.review.key))
        wants.reviews.add((branch, transaction.review.key))
    if transaction.redemption is not None:
        wants.holds.add(transaction.redemption.hold_id)
    if transaction.hold_id is not None:
        wants.holds.add(transaction.hold_id)
    _want_back(wants, transaction, branch)


def want_settlement(wants: Wants, token: CardToken, name: tuple[BranchId, SaleKey]) -> None:
    """Want what a late sale of a card looks at, which somebody at a desk makes of a paper."""
    wants.tokens.add(token)
    wants.opening_tokens.add(token)
    wants.sales.add(name)
    wants.reviews.add(name)


def _want_card(wants: Wants, transaction: Transaction, token: CardToken) -> None:
    wants.tokens.add(token)
    if transaction.kind in (Kind.ENROL, Kind.EARN, Kind.TOP_UP):
        wants.opening_tokens.add(token)
    if transaction.kind is Kind.REFUND:
        wants.debit_tokens.add(token)
    if transaction.load is not None:
        wants.credit_tokens.add(token)
    if transaction.event is not None:
        wants.events.append((token, transaction.event))


def _want_use(wants: Wants, card: CardEvidence) -> None:
    if card.counter is not None:
        wants.card_uses.add((card.token, card.counter))


def _want_back(wants: Wants, transaction: Transaction, branch: BranchId) -> None:
    if transaction.original is not None:
        _want_refund(wants, transaction.original, branch)
    if transaction.returned is not None:
        wants.returns.add((branch, transaction.returned.key))


def _want_refund(wants: Wants, original: SaleReference, branch: BranchId) -> None:
    if original.key is not None:
        wants.refunds_by_key += 1
        wants.sales.add((branch, original.key))
        wants.refunded.add((branch, original.key))
    if original.receipt_number is not None:
        wants.receipts[branch, original.receipt_number] += 1


def want_request(wants: Wants, request: AuthRequest, branch: BranchId | None) -> None:
    """Want what answering a request from a branch looks at."""
    if request.card is not None:
        wants.tokens.add(request.card.token)
        wants.credit_tokens.add(request.card.token)
        _want_use(wants, request.card)
    if request.kind is AuthKind.INQUIRE or request.kind in CODE_KINDS:
        return
    wants.requests.add(request.request_id)
    if request.kind is AuthKind.RESERVE and request.card is not None:
        wants.debit_tokens.add(request.card.token)
        wants.tombstones.add((request.request_id, request.terminal))
        if request.instrument is Instrument.CREDIT:
            wants.paying_tokens.add(request.card.token)
        if branch is not None and request.sale_key is not None:
            wants.held_sales.add((branch, request.sale_key))
    if request.hold_id is not None:
        wants.holds.add(request.hold_id)
        wants.tombstones.add((request.hold_id, request.terminal))


def want_refunded_here(
    wants: Wants,
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
