"""Whether money may be paid in, by the programme's own limits. Pure.

The gateway books what was paid in and refuses no sum: the cashier has the money already. So the
limits are kept here, before it is taken, and only with the gateway's word on what there is.
"""

from __future__ import annotations

from typing import Final

from gateway.model.outcome import Reason, Status
from gateway.model.programme import UnknownCardPolicy
from gateway.model.rules.earning import EarningKind
from gateway.program.stored import GiftCard, gift_card_load_refusal, top_up_refusal
from terminal_agent.session.events import AuthAnswered
from terminal_agent.session.memory import Rules, Session, SoldIn

#: What an inquiry about a card that nobody owns says; a gift card is issued by its first load.
_NEW: Final = frozenset({Reason.UNKNOWN_CARD, Reason.GIFT_CARD_UNKNOWN})


def is_known(session: Session) -> bool:
    """Whether the gateway has said how the owner of the card on the screen stands."""
    return session.told is not None


def top_up_objection(session: Session, rules: Rules, amount_minor: int) -> Reason | None:
    """Say why money may not be paid into the stored credit of the card on the screen.

    Args:
        session: with a card, of which the gateway has told.
        rules: what holds now.
        amount_minor: the money.
    """
    told, programme = session.told, rules.programme
    if programme is None or told is None:
        return Reason.PROGRAMME_UNKNOWN
    if not told.earns:
        return Reason.CARD_BLOCKED
    if not told.owned and programme.unknown_card is UnknownCardPolicy.HOLD:
        return Reason.UNKNOWN_CARD
    known = 0 if told.standing is None else told.standing.credit_minor or 0
    return top_up_refusal(programme, amount_minor=amount_minor, balance_minor=known)


def load_objection(session: Session, event: AuthAnswered, rules: Rules) -> Reason | None:
    """Say why money may not be put onto the gift card that an answer is about."""
    answer, load, programme = event.answer, session.load, rules.programme
    if programme is None or load is None:
        return Reason.PROGRAMME_UNKNOWN
    if answer.status is Status.APPLIED and answer.balance_points is not None:
        return Reason.CARD_ALREADY_ENROLLED
    if answer.status is not Status.APPLIED and answer.reason not in _NEW:
        return answer.reason
    card = None
    if answer.status is Status.APPLIED:
        left_minor = 0 if answer.standing is None else answer.standing.credit_minor or 0
        card = GiftCard(balance_minor=left_minor, currency=programme.currency)
    return gift_card_load_refusal(
        programme, card, amount_minor=load.amount_minor, at_ms=answer.answered_at_ms
    )


def sold_in(session: Session) -> SoldIn | None:
    """The closed sale that a gift card which is loaded now may have been sold in."""
    if session.sale is None:
        return session.sold_in
    return SoldIn(sale=session.sale, left_minor=session.sale.total_minor)


def shows_card(sold: SoldIn, amount_minor: int) -> bool:
    """Whether a sale shows goods for which so much could be put onto a gift card.

    A load that has nothing to do with the sale before it must not be undone with that. Of a sale
    without goods, the total has to do.
    """
    if amount_minor > sold.left_minor:
        return False
    goods = sold.sale.lines
    return not goods or any(
        line.amount_minor >= amount_minor
        and line.amount_minor * 1_000 == amount_minor * line.quantity_milli
        for line in goods
    )


def knows_event(rules: Rules, name: str) -> bool:
    """Whether the rules give anything for something that is no purchase."""
    earning = () if rules.programme is None else rules.programme.rules.earning
    return any(one.kind is EarningKind.EVENT and one.event == name for one in earning)
