"""A whole visit: what is reserved, the paper that the till prints, and what is sealed of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from gateway.model.ids import HoldId, MemberId
from gateway.model.instrument import Instrument
from gateway.model.outcome import Reason, Status
from gateway.model.programme import UnknownCardPolicy
from gateway.model.sale import Sale
from gateway.model.transaction import Kind
from simulators.scenario import steps
from simulators.scenario.bills import lowered
from simulators.scenario.gateway.bill import Grant, paid, sale_of
from simulators.scenario.gateway.counter import Wish, cancelled, reserved, used, voided
from simulators.scenario.gateway.desk import enrolled
from simulators.scenario.gateway.effects import Given
from simulators.scenario.gateway.room import Printed, Room
from simulators.scenario.gateway.talk import Talk, Told, tell
from simulators.scenario.gateway.till import Draft
from simulators.scenario.port import Answer, Moment, NotSupportedError, Part

#: As terminals do: what they bring may depend on what the sale earns.
_BEHIND_THE_EARN: Final = frozenset({Instrument.REWARD, Instrument.COUPON})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bill:
    """A sale while it is paid.

    Attributes:
        sale: what it costs now.
        due_minor: what is left to pay.
        before: what was redeemed on it in steps of their own.
        grants: what was reserved for it now.
    """

    sale: Sale
    due_minor: int
    before: tuple[Grant, ...] = ()
    grants: tuple[Grant, ...] = ()

    @property
    def every(self) -> tuple[Grant, ...]:
        """All that was ever used on it."""
        return self.before + self.grants

    @property
    def before_the_earn(self) -> list[Grant]:
        """What is posted before the sale earns anything."""
        return [one for one in self.grants if one.instrument not in _BEHIND_THE_EARN]

    @property
    def behind_the_earn(self) -> list[Grant]:
        """What is posted behind that."""
        return [one for one in self.grants if one.instrument in _BEHIND_THE_EARN]

    def plus(self, grant: Grant) -> _Bill:
        """The same with a reservation more."""
        off_minor = self.sale.total_minor - grant.sale.total_minor
        paid_minor = grant.amount_minor if grant.tender is not None else 0
        return replace(
            self,
            sale=grant.sale,
            due_minor=self.due_minor - off_minor - paid_minor,
            grants=(*self.grants, grant),
        )


def sale(room: Room, step: steps.Sale, moment: Moment) -> Talk[Answer]:
    """Reserve in the one order, close the sale, and seal: what rewards bring comes behind it."""
    name = step.sale or f"sale-{moment.id}"
    if name in room.printed:
        return (yield from _same_paper(room, step, name, moment))
    _check_network(step, moment)
    bill = yield from _pay(room, step, _opened(room, step, name), moment)
    if isinstance(bill, Reason):
        return Answer(refused=bill)
    closed = paid(bill.sale, bill.every, step.tenders)
    uses = yield from _use_all(room, step, closed, bill.before_the_earn, moment)
    earned = None
    if step.card is not None:
        earned = yield from _earn(room, step, closed, moment)
    behind = yield from _use_all(room, step, closed, bill.behind_the_earn, moment)
    for told in (*uses.values(), *behind.values(), *([] if earned is None else [earned])):
        if told.refused is not Reason.NONE:
            return Answer(refused=told.refused)
    kept = [*uses, *behind]
    bill = replace(bill, grants=tuple(one for one in bill.grants if one.hold_id in kept))
    room.printed[name] = Printed(sale=closed, till=room.till(moment), card=step.card)
    room.used[name] = bill.every
    return _answer(room, bill, closed, [*uses.values(), *behind.values()], earned)


def _use_all(
    room: Room, step: steps.Sale, closed: Sale, grants: Iterable[Grant], moment: Moment
) -> Talk[dict[HoldId, Told]]:
    """Seal the use of reservations; what would multiply nothing is given up, and not paid for."""
    uses: dict[HoldId, Told] = {}
    for grant in grants:
        told = yield from used(room, grant, closed, moment, room.currency(step, moment))
        if told.refused is Reason.REWARD_NOT_AVAILABLE:
            yield from voided(room, grant, moment)
        else:
            uses[grant.hold_id] = told
    return uses


def _check_network(step: steps.Sale, moment: Moment) -> None:
    """A till without a network can seal a sale and reserve nothing for it."""
    wanted = step.rewards or step.gift_cards or step.points or step.credit_minor
    if moment.made_at_ms < moment.at_ms and wanted:
        raise NotSupportedError("without a network a till cannot ask for rewards or points")


def _opened(room: Room, step: steps.Sale, name: str) -> _Bill:
    """The sale after what was redeemed on it in steps of their own."""
    before = room.used_on(name)
    goods = sale_of(step, name)
    for grant in before:
        goods = lowered(goods, grant.discounts)
    paid_minor = sum(grant.amount_minor for grant in before if grant.tender is not None)
    return _Bill(sale=goods, due_minor=goods.total_minor - paid_minor, before=before)


def _same_paper(room: Room, step: steps.Sale, name: str, moment: Moment) -> Talk[Answer]:
    """The same sale's paper once more: the gateway knows it."""
    if step.card is None:
        return Answer(refused=Reason.SALE_ALREADY_RECORDED)
    told = yield from _earn(room, step, sale_of(step, name), moment)
    return Answer(refused=told.refused)


def _earn(room: Room, step: steps.Sale, closed: Sale, moment: Moment) -> Talk[Told]:
    programme = room.rules(moment)
    draft = Draft(
        kind=Kind.EARN,
        currency=room.currency(step, moment),
        programme_version=programme.version,
        made_at_ms=moment.made_at_ms,
        card=room.people.show(step.card or ""),
        sale=closed,
    )
    return (yield from tell(room.till(moment), draft))


