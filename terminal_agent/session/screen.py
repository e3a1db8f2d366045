"""From what the session remembers to what the display shows. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from gateway.model.outcome import Reason, Status
from gateway.model.receipt import Result
from gateway.model.sale import Sale, SaleSource
from terminal_agent.session.estimate import next_reward, preview_of, sale_under_way
from terminal_agent.session.member_view import member_view, parts_of
from terminal_agent.session.memory import Preview, Rules, Session
from terminal_agent.session.paying import due_minor, price_minor
from terminal_agent.session.states import State
from terminal_agent.session.tenders import with_tenders
from terminal_agent.session.view import Notice, Screen, View
from terminal_agent.session.wishes import redemption_quote

_SCREENS: Final[dict[State, Screen]] = {
    State.IDLE: Screen.READY,
    State.CARD: Screen.CARD,
    State.SALE: Screen.SALE,
    State.PREVIEW: Screen.PREVIEW,
    State.AUTHORISING: Screen.AUTHORISING,
    State.RESERVED: Screen.RESERVED,
    State.LOADING: Screen.LOADING,
    State.LATE: Screen.LATE,
    State.ACCEPTING: Screen.ACCEPTING,
    State.ACCEPTED: Screen.ACCEPTED,
    State.RECEIPTED: Screen.APPLIED,
    State.REFUSED: Screen.REFUSED,
}
#: The sale is sealed, or was to be: what it brings changes no more with the time of day.
_ON_ITS_WAY: Final = frozenset({State.ACCEPTING, State.ACCEPTED, State.REFUSED})


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
    preview = _preview(session, rules)
    shown = session.sale or session.offer
    held = session.redeemed or session.grants
    due = None
    if session.offer is not None and session.grants:
        due = due_minor(session.offer, session.grants)
    return View(
        screen=_SCREENS[session.state],
        points=None if preview is None else preview.points,
        coming_minor=None if preview is None else preview.credit_minor or None,
        about=preview is not None and not preview.sure,
        balance_points=session.balance_points,
        total_minor=None if shown is None else shown.total_minor,
        redeem_points=redeem_points,
        redeem_minor=redeem_minor,
        parts=parts_of(rules, held, () if session.offer is None else session.offer.lines),
        due_minor=due,
        member=member_view(rules, session.told),
        purse_minor=None if session.purse is None else session.purse.left_minor,
        load_minor=None if session.load is None else session.load.amount_minor,
        currency=session.currency or rules.currency,
        before=rules.before if session.currency in (None, rules.currency) else None,
        reason=session.reason,
        refusal=session.refusal,
        trouble=session.trouble,
        notice=session.notice,
    )


def _sale(session: Session) -> Sale | None:
    """The sale as it will be sealed, as far as it is known."""
    sale = session.sale
    if sale is None and session.offer is not None:
        price = price_minor(session.offer, session.grants)
        sale = replace(sale_under_way(session.offer), total_minor=price)
    return None if sale is None else with_tenders(sale, session.grants)


def _preview(session: Session, rules: Rules) -> Preview | None:
    """What the sale brings: as it was promised, once it is on its way."""
    if session.state in _ON_ITS_WAY:
        return session.promised
    sale = _sale(session)
    # What was told before the currency changed cannot be rated by the rules of now.
    known = session.currency is None or session.currency == rules.currency
    return (
        preview_of(rules, session.told, sale, session.card) if sale is not None and known else None
    )


def _redemption(session: Session, rules: Rules) -> tuple[int | None, int | None]:
    """What could be paid with points; it is only offered once the balance is known."""
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
    earned = session.earn_seq is not None
    return View(
        screen=screen,
        points=result.points if earned else None,
        balance_points=result.balance_points,
        total_minor=None if session.sale is None else session.sale.total_minor,
        promised_points=_broken_promise(session, result),
        parts=parts_of(rules, session.redeemed),
        currency=session.currency or rules.currency,
        before=rules.before if session.currency in (None, rules.currency) else None,
        reason=None if result.reason is Reason.NONE else result.reason,
        notice=Notice.CLAIM_KNOWN if _claimed_before(session, result) else session.notice,
        trouble=session.trouble,
    )


def _claimed_before(session: Session, result: Result) -> bool:
    """The gateway says of a claimed sale that it is somebody's already."""
    claimed = session.sale is not None and session.sale.source is SaleSource.CLAIMED
    return claimed and result.reason is Reason.SALE_ALREADY_RECORDED


def _broken_promise(session: Session, result: Result) -> int | None:
    """What a sale was surely said to bring, where the gateway says something else."""
    promised = session.promised
    if promised is None or not promised.sure or result.seq != session.earn_seq:
        return None
    if result.status is Status.REFUSED or promised.points == result.points:
        return None
    return promised.points
