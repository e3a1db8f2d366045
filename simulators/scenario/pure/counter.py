"""What happens at the counter: prices asked, sales, reservations, money paid with or paid in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from gateway.model.outcome import Reason
from gateway.model.programme import Programme
from gateway.program.pricing import price as price_sale
from gateway.program.returns import given_back
from simulators.scenario import steps
from simulators.scenario.bills import lowered
from simulators.scenario.port import Answer, LotPart, Moment, Part
from simulators.scenario.pure.baskets import in_its_currency, sale_of
from simulators.scenario.pure.books import Books, Hold, Spent
from simulators.scenario.pure.currencies import free_in_its_currency
from simulators.scenario.pure.knowledge import current, facts_of, place_of, programme_of
from simulators.scenario.pure.posting import Why, let_go, set_aside, slide, use_late, use_up
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
from simulators.scenario.pure.reward_gifts import gift_of, give, is_multiplier, points_of
from simulators.scenario.pure.views import last_day_of
from simulators.scenario.steps import Basket


def stand_at_counter(
    books: Books, card: str | None, basket: Basket, moment: Moment
) -> Counter | Reason:
    """Find out who stands there, and by which rules.

    Returns:
        The counter; or why nothing can be done there: rules that are not there yet, another
        currency, a card that is blocked. A card that nobody owns is a stranger's.
    """
    programme = programme_of(books, moment.made_at_ms)
    if programme is None:
        return Reason.PROGRAMME_UNKNOWN
    if not in_its_currency(basket, programme):
        return Reason.CURRENCY_MISMATCH
    known = None if card is None else books.cards.get(card)
    if known is not None and (known.blocked or known.replaced):
        return Reason.CARD_BLOCKED
    member = None if known is None else known.member
    place = place_of(programme, moment)
    return Counter(
        books=books,
        programme=programme,
        member=member,
        facts=facts_of(books, programme, member, place),
        place=place,
    )


def price(books: Books, step: steps.Price, moment: Moment) -> Answer:
    """Ask the offers."""
    counter = stand_at_counter(books, step.card, step, moment)
    if isinstance(counter, Reason):
        return Answer(refused=counter)
    sale = sale_of(step, moment.id)
    pricing = price_sale(counter.programme, sale, counter.facts, counter.place)
    total_minor = sale.total_minor - pricing.amount_minor
    return Answer(
        discount_minor=pricing.amount_minor,
        total_minor=total_minor,
        due_minor=total_minor,
        discounts=tuple(Part(name=d.source, amount=d.amount_minor) for d in pricing.discounts),
        held_out=pricing.held_out,
        tier=counter.facts.tier,
    )


def reserve(books: Books, step: steps.Reserve, moment: Moment) -> Answer:
    """Set something aside under a name."""
    counter = stand_at_counter(books, step.card, step, moment)
    if isinstance(counter, Reason):
        return Answer(refused=counter)
    if counter.member is None:
        return Answer(refused=Reason.UNKNOWN_CARD)
    before = used_on(books, step.sale if isinstance(step, steps.Redeem) else None)
    left = _left_of(step, step.hold or moment.id, before)
    if step.points is not None:
        asked = ask_points(counter, left, step.points)
    elif step.reward is not None:
        wanted = steps.Wanted(reward=step.reward, times=step.times, coupon=step.coupon)
        asked = ask_reward(counter, left, wanted, times_taken(before, step.reward))
    else:
        asked = ask_offers(counter, left)
    return _reserved(books, asked, step.hold or moment.id, counter.programme, moment)


def redeem(books: Books, step: steps.Redeem, moment: Moment) -> Answer:
    """Set something aside and use it; what a till says it costs is not asked."""
    answer = reserve(books, step, moment)
    if answer.refused is not Reason.NONE:
        return answer
    used = _post(books, step.hold or moment.id, step.sale, moment)
    return replace(answer, refused=used.refused)


def post(books: Books, step: steps.Post, moment: Moment) -> Answer:
    """Use a reservation."""
    return _post(books, step.hold, step.sale, moment)


def void(books: Books, step: steps.Void, moment: Moment) -> Answer:
    """Give a reservation up."""
    hold = books.holds.get(step.hold)
    if hold is None:
        return Answer(refused=Reason.HOLD_NOT_FOUND)
    if hold.resolved or hold.freed:
        return Answer(refused=Reason.HOLD_ALREADY_RESOLVED)
    let_go(books, hold.spent, moment.at_ms)
    books.holds[step.hold] = replace(hold, resolved=True)
    return Answer(returned=hold.spent.amount)


def free_expired_holds(books: Books, at_ms: int) -> None:
    """Free every reservation whose time has run out, each at its own moment."""
    due = [
        (hold.expires_at_ms, name)
        for name, hold in books.holds.items()
        if not hold.resolved and not hold.freed and hold.expires_at_ms <= at_ms
    ]
    for expired_ms, name in sorted(due):
        hold = books.holds[name]

        def free(hold: Hold = hold, expired_ms: int = expired_ms) -> None:
            let_go(books, hold.spent, expired_ms)

        free_in_its_currency(books, name, at_ms, free)
        books.holds[name] = replace(hold, freed=True)


def spend_credit(books: Books, step: steps.SpendCredit, moment: Moment) -> Answer:
    """Pay with stored credit."""
    return _pay(
        books,
        (step.card, step.sale, step),
        moment,
        lambda counter, left: ask_credit(counter, left, step.credit_minor),
    )


def gift_spend(books: Books, step: steps.GiftSpend, moment: Moment) -> Answer:
    """Pay with a gift card."""
    return _pay(
        books,
        (None, step.sale, step),
        moment,
        lambda counter, left: ask_gift_card(
            counter,
            step.gift_card,
            step.asked_minor,
            left.due_minor,
            cards_before(used_on(books, step.sale)),
        ),
    )


def used_on(books: Books, sale: str | None) -> tuple[Spent, ...]:
    """What was used on a sale so far, be it closed or still to come, less what came back of it."""
    if sale is None:
        return ()
    record = books.sales.get(sale)
    if record is None:
        return books.attached.get(sale, ())
    total_minor, back_minor = record.sale.total_minor, record.back.amount_minor
    return tuple(
        replace(
            one,
            money_minor=one.money_minor - given_back(one.money_minor, total_minor, 0, back_minor),
        )
        for one in record.spent
    )


def came_back(books: Books, sale: str | None) -> bool:
    """Whether nothing of a sale is left that something could be used on."""
    record = books.sales.get(sale or "")
    return record is not None and record.whole


def times_taken(spent: Sequence[Spent], reward: str) -> int:
    """How often a reward was taken on a sale already."""
    quotes = [one.quote for one in spent if one.quote is not None]
    return sum(quote.times for quote in quotes if quote.reward_id == reward)


def cards_before(spent: Sequence[Spent]) -> int:
    """How many gift cards pay a sale already."""
    return sum(one.member is None for one in spent)


def attach(books: Books, sale: str | None, spent: Spent) -> None:
    """Write down for which sale something was used."""
    if sale is None:
        return
    record = books.sales.get(sale)
    if record is None:
        books.attached[sale] = (*books.attached.get(sale, ()), spent)
    else:
        books.sales[sale] = replace(record, spent=(*record.spent, spent))


def taken_lots(books: Books, spent: Spent) -> tuple[LotPart, ...]:
    """The lots that something came from, by their last days."""
    wallet = books.wallet(spent.owner, spent.unit)
    lots = {lot.id: lot for lot in wallet.lots}
    settings = books.programmes[-1].rules.settings
    return tuple(
        LotPart(day=last_day_of(lots[part.lot], settings), amount=part.amount)
        for part in spent.parts
    )


def _pay(
    books: Books,
    who: tuple[str | None, str | None, Basket],
    moment: Moment,
    ask: Callable[[Counter, Left], Spent | Reason],
) -> Answer:
    card, sale, basket = who
    counter = stand_at_counter(books, card, basket, moment)
    if isinstance(counter, Reason):
        return Answer(refused=counter)
    left = _left_of(basket, sale or moment.id, used_on(books, sale))
    asked = ask(counter, left)
    if isinstance(asked, Reason):
        return Answer(refused=asked)
    spent = set_aside(books, asked, moment.at_ms)
    if came_back(books, sale):
        return Answer(refused=Reason.SALE_ALREADY_REFUNDED)
    use_up(books, spent)
    attach(books, sale, spent)
    if spent.member is not None:
        slide(books, spent.owner, counter.programme, moment)
    return Answer(
        amount_minor=spent.money_minor,
        total_minor=left.sale.total_minor,
        due_minor=left.due_minor - spent.money_minor,
        taken=taken_lots(books, spent),
    )


def _left_of(basket: Basket, name: str, before: Sequence[Spent]) -> Left:
    """What is left to pay of what lies on the counter."""
    sale = sale_of(basket, name)
    for spent in before:
        sale = lowered(sale, spent.discounts)
    return left_of(sale, before)


def _reserved(
    books: Books, asked: Spent | Reason, name: str, programme: Programme, moment: Moment
) -> Answer:
    if isinstance(asked, Reason):
        return Answer(refused=asked)
    if name in books.holds:
        return Answer(refused=Reason.REQUEST_ID_REUSED)
    spent = set_aside(books, asked, moment.at_ms)
    books.holds[name] = Hold(spent=spent, expires_at_ms=moment.at_ms + programme.hold_ttl_ms)
    return Answer(
        redeemed=spent.amount,
        amount_minor=spent.money_minor,
        discounts=tuple(Part(name=d.source, amount=d.amount_minor) for d in spent.discounts),
        taken=taken_lots(books, spent),
    )


def _post(books: Books, name: str, sale: str | None, moment: Moment) -> Answer:
    hold = books.holds.get(name)
    if hold is None:
        return Answer(refused=Reason.HOLD_NOT_FOUND)
    if hold.resolved:
        return Answer(refused=Reason.HOLD_ALREADY_RESOLVED)
    if came_back(books, sale):
        return Answer(refused=Reason.SALE_ALREADY_REFUNDED)
    programme = current(books, moment)
    spent, place = hold.spent, place_of(programme, moment)
    gift = gift_of(programme, spent, points_of(books.sales.get(sale or "")))
    if gift is None and is_multiplier(spent):
        return Answer(refused=Reason.REWARD_NOT_AVAILABLE)
    if hold.freed:
        # The till gave the discount on the gateway's word; that the message came late is its due.
        spent = use_late(books, spent, programme.refund, moment.at_ms)
    else:
        use_up(books, spent)
    why = Why(source=f"{name} {moment.id}", programme=programme, now_ms=moment.at_ms)
    spent = give(books, spent, gift, place, why)
    books.holds[name] = replace(hold, spent=spent, resolved=True)
    attach(books, sale, spent)
    slide(books, spent.owner, programme, moment)
    return Answer(redeemed=spent.amount, amount_minor=spent.money_minor)
