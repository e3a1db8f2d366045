"""Returns: of a whole sale or of parts of it, under the rules that the sale was rated by.

What goes back is always the difference of two reckonings: what the sale was worth after the
returns before, and what it is worth after this one. So no number of returns takes or gives back
more than one of everything does.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from gateway.ledger.accounts import unit_of_ledger
from gateway.ledger.book import Book
from gateway.ledger.errors import InvariantError
from gateway.ledger.kinds import CardState, PostingKind
from gateway.ledger.posting import Posting
from gateway.ledger.rows_lots import LotRow, SuspendedRow
from gateway.ledger.rows_sales import SaleReturnRow, SaleRow
from gateway.model.ids import MemberId, SaleKey, WalletId
from gateway.model.outcome import Reason, Status
from gateway.model.plain import from_plain, to_canonical_json
from gateway.model.programme import Programme, RefundPolicy
from gateway.model.rules.earning import Unit
from gateway.model.rules.returns import UnknownOriginal
from gateway.model.sale import Sale, SaleSource
from gateway.model.transaction import Returned, SaleReference
from gateway.program.earning import evaluate
from gateway.program.facts import MemberFacts
from gateway.program.goods_back import (
    GoodsBack,
    check_return,
    check_return_day,
    find_lines,
    is_whole,
    whole_sale,
)
from gateway.program.local_time import business_day
from gateway.program.returns import Owed, clawback, owed_after_return
from gateway.program.standing import with_return
from gateway.writer.awarding import change_standing, keeps_standings, standing_at
from gateway.writer.bench import Bench, Case, Outcome, refused
from gateway.writer.giving_back import Paid, give_back
from gateway.writer.original import Original, original_of
from gateway.writer.rating import place_of
from gateway.writer.sales import find_sale


@dataclass(frozen=True, slots=True, kw_only=True)
class _Return:
    """A return that is going to be booked.

    Attributes:
        key: the return's own; None where a whole sale is called off.
        sale: the sale's row.
        original: the sale as it was made and rated.
        before: what came back earlier.
        now: what comes back with this return.
        clawed: what earlier returns took back of each award.
    """

    key: SaleKey | None
    sale: SaleRow
    original: Original
    before: GoodsBack
    now: GoodsBack
    clawed: tuple[int, ...]

    @property
    def after(self) -> GoodsBack:
        """All that came back, this return included."""
        return self.before + self.now

    @property
    def whole(self) -> bool:
        """Whether nothing of the sale is left."""
        return is_whole(self.original.sale, self.after)


def judge_refund(bench: Bench, case: Case, posting: Posting) -> Outcome:
    """Give back what was redeemed on what came back, then take back what it had earned."""
    transaction = case.transaction
    rules = bench.rules_for(transaction.time)
    if rules is None:
        return refused(Reason.PROGRAMME_UNKNOWN)
    if transaction.currency != rules.currency:
        return refused(Reason.CURRENCY_MISMATCH)
    returned = transaction.returned
    if returned is not None and bench.book.knows_return(case.branch, returned.key):
        return refused(Reason.SALE_ALREADY_REFUNDED)
    if transaction.original is None:
        return _without_original(bench, case, posting, rules)
    found = _return_of(bench, case, transaction.original, returned)
    return refused(found) if isinstance(found, Reason) else _book(bench, posting, rules, found)


def _return_of(
    bench: Bench, case: Case, reference: SaleReference, returned: Returned | None
) -> _Return | Reason:
    sale = find_sale(bench.book, case.branch, reference)
    if sale is None:
        return Reason.SALE_NOT_FOUND
    if sale.refund_index is not None:
        return Reason.SALE_ALREADY_REFUNDED
    original = original_of(bench, sale)
    before = GoodsBack()
    awards = () if original.rated is None else original.rated.evaluation.awards
    clawed = (0,) * len(awards)
    for row in bench.book.returns_of(sale.branch, sale.sale_key):
        before += from_plain(GoodsBack, json.loads(row.returned))
        clawed = tuple(map(sum, zip(clawed, json.loads(row.clawed), strict=True)))
    if returned is None:
        now: GoodsBack | Reason = _rest(original.sale, before)
    else:
        now = _part(bench, case, original, before, returned)
    if isinstance(now, Reason):
        return now
    return _Return(
        key=None if returned is None else returned.key,
        sale=sale,
        original=original,
        before=before,
        now=now,
        clawed=clawed,
    )


def _part(
    bench: Bench, case: Case, original: Original, before: GoodsBack, returned: Returned
) -> GoodsBack | Reason:
    """What comes back of a sale now, or why it cannot."""
    now = find_lines(original.sale, before, returned.lines, returned.amount_minor)
    if isinstance(now, Reason):
        return now
    objection = check_return(original.sale, before, now) or _too_late(bench, case, original)
    return now if objection is None else objection


def _too_late(bench: Bench, case: Case, original: Original) -> Reason | None:
    if original.rated is None:
        return None
    rules = original.rated.programme.rules
    today = business_day(rules.settings, case.branch, bench.happened_at_ms(case.transaction.time))
    return check_return_day(rules.returns, original.place.business_day, today)


def _rest(sale: Sale, before: GoodsBack) -> GoodsBack:
    """What is left to come back of a sale that is called off."""
    every = whole_sale(sale)
    lines = (
        replace(
            line,
            quantity_milli=line.quantity_milli - before.of(line.line).quantity_milli,
            amount_minor=line.amount_minor - before.of(line.line).amount_minor,
        )
        for line in every.lines
    )
    return GoodsBack(
        amount_minor=every.amount_minor - before.amount_minor,
        lines=tuple(line for line in lines if line.quantity_milli or line.amount_minor),
    )


def _book(bench: Bench, posting: Posting, rules: Programme, back: _Return) -> Outcome:
    book = bench.book
    sale = back.sale
    paid = Paid(
        total_minor=back.original.sale.total_minor,
        before_minor=back.before.amount_minor,
        after_minor=back.after.amount_minor,
        whole=back.whole,
    )
    redeemer = give_back(bench, posting, sale, paid)
    earner, clawed = _take_back(bench, posting, rules, back)
    book.sales.replace(
        replace(
            sale,
            returned_minor=sale.returned_minor + back.now.amount_minor,
            refund_index=posting.index if back.whole else None,
        )
    )
    if back.key is not None:
        book.add_return(
            SaleReturnRow(
                journal_index=posting.index,
                branch=sale.branch,
                return_key=back.key,
                sale_key=sale.sale_key,
                returned=to_canonical_json(back.now),
                amount_minor=back.now.amount_minor,
                clawed=json.dumps(clawed),
            )
        )
    member_id = earner or redeemer
    return Outcome(
        status=Status.APPLIED,
        posting=PostingKind.REFUND if back.whole else PostingKind.RETURN,
        programme_version=rules.version,
        member_id=member_id,
        points=0 if member_id is None else posting.moved(book.points_wallet(member_id).wallet_id),
        balance_points=None if member_id is None else book.points_wallet(member_id).available,
    )


def _take_back(
    bench: Bench, posting: Posting, rules: Programme, back: _Return
) -> tuple[MemberId | None, tuple[int, ...]]:
    """Take back what the goods had earned; say whose it was, and how much of each award."""
    rated = back.original.rated
    if rated is None or back.sale.earn_index is None:
        return None, ()
    earlier, later = owed_after_return(rated, back.before), owed_after_return(rated, back.after)
    clawed = clawback(rated.evaluation.awards, later, back.clawed)
    by_unit: defaultdict[Unit, int] = defaultdict(int)
    for award, amount in zip(rated.evaluation.awards, clawed, strict=True):
        by_unit[award.unit] += amount
    stays = {use.key: use.amount for use in later.uses}
    for use in earlier.uses:
        bench.book.use(use.key, stays.get(use.key, 0) - use.amount)
    _revoke(bench, posting, back, later)
    waiting = bench.book.suspended_by(back.sale.earn_index)
    if any(row.resolved_index is None for row in waiting):
        _discard(posting, waiting, by_unit)
        return None, clawed
    earner = _claw_back(bench, posting, rules, back, by_unit)
    if earner is not None:
        _lower_standing(bench, rated.programme, earner, back, by_unit[Unit.POINTS])
    return earner, clawed


def _discard(posting: Posting, waiting: list[SuspendedRow], by_unit: Mapping[Unit, int]) -> None:
    """Take back what still waits for a card's owner, the last of it first."""
    left = dict(by_unit)
    for row in reversed(waiting):
        unit = unit_of_ledger(row.ledger)
        part = min(left.get(unit, 0), row.waiting)
        if row.resolved_index is None:
            posting.discard(row, part)
            left[unit] = left.get(unit, 0) - part


