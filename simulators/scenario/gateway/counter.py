"""What tills ask the gateway for: prices, reservations, their use, and their end."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gateway.model.authorisation import AuthAnswer, AuthKind, AuthRequest
from gateway.model.card import CardEvidence
from gateway.model.ids import HoldId
from gateway.model.instrument import Instrument
from gateway.model.money import Currency
from gateway.model.outcome import Reason, Status
from gateway.model.sale import Sale
from gateway.model.transaction import Kind, Redemption
from simulators.scenario import steps
from simulators.scenario.bills import lowered
from simulators.scenario.gateway.bill import Grant, sale_of
from simulators.scenario.gateway.names import card_of, request_id_of, sale_key_of
from simulators.scenario.gateway.room import Room
from simulators.scenario.gateway.talk import Talk, Told, ask, tell
from simulators.scenario.gateway.till import Draft, Till
from simulators.scenario.port import Answer, Moment, Part, ShopFaultError

_DEADLINE_MS = 10_000
_WITH_GOODS = frozenset({Instrument.REWARD, Instrument.COUPON, Instrument.OFFER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a till would reserve.

    Attributes:
        name: of the reservation.
        instrument: of what.
        card: whose, or which gift card.
        sale: for what, as far as it is lowered already.
        currency: of its amounts.
        units: so many at most, of points or stored money.
        reward: which, of a reward or a coupon.
        times: how often.
    """

    name: str
    instrument: Instrument
    card: CardEvidence
    sale: Sale
    currency: Currency
    units: int | None = None
    reward: str | None = None
    times: int | None = None


def reserved(room: Room, wish: Wish, moment: Moment) -> Talk[Grant | Reason]:
    """Ask for a reservation; of nothing a till does not ask."""
    if wish.units is not None and wish.units < 1:
        return Reason.BELOW_MINIMUM
    till, goods = room.till(moment), wish.instrument in _WITH_GOODS
    request = AuthRequest(
        request_id=request_id_of(wish.name),
        terminal=till.name,
        kind=AuthKind.RESERVE,
        made_at_ms=moment.made_at_ms,
        deadline_ms=moment.made_at_ms + _DEADLINE_MS,
        programme_version=room.rules(moment).version,
        currency=wish.currency,
        card=wish.card,
        points=wish.units,
        sale_key=wish.sale.key,
        sale_total_minor=wish.sale.total_minor,
        instrument=wish.instrument,
        reward=wish.reward,
        times=wish.times,
        lines=wish.sale.lines if goods else (),
        tax_minor=wish.sale.tax_minor if goods else None,
    )
    answer = yield from ask(till, request)
    if answer.status is Status.REFUSED:
        return answer.reason
    return _granted(room, wish, answer, till)


def cancelled(room: Room, grant: Grant, moment: Moment) -> Talk[AuthAnswer]:
    """Give a reservation up before anything was sealed of it."""
    request = AuthRequest(
        request_id=request_id_of(f"{moment.id} cancels {grant.hold_id.hex()}"),
        terminal=grant.till.name,
        kind=AuthKind.CANCEL,
        made_at_ms=moment.made_at_ms,
        deadline_ms=moment.made_at_ms + _DEADLINE_MS,
        programme_version=room.rules(moment).version,
        currency=room.rules(moment).currency,
        hold_id=grant.hold_id,
    )
    return (yield from ask(grant.till, request))


def used(
    room: Room, grant: Grant, sale: Sale, moment: Moment, currency: Currency | None = None
) -> Talk[Told]:
    """Seal that a reservation was used on a sale."""
    programme = room.rules(moment)
    draft = Draft(
        kind=Kind.REDEEM,
        currency=currency or programme.currency,
        programme_version=programme.version,
        made_at_ms=moment.made_at_ms,
        card=grant.card,
        sale=sale,
        redemption=Redemption(
            hold_id=grant.hold_id, points=grant.units, amount_minor=grant.amount_minor
        ),
    )
    return (yield from tell(grant.till, draft))


def voided(room: Room, grant: Grant, moment: Moment) -> Talk[Told]:
    """Seal that a reservation was not used."""
    return (yield from _void(room, grant.till, grant.hold_id, moment))


