"""A ledger whose points and money are moved by hand: postings without rules, terminals or seals.

For tests and benches of the ledger alone. Each move is one journal row of the nightly run's kind,
which needs no envelope; everything there is is loaded first, so a move may touch any wallet. The
audit, which asks every row for its reason, does not believe such a ledger.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeVar

from gateway.config_programme import default_programme
from gateway.ledger.accounts import (
    credit_ledger_name,
    credit_wallet_id,
    household_wallet_id,
    points_wallet_id,
)
from gateway.ledger.batch import LedgerBatch
from gateway.ledger.book import Book
from gateway.ledger.kinds import HoldState, JournalKind, PostingKind, WalletKind
from gateway.ledger.posting import Posting
from gateway.ledger.posting_lots import LotGrant
from gateway.ledger.rows import JournalRow
from gateway.ledger.rows_lots import AllocationRow, DebtRow, HoldRow, LotRow, SuspendedRow
from gateway.ledger.rows_members import WalletRow
from gateway.ledger.store import LedgerStore
from gateway.model.ids import BranchId, HoldId, MemberId, SaleKey, TerminalId, WalletId
from gateway.model.instrument import Instrument
from gateway.model.outcome import Reason, Status

T = TypeVar("T")

_BRANCH: Final = BranchId("north")
_CURRENCY: Final = "EUR"


class LedgerDesk:
    """Moves points and money in a store.

    Attributes:
        store: the ledger.
        members: two of them, with points and with stored credit.
        household: a wallet of points that is nobody's.
    """

    def __init__(self, store: LedgerStore) -> None:
        """Open the ledgers of a programme, and the wallets of two members and a household."""
        self.store = store
        self.members = tuple(MemberId(digit * 32) for digit in "ab")
        self.household = household_wallet_id("c" * 32)
        store.add_programme(default_programme(_CURRENCY))

        def enrol(book: Book, _posting: Posting) -> None:
            for member_id in self.members:
                book.add_member(member_id, _BRANCH, 0)
                credit = credit_ledger_name(_CURRENCY)
                wallet_id = credit_wallet_id(member_id, _CURRENCY)
                book.add_wallet(wallet_id, WalletKind.CREDIT, member_id, credit)
            book.add_wallet(self.household, WalletKind.HOUSEHOLD, None, book.points_ledger)

        self._post(enrol)

    @property
    def wallets(self) -> tuple[WalletId, ...]:
        """Every wallet: two of points, the household's, and two of credit."""
        points = (points_wallet_id(member_id) for member_id in self.members)
        credit = (credit_wallet_id(member_id, _CURRENCY) for member_id in self.members)
        return (*points, self.household, *credit)

    def move(self, action: Callable[[Posting], T]) -> T:
        """Let one journal row move something."""
        return self._post(lambda _book, posting: action(posting))

    def earn(self, wallet_id: WalletId, *grants: LotGrant) -> list[int]:
        """Let a wallet earn; says the numbers of its lots."""

        def action(book: Book, posting: Posting) -> list[int]:
            posting.earn(wallet_id, grants)
            return [lot.lot_id for lot in book.lots_made_by(posting.index)]

        return self._post(action)

    def activate(self, lot_id: int) -> None:
        """Let a pending lot be spent."""
        self._post(lambda book, posting: posting.activate(book.lots.require(lot_id)))

    def expire(self, lot_id: int) -> None:
        """Close a lot that has lapsed."""
        self._post(lambda book, posting: posting.expire(book.lots.require(lot_id)))

    def hold(self, wallet_id: WalletId, points: int) -> HoldId:
        """Reserve something; says the reservation's id."""

        def action(book: Book, posting: Posting) -> HoldId:
            posting.hold(wallet_id, points)
            hold = _hold_of(book, posting.index, wallet_id, points)
            book.holds.add(hold)
            return hold.hold_id

        return self._post(action)

    def settle(self, hold_id: HoldId, state: HoldState, points: int = 0) -> int:
        """Let a reservation come to an end: posted with so many points, or freed.

        One that is freed already is redeemed late, beyond the balance if it must be.
        """

        def action(book: Book, posting: Posting) -> int:
            hold = book.holds.require(hold_id)
            after = replace(hold, state=state, resolved_index=posting.index)
            if state is HoldState.POSTED:
                after = replace(after, redeemed_points=points, redeemed_minor=points)
                if hold.state is HoldState.PENDING:
                    posting.redeem(hold, points)
                else:
                    borne = posting.redeem_late(hold, points, allow_negative=False)
                    owner = posting.index
                    after = replace(after, shortfall_points=borne, owner_index=owner)
            elif hold.state is HoldState.PENDING:
                posting.release(hold)
            book.holds.replace(after)
            return after.shortfall_points

        return self._post(action)

    def undo(self, hold_id: HoldId, points: int, give: Callable[[Posting, HoldRow], int]) -> int:
        """Give back some of what a reservation redeemed, and count it."""

        def action(book: Book, posting: Posting) -> int:
            hold = book.holds.require(hold_id)
            given = give(posting, hold)
            after = hold.given_back_points + points
            book.holds.replace(replace(hold, given_back_points=after, given_back_minor=after))
            return given

        return self._post(action)

    def lot(self, lot_id: int) -> LotRow:
        """A lot as it stands."""
        with self.store.batch() as batch:
            return batch.rows(LotRow, [lot_id])[0]

    def wallet(self, wallet_id: WalletId) -> WalletRow:
        """A wallet as it stands."""
        with self.store.batch() as batch:
            return batch.rows(WalletRow, [wallet_id])[0]

    def _post(self, action: Callable[[Book, Posting], T]) -> T:
        with self.store.batch() as batch:
            book = _loaded(batch)
            posting = Posting(book, book.next_index)
            done = action(book, posting)
            posting.close(PostingKind.ADJUST, programme_version=1, branch=_BRANCH)
            book.record(
                JournalRow(
                    journal_index=posting.index,
                    recorded_at_ms=book.next_recorded_at_ms(0),
                    judged_at_ms=0,
                    kind=JournalKind.NIGHTLY,
                    status=Status.APPLIED,
                    reason=Reason.NONE,
                )
            )
            batch.save(book.change_set())
        return done


def _loaded(batch: LedgerBatch) -> Book:
    """Take everything that there is."""
    head = batch.head()
    book = Book(head, batch.ledgers())
    wallets = list(batch.every(WalletRow))
    book.wallets.load(wallets)
    book.load_open_lots([wallet.wallet_id for wallet in wallets], batch.every(LotRow))
    book.load_debts(debt for debt in batch.every(DebtRow) if debt.remaining)
    rows = range(1, head.journal_index + 1)
    book.load_allocations(rows, batch.every(AllocationRow), ())
    book.load_made(rows, (), batch.every(SuspendedRow))
    book.holds.load(batch.every(HoldRow))
    return book


def _hold_of(book: Book, index: int, wallet_id: WalletId, points: int) -> HoldRow:
    number = index.to_bytes(16, "big")
    return HoldRow(
        hold_id=HoldId(number),
        member_id=book.wallets.require(wallet_id).member_id,
        wallet_id=wallet_id,
        instrument=Instrument.POINTS,
        source="",
        terms="",
        terminal=TerminalId("till-1"),
        branch=_BRANCH,
        sale_key=SaleKey(number),
        points=points,
        amount_minor=points,
        programme_version=1,
        expires_at_ms=0,
        state=HoldState.PENDING,
        owner_index=index,
        redeemed_points=0,
        redeemed_minor=0,
        shortfall_points=0,
        given_back_points=0,
        given_back_minor=0,
        resolved_index=None,
    )
