"""Money paid in: stored credit and gift cards."""

from __future__ import annotations

from dataclasses import replace

from gateway.model.outcome import Reason
from gateway.model.programme import Programme
from gateway.model.rules.earning import Unit
from gateway.model.rules.expiry import Expiry
from gateway.program.expiry import expires_at_ms
from gateway.program.stored import gift_card_load_refusal, top_up_refusal
from simulators.scenario import steps, steps_desk
from simulators.scenario.port import Answer, Moment
from simulators.scenario.pure.books import Books, GiftAccount, SoldCard
from simulators.scenario.pure.knowledge import current, place_of
from simulators.scenario.pure.posting import spendable
from simulators.scenario.pure.quoting import gift_card_of
from simulators.scenario.pure.wallets import Lot, add, with_sums


def top_up(books: Books, step: steps.TopUp, moment: Moment) -> Answer:
    """Pay stored credit in."""
    programme = current(books, moment)
    card = books.cards.get(step.card)
    if card is None:
        return Answer(refused=Reason.UNKNOWN_CARD)
    owner = books.owner_of(card.member)
    balance_minor = spendable(books, owner, Unit.CREDIT, moment.at_ms)
    refusal = top_up_refusal(programme, amount_minor=step.amount_minor, balance_minor=balance_minor)
    if refusal is not None:
        return Answer(refused=refusal)
    expiry = programme.rules.credit.paid_expiry
    _pay_in(books, (owner, card.member), step.amount_minor, expiry, moment)
    return Answer(amount_minor=step.amount_minor)


def gift_issue(books: Books, step: steps.GiftIssue, moment: Moment) -> Answer:
    """Issue gift cards: all of them, or none."""
    programme = current(books, moment)
    if step.sale is not None and step.sale in books.sales and books.sales[step.sale].whole:
        return Answer(refused=Reason.SALE_ALREADY_REFUNDED)
    for card in step.gift_cards:
        refusal = _load(books, card, step.amount_minor, programme, moment)
        if refusal is not None:
            return Answer(refused=refusal)
    if step.sale is not None and step.sale in books.sales:
        record = books.sales[step.sale]
        bought = tuple(
            SoldCard(name=card, source=moment.id, amount_minor=step.amount_minor)
            for card in step.gift_cards
        )
        books.sales[step.sale] = replace(record, gift_cards=record.gift_cards + bought)
    return Answer(amount_minor=step.amount_minor * len(step.gift_cards))


def gift_load(books: Books, step: steps.GiftLoad, moment: Moment) -> Answer:
    """Add money to a gift card."""
    programme = current(books, moment)
    refusal = _load(books, step.gift_card, step.amount_minor, programme, moment)
    return Answer(amount_minor=step.amount_minor) if refusal is None else Answer(refused=refusal)


def gift_block(books: Books, step: steps_desk.GiftBlock, moment: Moment) -> Answer:
    """Block a gift card, or set it free."""
    del moment
    if step.gift_card not in books.gifts:
        return Answer(refused=Reason.GIFT_CARD_UNKNOWN)
    books.gifts[step.gift_card] = replace(books.gifts[step.gift_card], blocked=step.blocked)
    return Answer()


def _load(
    books: Books, card: str, amount_minor: int, programme: Programme, moment: Moment
) -> Reason | None:
    refusal = gift_card_load_refusal(
        programme,
        gift_card_of(books, card, moment.at_ms),
        amount_minor=amount_minor,
        at_ms=moment.at_ms,
    )
    if refusal is not None:
        return refusal
    expiry = programme.rules.gift_cards.expiry
    lot = _pay_in(books, (card, card), amount_minor, expiry, moment)
    books.gifts[card] = GiftAccount(currency=programme.currency, expires_at_ms=lot.expires_at_ms)
    return None


def _pay_in(
    books: Books, whose: tuple[str, str], amount_minor: int, expiry: Expiry, moment: Moment
) -> Lot:
    owner, member = whose
    programme = current(books, moment)
    place = place_of(programme, moment)
    lot = Lot(
        id=books.number(),
        source=moment.id,
        rule="paid",
        owner=member,
        branch=place.branch,
        left=amount_minor,
        active_from_ms=place.at_ms,
        expires_at_ms=expires_at_ms(expiry, place.at_ms, place.branch, programme.rules.settings),
        expiry=expiry,
    )
    wallet = with_sums(books.wallet(owner, Unit.CREDIT), earned=amount_minor)
    books.keep(add(wallet, lot, moment.at_ms))
    return lot
