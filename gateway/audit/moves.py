"""How points and money move in the books of an audit: what several verdicts have in common.

Written from ``docs/ledger.md`` and not from the postings of the ledger.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from gateway.audit.books import Books
from gateway.audit.heap import spendable as can_be_spent
from gateway.ledger.kinds import SystemAccount
from gateway.ledger.rows_lots import LotRow, SuspendedRow
from gateway.model.ids import CardToken, MemberId, WalletId


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What one lot is to hold: how much, from when, until when, and which rule gave it."""

    amount: int
    from_ms: int
    until_ms: int | None = None
    pending: bool = False
    source: str = ""


# -- lots and time ----------------------------------------------------------------------------


def lapsed(lot: LotRow, at_ms: int) -> bool:
    """Whether nobody can spend from a lot any more."""
    return lot.expires_at_ms is not None and lot.expires_at_ms <= at_ms


def begun(lot: LotRow, at_ms: int) -> bool:
    """Whether a lot that waited can be spent from now."""
    return not can_be_spent(lot) and lot.available_from_ms <= at_ms


def spendable(books: Books, wallet: WalletId, at_ms: int) -> int:
    """What a wallet could spend once its lots are brought to a moment; below zero if it owes."""
    points = books.available(wallet)
    for lot in books.heap.open_lots(wallet):
        if lapsed(lot, at_ms):
            points -= lot.remaining if can_be_spent(lot) else 0
        elif begun(lot, at_ms):
            points += lot.remaining
    return points


def settle(books: Books, wallet: WalletId, at_ms: int) -> None:
    """Bring a wallet's lots to a moment: what begins is spendable, what has lapsed is closed."""
    for lot in books.heap.open_lots(wallet):
        if lapsed(lot, at_ms):
            expire(books, lot)
        elif begun(lot, at_ms):
            activate(books, lot)


def activate(books: Books, lot: LotRow) -> None:
    """Let a pending lot be spent from now on."""
    pending, available = _sides(books, lot.wallet_id)
    books.transfer(pending, available, books.heap.activate(lot.lot_id))


def expire(books: Books, lot: LotRow) -> None:
    """Close a lot that has lapsed, with what is left in it."""
    pending, available = _sides(books, lot.wallet_id)
    source = available if can_be_spent(lot) else pending
    expired = books.system(SystemAccount.EXPIRED, lot.wallet_id)
    books.transfer(source, expired, books.heap.close(lot.lot_id))


# -- credits ----------------------------------------------------------------------------------


def credit(
    books: Books,
    wallet: WalletId,
    source: SystemAccount,
    grants: Sequence[Grant],
    *,
    brought_by: MemberId | None = None,
) -> None:
    """Let lots come into a wallet from a system account."""
    pending, available = _sides(books, wallet)
    for grant in grants:
        into = pending if grant.pending else available
        books.transfer(books.system(source, wallet), into, grant.amount)
    books.heap.open(
        *[replace(_lot(books, wallet, grant), brought_by=brought_by) for grant in grants]
    )
    books.heap.pay_debts(wallet)


def suspend(books: Books, token: CardToken, ledger: str, grants: Sequence[Grant]) -> None:
    """Let lots wait for a card's owner."""
    for grant in grants:
        books.suspend(
            SuspendedRow(
                lot_id=books.next_lot(),
                journal_index=books.index,
                ledger=ledger,
                card_token=token,
                points=grant.amount,
                available_from_ms=grant.from_ms,
                expires_at_ms=grant.until_ms,
                pending=grant.pending,
                source=grant.source,
                taken_back=0,
                resolved_index=None,
            )
        )


def adopt(books: Books, wallet: WalletId, waiting: SuspendedRow, *, at_ms: int) -> None:
    """Give what waited to its owner's wallet."""
    pending = waiting.pending and waiting.available_from_ms > at_ms
    into = books.account(wallet, "pending" if pending else "available")
    points = books.settle_waiting(waiting, into)
    books.heap.open(
        LotRow(
            lot_id=waiting.lot_id,
            wallet_id=wallet,
            points=points,
            remaining=points,
            available_from_ms=waiting.available_from_ms,
            expires_at_ms=waiting.expires_at_ms,
            opened_index=books.index,
            earned_index=waiting.journal_index,
            source=waiting.source,
            activated_index=None if pending else books.index,
            closed_index=None,
            brought_by=None,
        )
    )
    books.heap.pay_debts(wallet)


# -- debits -----------------------------------------------------------------------------------


