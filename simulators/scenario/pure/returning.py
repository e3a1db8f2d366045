"""Returns: what was used on a sale goes back, and what the sale had brought is taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from gateway.model.ids import BranchId
from gateway.model.outcome import Reason
from gateway.model.programme import Programme, RefundPolicy
from gateway.model.rules.earning import Unit
from gateway.model.rules.returns import UnknownOriginal
from gateway.model.sale import Sale, SaleLine
from gateway.program.earning import evaluate
from gateway.program.evaluation import Award, Voucher
from gateway.program.expiry import regained_expires_at_ms
from gateway.program.goods_back import (
    GoodsBack,
    check_return,
    check_return_day,
    find_lines,
    is_whole,
    whole_sale,
)
from gateway.program.returns import (
    OpenUnits,
    clawback,
    given_back,
    owed_after_return,
    split_clawback,
)
from simulators.scenario import steps
from simulators.scenario.port import Answer, Moment
from simulators.scenario.pure.baskets import sale_of
from simulators.scenario.pure.books import Books, Brought, SaleRecord, SoldCard, Spent
from simulators.scenario.pure.knowledge import current, facts_of, place_of
from simulators.scenario.pure.posting import give_coupon_back, use_voucher
from simulators.scenario.pure.reward_gifts import gift_left
from simulators.scenario.pure.wallets import (
    Lot,
    amount_of,
    in_spending_order,
    less,
    parts_of,
    put_back,
    take_from,
    with_sums,
)


def refund(books: Books, step: steps.Refund, moment: Moment) -> Answer:
    """Take goods or money back."""
    if step.sale is None:
        return _without_receipt(books, step, moment)
    record = books.sales.get(step.sale)
    if record is None:
        return Answer(refused=Reason.SALE_NOT_FOUND)
    if record.whole:
        return Answer(refused=Reason.SALE_ALREADY_REFUNDED)
    back = _what_came_back(record, step)
    refusal = back if isinstance(back, Reason) else _objection(record, back, moment)
    if isinstance(back, Reason) or refusal is not None:
        return Answer(refused=refusal or Reason.NONE)
    return _book(books, record, back, moment)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Return:
    """A return that is booked: the money before and after it, and whether nothing is left."""

    record: SaleRecord
    before_minor: int
    after: GoodsBack
    whole: bool
    at_ms: int


def _what_came_back(record: SaleRecord, step: steps.Refund) -> GoodsBack | Reason:
    sale, before = record.sale, record.back
    if step.amount_minor is not None:
        return find_lines(sale, before, (), step.amount_minor)
    if not step.lines:
        return _rest(sale, before)
    goods = []
    for returned in step.lines:
        if returned.line > len(sale.lines):
            return Reason.RETURN_TOO_LARGE
        goods.append(_pieces(sale.lines[returned.line - 1], returned.pieces))
    return find_lines(sale, before, goods, sum(line.amount_minor for line in goods))


def _pieces(line: SaleLine, pieces: int) -> SaleLine:
    """So many pieces of a line, at what one of them was paid."""
    milli = pieces * 1_000
    share = line.amount_minor * milli // line.quantity_milli if line.quantity_milli else 0
    return replace(line, quantity_milli=milli, amount_minor=share)


def _rest(sale: Sale, before: GoodsBack) -> GoodsBack:
    """Everything that has not come back yet."""
    every = whole_sale(sale)
    lines = tuple(
        replace(
            line,
            quantity_milli=line.quantity_milli - before.of(line.line).quantity_milli,
            amount_minor=line.amount_minor - before.of(line.line).amount_minor,
        )
        for line in every.lines
    )
    return GoodsBack(
        amount_minor=every.amount_minor - before.amount_minor,
        lines=tuple(line for line in lines if line.quantity_milli),
    )


def _objection(record: SaleRecord, now: GoodsBack, moment: Moment) -> Reason | None:
    today = place_of(record.programme, moment).business_day
    late = check_return_day(record.programme.rules.returns, record.place.business_day, today)
    return check_return(record.sale, record.back, now) or late


def _book(books: Books, record: SaleRecord, now: GoodsBack, moment: Moment) -> Answer:
    after = record.back + now
    booked = _Return(
        record=record,
        before_minor=record.back.amount_minor,
        after=after,
        whole=is_whole(record.sale, after),
        at_ms=moment.at_ms,
    )
    before = _clawed(books, record)
    # What was used goes back first, so that it can pay for what is taken back.
    spent = tuple(_give_back(books, booked, one) for one in record.spent)
    brought = tuple(_take_back(books, booked, one) for one in record.brought)
    if booked.whole:
        books.count_uses(record.uses, -1)
    gift_cards = tuple(_empty_gift_cards(books, booked, moment))
    books.sales[record.name] = replace(
        record,
        back=after,
        whole=booked.whole,
        spent=spent,
        brought=brought,
        gift_cards=gift_cards,
    )
    return Answer(
        clawed=_clawed(books, record) - before,
        returned=sum(one.returned for one in spent if one.unit is Unit.POINTS)
        - sum(one.returned for one in record.spent if one.unit is Unit.POINTS),
        amount_minor=now.amount_minor,
    )


def _clawed(books: Books, record: SaleRecord) -> int:
    """Points that were ever taken back from whoever bought; what nobody could pay is not in it."""
    return books.wallet(record.brought[0].owner, Unit.POINTS).sums.clawed


def _give_back(books: Books, booked: _Return, spent: Spent) -> Spent:
    """Give back the returned share of what was used, into the lots it came from."""
    amount = given_back(
        spent.amount,
        booked.record.sale.total_minor,
        booked.before_minor,
        booked.after.amount_minor,
        whole=booked.whole,
    )
    if booked.whole:
        give_coupon_back(books, spent)
    after = _put_back(books, booked, spent, amount)
    _take_gift_back(books, booked, spent, after)
    return after


def _put_back(books: Books, booked: _Return, spent: Spent, amount: int) -> Spent:
    if not amount:
        return spent
    parts = parts_of(spent.parts, amount)
    wallet = books.wallet(spent.owner, spent.unit)
    # What was owed and never paid is simply not owed any more.
    forgiven = min(amount - amount_of(parts), wallet.owed)
    wallet = replace(wallet, owed=wallet.owed - forgiven)
    amount = amount_of(parts) + forgiven
    regained = _regained(booked.record.programme, booked.at_ms)
    books.keep(with_sums(put_back(wallet, parts, booked.at_ms, regained), returned=amount))
    return replace(spent, parts=less(spent.parts, parts), returned=spent.returned + amount)


def _take_gift_back(books: Books, booked: _Return, before: Spent, after: Spent) -> None:
    """Take back what a reward had brought, as its price, or what it multiplied, comes back."""
    gift, record = before.gift, booked.record
    if isinstance(gift, Voucher) and booked.whole:
        _revoke(books, before.member, (before.gift_source, gift.source), gift.quantity)
    if not isinstance(gift, Award) or before.member is None:
        return
    rated = None if record.card is None else record.brought[0].rated
    was = gift_left(before, gift, rated, record.back)
    stays = 0 if booked.whole else gift_left(after, gift, rated, booked.after)
    owner = books.owner_of(before.member)
    _claw(books, (owner, gift.unit), before.gift_source, max(was - stays, 0), booked)


def _regained(programme: Programme, at_ms: int) -> Callable[[Lot], int | None]:
    rules = programme.rules

    def lapses(lot: Lot) -> int | None:
        return regained_expires_at_ms(
            lot.expires_at_ms, rules.returns.grace_days, at_ms, BranchId(lot.branch), rules.settings
        )

    return lapses


def _take_back(books: Books, booked: _Return, brought: Brought) -> Brought:
    """Take back what the goods had brought: points, credit, coupons, and counts of limits."""
    rated = brought.rated
    owed = owed_after_return(rated, booked.after)
    claws = clawback(rated.evaluation.awards, owed, brought.clawed)
    taken = {
        unit: sum(
            claw
            for award, claw in zip(rated.evaluation.awards, claws, strict=True)
            if award.unit is unit
        )
        for unit in Unit
    }
    for unit, amount in taken.items():
        _claw(books, (brought.owner, unit), booked.record.name, amount, booked)
    for voucher, was, stays in zip(
        rated.evaluation.vouchers, brought.stays, owed.vouchers, strict=True
    ):
        _revoke(books, brought.member, (booked.record.name, voucher.source), was - stays)
    books.count_uses(brought.uses, -1)
    books.count_uses(owed.uses)
    return replace(
        brought,
        clawed=tuple(was + claw for was, claw in zip(brought.clawed, claws, strict=True)),
        stays=owed.vouchers,
        uses=owed.uses,
    )


def _claw(books: Books, key: tuple[str, Unit], sale: str, amount: int, booked: _Return) -> None:
    programme, at_ms = booked.record.programme, booked.at_ms
    policy, beyond = programme.rules.returns, programme.refund
    claw_back(books, key, amount, sale, (policy.only_pending, beyond, programme), at_ms)


def claw_back(
    books: Books,
    key: tuple[str, Unit],
    amount: int,
    sale: str | None,
    how: tuple[bool, RefundPolicy, Programme],
    at_ms: int,
) -> None:
    """Take an amount out of a wallet: the sale's own lots first, what waits before what does not.

    Args:
        books: where.
        key: the wallet.
        amount: how much.
        sale: whose lots go first; None for none.
        how: only what waits, what happens beyond the balance, and the version that says so.
        at_ms: now.
    """
    only_pending, beyond, programme = how
    wallet = books.wallet(*key)
    waiting = [lot for lot in wallet.lots if lot.waits]
    open_lots = in_spending_order(wallet, at_ms)
    groups = [
        [lot for lot in lots if (lot.source == sale) is own]
        for own in (True, False)
        for lots in (waiting, open_lots)
    ]
    sums = [sum(lot.left for lot in group) for group in groups]
    split = split_clawback(
        amount,
        OpenUnits(pending=sums[0], active=sums[1]),
        OpenUnits(pending=sums[2], active=sums[3]),
        replace(programme.rules.returns, only_pending=only_pending),
        beyond,
    )
    shares = (split.own.pending, split.own.active, split.other.pending, split.other.active)
    for group, share in zip(groups, shares, strict=True):
        wallet, _ = take_from(wallet, group, share)
    wallet = replace(wallet, owed=wallet.owed + split.debt)
    books.keep(with_sums(wallet, clawed=sum(shares) + split.debt))


def _revoke(books: Books, member: str | None, why: tuple[str, str], quantity: int) -> None:
    """Take coupons back, as far as they were not used."""
    if member is None or quantity <= 0:
        return
    sale, source = why
    for voucher in books.members[member].vouchers:
        if (voucher.sale, voucher.source) == (sale, source):
            use_voucher(books, member, voucher.id, min(quantity, voucher.left))


def _empty_gift_cards(books: Books, booked: _Return, moment: Moment) -> Iterator[SoldCard]:
    """Take money off the cards that were sold in a sale, as far as too little is left of it."""
    cards, total_minor = booked.record.gift_cards, booked.record.sale.total_minor
    programme = current(books, moment)
    how = (False, programme.refund, programme)
    on_cards = sum(card.amount_minor for card in cards)
    # What was bought beside the cards came back first, as far as anybody can tell.
    beside_minor = max(total_minor - on_cards, 0)
    due_minor = on_cards if booked.whole else booked.after.amount_minor - beside_minor
    later_minor = on_cards
    for card in cards:
        later_minor -= card.amount_minor
        due = min(max(due_minor - later_minor, 0), card.amount_minor)
        more_minor = max(due - card.taken_minor, 0)
        claw_back(books, (card.name, Unit.CREDIT), more_minor, card.source, how, moment.at_ms)
        yield replace(card, taken_minor=card.taken_minor + more_minor)


def _without_receipt(books: Books, step: steps.Refund, moment: Moment) -> Answer:
    """A return of a sale that nobody can name: by policy refused, or by today's rules."""
    programme = current(books, moment)
    card = books.cards.get(step.card or "")
    if card is None or programme.rules.returns.unknown_original is UnknownOriginal.REFUSE:
        return Answer(refused=Reason.SALE_NOT_FOUND)
    place = place_of(programme, moment)
    basket = steps.Basket(total_minor=step.amount_minor)
    evaluation = evaluate(
        programme,
        sale_of(basket, moment.id),
        replace(facts_of(books, programme, card.member, place), used=()),
        place,
    )
    owner = books.owner_of(card.member)
    before = books.wallet(owner, Unit.POINTS).sums.clawed
    how = (programme.rules.returns.only_pending, programme.refund, programme)
    for unit in Unit:
        claw_back(books, (owner, unit), evaluation.total(unit), None, how, moment.at_ms)
    return Answer(clawed=books.wallet(owner, Unit.POINTS).sums.clawed - before)