def _claw_back(
    bench: Bench, posting: Posting, rules: Programme, back: _Return, by_unit: Mapping[Unit, int]
) -> MemberId | None:
    """Take what a sale had earned from the wallets that got it; say who had earned it."""
    book = bench.book
    lots = book.lots_made_by(back.sale.earn_index or 0)
    if not lots:
        # It had earned nothing. Rules that count visits must know all the same whose it was.
        return back.original.member_id if _counts(back) else None
    earner = _owner(book, lots[0])
    made: defaultdict[WalletId, list[LotRow]] = defaultdict(list)
    for lot in lots:
        made[lot.wallet_id].append(lot)
    for wallet_id, own in made.items():
        unit = unit_of_ledger(book.wallets.require(wallet_id).ledger)
        mine = [lot for lot in own if _owner(book, lot) == earner]
        # What somebody else got for this purchase goes back when nothing is left of it.
        others = sum(lot.points for lot in own if lot not in mine) if back.whole else 0
        posting.claw_back(
            wallet_id,
            others + (by_unit.get(unit, 0) if mine else 0),
            own=[lot.lot_id for lot in own],
            only_pending=rules.rules.returns.only_pending,
            allow_negative=rules.refund is RefundPolicy.ALLOW_NEGATIVE,
        )
    return earner