def claw_back(
    books: Books,
    wallet: WalletId,
    points: int,
    *,
    own: Collection[int] = (),
    only_pending: bool = False,
    owable: int = 0,
) -> None:
    """Take points back: a sale's own lots first, and what is pending before what is not."""
    taken = books.heap.take(
        wallet,
        points,
        fits=lambda lot: not (only_pending and can_be_spent(lot)),
        first=lambda lot: (lot.lot_id not in own, can_be_spent(lot)),
    )
    pending = sum(
        part for lot_id, part in taken.items() if not can_be_spent(books.heap.lots[lot_id])
    )
    left = points - sum(taken.values())
    if not only_pending:
        owed = min(left, owable)
        books.heap.owe(wallet, owed)
        left -= owed
    clawed_back = books.system(SystemAccount.CLAWED_BACK, wallet)
    source, available = _sides(books, wallet)
    books.transfer(source, clawed_back, pending)
    books.transfer(available, clawed_back, points - pending - left)


def pay_out(
    books: Books,
    wallet: WalletId,
    amount: int,
    *,
    own: Collection[int] = (),
    into_debt: bool = False,
    elsewhere: int = 0,
) -> None:
    """Take money out that was paid back; the lots that it had been paid into give first."""
    taken = sum(
        books.heap.take(
            wallet, amount, fits=can_be_spent, first=lambda lot: lot.lot_id not in own
        ).values()
    )
    left = amount - taken
    owed = left if into_debt else min(left, elsewhere)
    books.heap.owe(wallet, owed)
    taken += owed
    _, available = _sides(books, wallet)
    books.transfer(available, books.system(SystemAccount.PAID_OUT, wallet), taken)


def adjust(books: Books, wallet: WalletId, grant: Grant) -> None:
    """Give or, with an amount below zero, take by hand: never more than there is."""
    if grant.amount >= 0:
        credit(books, wallet, SystemAccount.ADJUSTED, [grant])
        return
    taken = sum(books.heap.take(wallet, -grant.amount).values())
    _, available = _sides(books, wallet)
    books.transfer(available, books.system(SystemAccount.ADJUSTED, wallet), taken)


def convert(books: Books, source: WalletId, points: int, target: WalletId, grant: Grant) -> None:
    """Let something become another unit."""
    taken = sum(books.heap.take(source, points).values())
    _, available = _sides(books, source)
    books.transfer(available, books.system(SystemAccount.CONVERTED, source), taken)
    credit(books, target, SystemAccount.CONVERTED, [grant])


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What moves from one wallet to another.

    Attributes:
        points: how many units.
        lots: only from these; None for all.
        pending: what cannot be spent yet, and nothing else.
        brought_by: who brings it into a household.
    """

    points: int
    lots: Collection[int] | None = None
    pending: bool = False
    brought_by: MemberId | None = None


def carry(books: Books, source: WalletId, target: WalletId, load: Load) -> None:
    """Move from one wallet to another: one lot there for all that begins and ends together."""
    taken = books.heap.take(
        source,
        load.points,
        fits=lambda lot: (
            can_be_spent(lot) is not load.pending and (load.lots is None or lot.lot_id in load.lots)
        ),
    )
    grants: dict[tuple[int | None, int | None], Grant] = {}
    for lot_id, part in taken.items():
        lot = books.heap.lots[lot_id]
        name = (lot.expires_at_ms, lot.available_from_ms if load.pending else None)
        known = grants.get(name)
        grants[name] = Grant(
            amount=part + (0 if known is None else known.amount),
            from_ms=lot.available_from_ms if known is None else known.from_ms,
            until_ms=lot.expires_at_ms,
            pending=load.pending,
            source=lot.source if known is None or known.source == lot.source else "",
        )
    part_of_both = "pending" if load.pending else "available"
    giver, taker = books.account(source, part_of_both), books.account(target, part_of_both)
    books.transfer(giver, taker, sum(taken.values()))
    lots = [_lot(books, target, one) for one in grants.values()]
    books.heap.open(*[replace(lot, brought_by=load.brought_by) for lot in lots])
    books.heap.pay_debts(target)


# -- parts ------------------------------------------------------------------------------------


def _lot(books: Books, wallet: WalletId, grant: Grant) -> LotRow:
    return LotRow(
        lot_id=books.next_lot(),
        wallet_id=wallet,
        points=grant.amount,
        remaining=grant.amount,
        available_from_ms=grant.from_ms,
        expires_at_ms=grant.until_ms,
        opened_index=books.index,
        earned_index=books.index,
        source=grant.source,
        activated_index=None if grant.pending else books.index,
        closed_index=None,
        brought_by=None,
    )


def _sides(books: Books, wallet: WalletId) -> tuple[tuple[str, str], tuple[str, str]]:
    """A wallet's accounts of what is pending and of what can be spent."""
    return books.account(wallet, "pending"), books.account(wallet, "available")
