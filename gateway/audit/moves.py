"""How points move in the books of an audit: what several verdicts have in common."""

from __future__ import annotations

from dataclasses import replace

from gateway.audit.books import Books
from gateway.audit.heap import spendable
from gateway.ledger.kinds import HoldState, SystemAccount
from gateway.ledger.numbering import number_of
from gateway.ledger.rows_lots import HoldRow, LotRow, SuspendedRow
from gateway.model.ids import WalletId


def new_lot(books: Books, wallet: WalletId, points: int, at_ms: int) -> LotRow:
    """The first lot that the row being replayed makes: active, and never lapsing."""
    return LotRow(
        lot_id=number_of(books.index, 0),
        wallet_id=wallet,
        points=points,
        remaining=points,
        available_from_ms=at_ms,
        expires_at_ms=None,
        opened_index=books.index,
        earned_index=books.index,
        source="",
        activated_index=books.index,
        closed_index=None,
        brought_by=None,
    )


def adopt(books: Books, wallet: WalletId, waiting: SuspendedRow, *, at_ms: int) -> None:
    """Give what waited to its owner's wallet."""
    pending = waiting.pending and waiting.available_from_ms > at_ms
    into = books.account(wallet, "pending" if pending else "available")
    points = books.settle_waiting(waiting, into)
    lot = replace(
        new_lot(books, wallet, points, waiting.available_from_ms),
        lot_id=waiting.lot_id,
        expires_at_ms=waiting.expires_at_ms,
        earned_index=waiting.journal_index,
        source=waiting.source,
        activated_index=None if pending else books.index,
    )
    books.heap.open(lot)


def post_hold(books: Books, hold: HoldRow, *, into_debt: bool) -> None:
    """Redeem all that a hold stands for, also where it has freed itself meanwhile."""
    assert hold.wallet_id is not None
    wallet = hold.wallet_id
    redeemed = books.system(SystemAccount.REDEEMED, wallet)
    posted = replace(
        hold,
        state=HoldState.POSTED,
        resolved_index=books.index,
        redeemed_points=hold.points,
        redeemed_minor=hold.amount_minor,
    )
    if hold.state is HoldState.PENDING:
        books.transfer(books.account(wallet, "held"), redeemed, hold.points)
    else:
        # It freed itself, but the till had given the discount: whoever has the points pays.
        borne = hold.points - sum(books.heap.take(wallet, hold.points).values())
        if into_debt:
            books.heap.owe(wallet, borne)
            borne = 0
        books.transfer(books.account(wallet, "available"), redeemed, hold.points - borne)
        books.transfer(books.system(SystemAccount.SHORTFALL, wallet), redeemed, borne)
        posted = replace(posted, shortfall_points=borne, owner_index=books.index)
    books.put_hold(posted)


def give_back_redeemed(books: Books, hold: HoldRow) -> None:
    """Give all back that a posted hold redeemed."""
    assert hold.wallet_id is not None
    wallet, given = hold.wallet_id, hold.redeemed_points - hold.shortfall_points
    redeemed = books.system(SystemAccount.REDEEMED, wallet)
    shortfall = books.system(SystemAccount.SHORTFALL, wallet)
    books.transfer(redeemed, books.account(wallet, "available"), given)
    books.transfer(redeemed, shortfall, hold.shortfall_points)
    books.heap.give_back(wallet, hold.owner_index, given)
    books.put_hold(
        replace(
            hold,
            given_back_points=hold.redeemed_points,
            given_back_minor=hold.redeemed_minor,
        )
    )


def claw_back(books: Books, lot: LotRow, *, into_debt: bool) -> None:
    """Take back all that a lot held: from itself, then from what is pending, then in order."""
    wallet = lot.wallet_id
    taken = books.heap.take(
        wallet,
        lot.points,
        fits=lambda _: True,
        first=lambda other: (other.lot_id != lot.lot_id, spendable(other)),
    )
    pending = sum(
        points for number, points in taken.items() if not spendable(books.heap.lots[number])
    )
    left = lot.points - sum(taken.values())
    if into_debt:
        books.heap.owe(wallet, left)
        left = 0
    clawed_back = books.system(SystemAccount.CLAWED_BACK, wallet)
    books.transfer(books.account(wallet, "pending"), clawed_back, pending)
    books.transfer(books.account(wallet, "available"), clawed_back, lot.points - pending - left)
