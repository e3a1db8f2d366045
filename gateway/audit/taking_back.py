"""What a sale had earned goes back with its goods, in the books of an audit."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gateway.audit.bench import Bench
from gateway.audit.clawing import claw, owner_of, unit_of
from gateway.audit.members import revoke_voucher, use
from gateway.audit.sales import Original, original_of
from gateway.audit.standings import (
    change_standing,
    keeps_standings,
    levels_today,
    standing_at,
)
from gateway.ledger.accounts import unit_of_ledger
from gateway.ledger.numbering import maker_of
from gateway.ledger.rows_lots import LotRow
from gateway.ledger.rows_sales import SaleRow
from gateway.model.ids import MemberId, SaleKey
from gateway.model.member_facts import MemberFacts
from gateway.model.plain import from_plain
from gateway.model.programme import Programme
from gateway.model.rules.earning import Unit
from gateway.model.sale import Sale
from gateway.program.earning import evaluate_referral
from gateway.program.evaluation import Award
from gateway.program.goods_back import GoodsBack, is_whole
from gateway.program.returns import Owed, Rated, clawback, owed_after_return
from gateway.program.standing import with_return
from gateway.program.succession import counted_uses, first_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Back:
    """Goods of a sale that come back now.

    Attributes:
        bench: rows, rules and moment.
        rules: the rules of the return's own time.
        key: names the return; None where a whole sale is called off.
        row: the sale.
        original: the sale as it was made.
        before: what came back of it earlier.
        now: what comes back now.
        clawed: what earlier returns took back of each award.
    """

    bench: Bench
    rules: Programme
    key: SaleKey | None = None
    row: SaleRow
    original: Original
    before: GoodsBack
    now: GoodsBack
    clawed: tuple[int, ...]

    @property
    def after(self) -> GoodsBack:
        """All that came back, with this return."""
        return self.before + self.now

    @property
    def whole(self) -> bool:
        """Whether nothing of the sale is left."""
        return is_whole(self.original.sale, self.after)


def take_back_early(bench: Bench, sale: Sale, rules: Programme) -> None:
    """Take back what a sale earns with goods that came back before anybody told of the sale."""
    row = bench.books.sales[bench.branch, sale.key]
    original = original_of(bench, row) if row.returned_minor else None
    if original is None or original.rated is None:
        return
    early, _ = returned_so_far(bench, row, original)
    take_back(
        Back(
            bench=bench,
            rules=rules,
            row=row,
            original=original,
            before=GoodsBack(),
            now=early,
            clawed=(0,) * len(original.rated.evaluation.awards),
        )
    )


def returned_so_far(
    bench: Bench, row: SaleRow, original: Original
) -> tuple[GoodsBack, tuple[int, ...]]:
    """What came back of a sale before, and what was taken back of each award for it."""
    before, early = GoodsBack(), GoodsBack()
    taken: list[list[int]] = []
    for one in bench.books.returns_of((row.branch, row.sale_key)):
        goods = from_plain(GoodsBack, json.loads(one.returned))
        before += goods
        if one.journal_index < (row.earn_index or 0):
            early += goods
        elif row.earn_index is not None:
            taken.append(json.loads(one.clawed))
    if original.rated is None:
        return before, ()
    awards = original.rated.evaluation.awards
    clawed = (0,) * len(awards)
    if early != GoodsBack():
        # It took nothing then; the sale itself made up for it when it was told.
        clawed = clawback(awards, owed_after_return(original.rated, early), clawed)
    for amounts in taken:
        clawed = tuple(had + more for had, more in zip(clawed, amounts, strict=True))
    return before, clawed


def take_back(back: Back) -> tuple[MemberId | None, tuple[int, ...]]:
    """Take back what the goods had earned.

    Returns:
        Whose it was, and how much was to be taken of each award.
    """
    rated, earn_index, books = back.original.rated, back.row.earn_index, back.bench.books
    if rated is None or earn_index is None:
        return None, ()
    stays = owed_after_return(rated, back.after)
    clawed = clawback(rated.evaluation.awards, stays, back.clawed)
    _free_limits(back, rated, stays)
    _revoke(back, rated, stays)
    amounts = units_of(rated.evaluation.awards, clawed)
    if books.waiting_of(earn_index):
        _discard(back, earn_index, amounts)
        return None, clawed
    lots = sorted(books.heap.made_by(earn_index), key=lambda lot: lot.lot_id)
    earner = _earner(back, earn_index, lots)
    if earner is None:
        return None, clawed
    mine = [lot for lot in lots if owner_of(books, lot) == earner]
    claw(back.bench, back.rules, earner, amounts, mine)
    _take_from_referrer(back, rated, [lot for lot in lots if owner_of(books, lot) != earner])
    if keeps_standings(rated.programme):
        _lower_standing(back, earner, amounts[Unit.POINTS])
    elif not lots:
        return None, clawed  # it had earned nothing, and nobody asks whose it was
    return earner, clawed


def units_of(awards: Sequence[Award], amounts: Sequence[int]) -> dict[Unit, int]:
    """Add up by unit so much of each award."""
    sums = dict.fromkeys(Unit, 0)
    for award, amount in zip(awards, amounts, strict=True):
        sums[award.unit] += amount
    return sums


def _free_limits(back: Back, rated: Rated, stays: Owed) -> None:
    stayed = rated.evaluation.uses
    if back.before != GoodsBack():
        stayed = owed_after_return(rated, back.before).uses
    programmes, programme = back.bench.programmes, rated.programme
    left = {one.key: one.amount for one in counted_uses(programmes, programme, stays.uses)}
    for one in counted_uses(programmes, programme, stayed):
        use(back.bench.books, one.key, left.get(one.key, 0) - one.amount)


def _revoke(back: Back, rated: Rated, stays: Owed) -> None:
    """Take back the coupons that the sale had given and of which none stays."""
    made = vouchers_made_by(back.bench, rated.facts.member_id, back.row.earn_index)
    for number, left in zip(made, stays.vouchers, strict=False):
        if left == 0 and back.bench.books.vouchers[number].revoked_index is None:
            revoke_voucher(back.bench.books, number)


def vouchers_made_by(bench: Bench, member: MemberId | None, index: int | None) -> list[int]:
    """The coupons and benefits that a journal row gave to a member, in order."""
    mine = () if member is None else bench.books.vouchers_of.get(member, ())
    return sorted(number for number in mine if maker_of(number) == index)


def _discard(back: Back, earn_index: int, amounts: Mapping[Unit, int]) -> None:
    """Take back what still waits for a card's owner, the last of it first."""
    books, left = back.bench.books, dict(amounts)
    for row in reversed(books.waiting_of(earn_index)):
        unit = unit_of_ledger(row.ledger)
        part = min(left[unit], row.points - row.taken_back)
        books.take_waiting_back(row, part, whole=back.whole)
        left[unit] -= part


