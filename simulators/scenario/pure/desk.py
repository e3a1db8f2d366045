"""What people do at the desk: members, cards, groups, corrections, events, coupons, money moved."""

from __future__ import annotations

from dataclasses import replace

from gateway.model.outcome import Reason
from gateway.model.rules.earning import Unit
from gateway.model.rules.expiry import Expiry
from gateway.model.rules.reward import GiftKind
from gateway.program.earning import evaluate_event
from gateway.program.evaluation import Voucher
from gateway.program.expiry import expires_at_ms
from simulators.scenario import steps, steps_desk
from simulators.scenario.port import Answer, Moment, Part
from simulators.scenario.pure.books import Books, Card, Member, member_id_of
from simulators.scenario.pure.knowledge import (
    current,
    facts_of,
    place_of,
    programme_of,
)
from simulators.scenario.pure.posting import Why, award, give_voucher, spendable
from simulators.scenario.pure.wallets import Lot, Wallet, add, put_back, take, with_sums


def make_member(books: Books, card: str, moment: Moment) -> None:
    """Make a card a new member's, whom the scenario calls by it; points that waited are theirs."""
    programme = current(books, moment)
    books.members[card] = Member(
        name=card, id=member_id_of(card), joined_on=place_of(programme, moment).business_day
    )
    books.cards[card] = Card(member=card)
    for name, record in list(books.sales.items()):
        if record.member is None and record.card == card:
            _adopt(books, name, card, moment)


def enrol(books: Books, step: steps.Enrol, moment: Moment) -> Answer:
    """Make a card a new member's."""
    if step.card in books.cards:
        return Answer(refused=Reason.CARD_ALREADY_ENROLLED)
    make_member(books, step.card, moment)
    return Answer()


def block_card(books: Books, step: steps_desk.BlockCard, moment: Moment) -> Answer:
    """Block a card, or set it free."""
    del moment
    books.cards[step.card] = replace(books.cards[step.card], blocked=step.blocked)
    return Answer()


def replace_card(books: Books, step: steps_desk.ReplaceCard, moment: Moment) -> Answer:
    """Let a new card name the member; the old one stays known as replaced."""
    del moment
    if step.by in books.cards:
        return Answer(refused=Reason.CARD_ALREADY_ENROLLED)
    old = books.cards[step.card]
    books.cards[step.card] = replace(old, replaced=True)
    books.cards[step.by] = Card(member=old.member)
    return Answer()


def segments(books: Books, step: steps_desk.Segments, moment: Moment) -> Answer:
    """Put a member into groups."""
    del moment
    books.change(step.member, segments=tuple(sorted(step.segments)))
    return Answer()


def referrer(books: Books, step: steps_desk.Referrer, moment: Moment) -> Answer:
    """Write down who brought a member."""
    del moment
    books.change(step.member, brought_by=step.brought_by)
    return Answer()


def adjust(books: Books, step: steps_desk.Adjust, moment: Moment) -> Answer:
    """Give or take points or credit; nothing is taken that is not there."""
    owner = books.owner_of(step.member)
    wallet = books.wallet(owner, step.unit)
    rules = current(books, moment).rules
    if step.amount >= 0:
        expiry = rules.expiry if step.unit is Unit.POINTS else rules.credit.earned_expiry
        _put_in(books, wallet, _lot(books, step.member, step.amount, expiry, moment), moment)
    elif wallet.balance(moment.at_ms) < -step.amount:
        points = step.unit is Unit.POINTS
        return Answer(refused=Reason.INSUFFICIENT_POINTS if points else Reason.INSUFFICIENT_CREDIT)
    else:
        wallet, _ = take(wallet, -step.amount, moment.at_ms)
        books.keep(with_sums(wallet, adjusted=step.amount))
    return Answer()


def grant(books: Books, step: steps_desk.Grant, moment: Moment) -> Answer:
    """Give a member coupons."""
    programme = current(books, moment)
    if all(reward.id != step.reward for reward in programme.rules.rewards):
        return Answer(refused=Reason.REWARD_UNKNOWN)
    given = Voucher(
        source="desk",
        kind=GiftKind.COUPON,
        reward=step.reward,
        quantity=step.quantity,
        valid_days=None,
    )
    why = Why(source=moment.id, programme=programme, now_ms=moment.at_ms)
    give_voucher(books, step.member, given, place_of(programme, moment), why)
    return Answer(vouchers=(Part(name=step.reward, amount=step.quantity),))


