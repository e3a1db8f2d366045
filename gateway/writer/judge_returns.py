"""Returns: of a whole sale or of parts of it, under the rules that the sale was rated by.

What goes back is always the difference of two reckonings: what the sale was worth after the
returns before, and what it is worth after this one. So no number of returns takes or gives back
more than one of everything does.
"""

from __future__ import annotations

import json
from dataclasses import replace

from gateway.ledger.errors import InvariantError
from gateway.ledger.kinds import PostingKind
from gateway.ledger.posting import Posting
from gateway.ledger.rows_sales import SaleReturnRow, SaleRow
from gateway.model.outcome import Reason, Status
from gateway.model.plain import from_plain, to_canonical_json
from gateway.model.programme import Programme
from gateway.model.rules.returns import UnknownOriginal
from gateway.model.sale import Sale, SaleSource
from gateway.model.transaction import Returned, SaleReference
from gateway.program.earning import evaluate
from gateway.program.goods_back import (
    GoodsBack,
    check_return,
    check_return_day,
    find_lines,
    rest_of,
)
from gateway.program.local_time import business_day
from gateway.program.returns import clawback, owed_after_return
from gateway.program.succession import factor_between, in_older_unit
from gateway.writer.bench import Bench, Case, Outcome, applied, refused
from gateway.writer.clawing import claw
from gateway.writer.giving_back import Paid, give_back
from gateway.writer.levels import follow_balance
from gateway.writer.members import active_owner
from gateway.writer.original import Original, original_of
from gateway.writer.rating import member_facts, place_of, with_card
from gateway.writer.sales import find_sale
from gateway.writer.sold_cards import empty_sold_cards
from gateway.writer.taking_back import SaleReturn, take_back, units_of


def judge_refund(bench: Bench, case: Case, posting: Posting) -> Outcome:
    """Give back what was redeemed on what came back, then take back what it had earned."""
    transaction = case.transaction
    rules = bench.rules_in(transaction)
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
    if isinstance(found, Reason):
        return refused(found)
    return _book(bench, posting, rules, found)


def take_back_early(bench: Bench, posting: Posting, rules: Programme, sale: SaleRow) -> None:
    """Take back what a sale earns with goods that came back before anybody told of the sale.

    Only what was redeemed on it was known then, from another till or out of another order.

    Args:
        bench: rows and rules; the sale itself stands among what was told.
        posting: the sale's.
        rules: the sale's.
        sale: its row.
    """
    original = original_of(bench, sale)
    early, nothing = _returned_so_far(bench, sale, original)
    back = SaleReturn(
        key=None,
        sale=sale,
        original=original,
        before=GoodsBack(),
        now=early,
        clawed=(0,) * len(nothing),
    )
    take_back(bench, posting, rules, back)


def _return_of(
    bench: Bench, case: Case, reference: SaleReference, returned: Returned | None
) -> SaleReturn | Reason:
    sale = find_sale(bench.book, case.branch, reference)
    if sale is None:
        return Reason.SALE_NOT_FOUND
    if sale.refund_index is not None:
        return Reason.SALE_ALREADY_REFUNDED
    original = original_of(bench, sale)
    before, clawed = _returned_so_far(bench, sale, original)
    now: GoodsBack | Reason = rest_of(original.sale, before)
    if returned is not None:
        told = _in_unit_of(bench, case, original, before, returned)
        if isinstance(told, Reason):
            return told
        now = find_lines(original.sale, before, told.lines, told.amount_minor)
    if isinstance(now, Reason):
        return now
    objection = check_return(original.sale, before, now) or _too_late(bench, case, original)
    if objection is not None:
        return objection
    return SaleReturn(
        key=None if returned is None else returned.key,
        sale=sale,
        original=original,
        before=before,
        now=now,
        clawed=clawed,
    )


def _in_unit_of(
    bench: Bench, case: Case, original: Original, before: GoodsBack, returned: Returned
) -> Returned | Reason:
    """What a return tells, in the currency of the sale."""
    rules = bench.rules_in(case.transaction)
    factor = None if rules is None else factor_between(bench.programmes, original.rules, rules)
    if factor is None:
        return Reason.CURRENCY_MISMATCH
    earlier = len(bench.book.returns_of(case.branch, original.sale.key))
    left_minor = original.sale.total_minor - before.amount_minor
    return in_older_unit(returned, factor, left_minor=left_minor, earlier=earlier)


