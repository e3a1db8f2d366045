"""What a row of the table does about reservations: asking for them, keeping and freeing them.

A hold has exactly one end. What is freed while it is still unanswered is remembered, because the
cancellation may overtake it; its late answer then cancels it again.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from gateway.model.card import CardEvidence
from gateway.model.ids import HoldId
from gateway.model.instrument import Instrument
from gateway.model.outcome import Status
from terminal_agent.session.actions import Action, CancelHold, Inquire, LoadGiftCard
from terminal_agent.session.effects import Change
from terminal_agent.session.events import (
    AuthAnswered,
    CardTapped,
    Event,
    GiftLoadAsked,
    SaleClosed,
    SaleOffered,
    UseAsked,
)
from terminal_agent.session.loading import load_objection, shows_card, sold_in
from terminal_agent.session.memory import (
    ABANDONED_MAX,
    Asked,
    GiftLoad,
    GiftWish,
    Grant,
    Rules,
    Session,
)
from terminal_agent.session.paying import discounts, given, sum_minor
from terminal_agent.session.view import Notice
from terminal_agent.session.wishes import OFFERS, Wish, objection, reservation


def reserve(session: Session, event: UseAsked, rules: Rules) -> Change:
    """Ask the gateway to hold what is wanted, as far as the sale leaves something to pay."""
    return _reserve(session, rules, event.wish, event.request_id, whose(session, event.wish))


def reserve_gift(session: Session, event: CardTapped, rules: Rules) -> Change:
    """The gift card that was asked for is here: ask for what it shall pay."""
    assert session.gift_wish is not None, "the row is guarded by a gift card that is awaited"
    wish = Wish(instrument=Instrument.GIFT, units=session.gift_wish.units)
    asked, actions = _reserve(session, rules, wish, event.inquiry_id, event.card)
    return replace(asked, gift_wish=None), actions


def ask_offers(session: Session, event: SaleOffered | AuthAnswered, rules: Rules) -> Change:
    """Ask what the offers take off this sale, without anybody's asking for it."""
    asked, actions = _reserve(session, rules, OFFERS, event.request_id, session.card)
    assert asked.asked is not None
    return replace(asked, asked=replace(asked.asked, automatic=True)), actions


def _reserve(
    session: Session, rules: Rules, wish: Wish, request_id: HoldId, card: CardEvidence | None
) -> Change:
    assert card is not None, "the row is guarded by whose it is"
    action = reservation(rules, session, wish, request_id, card)
    asked = Asked(
        request_id=request_id, instrument=wish.instrument, card=card, source=wish.reward or ""
    )
    return replace(session, asked=asked), (action,)


def whose(session: Session, wish: Wish) -> CardEvidence | None:
    """The card that a wish is about: the member's, or a gift card that was shown."""
    if wish.instrument is not Instrument.GIFT:
        return session.card
    return None if session.purse is None else session.purse.card


def note_why_not(session: Session, event: UseAsked, rules: Rules) -> Change:
    """Say why it cannot be used; the network is not asked."""
    why = objection(rules, session, event.wish)
    if isinstance(why, Notice):
        return replace(session, notice=why), ()
    return replace(session, reason=why), ()


def await_gift_card(session: Session, event: UseAsked, _rules: Rules) -> Change:
    """The next card on the reader shall pay."""
    return replace(session, gift_wish=GiftWish(units=event.wish.units)), ()


def forget_gift_wish(session: Session, _event: Event, _rules: Rules) -> Change:
    """The next card on the reader is a customer's again."""
    return replace(session, gift_wish=None), ()


def take_grant(session: Session, event: AuthAnswered, _rules: Rules) -> Change:
    """Something is held for this sale."""
    answer, asked = event.answer, session.asked
    assert asked is not None
    assert answer.points is not None
    assert answer.amount_minor is not None
    grant = Grant(
        hold_id=answer.request_id,
        instrument=asked.instrument,
        card=asked.card,
        points=answer.points,
        amount_minor=answer.amount_minor,
        source=asked.source,
        parts=() if answer.standing is None else answer.standing.discounts,
        until_ms=None if event.stands_ms is None else event.now_ms + event.stands_ms,
    )
    known = session.balance_points if answer.balance_points is None else answer.balance_points
    held = (*session.grants, grant)
    return replace(session, asked=None, grants=held, balance_points=known, purse=None), ()


def note_refusal(session: Session, event: AuthAnswered, rules: Rules) -> Change:
    """Say why the gateway held nothing; that no offer applies is no news.

    An answer that claims success without figures cannot be posted; what it may have held is freed.
    """
    answer, asked = event.answer, session.asked
    assert asked is not None
    if answer.status is Status.APPLIED:
        return free_asked(session, event, rules)
    known = session.balance_points if answer.balance_points is None else answer.balance_points
    reason = None if asked.automatic else answer.reason
    return replace(session, asked=None, reason=reason, balance_points=known), ()