def _void(room: Room, till: Till, hold_id: HoldId, moment: Moment) -> Talk[Told]:
    programme = room.rules(moment)
    draft = Draft(
        kind=Kind.VOID,
        currency=programme.currency,
        programme_version=programme.version,
        made_at_ms=moment.made_at_ms,
        hold_id=hold_id,
    )
    return (yield from tell(till, draft))


# -- steps ----------------------------------------------------------------------------------------


def price(room: Room, step: steps.Price, moment: Moment) -> Talk[Answer]:
    """Ask the offers, and give up what they would have taken off."""
    sale = sale_of(step, moment.id)
    wish = Wish(
        name=moment.id,
        instrument=Instrument.OFFER,
        card=room.people.show(step.card),
        sale=sale,
        currency=room.currency(step, moment),
    )
    granted = yield from reserved(room, wish, moment)
    if granted is Reason.OFFER_NOT_AVAILABLE:
        return Answer(total_minor=sale.total_minor, due_minor=sale.total_minor)
    if isinstance(granted, Reason):
        return Answer(refused=granted)
    yield from cancelled(room, granted, moment)
    return Answer(
        discount_minor=granted.amount_minor,
        total_minor=granted.sale.total_minor,
        due_minor=granted.sale.total_minor,
        discounts=_discounts(granted),
        held_out=granted.held_out,
    )


def reserve(room: Room, step: steps.Reserve, moment: Moment) -> Talk[Answer]:
    """Set something aside under a name."""
    granted = yield from _reserve(room, step, moment)
    return Answer(refused=granted) if isinstance(granted, Reason) else _answer(granted)


def redeem(room: Room, step: steps.Redeem, moment: Moment) -> Talk[Answer]:
    """Set something aside and use it; no message has a place for what a till thinks it costs."""
    granted = yield from _reserve(room, step, moment)
    if isinstance(granted, Reason):
        return Answer(refused=granted)
    told = yield from _use(room, granted, step.sale, moment)
    if told.refused is not Reason.NONE:
        yield from voided(room, granted, moment)
    return replace(_answer(granted), refused=told.refused)


def post(room: Room, step: steps.Post, moment: Moment) -> Talk[Answer]:
    """Use a reservation; one that never was granted is sealed as if it had been."""
    grant = room.holds.get(step.hold)
    if grant is None:
        grant = _never_granted(room, step.hold, moment)
    told = yield from _use(room, grant, step.sale, moment)
    if told.refused is not Reason.NONE:
        return Answer(refused=told.refused)
    hold, _ = room.effects.hold(grant.hold_id)
    return Answer(
        redeemed=hold.redeemed_points - hold.shortfall_points, amount_minor=hold.redeemed_minor
    )


def void(room: Room, step: steps.Void, moment: Moment) -> Talk[Answer]:
    """Give a reservation up."""
    grant = room.holds.get(step.hold)
    till = room.till(moment) if grant is None or step.terminal is not None else grant.till
    hold_id = request_id_of(step.hold) if grant is None else grant.hold_id
    told = yield from _void(room, till, hold_id, moment)
    if told.refused is not Reason.NONE or grant is None:
        return Answer(refused=told.refused)
    return Answer(returned=grant.units)


def spend_credit(room: Room, step: steps.SpendCredit, moment: Moment) -> Talk[Answer]:
    """Pay with stored credit."""
    wish = Wish(
        name=moment.id,
        instrument=Instrument.CREDIT,
        card=room.people.show(step.card),
        sale=_opened(room, step, step.sale, moment.id),
        currency=room.currency(step, moment),
        units=min(step.credit_minor, step.amount_minor),
    )
    return (yield from _pay(room, wish, step.sale, moment))


def gift_spend(room: Room, step: steps.GiftSpend, moment: Moment) -> Talk[Answer]:
    """Pay with a gift card."""
    asked_minor = step.amount_minor if step.asked_minor is None else step.asked_minor
    wish = Wish(
        name=moment.id,
        instrument=Instrument.GIFT,
        card=room.people.show(step.gift_card),
        sale=_opened(room, step, step.sale, moment.id),
        currency=room.currency(step, moment),
        units=min(asked_minor, step.amount_minor),
    )
    return (yield from _pay(room, wish, step.sale, moment))


# -- parts ----------------------------------------------------------------------------------------