def _returned_so_far(
    bench: Bench, sale: SaleRow, original: Original
) -> tuple[GoodsBack, tuple[int, ...]]:
    """What came back of a sale, and how much of each of its awards was taken back with it."""
    rows = bench.book.returns_of(sale.branch, sale.sale_key)
    goods = [(row, from_plain(GoodsBack, json.loads(row.returned))) for row in rows]
    before = sum((back for _, back in goods), GoodsBack())
    rated, earn_index = original.rated, sale.earn_index
    if rated is None or earn_index is None:
        return before, ()
    awards = rated.evaluation.awards
    clawed = (0,) * len(awards)
    # What came back before the sale was told took nothing then; the sale itself made up for it.
    early = sum((back for row, back in goods if row.journal_index < earn_index), GoodsBack())
    if early != GoodsBack():
        clawed = clawback(awards, owed_after_return(rated, early), clawed)
    for row, _ in goods:
        if row.journal_index > earn_index:
            clawed = tuple(map(sum, zip(clawed, json.loads(row.clawed), strict=True)))
    return before, clawed


def _too_late(bench: Bench, case: Case, original: Original) -> Reason | None:
    rules = original.rules.rules
    today = business_day(rules.settings, case.branch, bench.happened_at_ms(case.transaction.time))
    return check_return_day(rules.returns, original.place.business_day, today)


def _book(bench: Bench, posting: Posting, rules: Programme, back: SaleReturn) -> Outcome:
    book = bench.book
    sale = back.sale
    paid = Paid(
        total_minor=back.original.sale.total_minor,
        before_minor=back.before.amount_minor,
        after_minor=back.after.amount_minor,
        whole=back.whole,
    )
    redeemer = give_back(bench, posting, rules, back, paid)
    earner, clawed = take_back(bench, posting, rules, back)
    loads = empty_sold_cards(bench, posting, rules, sale, paid)
    for changed in dict.fromkeys((earner, redeemer)):
        if changed is not None:
            follow_balance(bench, changed, sale.branch)
    book.sales.replace(
        replace(
            sale,
            returned_minor=sale.returned_minor + back.now.amount_minor,
            refund_index=posting.index if back.whole else None,
            loads=loads,
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


def _without_original(bench: Bench, case: Case, posting: Posting, rules: Programme) -> Outcome:
    """Take back, as the programme says, what goods of an unknown sale would earn today."""
    transaction, book = case.transaction, bench.book
    card, returned = transaction.card, transaction.returned
    if card is None or returned is None:
        raise InvariantError("a refund names its sale, or a card and what came back")
    if rules.rules.returns.unknown_original is UnknownOriginal.REFUSE:
        return refused(Reason.SALE_NOT_FOUND)
    member_id = active_owner(bench, card.token)
    if isinstance(member_id, Reason):
        return refused(member_id)
    sale = Sale(
        key=returned.key,
        total_minor=returned.amount_minor,
        source=SaleSource.KEYED,
        profile="returned",
        lines=returned.lines,
    )
    place = place_of(bench, rules, case.branch, transaction.time)
    # What limits had left when it was sold, nobody knows any more.
    facts = replace(member_facts(bench, rules, member_id, place), used=())
    facts = with_card(bench, rules, facts, transaction)
    awards = evaluate(rules, sale, facts, place).awards
    clawed = [award.amount for award in awards]
    claw(bench, posting, rules, member_id, units_of(awards, clawed))
    follow_balance(bench, member_id, case.branch)
    book.add_return(
        SaleReturnRow(
            journal_index=posting.index,
            branch=case.branch,
            return_key=returned.key,
            sale_key=None,
            returned=to_canonical_json(GoodsBack(amount_minor=returned.amount_minor)),
            amount_minor=returned.amount_minor,
            clawed=json.dumps(clawed),
        )
    )
    return applied(bench, posting, member_id, PostingKind.RETURN, rules)
