"""What returns must come to: of a whole sale, of parts of it, or of one that nobody can name."""

from __future__ import annotations

import json
from dataclasses import replace

from gateway.audit.bench import Bench
from gateway.audit.card_uses import worths
from gateway.audit.clawing import claw, unit_of
from gateway.audit.members import active_owner, revoke_voucher
from gateway.audit.moves_holds import give_back, give_uses_back
from gateway.audit.sales import find_sale, original_of
from gateway.audit.sold_cards import empty_sold_cards
from gateway.audit.standings import facts_of, follow_balance
from gateway.audit.taking_back import (
    Back,
    returned_so_far,
    take_back,
    units_of,
    vouchers_made_by,
)
from gateway.audit.verdict import Effect, Verdict, refusal
from gateway.audit.verdicts_holds import reward_of
from gateway.ledger.kinds import PostingKind
from gateway.ledger.rows_lots import HoldRow
from gateway.ledger.rows_sales import SaleReturnRow, SaleRow
from gateway.model.ids import MemberId
from gateway.model.instrument import Instrument
from gateway.model.outcome import Reason
from gateway.model.plain import to_canonical_json
from gateway.model.programme import Programme
from gateway.model.rules.earning import Unit
from gateway.model.rules.returns import UnknownOriginal
from gateway.model.rules.reward import GiftKind
from gateway.model.sale import Sale, SaleSource
from gateway.model.transaction import Returned, Transaction
from gateway.program.earning import evaluate
from gateway.program.evaluation import Award
from gateway.program.expiry import regained_expires_at_ms
from gateway.program.goods_back import (
    GoodsBack,
    check_return,
    check_return_day,
    find_lines,
    rest_of,
    share,
)
from gateway.program.local_time import business_day
from gateway.program.returns import given_back, owed_after_return
from gateway.program.rewards import gift_of_reward
from gateway.program.succession import factor_between, in_older_unit


def refunded(bench: Bench, transaction: Transaction, at_ms: int) -> Verdict:
    """A return gives back what was redeemed, and takes back what was earned."""
    rules = bench.rules_in(at_ms, transaction.currency)
    returned = transaction.returned
    if rules is None:
        return refusal(Reason.PROGRAMME_UNKNOWN)
    if transaction.currency != rules.currency:
        return refusal(Reason.CURRENCY_MISMATCH)
    if returned is not None and bench.books.knows_return((bench.branch, returned.key)):
        return refusal(Reason.SALE_ALREADY_REFUNDED)
    if transaction.original is None:
        return _of_no_sale(bench, transaction, rules, at_ms)
    back = _back_of(bench, transaction, rules, at_ms)
    if isinstance(back, Reason):
        return refusal(back)
    kind = PostingKind.REFUND if back.whole else PostingKind.RETURN
    return bench.applied(kind, rules, lambda: _carry_out(back))


def _back_of(bench: Bench, transaction: Transaction, rules: Programme, at_ms: int) -> Back | Reason:
    """What comes back of which sale, or why it cannot."""
    row = None if transaction.original is None else find_sale(bench, transaction.original)
    if row is None:
        return Reason.SALE_NOT_FOUND
    if row.refund_index is not None:
        return Reason.SALE_ALREADY_REFUNDED
    original, returned = original_of(bench, row), transaction.returned
    if original is None:
        return Reason.SALE_NOT_FOUND
    before, clawed = returned_so_far(bench, row, original)
    factor = factor_between(bench.programmes, original.rules, rules)
    now = _goods(bench, row, (original.sale, before), returned, factor)
    if isinstance(now, Reason):
        return now
    objection = check_return(original.sale, before, now)
    if objection is None:
        own = original.rules.rules
        today = business_day(own.settings, bench.branch, at_ms)
        objection = check_return_day(own.returns, original.place.business_day, today)
    if objection is not None:
        return objection
    return Back(
        bench=bench,
        rules=rules,
        key=None if returned is None else returned.key,
        row=row,
        original=original,
        before=before,
        now=now,
        clawed=clawed,
    )


def _goods(
    bench: Bench,
    row: SaleRow,
    of: tuple[Sale, GoodsBack],
    returned: Returned | None,
    factor: int | None,
) -> GoodsBack | Reason:
    """What comes back, in the currency of its sale, whatever it was told in."""
    sale, before = of
    if returned is None:
        return rest_of(sale, before)
    if factor is None:
        return Reason.CURRENCY_MISMATCH
    earlier = len(bench.books.returns_of((row.branch, row.sale_key)))
    left_minor = sale.total_minor - before.amount_minor
    told = in_older_unit(returned, factor, left_minor=left_minor, earlier=earlier)
    return find_lines(sale, before, told.lines, told.amount_minor)


def _carry_out(back: Back) -> Effect:
    bench, books = back.bench, back.bench.books
    redeemer = _give_back(back)
    earner, clawed = take_back(back)
    loads = empty_sold_cards(back)
    now = bench.rules_at(bench.now_ms)
    for member in dict.fromkeys((earner, redeemer)):
        if member is not None:
            follow_balance(books, member, back.row.branch, now, bench.now_ms)
    books.put_sale(
        replace(
            back.row,
            returned_minor=back.row.returned_minor + back.now.amount_minor,
            refund_index=books.index if back.whole else None,
            loads=loads,
        )
    )
    if back.key is not None:
        books.put_return(
            SaleReturnRow(
                journal_index=books.index,
                branch=back.row.branch,
                return_key=back.key,
                sale_key=back.row.sale_key,
                returned=to_canonical_json(back.now),
                amount_minor=back.now.amount_minor,
                clawed=json.dumps(clawed),
            )
        )
    return bench.of(earner or redeemer)