# -- what is reserved -----------------------------------------------------------------------------

_MakeWish = Callable[[_Bill], Wish]


def _pay(room: Room, step: steps.Sale, bill: _Bill, moment: Moment) -> Talk[_Bill | Reason]:
    for make_wish in _wishes(room, step, moment):
        wish = make_wish(bill)
        granted = yield from reserved(room, wish, moment)
        if granted is Reason.UNKNOWN_CARD and _may_enrol(room, moment):
            # A new customer becomes a member before the offers are asked, so that they hold.
            yield from enrolled(room, step.card or "", moment)
            again = replace(wish, name=f"{wish.name} of a member")
            granted = yield from reserved(room, again, moment)
        if isinstance(granted, Grant):
            bill = bill.plus(granted)
        elif not _goes_without(wish, granted):
            for grant in bill.grants:
                yield from cancelled(room, grant, moment)
            return granted
    return bill


def _goes_without(wish: Wish, refused: Reason) -> bool:
    """Whether a visit goes on without what was refused: nobody had asked for the offers."""
    nothing = (Reason.OFFER_NOT_AVAILABLE, Reason.UNKNOWN_CARD)
    return wish.instrument is Instrument.OFFER and refused in nothing


def _may_enrol(room: Room, moment: Moment) -> bool:
    return room.rules(moment).unknown_card is UnknownCardPolicy.ENROL


def _wishes(room: Room, step: steps.Sale, moment: Moment) -> Iterator[_MakeWish]:
    """What a till asks for, each with the bill that the one before has left."""
    wish = _Wishes(room, step, moment)
    online = moment.made_at_ms == moment.at_ms
    if step.card is not None and step.offers and online and room.rules(moment).rules.offers:
        yield wish.offers
    for nth, wanted in enumerate(step.rewards, 1):
        yield wish.reward(nth, wanted)
    if step.points is not None:
        yield wish.points
    if step.credit_minor is not None:
        yield wish.credit
    for nth, part in enumerate(step.gift_cards, 1):
        yield wish.gift_card(nth, part)


class _Wishes:
    """Makes wishes of a step."""

    def __init__(self, room: Room, step: steps.Sale, moment: Moment) -> None:
        self._room = room
        self._step = step
        self._moment = moment

    def offers(self, bill: _Bill) -> Wish:
        """What the offers take off."""
        return self._wish(bill, "offers", Instrument.OFFER)

    def reward(self, nth: int, wanted: steps.Wanted) -> _MakeWish:
        """A reward, for points or a coupon."""
        instrument = Instrument.COUPON if wanted.coupon else Instrument.REWARD

        def make(bill: _Bill) -> Wish:
            wish = self._wish(bill, f"reward {nth}", instrument)
            return replace(wish, reward=wanted.reward, times=wanted.times)

        return make

    def points(self, bill: _Bill) -> Wish:
        """Points as money."""
        return replace(self._wish(bill, "points", Instrument.POINTS), units=self._step.points)

    def credit(self, bill: _Bill) -> Wish:
        """Stored credit."""
        asked_minor = min(self._step.credit_minor or 0, bill.due_minor)
        return replace(self._wish(bill, "credit", Instrument.CREDIT), units=asked_minor)

    def gift_card(self, nth: int, part: steps.GiftPart) -> _MakeWish:
        """A gift card."""

        def make(bill: _Bill) -> Wish:
            most = bill.due_minor if part.amount_minor is None else part.amount_minor
            wish = self._wish(bill, f"gift card {nth}", Instrument.GIFT)
            card = self._room.people.show(part.gift_card)
            return replace(wish, card=card, units=min(most, bill.due_minor))

        return make

    def _wish(self, bill: _Bill, what: str, instrument: Instrument) -> Wish:
        return Wish(
            name=f"{self._moment.id} {what}",
            instrument=instrument,
            card=self._room.people.show(self._step.card or ""),
            sale=bill.sale,
            currency=self._room.currency(self._step, self._moment),
        )


# -- what came of it ------------------------------------------------------------------------------


def _answer(room: Room, bill: _Bill, closed: Sale, uses: list[Told], earned: Told | None) -> Answer:
    member_id = _buyer(room, earned)
    parts = [] if earned is None else [room.effects.given(earned.index, member_id)]
    own = parts[0] if parts else Given()
    parts += [room.effects.given(one.index, member_id) for one in uses if member_id is not None]
    off = [one for grant in bill.every for one in grant.discounts]
    points = [grant for grant in bill.every if grant.takes_points]
    return Answer(
        earned=sum(part.points for part in parts),
        credit_earned=sum(part.credit for part in parts),
        redeemed=sum(grant.units for grant in points),
        amount_minor=sum(one.amount_minor for one in bill.every if one.tender is not None),
        discount_minor=sum(one.amount_minor for one in off),
        total_minor=closed.total_minor,
        due_minor=bill.due_minor,
        awards=tuple(award for part in parts for award in part.awards),
        discounts=tuple(Part(name=one.source, amount=one.amount_minor) for one in off),
        vouchers=tuple(voucher for part in parts for voucher in part.vouchers),
        held_out=own.held_out,
        tier=own.tier,
        taken=tuple(lot for grant in points for lot in grant.taken),
    )


def _buyer(room: Room, earned: Told | None) -> MemberId | None:
    """Who bought; None for a card's owner who is to come."""
    if earned is None or earned.result.status is Status.HELD:
        return None
    with room.store.batch() as batch:
        rows = batch.journal(earned.index - 1, 1)
    return rows[0].member_id
