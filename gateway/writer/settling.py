"""What time does to lots: pending ones become spendable, lapsed ones are closed.

The nightly run does it for everybody. Between the end of a business day and that run nobody may
spend what has lapsed or be refused what has become spendable, so whatever touches a wallet first
brings its lots to the present moment.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from gateway.ledger.accounts import unit_of_ledger
from gateway.ledger.book import Book
from gateway.ledger.posting import Posting
from gateway.ledger.rows_lots import LotRow
from gateway.ledger.rows_members import WalletRow
from gateway.model.ids import MemberId, WalletId
from gateway.model.programme import Programme
from gateway.model.rules.earning import Unit
from gateway.model.rules.expiry import Expiry
from gateway.program.expiry import expires_at_ms
from gateway.program.facts import Place
from gateway.writer.bench import Bench


def spendable(book: Book, wallet: WalletRow, now_ms: int) -> int:
    """What a wallet could spend if its lots were brought to this moment; below zero where it owes.

    Args:
        book: with the wallet's open lots, where lots of this ledger can move.
        wallet: whose.
        now_ms: Unix time in milliseconds.
    """
    if not book.knows_lots(wallet.wallet_id):
        return wallet.available
    change = 0
    for lot in book.open_lots(wallet.wallet_id):
        if _has_lapsed(lot, now_ms):
            change -= 0 if lot.pending else lot.remaining
        elif _has_begun(lot, now_ms):
            change += lot.remaining
    return wallet.available + change


def waiting(book: Book, wallet: WalletRow, now_ms: int) -> int:
    """What of a wallet cannot be spent at this moment but will be.

    Args:
        book: as for ``spendable``.
        wallet: whose.
        now_ms: Unix time in milliseconds.
    """
    if not book.knows_lots(wallet.wallet_id):
        return wallet.pending
    lots = (lot for lot in book.open_lots(wallet.wallet_id) if lot.pending)
    return sum(
        lot.remaining for lot in lots if not (_has_begun(lot, now_ms) or _has_lapsed(lot, now_ms))
    )


def settle(book: Book, posting: Posting, wallet_id: WalletId, now_ms: int) -> None:
    """Bring a wallet's lots to this moment: what begins is spendable, what has lapsed is closed.

    What both begins and lapses before anybody looked never could be spent.
    """
    if not book.knows_lots(wallet_id):
        return
    for lot in book.open_lots(wallet_id):
        if _has_lapsed(lot, now_ms):
            posting.expire(lot)
        elif _has_begun(lot, now_ms):
            posting.activate(lot)


def slide(
    bench: Bench, posting: Posting, member_id: MemberId, rules: Programme, place: Place
) -> None:
    """Start the time of a member's lots anew, as far as the rules that gave them want it so.

    Args:
        bench: rows and moment; what has lapsed by then does not come back.
        posting: of the purchase or the redemption.
        member_id: whose.
        rules: the rules in force.
        place: where and when.
    """
    book = bench.book
    credit = book.known_credit_wallet(member_id, rules.currency.code)
    for wallet in (book.points_wallet(member_id), credit):
        if wallet is not None and book.knows_lots(wallet.wallet_id):
            settle(book, posting, wallet.wallet_id, bench.now_ms)
            _slide(book, posting, wallet, rules, place)


def _slide(book: Book, posting: Posting, wallet: WalletRow, rules: Programme, place: Place) -> None:
    expiry_of = _expiry_of(rules, unit_of_ledger(wallet.ledger))
    sources: defaultdict[Expiry, set[str]] = defaultdict(set)
    for lot in book.open_lots(wallet.wallet_id):
        expiry = expiry_of(lot.source)
        if expiry.sliding:
            sources[expiry].add(lot.source)
    for expiry, names in sources.items():
        ends_ms = expires_at_ms(expiry, place.at_ms, place.branch, rules.rules.settings)
        if ends_ms is not None:
            posting.slide(wallet.wallet_id, ends_ms, sources=names)


def _expiry_of(rules: Programme, unit: Unit) -> Callable[[str], Expiry]:
    """Say when what a source gave in a unit lapses."""
    own = rules.rules
    every = {rule.id: rule.expiry for rule in own.earning if rule.unit is unit and rule.expiry}
    if unit is Unit.POINTS:
        return lambda source: every.get(source, own.expiry)
    # Credit that no rule gave was paid in.
    every[""] = own.credit.paid_expiry
    return lambda source: every.get(source, own.credit.earned_expiry)


def _has_begun(lot: LotRow, now_ms: int) -> bool:
    return lot.pending and lot.available_from_ms <= now_ms


def _has_lapsed(lot: LotRow, now_ms: int) -> bool:
    return lot.expires_at_ms is not None and lot.expires_at_ms <= now_ms
