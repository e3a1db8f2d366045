"""What becomes of money whose currency was superseded, reckoned a second time.

Written from ``docs/ledger.md`` and not from the postings of the ledger: here each part of a wallet
is found from the sum up to it, by fractions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from gateway.audit.bench import Bench
from gateway.audit.books import Books, Wallet
from gateway.audit.heap import spendable as can_be_spent
from gateway.audit.moves import Grant, credit, settle, spendable
from gateway.audit.verdict import Effect, Verdict, refusal
from gateway.ledger.accounts import (
    credit_wallet_id,
    currency_of_ledger,
    gift_ledger_name,
    gift_wallet_after,
    gift_wallet_stem,
)
from gateway.ledger.kinds import PostingKind, SystemAccount, WalletKind
from gateway.ledger.rows_lots import LotRow
from gateway.ledger.rows_members import GiftCardRow
from gateway.model.ids import BranchId, MemberId, WalletId
from gateway.model.outcome import Reason
from gateway.program.succession import Successor, superseded


def redenominated(bench: Bench, name: bytes) -> Verdict:
    """All that a wallet has or owes in a superseded currency is counted in the one in force."""
    books, wallet = bench.books, WalletId(name.decode())
    rules, successor = bench.rules_at(bench.now_ms), successor_of(bench, wallet)
    if rules is None or successor is None or not left_in(books, wallet):
        return refusal(Reason.MALFORMED)
    branch = _branch_of(bench, wallet)

    def carry_out() -> Effect:
        target = wallet_after(books, wallet, successor.currency.code)
        for one in (wallet, target):
            settle(books, one, bench.now_ms)
        _carry_over(books, wallet, target, successor.factor)
        _owe_instead(books, wallet, target, successor.factor)
        for card in [one for one in books.gift_cards.values() if one.wallet_id == wallet]:
            books.gift_cards[card.token] = replace(card, wallet_id=target)
        return Effect(member=books.wallets[wallet].member_id)

    return replace(bench.applied(PostingKind.CONVERT, rules, carry_out), branch=branch)


def successor_of(bench: Bench, wallet: WalletId) -> Successor | None:
    """What a wallet's currency is counted in at the moment of a row; None if it is in force."""
    own = bench.books.wallets.get(wallet)
    code = None if own is None else currency_of_ledger(own.ledger)
    return superseded(bench.programmes, bench.now_ms).get(code or "")


def left_in(books: Books, wallet: WalletId) -> bool:
    """Whether a wallet has or owes anything beside what is held."""
    return bool(books.heap.open_lots(wallet) or books.heap.owed(wallet))


def wallet_after(books: Books, wallet: WalletId, currency: str) -> WalletId:
    """The wallet of the same owner in another currency, opened where there is none yet."""
    own = books.wallets[wallet]
    if own.kind is WalletKind.GIFT:
        return gift_wallet(books, wallet, currency)
    return books.credit_wallet(own.member_id or MemberId(""), currency)


def known_after(books: Books, wallet: WalletId, currency: str) -> WalletId | None:
    """The same, where there is one."""
    own = books.wallets[wallet]
    if own.kind is WalletKind.GIFT:
        ledger, stem = gift_ledger_name(currency), gift_wallet_stem(wallet)
        names = [stem, gift_wallet_after(stem, currency)]
        there = [one for one in names if one in books.wallets]
        return next((one for one in there if books.wallets[one].ledger == ledger), None)
    name = credit_wallet_id(own.member_id or MemberId(""), currency)
    return name if name in books.wallets else None


def gift_wallet(books: Books, wallet: WalletId, currency: str) -> WalletId:
    """A gift card's wallet in a currency, opened where there is none yet."""
    known = known_after(books, wallet, currency)
    if known is not None:
        return known
    name = gift_wallet_after(wallet, currency)
    books.wallets[name] = Wallet(WalletKind.GIFT, None, gift_ledger_name(currency))
    return name


def card_wallet(bench: Bench, card: GiftCardRow, currency: str) -> WalletId:
    """Where a gift card takes money of a currency; what is in force is the card's own."""
    books = bench.books
    wallet = gift_wallet(books, card.wallet_id, currency)
    if currency not in superseded(bench.programmes, bench.now_ms):
        books.gift_cards[card.token] = replace(card, wallet_id=wallet)
    return wallet


