"""From what the session remembers to what the display shows. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from gateway.model.outcome import Reason, Status
from terminal_agent.session.estimate import (
    next_reward,
    points_to_come,
    redemption_quote,
    sale_under_way,
)
from terminal_agent.session.memory import Rules, Session
from terminal_agent.session.states import State
from terminal_agent.session.view import Screen, View

_SCREENS: Final[dict[State, Screen]] = {
    State.IDLE: Screen.READY,
    State.CARD: Screen.CARD,
    State.SALE: Screen.SALE,
    State.PREVIEW: Screen.PREVIEW,
    State.AUTHORISING: Screen.AUTHORISING,
    State.RESERVED: Screen.RESERVED,
    State.LATE: Screen.LATE,
    State.ACCEPTING: Screen.ACCEPTING,
    State.ACCEPTED: Screen.ACCEPTED,
    State.RECEIPTED: Screen.APPLIED,
    State.REFUSED: Screen.REFUSED,
}


def view_of(session: Session, rules: Rules) -> View:
    """Draw the session as one picture.

    Args:
        session: what is remembered.
        rules: what holds now; the previews are made with its programme.

    Returns:
        the view; equal sessions under equal rules give equal views.
    """
    draw = _result_view if session.state is State.RECEIPTED else _dialogue_view
    view = replace(draw(session, rules), greeting=session.greeting)
    reward = next_reward(rules)
    if reward is None or view.balance_points is None:
        return view
    # How far it is to a reward is only said to whom it belongs.
    return replace(view, reward_points=reward.points, reward_minor=reward.amount_minor)


def _dialogue_view(session: Session, rules: Rules) -> View:
    redeem_points, redeem_minor = _redemption(session, rules)
    sale = session.sale
    if sale is None and session.offer is not None:
        sale = sale_under_way(session.offer)
    grant = session.grant or session.redeemed
    return View(
        screen=_SCREENS[session.state],
        points=None if sale is None else points_to_come(rules, sale, grant),
        balance_points=session.balance_points,
        total_minor=None if sale is None else sale.total_minor,
        redeem_points=redeem_points,
        redeem_minor=redeem_minor,
        currency=rules.currency,
        reason=session.reason,
        refusal=session.refusal,
        trouble=session.trouble,
        notice=session.notice,
    )


def _redemption(session: Session, rules: Rules) -> tuple[int | None, int | None]:
    grant = session.grant or session.redeemed
    if grant is not None:
        return grant.points, grant.amount_minor
    # What could be paid with points is only offered once the balance is known.
    if session.state is not State.PREVIEW or session.balance_points is None:
        return None, None
    quote = redemption_quote(rules, session, None)
    if isinstance(quote, Reason):
        return None, None
    return quote.points, quote.amount_minor


def _result_view(session: Session, rules: Rules) -> View:
    result = session.result
    assert result is not None, "receipted is only entered with a result"
    screen = {
        Status.APPLIED: Screen.APPLIED,
        Status.DUPLICATE: Screen.APPLIED,
        Status.HELD: Screen.HELD,
        Status.REFUSED: Screen.NOT_APPLIED,
    }[result.status]
    return View(
        screen=screen,
        points=result.points,
        balance_points=result.balance_points,
        total_minor=None if session.sale is None else session.sale.total_minor,
        redeem_points=None if session.redeemed is None else session.redeemed.points,
        redeem_minor=None if session.redeemed is None else session.redeemed.amount_minor,
        currency=rules.currency,
        reason=None if result.reason is Reason.NONE else result.reason,
        notice=session.notice,
        trouble=session.trouble,
    )