# -- what was redeemed ------------------------------------------------------------------------


def _give_back(back: Back) -> MemberId | None:
    """Give back the share of the money that goes back, rounded down until nothing is left."""
    books = back.bench.books
    posted = books.redemptions((back.row.branch, back.row.sale_key))
    for hold in posted:
        points = _share(hold.redeemed_points, hold.given_back_points, back)
        minor = _share(hold.redeemed_minor, hold.given_back_minor, back)
        give_back(books, hold, points, minor, _lapse(back, hold))
        if back.whole:
            give_uses_back(books, hold)
        if hold.instrument in (Instrument.REWARD, Instrument.COUPON):
            _take_gift_back(back, hold, points)
    return next((hold.member_id for hold in posted if hold.member_id is not None), None)


def _take_gift_back(back: Back, hold: HoldRow, points: int) -> None:
    """Take back points, credit or a benefit that a reward brought, as its price comes back."""
    books, made_by = back.bench.books, hold.resolved_index
    if hold.member_id is None or made_by is None:
        return
    lots = sorted(books.heap.made_by(made_by), key=lambda lot: lot.lot_id)
    amounts: dict[Unit, int] = {}
    multiplied = _multiplied(back, hold)
    for unit in dict.fromkeys(unit_of(books, lot) for lot in lots):
        given = sum(lot.points for lot in lots if unit_of(books, lot) is unit)
        undone = _undone(given, hold, hold.given_back_points)
        after = _undone(given, hold, hold.given_back_points + points)
        amounts[unit] = (given if back.whole else after) - undone
        if multiplied is not None and unit is Unit.POINTS:
            amounts[unit] = max(min(multiplied[0], given) - min(multiplied[1], given), 0)
    claw(back.bench, back.rules, hold.member_id, amounts, lots)
    for number in vouchers_made_by(back.bench, hold.member_id, made_by) if back.whole else ():
        if books.vouchers[number].revoked_index is None:
            revoke_voucher(books, number)


def _multiplied(back: Back, hold: HoldRow) -> tuple[int, int] | None:
    """A multiplier's surplus on what the sale is worth without the goods of before, and of now."""
    rules, rated = back.bench.rules_of(hold.programme_version), back.original.rated
    quote = None if rules is None else reward_of(hold, rules)
    if rules is None or rated is None or quote is None or quote.kind is not GiftKind.MULTIPLIER:
        return None

    def surplus(goods: GoodsBack) -> int:
        awards = rated.evaluation.awards
        amounts = [one.amount for one in awards]
        if goods != GoodsBack():
            amounts = [*owed_after_return(rated, goods).awards]
        gift = gift_of_reward(rules, quote, units_of(awards, amounts)[Unit.POINTS])
        return gift.amount if isinstance(gift, Award) else 0

    return surplus(back.before), surplus(back.after)


def _undone(given: int, hold: HoldRow, points: int) -> int:
    """How much of a gift is undone with so many points of its price; none where it had none."""
    return share(given, points, hold.redeemed_points) if hold.redeemed_points else 0


def _share(redeemed: int, given_before: int, back: Back) -> int:
    if back.whole:
        return redeemed - given_before
    total_minor = back.original.sale.total_minor
    return given_back(redeemed, total_minor, back.before.amount_minor, back.after.amount_minor)


def _lapse(back: Back, hold: HoldRow) -> tuple[int, int] | None:
    """Now, and until when points can be spent that come back after they lapsed."""
    now_ms, rules = back.bench.now_ms, back.bench.rules_of(hold.programme_version)
    if rules is None:
        return None
    until_ms = regained_expires_at_ms(
        now_ms, rules.rules.returns.grace_days, now_ms, hold.branch, rules.rules.settings
    )
    if until_ms is None or not rules.rules.returns.grace_days:
        return None
    return now_ms, until_ms


# -- a sale that nobody can name --------------------------------------------------------------


def _of_no_sale(bench: Bench, transaction: Transaction, rules: Programme, at_ms: int) -> Verdict:
    """Take back, where the programme does so, what such goods would earn now."""
    card, returned = transaction.card, transaction.returned
    if card is None or returned is None:
        return refusal(Reason.SALE_NOT_FOUND)
    if rules.rules.returns.unknown_original is UnknownOriginal.REFUSE:
        return refusal(Reason.SALE_NOT_FOUND)
    member = active_owner(bench.books, card.token)
    if isinstance(member, Reason):
        return refusal(member)

    def carry_out() -> Effect:
        books = bench.books
        sale = Sale(
            key=returned.key,
            total_minor=returned.amount_minor,
            source=SaleSource.KEYED,
            profile="returned",
            lines=returned.lines,
        )
        place, dates = bench.place(rules, at_ms), books.dates.get(member, ())
        # What limits had left when it was sold nobody knows.
        facts = replace(
            facts_of(books, rules, member, place, dates),
            used=(),
            card=worths(bench, rules, transaction, at_ms)[0],
        )
        awards = evaluate(rules, sale, facts, place).awards
        clawed = [award.amount for award in awards]
        claw(bench, rules, member, units_of(awards, clawed))
        now = bench.rules_at(bench.now_ms)
        follow_balance(books, member, bench.branch, now, bench.now_ms)
        books.put_return(
            SaleReturnRow(
                journal_index=books.index,
                branch=bench.branch,
                return_key=returned.key,
                sale_key=None,
                returned=to_canonical_json(GoodsBack(amount_minor=returned.amount_minor)),
                amount_minor=returned.amount_minor,
                clawed=json.dumps(clawed),
            )
        )
        return bench.of(member)

    return bench.applied(PostingKind.RETURN, rules, carry_out)
