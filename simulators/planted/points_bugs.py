"""Mistakes in how many points move, from where to where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from gateway.ledger.book import Book
from gateway.ledger.errors import InvariantError
from gateway.ledger.posting_entries import PostingEntries
from gateway.ledger.posting_holds import PostingHolds
from gateway.ledger.posting_lots import Lapse, PostingLots
from gateway.ledger.rows_lots import HoldRow
from gateway.ledger.rows_sales import SaleRow
from gateway.model.ids import BranchId, SaleKey, WalletId
from gateway.model.programme import Programme
from gateway.model.sale import Sale
from gateway.model.transaction import EventTime, SaleReference
from gateway.writer.bench import Bench
from simulators.planted.bug import Checker, Part, plant


@plant(
    "points-floored-per-line",
    part=Part.GATEWAY,
    checker=Checker.WORLD,
    where="gateway.writer.judge_sales:points_for_sale",
    home="gateway.program.earn",
)
def points_floored_per_line(
    original: Callable[[Programme, Sale], int],
) -> Callable[[Programme, Sale], int]:
    """Points are rounded down for each line of a receipt and not once for the whole."""

    def points_for_sale(programme: Programme, sale: Sale) -> int:
        if not sale.lines:
            return original(programme, sale)
        steps = sum(line.amount_minor // programme.earn_per_minor for line in sale.lines)
        return max(steps, 0) * programme.earn_points

    return points_for_sale


@plant(
    "late-sale-by-todays-rules",
    part=Part.GATEWAY,
    checker=Checker.WORLD,
    where="gateway.writer.bench:Bench.rules_for",
)
def late_sale_by_todays_rules(
    _original: object,
) -> Callable[[Bench, EventTime], Programme | None]:
    """A sale that comes late is rated by the rules of the day it comes, not of the day it was."""

    def rules_for(self: Bench, time: EventTime) -> Programme | None:  # noqa: ARG001 - as the true one
        return self.rules_now()

    return rules_for


@plant(
    "refund-forgets-redemption",
    part=Part.LEDGER,
    checker=Checker.WORLD,
    where="gateway.ledger.book:Book.posted_holds",
)
def refund_forgets_redemption(
    _original: object,
) -> Callable[[Book, BranchId, SaleKey], list[HoldRow]]:
    """A refund takes back what the sale earned and does not give back what was redeemed on it."""

    def posted_holds(self: Book, branch: BranchId, key: SaleKey) -> list[HoldRow]:  # noqa: ARG001 - as the true one
        return []

    return posted_holds


@plant(
    "refunded-twice",
    part=Part.GATEWAY,
    checker=Checker.WORLD,
    where="gateway.writer.judge_returns:find_sale",
    home="gateway.writer.sales",
)
def refunded_twice(
    true_find: Callable[[Book, BranchId, SaleReference], SaleRow | None],
) -> Callable[[Book, BranchId, SaleReference], SaleRow | None]:
    """A refund looks its sale up and does not look whether that was refunded before."""

    def find_sale(book: Book, branch: BranchId, original: SaleReference) -> SaleRow | None:
        sale = true_find(book, branch, original)
        return None if sale is None else replace(sale, refund_index=None)

    return find_sale


@plant(
    "earn-not-noted",
    part=Part.GATEWAY,
    checker=Checker.WORLD,
    where="gateway.writer.judge_sales:note_sale",
    home="gateway.writer.sales",
)
def earn_not_noted(original: Callable[..., None]) -> Callable[..., None]:
    """That a sale has earned is not written down, so the same paper earns again."""

    def note_sale(book: Book, branch: BranchId, sale: Sale, index: int, *, earned: bool) -> None:
        del earned
        original(book, branch, sale, index, earned=False)

    return note_sale


@plant(
    "earn-after-redemption-not-noted",
    part=Part.GATEWAY,
    checker=Checker.WORLD,
    where="gateway.writer.judge_sales:note_sale",
    home="gateway.writer.sales",
)
def earn_after_redemption_not_noted(original: Callable[..., None]) -> Callable[..., None]:
    """A sale that is known from its redemption is left as it is when it earns as well."""

    def note_sale(book: Book, branch: BranchId, sale: Sale, index: int, *, earned: bool) -> None:
        if book.sales.get((branch, sale.key)) is None:
            original(book, branch, sale, index, earned=earned)

    return note_sale


@plant(
    "release-legs-swapped",
    part=Part.LEDGER,
    checker=Checker.WORLD,
    where="gateway.ledger.posting_holds:PostingHolds.release",
)
def release_legs_swapped(_original: object) -> Callable[[PostingHolds, HoldRow], None]:
    """Freeing a reservation writes its entry the wrong way round: debit for credit."""

    def release(self: PostingHolds, hold: HoldRow) -> None:
        wallet = self._wallet_of(hold)
        assert wallet is not None, "shops of this world hold points and nothing else"
        self._transfer(wallet.available_account, wallet.held_account, hold.points)
        self._move(wallet.wallet_id, available=hold.points, held=-hold.points)
        self._give_back(wallet.wallet_id, hold.owner_index, hold.points)

    return release


@plant(
    "lots-not-given-back",
    part=Part.LEDGER,
    checker=Checker.WORLD,
    where="gateway.ledger.posting_lots:PostingLots._give_back",
)
def lots_not_given_back(_original: object) -> Callable[..., None]:
    """Points come back to the balance and not into the lots they came from."""

    def _give_back(
        self: PostingLots,
        wallet_id: WalletId,
        owner_index: int,  # noqa: ARG001 - as the true one
        points: int,  # noqa: ARG001 - as the true one
        lapse: Lapse | None = None,  # noqa: ARG001 - as the true one
    ) -> None:
        self._pay_debts(wallet_id)

    return _give_back


@plant(
    "lost-update",
    part=Part.LEDGER,
    checker=Checker.WORLD,
    where="gateway.ledger.posting_entries:PostingEntries._move",
)
def lost_update(_original: object) -> Callable[..., None]:
    """Two transactions of one member in one batch both start from the balance before the batch."""

    def _move(
        self: PostingEntries,
        wallet_id: WalletId,
        *,
        available: int = 0,
        held: int = 0,
        pending: int = 0,
    ) -> None:
        wallets = self._book.wallets
        wallet = wallets._stored.get(wallet_id) or wallets.require(wallet_id)  # noqa: SLF001 - the mistake
        if wallet.held + held < 0:
            raise InvariantError(f"wallet {wallet_id} would hold {wallet.held + held} points")
        wallets.replace(
            replace(wallet, available=wallet.available + available, held=wallet.held + held)
        )
        before = self._deltas.get(wallet_id, (0, 0, 0))
        self._deltas[wallet_id] = (before[0] + available, before[1] + held, before[2] + pending)

    return _move
