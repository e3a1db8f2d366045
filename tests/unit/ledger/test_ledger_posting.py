"""How points move between lots, holds and debts, on a book in memory."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.ledger.accounts import Ledgers, ledgers_of, opened_ledgers, points_wallet_id
from gateway.ledger.book import Book
from gateway.ledger.errors import InvariantError, NotLoadedError
from gateway.ledger.head import Head
from gateway.ledger.kinds import HoldState, JournalKind, SystemAccount
from gateway.ledger.posting import Posting
from gateway.ledger.posting_lots import LotGrant
from gateway.ledger.rows import JournalRow
from gateway.ledger.rows_lots import HoldRow
from gateway.model.ids import (
    BranchId,
    CardToken,
    HoldId,
    MemberId,
    SaleKey,
    TerminalId,
    WalletId,
)
from gateway.model.instrument import Instrument
from gateway.model.outcome import Reason, Status

_ADA = MemberId("a" * 32)
_WALLET = points_wallet_id(_ADA)
_TOKEN = CardToken(bytes(32))
_DAY_MS = 86_400_000


@pytest.fixture
def book() -> Book:
    """A book with one member and no points."""
    made = Book(Head(), ledgers_of(opened_ledgers(Ledgers(), "club", "EUR")))
    made.add_member(_ADA, BranchId("north"), 0)
    return made


def _next(book: Book) -> Posting:
    """Begin the posting of the next journal row."""
    posting = Posting(book, book.next_index)
    book.record(
        JournalRow(
            journal_index=posting.index,
            recorded_at_ms=book.next_recorded_at_ms(0),
            judged_at_ms=0,
            kind=JournalKind.EXPIRY,
            status=Status.APPLIED,
            reason=Reason.NONE,
        )
    )
    return posting


def _credit(book: Book, points: int, expires_at_ms: int | None) -> int:
    """Open a lot with an expiry, by way of suspense; return its number."""
    earn = _next(book)
    grant = LotGrant(amount=points, available_from_ms=0, expires_at_ms=expires_at_ms)
    earn.suspend(_TOKEN, (grant,), book.points_ledger)
    (waiting,) = book.suspended_by(earn.index)
    _next(book).adopt(_WALLET, waiting, at_ms=0)
    return waiting.lot_id


def _hold_of(points: int) -> HoldRow:
    return HoldRow(
        hold_id=HoldId(bytes(16)),
        member_id=_ADA,
        wallet_id=_WALLET,
        instrument=Instrument.POINTS,
        source="",
        terms="",
        terminal=TerminalId("till-1"),
        branch=BranchId("north"),
        sale_key=SaleKey(bytes(16)),
        points=points,
        amount_minor=points,
        programme_version=1,
        expires_at_ms=0,
        state=HoldState.EXPIRED,
        owner_index=0,
        redeemed_points=points,
        redeemed_minor=points,
        shortfall_points=0,
        given_back_points=0,
        given_back_minor=0,
        resolved_index=0,
    )


def _hold(book: Book, points: int) -> HoldRow:
    posting = _next(book)
    posting.hold(_WALLET, points)
    return replace(_hold_of(points), state=HoldState.PENDING, owner_index=posting.index)


def _remaining(book: Book, *lots: int) -> list[int]:
    return [book.lots.require(lot).remaining for lot in lots]


def test_points_are_spent_soonest_expiring_first(book: Book) -> None:
    """Soonest to expire goes first, never-expiring last, and among equals the oldest."""
    never = _credit(book, 100, None)
    late = _credit(book, 100, 20 * _DAY_MS)
    soon = _credit(book, 100, 10 * _DAY_MS)
    later_soon = _credit(book, 100, 10 * _DAY_MS)
    _hold(book, 250)
    assert _remaining(book, soon, later_soon, late, never) == [0, 0, 50, 100]


def test_freed_points_go_back_into_their_own_lots(book: Book) -> None:
    """Points that expire in ten days still do after a hold, even with fresher lots beside."""
    soon = _credit(book, 60, 10 * _DAY_MS)
    never = _credit(book, 100, None)
    hold = _hold(book, 100)
    fresh = _credit(book, 500, 5 * _DAY_MS)
    assert _remaining(book, soon, never, fresh) == [0, 60, 500]
    _next(book).release(hold)
    assert _remaining(book, soon, never, fresh) == [60, 100, 500]
    wallet = book.wallets.require(_WALLET)
    assert (wallet.available, wallet.held) == (660, 0)


def test_a_claw_back_takes_its_own_lot_first(book: Book) -> None:
    """A refunded sale's own points go first, then others in spending order, then debt."""
    soon = _credit(book, 50, 10 * _DAY_MS)
    own = _credit(book, 100, None)
    _next(book).claw_back(_WALLET, 100, own=(own,), allow_negative=True)
    assert _remaining(book, soon, own) == [50, 0]
    other = _credit(book, 80, None)
    _hold(book, 100)
    assert _remaining(book, soon, other) == [0, 30]
    posting = _next(book)
    assert posting.claw_back(_WALLET, 80, own=(other,), allow_negative=True).taken == 80
    assert book.wallets.require(_WALLET).available == -50
    assert [debt.remaining for debt in book.open_debts(_WALLET)] == [50]