def _earner(back: Back, earn_index: int, lots: Sequence[LotRow]) -> MemberId | None:
    """Who had earned it; of a sale that waited for a card's owner, whoever owned the card then."""
    books = back.bench.books
    if back.original.member is not None:
        return back.original.member
    if lots:
        return owner_of(books, lots[0])
    cards = (books.cards.get(token) for token in books.tokens_of(earn_index))
    return next((card.member_id for card in cards if card is not None), None)


def _take_from_referrer(back: Back, rated: Rated, lots: Sequence[LotRow]) -> None:
    """Take back what somebody else got for this purchase, as far as it is not due any more."""
    books = back.bench.books
    whose = owner_of(books, lots[0]) if lots else None
    if whose is None:
        return
    given = dict.fromkeys(Unit, 0)
    for lot in lots:
        given[unit_of(books, lot)] += lot.points
    before = _due_to(whose, rated, given, back.before)
    after = _due_to(whose, rated, given, back.after)
    amounts = {unit: before[unit] - after[unit] for unit in Unit}
    claw(back.bench, back.rules, whose, amounts, lots)


def _due_to(
    referrer: MemberId, rated: Rated, given: Mapping[Unit, int], goods: GoodsBack
) -> Mapping[Unit, int]:
    """What is due to whoever brought the member after some goods came back."""
    if goods == GoodsBack():
        return given
    known = MemberFacts(member_id=referrer)
    whole = evaluate_referral(rated.programme, rated.sale, rated.facts, rated.place, known)
    stays = owed_after_return(replace(rated, evaluation=whole, referrer=known), goods)
    due = units_of(whole.awards, stays.awards)
    return {unit: min(due[unit], given[unit]) for unit in Unit}


def _lower_standing(back: Back, earner: MemberId, points: int) -> None:
    bench, place = back.bench, back.original.place
    standing, visit = standing_at(bench.books, earner, place)
    if not visit.sales:
        return  # it was never counted: it waited while no rules looked at what was before
    factor = first_minor(bench.programmes, back.original.rules)
    changed = with_return(
        standing,
        visit,
        amount_minor=back.now.amount_minor * factor,
        points=points,
        whole=back.whole,
    )
    levels = levels_today(place.branch, bench.rules_at(bench.now_ms), bench.now_ms)
    change_standing(bench.books, earner, changed, levels=levels)
