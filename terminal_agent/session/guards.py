"""The questions that pick a row of the table. Their names are written into the diagram."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway.model.authorisation import AuthKind
from gateway.model.outcome import Reason, Status
from terminal_agent.session.estimate import redemption_quote
from terminal_agent.session.events import (
    AuthAnswered,
    CardTapped,
    ReceiptArrived,
    RedeemAsked,
    SaleClosed,
    SaleOffered,
    TimePassed,
)
from terminal_agent.session.memory import Rules, Session

Guard = Callable[[Session, Any, Rules], bool]
"""(session, event, rules) -> does the row apply. The event's type is the row's."""


def same_card(session: Session, event: CardTapped, _rules: Rules) -> bool:
    """The card of this visit was tapped again."""
    return session.card is not None and session.card.token == event.card.token


def already_recorded(session: Session, event: SaleOffered | SaleClosed, _rules: Rules) -> bool:
    """The sale was accepted before: a reprinted receipt."""
    key = event.key if isinstance(event, SaleOffered) else event.sale.key
    return key in session.accepted_keys


def same_total(session: Session, event: SaleOffered, _rules: Rules) -> bool:
    """The till repeated the total that the reservation was asked for."""
    return session.offer is not None and session.offer.total_minor == event.total_minor


def covers_grant(session: Session, event: SaleOffered | SaleClosed, _rules: Rules) -> bool:
    """The total is still at least what the held points stand for."""
    total_minor = event.total_minor if isinstance(event, SaleOffered) else event.sale.total_minor
    return session.grant is not None and session.grant.amount_minor <= total_minor


def same_closed_sale(session: Session, event: SaleClosed, _rules: Rules) -> bool:
    """The closed sale that waits for a tap was told again."""
    return session.sale is not None and session.sale.key == event.sale.key


def redeemable(session: Session, event: RedeemAsked, rules: Rules) -> bool:
    """By what the terminal knows, the programme allows the redemption."""
    return not isinstance(redemption_quote(rules, session, event.points), Reason)


def answers_inquiry(session: Session, event: AuthAnswered, _rules: Rules) -> bool:
    """It is the answer to the last question after the card's balance."""
    answer = event.answer
    return answer.kind is AuthKind.INQUIRE and answer.request_id == session.inquiry_id


def answers_reservation(session: Session, event: AuthAnswered, _rules: Rules) -> bool:
    """It is the answer to the reservation now waited for."""
    answer = event.answer
    return answer.kind is AuthKind.RESERVE and answer.request_id == session.asked


def grants(session: Session, event: AuthAnswered, rules: Rules) -> bool:
    """The reservation now waited for was granted, with figures to post it by."""
    answer = event.answer
    return (
        answers_reservation(session, event, rules)
        and answer.status is Status.APPLIED
        and bool(answer.points)
        and bool(answer.amount_minor)
    )


def grants_abandoned(session: Session, event: AuthAnswered, _rules: Rules) -> bool:
    """A reservation that was given up meanwhile has been granted after all."""
    answer = event.answer
    return (
        answer.kind is AuthKind.RESERVE
        and answer.status is Status.APPLIED
        and answer.request_id in session.abandoned
    )


def names_awaited(session: Session, event: ReceiptArrived, _rules: Rules) -> bool:
    """The receipt says what became of the sale on the screen: its last transaction is named."""
    return any(result.seq in session.awaited[-1:] for result in event.results)


def due(session: Session, event: TimePassed, _rules: Rules) -> bool:
    """The present wait is over."""
    return session.deadline_ms is not None and event.now_ms >= session.deadline_ms