def _counts(back: _Return) -> bool:
    rated = back.original.rated
    return rated is not None and keeps_standings(rated.programme)


def _owner(book: Book, lot: LotRow) -> MemberId | None:
    return lot.brought_by or book.wallets.require(lot.wallet_id).member_id


def _revoke(bench: Bench, posting: Posting, back: _Return, stays: Owed) -> None:
    """Take back coupons that the sale had given, as far as they were not used."""
    for voucher, left in zip(
        bench.book.vouchers_made_by(back.sale.earn_index or 0), stays.vouchers, strict=False
    ):
        if voucher.revoked_index is None and left == 0:
            bench.book.revoke_voucher(voucher.voucher_id, posting.index)


def _lower_standing(
    bench: Bench, rules: Programme, member_id: MemberId, back: _Return, points: int
) -> None:
    if not keeps_standings(rules):
        return
    place = back.original.place
    changed = with_return(
        *standing_at(bench, member_id, place),
        amount_minor=back.now.amount_minor,
        points=points,
        whole=back.whole,
    )
    change_standing(bench, rules, member_id, changed, bought=False)


def _without_original(bench: Bench, case: Case, posting: Posting, rules: Programme) -> Outcome:
    """Take back, as the programme says, what goods of an unknown sale would earn today."""
    transaction, book = case.transaction, bench.book
    card, returned = transaction.card, transaction.returned
    if card is None or returned is None:
        raise InvariantError("a refund names its sale, or a card and what came back")
    if rules.rules.returns.unknown_original is UnknownOriginal.REFUSE:
        return refused(Reason.SALE_NOT_FOUND)
    owned = book.cards.get(card.token)
    if owned is None:
        return refused(Reason.UNKNOWN_CARD)
    if owned.state is not CardState.ACTIVE:
        return refused(Reason.CARD_BLOCKED)
    sale = Sale(
        key=returned.key,
        total_minor=returned.amount_minor,
        source=SaleSource.KEYED,
        profile="returned",
        lines=returned.lines,
    )
    place = place_of(bench, rules, case.branch, transaction.time)
    evaluation = evaluate(rules, sale, MemberFacts(member_id=owned.member_id), place)
    wallet = book.points_wallet(owned.member_id)
    posting.claw_back(
        wallet.wallet_id,
        evaluation.total(Unit.POINTS),
        only_pending=rules.rules.returns.only_pending,
        allow_negative=rules.refund is RefundPolicy.ALLOW_NEGATIVE,
    )
    book.add_return(
        SaleReturnRow(
            journal_index=posting.index,
            branch=case.branch,
            return_key=returned.key,
            sale_key=None,
            returned=to_canonical_json(GoodsBack(amount_minor=returned.amount_minor)),
            amount_minor=returned.amount_minor,
            clawed=json.dumps([evaluation.total(Unit.POINTS)]),
        )
    )
    return Outcome(
        status=Status.APPLIED,
        posting=PostingKind.RETURN,
        programme_version=rules.version,
        member_id=owned.member_id,
        points=posting.moved(wallet.wallet_id),
        balance_points=book.points_wallet(owned.member_id).available,
    )