def _reserve(room: Room, step: steps.Reserve, moment: Moment) -> Talk[Grant | Reason]:
    name = step.hold or moment.id
    sale = step.sale if isinstance(step, steps.Redeem) else None
    wish = Wish(
        name=name,
        instrument=_instrument(step),
        card=room.people.show(step.card),
        sale=_opened(room, step, sale, name),
        currency=room.currency(step, moment),
        units=step.points,
        reward=step.reward,
        times=None if step.reward is None else step.times,
    )
    granted = yield from reserved(room, wish, moment)
    if isinstance(granted, Grant):
        room.holds.setdefault(name, granted)
    return granted


def _opened(room: Room, basket: steps.Basket, sale: str | None, name: str) -> Sale:
    """What lies on the counter, lowered by what was taken off its sale in steps before."""
    goods = sale_of(basket, sale or name)
    for grant in room.used_on(sale):
        goods = lowered(goods, grant.discounts)
    return goods


def _instrument(step: steps.Reserve) -> Instrument:
    if step.points is not None:
        return Instrument.POINTS
    if step.offers:
        return Instrument.OFFER
    return Instrument.COUPON if step.coupon else Instrument.REWARD


def _pay(room: Room, wish: Wish, sale: str | None, moment: Moment) -> Talk[Answer]:
    granted = yield from reserved(room, wish, moment)
    if isinstance(granted, Reason):
        return Answer(refused=granted)
    paid = [one.amount_minor for one in room.used_on(sale) if one.tender is not None]
    told = yield from _use(room, granted, sale, moment)
    if told.refused is not Reason.NONE:
        yield from voided(room, granted, moment)
        return Answer(refused=told.refused)
    return Answer(
        amount_minor=granted.amount_minor,
        total_minor=wish.sale.total_minor,
        due_minor=wish.sale.total_minor - sum(paid) - granted.amount_minor,
        taken=granted.taken,
    )


def _use(room: Room, grant: Grant, sale: str | None, moment: Moment) -> Talk[Told]:
    """Use a reservation on the sale of a name: the closed one, or one that is still to come."""
    printed = None if sale is None else room.printed.get(sale)
    if printed is not None:
        goods = printed.sale
    elif sale is not None:
        goods = replace(grant.sale, key=sale_key_of(sale))
    else:
        goods = grant.sale
    told = yield from used(room, grant, goods, moment)
    if told.refused is Reason.NONE and sale is not None:
        room.used[sale] = (*room.used_on(sale), grant)
    return told


def _granted(room: Room, wish: Wish, answer: AuthAnswer, till: Till) -> Grant:
    """Read a granted reservation, in the answer and in the ledger.

    Raises:
        ShopFaultError: if the two differ.
    """
    hold, terms = room.effects.hold(answer.request_id)
    said = (answer.points, answer.amount_minor, answer.expires_at_ms)
    if said != (hold.points, hold.amount_minor, hold.expires_at_ms):
        raise ShopFaultError(f"the answer grants {said}, the ledger {hold}")
    told = () if answer.standing is None else answer.standing.discounts
    kept = [(one.source, one.amount_minor, one.lines) for one in terms.discounts]
    if [(one.source, one.amount_minor, one.lines) for one in told] != kept[: len(told)]:
        raise ShopFaultError(f"the answer tells of {told}, the ledger of {kept}")
    return Grant(
        till=till,
        hold_id=answer.request_id,
        instrument=wish.instrument,
        card=wish.card,
        units=hold.points,
        amount_minor=hold.amount_minor,
        discounts=terms.discounts,
        held_out=terms.held_out,
        taken=room.effects.taken(hold, room.settings),
        sale=lowered(wish.sale, terms.discounts),
    )


def _never_granted(room: Room, name: str, moment: Moment) -> Grant:
    """What a till that is wrong would seal."""
    return Grant(
        till=room.till(moment),
        hold_id=request_id_of(name),
        instrument=Instrument.POINTS,
        card=card_of(name),
        units=1,
        amount_minor=1,
        discounts=(),
        held_out=(),
        taken=(),
        sale=sale_of(steps.Basket(total_minor=1), name),
    )


def _answer(grant: Grant) -> Answer:
    return Answer(
        redeemed=grant.units,
        amount_minor=grant.amount_minor,
        discounts=_discounts(grant),
        taken=grant.taken,
    )


def _discounts(grant: Grant) -> tuple[Part, ...]:
    return tuple(Part(name=one.source, amount=one.amount_minor) for one in grant.discounts)
