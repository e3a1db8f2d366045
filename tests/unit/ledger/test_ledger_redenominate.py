"""The posting of a redenomination, for any wallet: nothing is lost, made, or put elsewhere."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.ledger.accounts import (
    Ledgers,
    credit_ledger_name,
    credit_wallet_id,
    ledgers_of,
    opened_ledgers,
)
from gateway.ledger.book import Book
from gateway.ledger.head import Head
from gateway.ledger.kinds import PostingKind, SystemAccount, WalletKind
from gateway.ledger.posting import Posting
from gateway.ledger.posting_lots import LotGrant
from gateway.ledger.rows import EntryRow
from gateway.model.ids import BranchId, MemberId
from gateway.program.succession import rounded

ADA, NORTH = MemberId("a" * 32), BranchId("north")
OLD, NEW = credit_wallet_id(ADA, "IRR"), credit_wallet_id(ADA, "IRT")
LOTS = st.lists(
    st.builds(
        LotGrant,
        amount=st.integers(0, 10**6),
        available_from_ms=st.integers(0, 3),
        expires_at_ms=st.one_of(st.none(), st.integers(10, 13)),
        pending=st.booleans(),
        source=st.sampled_from(["", "back"]),
    ),
    max_size=6,
)


def opened() -> Book:
    """A book in which Ada has an empty wallet in either currency."""
    accounts = opened_ledgers(Ledgers(), "club", "IRT", before="IRR")
    book = Book(Head(), ledgers_of(accounts))
    book.add_member(ADA, NORTH, 0)
    for wallet_id, code in ((OLD, "IRR"), (NEW, "IRT")):
        book.add_wallet(wallet_id, WalletKind.CREDIT, ADA, credit_ledger_name(code))
    return book


def balance(book: Book, entries: list[EntryRow], ledger: str, account: SystemAccount) -> int:
    """What entries brought to a system account."""
    number = book.system(account, ledger)
    moved = Counter[int]()
    for one in entries:
        moved[one.credit_account] += one.points
        moved[one.debit_account] -= one.points
    return moved[number]


@settings(max_examples=150)
@given(LOTS, st.integers(0, 10**6), LOTS, st.integers(1, 1_000))
def test_what_leaves_is_what_comes_and_a_stated_rest(
    lots: list[LotGrant], owed: int, there: list[LotGrant], factor: int
) -> None:
    """Each side is rounded once; the old wallet is empty, and the new one has what there was."""
    book = opened()
    posting = Posting(book, 1)
    posting.earn(OLD, lots)
    posting.earn(NEW, there)
    posting.claw_back(OLD, owed, only_pending=False, allow_negative=True)
    posting.close(PostingKind.EARN, programme_version=1, branch=NORTH)
    old, new = book.wallets.require(OLD), book.wallets.require(NEW)
    had = sum(lot.remaining for lot in book.open_lots(OLD))
    owes = sum(debt.remaining for debt in book.open_debts(OLD))
    before = len(book.entries)
    posting = Posting(book, 2)
    posting.redenominate(OLD, NEW, factor)
    posting.close(PostingKind.CONVERT, programme_version=1, branch=NORTH)
    entries = book.entries[before:]

    became, owes_now = rounded(had, factor), rounded(owes, factor)
    after = book.wallets.require(NEW)
    assert (after.available + after.pending) - (new.available + new.pending) == became - owes_now
    left = book.wallets.require(OLD)
    assert (left.available, left.held, left.pending) == (0, 0, 0)
    assert not book.open_lots(OLD)
    assert not book.open_debts(OLD)
    worth = (became - owes_now) * factor
    assert balance(book, entries, "CR:IRR", SystemAccount.REDENOMINATED) == worth
    assert balance(book, entries, "CR:IRT", SystemAccount.REDENOMINATED) == owes_now - became
    rest = balance(book, entries, "CR:IRR", SystemAccount.ROUNDED)
    assert rest == old.available + old.pending - worth
    assert 2 * abs(rest) <= factor * (1 + bool(had and owes))


@settings(max_examples=100)
@given(LOTS, st.integers(1, 1_000))
def test_lots_keep_their_days_and_what_gave_them(lots: list[LotGrant], factor: int) -> None:
    """What lapses, begins and slides does so as before; nobody's lot appears out of nothing."""
    book = opened()
    posting = Posting(book, 1)
    posting.earn(OLD, lots)
    posting.redenominate(OLD, NEW, factor)
    before = {(one.expires_at_ms, one.source, one.pending) for one in lots if one.amount}
    after = [(one.expires_at_ms, one.source, one.pending) for one in book.open_lots(NEW)]
    assert set(after) <= before
    begins = {one.available_from_ms for one in lots if one.pending}
    assert {one.available_from_ms for one in book.open_lots(NEW) if one.pending} <= begins
