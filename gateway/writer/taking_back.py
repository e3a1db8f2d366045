"""What a sale had earned goes back with its goods: its member's, and that of who brought them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gateway.ledger.accounts import unit_of_ledger
from gateway.ledger.book import Book
from gateway.ledger.posting import Posting
from gateway.ledger.rows_lots import LotRow, SuspendedRow
from gateway.ledger.rows_sales import SaleRow
from gateway.model.ids import MemberId, SaleKey
from gateway.model.member_facts import MemberFacts
from gateway.model.programme import Programme
from gateway.model.rules.earning import Unit
from gateway.program.earning import evaluate_referral
from gateway.program.evaluation import Award, Use
from gateway.program.goods_back import GoodsBack, is_whole
from gateway.program.returns import Owed, Rated, clawback, owed_after_return
from gateway.program.standing import with_return
from gateway.program.succession import counted_uses, first_minor
from gateway.writer.awarding import change_standing, keeps_standings, standing_at
from gateway.writer.bench import Bench
from gateway.writer.clawing import claw, owner_of
from gateway.writer.original import Original


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleReturn:
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


def take_back(
    bench: Bench, posting: Posting, rules: Programme, back: SaleReturn
) -> tuple[MemberId | None, tuple[int, ...]]:
    """Take back what the goods had earned.

    Args:
        bench: rows, rules and moment.
        posting: the return's.
        rules: the rules in force, whose policy it is.
        back: what comes back.

    Returns:
        Whose it was, and how much was to be taken of each award.
    """
    rated, earn_index = back.original.rated, back.sale.earn_index
    if rated is None or earn_index is None:
        return None, ()
    book, awards = bench.book, rated.evaluation.awards
    stays = owed_after_return(rated, back.after)
    clawed = clawback(awards, stays, back.clawed)
    _free_limits(bench, rated, back.before, stays.uses)
    _revoke(bench, posting, earn_index, stays)
    amounts = units_of(awards, clawed)
    waiting = book.suspended_by(earn_index)
    if any(row.resolved_index is None for row in waiting):
        _discard(posting, waiting, amounts, whole=back.whole)
        return None, clawed
    lots = book.lots_made_by(earn_index)
    earner = _earner(book, back, lots, waiting)
    if earner is None:
        return None, clawed
    mine = [lot for lot in lots if owner_of(book, lot) == earner]
    claw(bench, posting, rules, earner, amounts, mine)
    others = [lot for lot in lots if owner_of(book, lot) != earner]
    _take_from_referrer(bench, posting, rules, back, others)
    if keeps_standings(rated.programme):
        _lower_standing(bench, rated.programme, earner, back, amounts[Unit.POINTS])
    elif not lots:
        return None, clawed  # it had earned nothing, and nobody asks whose it was
    return earner, clawed


def units_of(awards: Sequence[Award], amounts: Sequence[int]) -> dict[Unit, int]:
    """Add up by unit so much of each award."""
    pairs = list(zip(awards, amounts, strict=True))
    return {unit: sum(part for award, part in pairs if award.unit is unit) for unit in Unit}


def _free_limits(bench: Bench, rated: Rated, before: GoodsBack, stays: Sequence[Use]) -> None:
    """Give back to the limits what the return undoes."""
    earlier: Sequence[Use] = rated.evaluation.uses
    if before != GoodsBack():
        earlier = owed_after_return(rated, before).uses
    programmes, programme = bench.programmes, rated.programme
    kept = {use.key: use.amount for use in counted_uses(programmes, programme, stays)}
    for use in counted_uses(programmes, programme, earlier):
        bench.book.use(use.key, kept.get(use.key, 0) - use.amount)


def _revoke(bench: Bench, posting: Posting, earn_index: int, stays: Owed) -> None:
    """Take back coupons that the sale had given, as far as they were not used."""
    given = bench.book.vouchers_made_by(earn_index)
    for voucher, left in zip(given, stays.vouchers, strict=False):
        if voucher.revoked_index is None and left == 0:
            bench.book.revoke_voucher(voucher.voucher_id, posting.index)


def _discard(
    posting: Posting,
    waiting: Sequence[SuspendedRow],
    amounts: Mapping[Unit, int],
    *,
    whole: bool,
) -> None:
    """Take back what still waits for a card's owner, the last of it first."""
    left = dict(amounts)
    for row in reversed(waiting):
        unit = unit_of_ledger(row.ledger)
        part = min(left[unit], row.waiting)
        if row.resolved_index is None:
            posting.discard(row, None if whole else part)
            left[unit] -= part


def _earner(
    book: Book, back: SaleReturn, lots: Sequence[LotRow], waited: Sequence[SuspendedRow]
) -> MemberId | None:
    """Who had earned it; of a sale that waited for a card's owner, whoever owned the card then."""
    if back.original.member_id is not None:
        return back.original.member_id
    if lots:
        return owner_of(book, lots[0])
    for row in waited:
        card = book.cards.get(row.card_token) if book.cards.knows(row.card_token) else None
        if card is not None:
            return card.member_id
    return None


def _take_from_referrer(
    bench: Bench, posting: Posting, rules: Programme, back: SaleReturn, lots: Sequence[LotRow]
) -> None:
    """Take back what somebody else got for this purchase, as far as it is not due any more."""
    whose = owner_of(bench.book, lots[0]) if lots else None
    if whose is None:
        return
    given: dict[Unit, int] = dict.fromkeys(Unit, 0)
    for lot in lots:
        given[unit_of_ledger(bench.book.wallets.require(lot.wallet_id).ledger)] += lot.points
    before, after = (_referral(back, whose, given, goods) for goods in (back.before, back.after))
    claw(bench, posting, rules, whose, {unit: before[unit] - after[unit] for unit in Unit}, lots)


def _referral(
    back: SaleReturn, whose: MemberId, given: Mapping[Unit, int], goods: GoodsBack
) -> Mapping[Unit, int]:
    """What is due to whoever brought the member after some goods came back."""
    rated = back.original.rated
    if rated is None or goods == GoodsBack():
        return given
    referrer = MemberFacts(member_id=whose)
    evaluation = evaluate_referral(rated.programme, rated.sale, rated.facts, rated.place, referrer)
    stays = owed_after_return(replace(rated, evaluation=evaluation, referrer=referrer), goods)
    due = units_of(evaluation.awards, stays.awards)
    # Limits may have let less be given than the rules say.
    return {unit: min(due[unit], given[unit]) for unit in Unit}


def _lower_standing(
    bench: Bench, rules: Programme, member_id: MemberId, back: SaleReturn, points: int
) -> None:
    standing, visit = standing_at(bench, member_id, back.original.place)
    if not visit.sales:
        return  # it was never counted: it waited while no rules looked at what was before
    changed = with_return(
        standing,
        visit,
        amount_minor=back.now.amount_minor * first_minor(bench.programmes, rules),
        points=points,
        whole=back.whole,
    )
    change_standing(bench, rules, member_id, changed, bought=False)
