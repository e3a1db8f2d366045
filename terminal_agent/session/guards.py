"""The questions that pick a row of the table. Their names are written into the diagram."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from gateway.model.authorisation import AuthKind
from gateway.model.instrument import Instrument
from gateway.model.outcome import Status
from terminal_agent.session.effects import take_balance, take_total
from terminal_agent.session.effects_paying import free_all, whose
from terminal_agent.session.estimate import takes_off
from terminal_agent.session.events import (
    AskAgain,
    AuthAnswered,
    CardTapped,
    Event,
    OffersDeclined,
    OperatorCancelled,
    ReceiptArrived,
    SaleClaimed,
    SaleClosed,
    SaleOffered,
    TimePassed,
    UseAsked,
)
from terminal_agent.session.loading import load_objection
from terminal_agent.session.memory import Rules, Session
from terminal_agent.session.paying import discounts, fits, given
from terminal_agent.session.wishes import OFFERS, Wish, objection

_GIFT: Final = Wish(instrument=Instrument.GIFT)

Guard = Callable[[Session, Any, Rules], bool]
"""(session, event, rules) -> does the row apply. The event's type is the row's."""


# -- cards and sales ------------------------------------------------------------------------------


def same_card(session: Session, event: CardTapped, _rules: Rules) -> bool:
    """The card of this visit was tapped again."""
    return session.card is not None and session.card.token == event.card.token


def nobodys_visit(session: Session, _event: CardTapped, _rules: Rules) -> bool:
    """No member's card was tapped yet."""
    return session.card is None


def already_recorded(
    session: Session, event: SaleOffered | SaleClosed | SaleClaimed, _rules: Rules
) -> bool:
    """The sale was accepted before: a reprinted receipt."""
    key = event.key if isinstance(event, SaleOffered) else event.sale.key
    return key in session.accepted_keys


def fits_what_is_held(session: Session, event: SaleOffered, _rules: Rules) -> bool:
    """It is the sale that was asked for: its total, or that with discounts taken off."""
    offer = session.offer
    if offer is None:
        return False
    if session.asked is not None and not discounts(session.grants):
        return offer.total_minor == event.total_minor
    return fits(offer, session.grants, event.total_minor)


def all_was_given(session: Session, event: SaleClosed, _rules: Rules) -> bool:
    """The closed sale's total says that the till gave everything that is held."""
    if session.offer is None:
        return not session.grants
    kept = given(session.offer, session.grants, event.sale.total_minor)
    return kept == session.grants


def nobody_to_record(session: Session, event: SaleClosed, _rules: Rules) -> bool:
    """No member's card was tapped, and nothing that is held was given."""
    if session.card is not None:
        return False
    offer = session.offer
    return offer is None or not given(offer, session.grants, event.sale.total_minor)


def same_closed_sale(session: Session, event: SaleClosed | SaleClaimed, _rules: Rules) -> bool:
    """The closed sale that waits for a tap was told again."""
    return session.sale is not None and session.sale.key == event.sale.key


# -- what is used on a sale -----------------------------------------------------------------------


def usable(session: Session, event: UseAsked, rules: Rules) -> bool:
    """By what the terminal knows, the gateway can be asked for it."""
    return whose(session, event.wish) is not None and objection(rules, session, event.wish) is None


def gift_card_wanted(session: Session, event: UseAsked, rules: Rules) -> bool:
    """A gift card shall pay and could, and none was shown yet."""
    gift = event.wish.instrument is Instrument.GIFT and session.purse is None
    return gift and objection(rules, session, event.wish) is None


def nobodys_points(session: Session, event: UseAsked, _rules: Rules) -> bool:
    """It is a member's to use, and no member's card was tapped."""
    return session.card is None and event.wish.instrument is not Instrument.GIFT


def gift_card_awaited(session: Session, event: CardTapped, rules: Rules) -> bool:
    """The card on the reader is the one that shall pay."""
    del event
    return session.gift_wish is not None and objection(rules, session, _GIFT) is None


def gift_card_pending(session: Session, event: OperatorCancelled, _rules: Rules) -> bool:
    """A gift card was asked for and has not been shown."""
    del event
    return session.gift_wish is not None


# -- offers ---------------------------------------------------------------------------------------


def offers_due(session: Session, event: SaleOffered, rules: Rules) -> bool:
    """Offers take something off the sale that the till has just told."""
    freed, _ = free_all(session, event, rules)
    offered, _ = take_total(freed, event, rules)
    return _offers_due(offered, rules)


