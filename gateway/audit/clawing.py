"""How points and credit are taken back from whoever got them, in the books of an audit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from gateway.audit.bench import Bench
from gateway.audit.books import Books
from gateway.audit.heap import spendable as can_be_spent
from gateway.audit.moves import claw_back, settle
from gateway.audit.verdicts_currencies import covered
from gateway.ledger.accounts import credit_wallet_id, unit_of_ledger
from gateway.ledger.rows_lots import LotRow
from gateway.model.ids import MemberId, WalletId
from gateway.model.programme import Programme, RefundPolicy
from gateway.model.rules.earning import Unit


def unit_of(books: Books, lot: LotRow) -> Unit:
    """What a lot holds."""
    return unit_of_ledger(books.wallets[lot.wallet_id].ledger)


def owner_of(books: Books, lot: LotRow) -> MemberId | None:
    """Whose a lot is: in a household, of whoever brought it."""
    return lot.brought_by or books.wallets[lot.wallet_id].member_id


def claw(
    bench: Bench,
    rules: Programme,
    member: MemberId,
    amounts: Mapping[Unit, int],
    lots: Sequence[LotRow] = (),
) -> None:
    """Take points and credit back from a member.

    Args:
        bench: the books and the moment.
        rules: the rules in force, whose policy it is.
        member: whose.
        amounts: how much of each unit.
        lots: the member's lots that what is undone had made. They give first, wherever they are;
            the rest comes from the wallet that the member has now.
    """
    for unit, amount in amounts.items():
        if amount:
            own = [lot for lot in lots if unit_of(bench.books, lot) is unit]
            _claw_unit(
                bench, rules, _wallet_now(bench.books, rules, member, unit, own), own, amount
            )


def _claw_unit(
    bench: Bench,
    rules: Programme,
    now: WalletId | None,
    lots: Sequence[LotRow],
    amount: int,
) -> None:
    books, only_pending = bench.books, rules.rules.returns.only_pending
    made: defaultdict[WalletId, list[int]] = defaultdict(list)
    for lot in lots:
        made[lot.wallet_id].append(lot.lot_id)
    for wallet, own in made.items():
        if wallet == now:
            continue
        settle(books, wallet, bench.now_ms)
        open_now = [books.heap.lots[lot_id] for lot_id in own]
        has = sum(lot.remaining for lot in open_now if not (only_pending and can_be_spent(lot)))
        part = min(amount, has)
        claw_back(books, wallet, part, own=own, only_pending=only_pending)
        amount -= part
    if now is not None and amount:
        settle(books, now, bench.now_ms)
        claw_back(
            books,
            now,
            amount,
            own=made.get(now, ()),
            only_pending=only_pending,
            owable=amount if rules.refund is RefundPolicy.ALLOW_NEGATIVE else covered(bench, now),
        )


def _wallet_now(
    books: Books, rules: Programme, member: MemberId, unit: Unit, lots: Sequence[LotRow]
) -> WalletId | None:
    """The wallet that a member has now for a unit; of credit, in the currency it was given in."""
    if unit is Unit.POINTS:
        return books.points_wallet(member)
    if lots:
        return lots[0].wallet_id
    credit = credit_wallet_id(member, rules.currency.code)
    return credit if credit in books.wallets else None