def event(books: Books, step: steps_desk.Event, moment: Moment) -> Answer:
    """Earn for something that is no purchase; the same of the same source counts once."""
    programme = programme_of(books, moment.made_at_ms)
    cards = [card for card in books.cards.values() if card.member == step.member]
    if programme is None:
        return Answer(refused=Reason.PROGRAMME_UNKNOWN)
    if all(card.blocked or card.replaced for card in cards):
        return Answer(refused=Reason.CARD_BLOCKED)
    key = (step.member, step.event, step.source or moment.id)
    if key in books.events:
        return Answer(refused=Reason.LIMIT_REACHED)
    books.events |= {key}
    place = place_of(programme, moment)
    facts = facts_of(books, programme, step.member, place)
    evaluation = evaluate_event(programme, step.event, facts, place)
    owner = books.owner_of(step.member)
    why = Why(source=moment.id, programme=programme, now_ms=moment.at_ms)
    for given in evaluation.awards:
        award(books, (owner, step.member), given, place, why)
    books.count_uses(evaluation.uses)
    return Answer(
        earned=evaluation.total(Unit.POINTS),
        credit_earned=evaluation.total(Unit.CREDIT),
        awards=tuple(Part(name=one.source, amount=one.amount) for one in evaluation.awards),
        tier=evaluation.tier,
    )


def transfer(books: Books, step: steps_desk.Transfer, moment: Moment) -> Answer:
    """Move stored credit from one member to another; lots keep their expiry."""
    giver, taker = books.owner_of(step.member), books.owner_of(step.to)
    if not current(books, moment).rules.credit.transfers:
        return Answer(refused=Reason.CREDIT_NOT_OFFERED)
    if spendable(books, giver, Unit.CREDIT, moment.at_ms) < step.amount_minor:
        return Answer(refused=Reason.INSUFFICIENT_CREDIT)
    move(books, (giver, taker), Unit.CREDIT, step.amount_minor, moment)
    return Answer(amount_minor=step.amount_minor)


def move(books: Books, way: tuple[str, str], unit: Unit, amount: int, moment: Moment) -> None:
    """Move an amount between wallets, lot by lot, each with its own expiry."""
    giver, taker = way
    source = books.wallet(giver, unit)
    lots = {lot.id: lot for lot in source.lots}
    source, taken = take(source, amount, moment.at_ms)
    books.keep(with_sums(source, moved=-amount))
    for part in taken:
        moved = replace(lots[part.lot], id=books.number(), left=part.amount)
        target = with_sums(books.wallet(taker, unit), moved=part.amount)
        books.keep(add(target, moved, moment.at_ms))


def _adopt(books: Books, sale: str, member: str, moment: Moment) -> None:
    """Give what a sale earned for a card that nobody owned to its owner."""
    record = books.sales[sale]
    for unit in Unit:
        waiting = books.wallets.pop((f"unknown:{sale}", unit), None)
        if waiting is not None:
            _merge(books, member, waiting, moment)
    brought = tuple(replace(one, member=member, owner=member) for one in record.brought)
    books.sales[sale] = replace(record, member=member, brought=brought)


def _merge(books: Books, owner: str, waiting: Wallet, moment: Moment) -> None:
    wallet = books.wallet(owner, waiting.unit)
    sums = {name: getattr(waiting.sums, name) for name in ("earned", "clawed", "expired")}
    wallet = with_sums(replace(wallet, lots=(*wallet.lots, *waiting.lots)), **sums)
    books.keep(put_back(wallet, (), moment.at_ms))


def _lot(books: Books, member: str, amount: int, expiry: Expiry, moment: Moment) -> Lot:
    settings = current(books, moment).rules.settings
    place = place_of(current(books, moment), moment)
    return Lot(
        id=books.number(),
        source=moment.id,
        rule="desk",
        owner=member,
        branch=place.branch,
        left=amount,
        active_from_ms=moment.at_ms,
        expires_at_ms=expires_at_ms(expiry, moment.at_ms, place.branch, settings),
        expiry=expiry,
    )


def _put_in(books: Books, wallet: Wallet, lot: Lot, moment: Moment) -> None:
    books.keep(add(with_sums(wallet, adjusted=lot.left), lot, moment.at_ms))