def offers_due_now_that_told(session: Session, event: AuthAnswered, rules: Rules) -> bool:
    """It says how the member stands, and so that offers take something off the sale."""
    if not answers_inquiry(session, event, rules) or is_gift_card(session, event, rules):
        return False
    told, _ = take_balance(session, event, rules)
    return _offers_due(told, rules)


def _offers_due(session: Session, rules: Rules) -> bool:
    if not rules.asks_offers or session.declined or session.offer is None:
        return False
    if objection(rules, session, OFFERS) is not None:
        return False
    return takes_off(rules, session.told, session.offer)


def only_offers_held(session: Session, _event: Event, _rules: Rules) -> bool:
    """Nobody asked for what is held, or asked for: the offers gave it."""
    asked = session.asked is None or session.asked.automatic
    return asked and all(one.instrument is Instrument.OFFER for one in session.grants)


def offers_only_due(session: Session, event: SaleOffered, rules: Rules) -> bool:
    """Only offers are held, and they take something off the new total as well."""
    return only_offers_held(session, event, rules) and offers_due(session, event, rules)


def offers_held(session: Session, _event: OffersDeclined, _rules: Rules) -> bool:
    """Something that offers take off is held."""
    return any(one.instrument is Instrument.OFFER for one in session.grants)


def offers_asked(session: Session, _event: Event, _rules: Rules) -> bool:
    """The session has asked by itself what offers take off, and waits."""
    return session.asked is not None and session.asked.automatic


# -- answers --------------------------------------------------------------------------------------


def answers_inquiry(session: Session, event: AuthAnswered, _rules: Rules) -> bool:
    """It is the answer to the last question after the card's balance."""
    answer = event.answer
    return answer.kind is AuthKind.INQUIRE and answer.request_id == session.inquiry_id


def is_gift_card(session: Session, event: AuthAnswered, rules: Rules) -> bool:
    """The card of the visit is a gift card, and no sale was sealed with it yet."""
    answer = event.answer
    gift = answer.status is Status.APPLIED and answer.balance_points is None
    return gift and session.sale is None and answers_inquiry(session, event, rules)


def answers_reservation(session: Session, event: AuthAnswered, _rules: Rules) -> bool:
    """It is the answer to the reservation now waited for."""
    answer, asked = event.answer, session.asked
    return (
        answer.kind is AuthKind.RESERVE
        and asked is not None
        and answer.request_id == asked.request_id
    )


def grants(session: Session, event: AuthAnswered, rules: Rules) -> bool:
    """The reservation now waited for was granted, with figures to post it by."""
    answer = event.answer
    return (
        answers_reservation(session, event, rules)
        and answer.status is Status.APPLIED
        and answer.points is not None
        and answer.amount_minor is not None
    )


def grants_abandoned(session: Session, event: AuthAnswered, _rules: Rules) -> bool:
    """A reservation that was given up meanwhile has been granted after all."""
    answer = event.answer
    return (
        answer.kind is AuthKind.RESERVE
        and answer.status is Status.APPLIED
        and answer.request_id in session.abandoned
    )


def answers_load(session: Session, event: AuthAnswered, _rules: Rules) -> bool:
    """It says how the gift card stands that money is to be put onto."""
    load = session.load
    return load is not None and event.answer.request_id == load.inquiry_id


def loadable(session: Session, event: AuthAnswered, rules: Rules) -> bool:
    """The programme lets the money be put onto the gift card."""
    return answers_load(session, event, rules) and load_objection(session, event, rules) is None


def visit_open(session: Session, _event: AskAgain, _rules: Rules) -> bool:
    """A card is here and its sale is not closed yet."""
    return session.card is not None and session.sale is None


def names_last_awaited(session: Session, event: ReceiptArrived, _rules: Rules) -> bool:
    """The receipt says what became of the sale on the screen: its last transaction is named."""
    return any(result.seq in session.awaited[-1:] for result in event.results)


def names_awaited(session: Session, event: ReceiptArrived, _rules: Rules) -> bool:
    """The receipt says what became of a part of the sale on the screen."""
    return any(result.seq in session.awaited for result in event.results)


def due(session: Session, event: TimePassed, _rules: Rules) -> bool:
    """The present wait is over."""
    return session.deadline_ms is not None and event.now_ms >= session.deadline_ms


def due_of_offers(session: Session, event: TimePassed, rules: Rules) -> bool:
    """The present wait is over, and nobody but the session itself had asked."""
    return due(session, event, rules) and offers_asked(session, event, rules)
