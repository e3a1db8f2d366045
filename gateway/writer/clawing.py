"""Points and credit that are taken back from whoever got them, as far as the programme goes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from gateway.ledger.accounts import unit_of_ledger
from gateway.ledger.book import Book
from gateway.ledger.posting import Posting
from gateway.ledger.rows_lots import LotRow
from gateway.ledger.rows_members import WalletRow
from gateway.model.ids import MemberId, WalletId
from gateway.model.programme import Programme, RefundPolicy
from gateway.model.rules.earning import Unit
from gateway.writer.bench import Bench
from gateway.writer.settling import settle
from gateway.writer.succeeding import covered


def claw(
    bench: Bench,
    posting: Posting,
    rules: Programme,
    whose: MemberId,
    amounts: dict[Unit, int],
    lots: Sequence[LotRow] = (),
) -> None:
    """Take points and credit back from a member.

    Lots that were made by what is undone give first, wherever they are now: a member who joined or
    left a household has them in a wallet of before. The rest comes from the member's wallet of
    today, so that nobody leaves a debt behind by changing wallets.

    Args:
        bench: rows and moment.
        posting: the return's.
        rules: the rules in force, whose policy it is.
        whose: the member.
        amounts: how much of each unit.
        lots: the member's, made by what is undone.
    """
    for unit, amount in amounts.items():
        own = [lot for lot in lots if _unit_of(bench.book, lot) is unit]
        if amount:
            _claw_unit(
                bench, posting, rules, _wallet_of(bench.book, rules, whose, unit, own), own, amount
            )


def owner_of(book: Book, lot: LotRow) -> MemberId | None:
    """Whose points of a household, or whose wallet, a lot is."""
    return lot.brought_by or book.wallets.require(lot.wallet_id).member_id


def _claw_unit(
    bench: Bench,
    posting: Posting,
    rules: Programme,
    wallet: WalletRow | None,
    lots: Sequence[LotRow],
    amount: int,
) -> None:
    policy = rules.rules.returns
    made: defaultdict[WalletId, list[int]] = defaultdict(list)
    for lot in lots:
        made[lot.wallet_id].append(lot.lot_id)
    here = None if wallet is None else wallet.wallet_id
    for wallet_id, own in made.items():
        if wallet_id != here:
            settle(bench.book, posting, wallet_id, bench.now_ms)
            left = [bench.book.lots.require(lot_id) for lot_id in own]
            open_units = sum(
                lot.remaining for lot in left if lot.pending or not policy.only_pending
            )
            part = min(amount, open_units)
            posting.claw_back(wallet_id, part, own=own, only_pending=policy.only_pending)
            amount -= part
    if wallet is not None and here is not None and amount:
        settle(bench.book, posting, here, bench.now_ms)
        posting.claw_back(
            here,
            amount,
            own=made.get(here, ()),
            only_pending=policy.only_pending,
            allow_negative=rules.refund is RefundPolicy.ALLOW_NEGATIVE,
            covered=covered(bench.book, wallet, bench.now_ms),
        )


def _wallet_of(
    book: Book, rules: Programme, whose: MemberId, unit: Unit, lots: Sequence[LotRow]
) -> WalletRow | None:
    """The wallet that a member has now for a unit; of credit, in the currency it was given in."""
    if unit is Unit.POINTS:
        return book.points_wallet(whose)
    if lots:
        return book.wallets.require(lots[0].wallet_id)
    return book.known_credit_wallet(whose, rules.currency.code)


def _unit_of(book: Book, lot: LotRow) -> Unit:
    return unit_of_ledger(book.wallets.require(lot.wallet_id).ledger)