def free_asked(session: Session, _event: Event, _rules: Rules) -> Change:
    """Give up the reservation that is not answered yet."""
    if session.asked is None:
        return session, ()
    asked_id = session.asked.request_id
    abandoned = (*session.abandoned, asked_id)[-ABANDONED_MAX:]
    return replace(session, asked=None, abandoned=abandoned), (CancelHold(hold_id=asked_id),)


def free_all(session: Session, event: Event, rules: Rules) -> Change:
    """Give up whatever is reserved, or may have been: no hold is left to run out by itself."""
    return _and_asked(_free(session, session.grants), event, rules)


def free_last(session: Session, _event: Event, _rules: Rules) -> Change:
    """Give the newest reservation back; offers are then not asked for again on this sale."""
    newest = session.grants[-1:]
    declined = session.declined or any(one.instrument is Instrument.OFFER for one in newest)
    freed, actions = _free(session, newest)
    return replace(freed, declined=declined), actions


def free_offers(session: Session, _event: Event, _rules: Rules) -> Change:
    """Give back what the offers take off, and do not ask for it again on this sale."""
    offers = [one for one in session.grants if one.instrument is Instrument.OFFER]
    freed, actions = _free(session, offers)
    return replace(freed, declined=True), actions


def decline_offers(session: Session, event: Event, rules: Rules) -> Change:
    """Give up asking what the offers take off, and do not ask again on this sale."""
    freed, actions = free_asked(session, event, rules)
    return replace(freed, declined=True), actions


def free_what_was_not_given(session: Session, event: SaleClosed, rules: Rules) -> Change:
    """Give back what the closed sale's total says the till did not give."""
    if session.offer is None:
        return free_all(session, event, rules)
    kept = given(session.offer, session.grants, event.sale.total_minor)
    freed = _free(session, [one for one in session.grants if one not in kept])
    return _and_asked(freed, event, rules)


def _free(session: Session, grants: Collection[Grant]) -> Change:
    kept = tuple(one for one in session.grants if one not in grants)
    actions: list[Action] = [CancelHold(hold_id=one.hold_id) for one in grants]
    offer = session.offer
    if offer is not None:
        # What the till has taken off stays in its total until it says another one.
        still = max(offer.taken_minor - sum_minor(discounts(tuple(grants))), 0)
        offer = replace(offer, taken_minor=still)
    return replace(session, grants=kept, offer=offer), tuple(actions)


def _and_asked(change: Change, event: Event, rules: Rules) -> Change:
    session, actions = change
    session, more = free_asked(session, event, rules)
    return session, (*actions, *more)


def cancel_late_grant(session: Session, event: AuthAnswered, _rules: Rules) -> Change:
    """Free what was granted after the session had moved on."""
    late = event.answer.request_id
    abandoned = tuple(hold_id for hold_id in session.abandoned if hold_id != late)
    return replace(session, abandoned=abandoned), (CancelHold(hold_id=late),)


# -- money onto gift cards ------------------------------------------------------------------------


def await_load(session: Session, event: GiftLoadAsked, _rules: Rules) -> Change:
    """Money was taken for the gift card that is shown next, in the sale that closed if it shows."""
    sold, amount_minor = sold_in(session), event.amount_minor
    sale = None if sold is None or not shows_card(sold, amount_minor) else sold.sale
    load = GiftLoad(amount_minor=amount_minor, sale=sale)
    return replace(session, load=load, sold_in=sold), ()


def ask_gift_card(session: Session, event: CardTapped, _rules: Rules) -> Change:
    """Ask how the gift card stands before money is put onto it."""
    assert session.load is not None, "loading is only entered with money to load"
    load = replace(session.load, card=event.card, inquiry_id=event.inquiry_id)
    return replace(session, load=load), (Inquire(request_id=event.inquiry_id, card=event.card),)


def load_gift_card(session: Session, _event: AuthAnswered, _rules: Rules) -> Change:
    """Record the money."""
    load = session.load
    assert load is not None
    assert load.card is not None, "the row is guarded by an answer about the card"
    loaded = LoadGiftCard(card=load.card, amount_minor=load.amount_minor, sale=load.sale)
    sold = session.sold_in
    if sold is not None and load.sale is not None:
        sold = replace(sold, left_minor=sold.left_minor - load.amount_minor)
    return replace(session, load=None, sold_in=sold), (loaded,)


def note_why_no_load(session: Session, event: AuthAnswered, rules: Rules) -> Change:
    """Say why no money can be put onto the card, so that it is given back."""
    why = load_objection(session, event, rules)
    assert why is not None, "the row stands behind the one for what can be loaded"
    return replace(session, load=None, reason=why), ()


def forget_load(session: Session, _event: Event, _rules: Rules) -> Change:
    """Nothing is put onto a card."""
    return replace(session, load=None), ()