def test_debts_are_paid_oldest_first_by_the_next_credits(book: Book) -> None:
    """Setono's case: 50 earned, 80 spent, 100 earned leaves 70."""
    _credit(book, 50, None)
    spent = _hold(book, 50)
    assert _next(book).redeem_late(replace(spent, points=30), allow_negative=True) == 0
    assert book.wallets.require(_WALLET).available == -30
    lot = _credit(book, 100, None)
    assert _remaining(book, lot) == [70]
    assert book.open_debts(_WALLET) == []


def test_undoing_a_debt_that_was_paid_gives_back_to_the_payer(book: Book) -> None:
    """A refunded late redeem goes back into the lot that had paid its debt."""
    hold = _hold_of(points=30)
    posting = _next(book)
    posting.redeem_late(hold, allow_negative=True)
    redeemed = replace(hold, owner_index=posting.index)
    lot = _credit(book, 100, 10 * _DAY_MS)
    assert _remaining(book, lot) == [70]
    _next(book).undo_redeem(redeemed)
    assert _remaining(book, lot) == [100]
    assert book.wallets.require(_WALLET).available == 100


def test_undoing_an_unpaid_debt_forgives_it(book: Book) -> None:
    """A refunded late redeem that nobody paid for yet leaves neither points nor debt."""
    hold = _hold_of(points=30)
    posting = _next(book)
    posting.redeem_late(hold, allow_negative=True)
    _next(book).undo_redeem(replace(hold, owner_index=posting.index))
    assert book.open_debts(_WALLET) == []
    assert book.wallets.require(_WALLET).available == 0


def test_more_than_there_is_cannot_be_held(book: Book) -> None:
    """Holding beyond the balance is a fault of the caller, who asked the rules first."""
    _credit(book, 50, None)
    with pytest.raises(InvariantError):
        _next(book).hold(_WALLET, 51)


def test_what_was_not_loaded_is_not_guessed(book: Book) -> None:
    """A row that nobody looked for raises instead of counting as absent."""
    with pytest.raises(NotLoadedError):
        book.cards.get(_TOKEN)
    with pytest.raises(NotLoadedError):
        book.open_lots(WalletId("b" * 32))
    with pytest.raises(NotLoadedError):
        book.sale_by_receipt(BranchId("north"), "1")
    with pytest.raises(NotLoadedError):
        book.suspended_for(_TOKEN)
    with pytest.raises(NotLoadedError):
        Book(Head(), Ledgers()).system(SystemAccount.ISSUED)