def covered(bench: Bench, wallet: WalletId) -> int:
    """What the successor of a wallet can pay for it; 0 for what is in force."""
    successor = successor_of(bench, wallet)
    if successor is None:
        return 0
    after = known_after(bench.books, wallet, successor.currency.code)
    room = 0 if after is None else spendable(bench.books, after, bench.now_ms)
    return max(room, 0) * successor.factor


# -- parts ------------------------------------------------------------------------------------


def _carry_over(books: Books, wallet: WalletId, target: WalletId, factor: int) -> None:
    """Let what can be spent, then what cannot yet, become lots of the successor."""
    grants: list[Grant] = []
    had = {"available": 0, "pending": 0}
    before = 0
    for lots in _groups(books, wallet):
        first, amount = lots[0], sum(lot.remaining for lot in lots)
        pending = not can_be_spent(first)
        had["pending" if pending else "available"] += amount
        so_far = before + amount
        became = round(Fraction(so_far, factor)) - round(Fraction(before, factor))
        before = so_far
        grants.append(
            Grant(
                amount=became,
                from_ms=first.available_from_ms,
                until_ms=first.expires_at_ms,
                pending=pending,
                source=first.source,
            )
        )
        for lot in lots:
            books.heap.empty(lot.lot_id)
    counted, rounding = _both(books, wallet)
    for part, amount in had.items():
        worth = factor * sum(one.amount for one in grants if one.pending is (part == "pending"))
        account = books.account(wallet, part)
        books.transfer(account, counted, min(amount, worth))
        if amount > worth:
            books.transfer(account, rounding, amount - worth)
        else:
            books.transfer(rounding, counted, worth - amount)
    credit(books, target, SystemAccount.REDENOMINATED, grants)


def _groups(books: Books, wallet: WalletId) -> list[list[LotRow]]:
    """Lots that differ in nothing but when they came, in the order in which they would be spent."""
    groups: dict[object, list[LotRow]] = {}
    lots = books.heap.open_lots(wallet)
    for lot in [*filter(can_be_spent, lots), *(one for one in lots if not can_be_spent(one))]:
        begins = None if can_be_spent(lot) else lot.available_from_ms
        groups.setdefault((lot.expires_at_ms, lot.source, begins), []).append(lot)
    return list(groups.values())


def _owe_instead(books: Books, wallet: WalletId, target: WalletId, factor: int) -> None:
    """A debt is paid by a lot made for it, and taken or owed in the successor."""
    owed = books.heap.owed(wallet)
    if not owed:
        return
    owes = round(Fraction(owed, factor))
    worth = owes * factor
    counted, rounding = _both(books, wallet)
    available = books.account(wallet, "available")
    books.transfer(counted, available, min(owed, worth))
    if owed > worth:
        books.transfer(rounding, available, owed - worth)
    else:
        books.transfer(counted, rounding, worth - owed)
    books.heap.open(_paying(books, wallet, owed))
    books.heap.owe(target, owes - sum(books.heap.take(target, owes).values()))
    renamed = books.system(SystemAccount.REDENOMINATED, target)
    books.transfer(books.account(target, "available"), renamed, owes)


def _paying(books: Books, wallet: WalletId, amount: int) -> LotRow:
    return LotRow(
        lot_id=books.next_lot(),
        wallet_id=wallet,
        points=amount,
        remaining=amount,
        available_from_ms=0,
        expires_at_ms=None,
        opened_index=books.index,
        earned_index=books.index,
        source="",
        activated_index=books.index,
        closed_index=None,
        brought_by=None,
    )


def _both(books: Books, wallet: WalletId) -> Sequence[tuple[str, str]]:
    """Where a superseded currency goes to: what its successor counts, and what rounding takes."""
    return (
        books.system(SystemAccount.REDENOMINATED, wallet),
        books.system(SystemAccount.ROUNDED, wallet),
    )


def _branch_of(bench: Bench, wallet: WalletId) -> BranchId | None:
    """The branch that booked what comes first in a wallet, or what it owes longest."""
    groups = _groups(bench.books, wallet)
    index = groups[0][0].opened_index if groups else bench.books.heap.first_debt(wallet)
    posting = bench.stored.posting(index)
    return None if posting is None else posting.branch
