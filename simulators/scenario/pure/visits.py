"""A whole visit: what is taken off, what pays, and what the closed sale brings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from gateway.model.outcome import Reason
from gateway.model.programme import UnknownCardPolicy
from gateway.model.rules.earning import Unit
from gateway.model.sale import Sale
from gateway.program.earning import evaluate, evaluate_referral
from gateway.program.evaluation import Award, Evaluation, Use, Voucher
from gateway.program.returns import Rated
from simulators.scenario import steps
from simulators.scenario.bills import lowered
from simulators.scenario.port import Answer, Moment, Part
from simulators.scenario.pure.baskets import sale_of, with_tenders
from simulators.scenario.pure.books import Books, Brought, SaleRecord, Spent
from simulators.scenario.pure.counter import cards_before, stand_at_counter, taken_lots, times_taken
from simulators.scenario.pure.desk import make_member
from simulators.scenario.pure.knowledge import facts_of
from simulators.scenario.pure.posting import (
    Why,
    award,
    give_voucher,
    let_go,
    set_aside,
    slide,
    use_up,
)
from simulators.scenario.pure.quoting import (
    Counter,
    Left,
    ask_credit,
    ask_gift_card,
    ask_offers,
    ask_points,
    ask_reward,
    left_of,
)
from simulators.scenario.pure.reward_gifts import gift_of, give, is_multiplier


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bill:
    """A sale while it is paid.

    Attributes:
        sale: what it costs now.
        spent: what was used on it so far.
        before: how many of these in steps of their own.
    """

    sale: Sale
    spent: tuple[Spent, ...] = ()
    before: int = 0

    @property
    def taken_now(self) -> tuple[Spent, ...]:
        """What is used on it in this step."""
        return self.spent[self.before :]

    @property
    def left(self) -> Left:
        """What is left to pay."""
        return left_of(self.sale, self.spent)


def sale(books: Books, step: steps.Sale, moment: Moment) -> Answer:
    """Play a whole visit; where any part of it is refused, the caller forgets all of it."""
    name = step.sale or f"sale-{moment.id}"
    if name in books.sales:
        return Answer(refused=Reason.SALE_ALREADY_RECORDED)
    counter = stand_at_counter(books, step.card, step, moment)
    if isinstance(counter, Reason):
        return Answer(refused=counter)
    if step.card is not None and counter.member is None:
        counter = _new_member(counter, step.card, moment)
    paid = _pay(counter, step, _attached(books, step, name), moment)
    if isinstance(paid, Reason):
        return Answer(refused=paid)
    closed = with_tenders(paid.sale, paid.spent, step.tenders)
    record = _record(counter, (name, step.card), replace(paid, sale=closed), moment)
    books.sales[name] = record
    books.attached.pop(name, None)
    if counter.member is not None:
        slide(books, counter.owner, counter.programme, moment)
    return _answer(books, record, paid)


def _new_member(counter: Counter, card: str, moment: Moment) -> Counter:
    """The first purchase makes the member, where the programme wants it so."""
    if counter.programme.unknown_card is not UnknownCardPolicy.ENROL:
        return counter
    books = counter.books
    make_member(books, card, moment)
    facts = facts_of(books, counter.programme, card, counter.place)
    return replace(counter, member=card, facts=facts)


def _attached(books: Books, step: steps.Sale, name: str) -> _Bill:
    """The sale after what was redeemed on it in steps of their own."""
    before = books.attached.get(name, ())
    sale_now = sale_of(step, name)
    for spent in before:
        sale_now = lowered(sale_now, spent.discounts)
    return _Bill(sale=sale_now, spent=before, before=len(before))


def _pay(counter: Counter, step: steps.Sale, bill: _Bill, moment: Moment) -> _Bill | Reason:
    """Take off and pay in the one order: offers, rewards, points, credit, gift cards."""
    for ask in _asks(step):
        asked = ask(counter, bill)
        if asked is Reason.OFFER_NOT_AVAILABLE:
            continue
        if isinstance(asked, Reason):
            return asked
        spent = set_aside(counter.books, asked, moment.at_ms)
        if spent.quote is None:
            use_up(counter.books, spent)
        sale_now = lowered(bill.sale, spent.discounts)
        bill = replace(bill, sale=sale_now, spent=(*bill.spent, spent))
    return bill


_Ask = Callable[[Counter, _Bill], Spent | Reason]


def _asks(step: steps.Sale) -> Iterator[_Ask]:
    if step.offers:
        yield lambda counter, bill: ask_offers(counter, bill.left)
    yield from (_reward_ask(wanted) for wanted in step.rewards)
    if step.points is not None:
        points = step.points
        yield lambda counter, bill: ask_points(counter, bill.left, points)
    if step.credit_minor is not None:
        credit_minor = step.credit_minor
        yield lambda counter, bill: ask_credit(counter, bill.left, credit_minor)
    yield from (_gift_card_ask(part) for part in step.gift_cards)


def _reward_ask(wanted: steps.Wanted) -> _Ask:
    return lambda counter, bill: _reward(counter, bill, wanted)


def _gift_card_ask(part: steps.GiftPart) -> _Ask:
    def ask(counter: Counter, bill: _Bill) -> Spent | Reason:
        before, due_minor = cards_before(bill.spent), bill.left.due_minor
        return ask_gift_card(counter, part.gift_card, part.amount_minor, due_minor, before)

    return ask


def _reward(counter: Counter, bill: _Bill, wanted: steps.Wanted) -> Spent | Reason:
    if counter.member is None:
        return Reason.UNKNOWN_CARD
    return ask_reward(counter, bill.left, wanted, times_taken(bill.spent, wanted.reward))


def _record(
    counter: Counter, named: tuple[str, str | None], bill: _Bill, moment: Moment
) -> SaleRecord:
    """Rate the closed sale and write down what it brings, and what rewards on it do."""
    name, card = named
    own = evaluate(counter.programme, bill.sale, counter.facts, counter.place)
    rated = Rated(
        programme=counter.programme,
        sale=bill.sale,
        facts=counter.facts,
        place=counter.place,
        evaluation=own,
    )
    brought = [_bring(counter, (name, moment), counter.member, rated)]
    referral = _referral(counter, (name, moment), rated)
    if referral is not None:
        brought.append(referral)
    bill = replace(bill, spent=tuple(_with_gifts(counter, bill, own, moment)))
    return SaleRecord(
        name=name,
        card=card,
        member=counter.member,
        sale=bill.sale,
        place=counter.place,
        programme=counter.programme,
        brought=tuple(brought),
        uses=_all_uses(bill),
        spent=bill.spent,
    )


def _with_gifts(counter: Counter, bill: _Bill, own: Evaluation, moment: Moment) -> Iterator[Spent]:
    """Use rewards up behind the sale, and give what they bring; one that brings nothing is not."""
    books, points = counter.books, own.total(Unit.POINTS)
    yield from bill.spent[: bill.before]
    for nth, spent in enumerate(bill.taken_now):
        gift = gift_of(counter.programme, spent, points)
        if gift is None and is_multiplier(spent):
            let_go(books, spent, moment.at_ms)
            continue
        if spent.quote is not None:
            use_up(books, spent)
        source = f"{moment.id} reward {nth}"
        why = Why(source=source, programme=counter.programme, now_ms=moment.at_ms)
        yield give(books, spent, gift, counter.place, why)


def _bring(counter: Counter, sale: tuple[str, Moment], member: str | None, rated: Rated) -> Brought:
    books, evaluation = counter.books, rated.evaluation
    name, moment = sale
    # A card that nobody owns keeps what it earned under its sale's name until somebody does.
    owner = f"unknown:{name}" if member is None else books.owner_of(member)
    why = Why(source=name, programme=rated.programme, now_ms=moment.at_ms)
    for given in evaluation.awards:
        award(books, (owner, member or ""), given, rated.place, why)
    for voucher in evaluation.vouchers if member is not None else ():
        give_voucher(books, member or "", voucher, rated.place, why)
    books.count_uses(evaluation.uses)
    return Brought(
        member=member,
        owner=owner,
        rated=rated,
        clawed=(0,) * len(evaluation.awards),
        stays=tuple(voucher.quantity for voucher in evaluation.vouchers),
        uses=evaluation.uses,
    )


def _referral(counter: Counter, sale: tuple[str, Moment], rated: Rated) -> Brought | None:
    """What whoever brought the member gets for the first purchase."""
    books = counter.books
    if counter.member is None or not counter.facts.referred:
        return None
    referrer = books.members[counter.member].brought_by
    if referrer is None:
        return None
    facts = facts_of(books, counter.programme, referrer, counter.place)
    facts = replace(facts, card=None)  # whoever brought the member is not there
    evaluation = evaluate_referral(
        counter.programme, rated.sale, counter.facts, counter.place, facts
    )
    books.change(counter.member, referral_paid=True)
    return _bring(counter, sale, referrer, replace(rated, evaluation=evaluation, referrer=facts))


def _all_uses(bill: _Bill) -> tuple[Use, ...]:
    return tuple(use for spent in bill.spent for use in spent.uses)


def _answer(books: Books, record: SaleRecord, bill: _Bill) -> Answer:
    own = record.brought[0].rated.evaluation
    off = [discount for spent in bill.spent for discount in spent.discounts]
    points = [spent for spent in record.spent if spent.unit is Unit.POINTS and spent.amount]
    gifts = [spent.gift for spent in record.spent[bill.before :]]
    awards = (*own.awards, *(gift for gift in gifts if isinstance(gift, Award)))
    vouchers = (*own.vouchers, *(gift for gift in gifts if isinstance(gift, Voucher)))
    return Answer(
        earned=sum(one.amount for one in awards if one.unit is Unit.POINTS),
        credit_earned=sum(one.amount for one in awards if one.unit is Unit.CREDIT),
        redeemed=sum(spent.amount for spent in points),
        amount_minor=sum(s.money_minor for s in bill.spent if s.tender is not None),
        discount_minor=sum(discount.amount_minor for discount in off),
        total_minor=record.sale.total_minor,
        due_minor=bill.left.due_minor,
        awards=tuple(Part(name=one.source, amount=one.amount) for one in awards),
        discounts=tuple(Part(name=one.source, amount=one.amount_minor) for one in off),
        vouchers=tuple(Part(name=one.source, amount=one.quantity) for one in vouchers),
        held_out=own.held_out,
        tier=own.tier,
        taken=tuple(lot for spent in points for lot in taken_lots(books, spent)),
    )
