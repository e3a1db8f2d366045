"""The counter dialogue: every transition, in one table.

Theory of operation
===================

A visit brings a card and a sale together, in either order, and ends when the journal has the
transactions. The *card side* is a tap; the *sale side* is a total that the till is sure of
(``SaleOffered``) and later the close of the sale (``SaleClosed``), the only thing that earns.

Everything that decides stands here. ``guards`` are questions, ``effects`` are small changes of
memory with actions for the owner; neither knows a state, save that the picture of a state is drawn
in ``screen``. A pair of state and event that has no row is ignored on purpose: a second tap of the
same card, a request for points while one is under way.

Rows are tried in order: those of the present state first, then those that hold everywhere. The
first whose guard agrees is taken. A row with a target enters that state anew: the remark of the
row before is wiped unless the row keeps it, and the state's wait starts (``_WAITS``). A row
without a target only changes what is remembered: the state, its wait and the remark stay, unless
the row sets another.

Earning never waits for the network. A sale that closes while a reservation is unanswered is
accepted at once as a plain earn, and the reservation is given up: the cashier takes money off
only after the screen has said that the points are held, so nothing was promised yet.

A hold has exactly one end. Whatever takes the session away from ``AUTHORISING`` or ``RESERVED``,
other than the close of the sale it was made for, runs ``free_points``; an answer that comes after
that runs ``cancel_late_grant``. At the close, the posting of the hold and the earn go into the
journal in one commit; should the journal refuse, the hold is freed.

A sale is accepted once. Its key is remembered with its acceptance, and a reprint is recognised by
it. The gateway checks the same for all time; here it keeps the screen honest. A sale that points
were held for is accepted under the key they are held for, because the till's paper may give the
sale its final key only with its last line; both keys are remembered.

``ACCEPTING`` lasts from the ``Accept`` action to the journal's answer. The owner carries the action
out and hands the answer back before any other event.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Final

from terminal_agent.session import effects as do
from terminal_agent.session import guards as when
from terminal_agent.session.actions import Action, Show
from terminal_agent.session.effects import Effect
from terminal_agent.session.events import (
    AuthAnswered,
    CardTapped,
    CardTroubled,
    Event,
    JournalAccepted,
    JournalRefused,
    OperatorCancelled,
    ReceiptArrived,
    RedeemAsked,
    SaleCancelled,
    SaleClosed,
    SaleOffered,
    TimePassed,
)
from terminal_agent.session.guards import Guard
from terminal_agent.session.memory import Rules, Session, SessionSettings
from terminal_agent.session.screen import view_of
from terminal_agent.session.states import State
from terminal_agent.session.view import Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One transition.

    Attributes:
        to: the state entered, or None to stay without starting its wait anew.
        when: the guard, or None for always.
        do: the effects, in order.
        say: a remark for the screen.
        keep: whether the remark of the row before stays although a state is entered.
    """

    to: State | None = None
    when: Guard | None = None
    do: tuple[Effect, ...] = ()
    say: Notice | None = None
    keep: bool = False


Rows = Mapping[type[Event], tuple[Row, ...]]

_CLOSE_WITH_CARD: Final = (
    Row(when=when.already_recorded, to=State.CARD, do=(do.free_points, do.forget_sale),
        say=Notice.ALREADY_RECORDED),
)  # fmt: skip

#: A visit is over or has not begun: what a new card or a new sale starts.
_FRESH: Final[Rows] = {
    CardTapped: (Row(to=State.CARD, do=(do.forget_sale, do.take_card)),),
    SaleOffered: (
        Row(when=when.already_recorded, to=State.IDLE, do=(do.forget_card, do.forget_sale),
            say=Notice.ALREADY_RECORDED),
        Row(to=State.SALE, do=(do.forget_card, do.take_total)),
    ),
    SaleClosed: (
        Row(when=when.already_recorded, to=State.IDLE, do=(do.forget_card, do.forget_sale),
            say=Notice.ALREADY_RECORDED),
        Row(to=State.LATE, do=(do.forget_card, do.take_sale)),
    ),
}  # fmt: skip

#: The sale was accepted and its card may still lie on the reader.
_DONE: Final[Rows] = {
    **_FRESH,
    CardTapped: (Row(when=when.same_card), *_FRESH[CardTapped]),
    RedeemAsked: (Row(say=Notice.REDEEM_TOO_LATE),),
    OperatorCancelled: (Row(to=State.IDLE, do=(do.forget_card, do.forget_sale)),),
    TimePassed: (Row(when=when.due, to=State.IDLE, do=(do.forget_card, do.forget_sale)),),
}

TABLE: Final[Mapping[State, Rows]] = {
    State.IDLE: {
        **_FRESH,
        RedeemAsked: (Row(to=State.IDLE, say=Notice.CARD_FIRST),),
        CardTroubled: (Row(to=State.IDLE, do=(do.note_trouble,)),),
        TimePassed: (Row(when=when.due, to=State.IDLE),),
    },
    State.CARD: {
        CardTapped: (
            Row(when=when.same_card),
            Row(to=State.CARD, do=(do.take_card,)),
        ),
        SaleOffered: (
            Row(when=when.already_recorded, say=Notice.ALREADY_RECORDED),
            Row(to=State.PREVIEW, do=(do.take_total,)),
        ),
        SaleClosed: (
            Row(when=when.already_recorded, say=Notice.ALREADY_RECORDED),
            Row(to=State.ACCEPTING, do=(do.take_sale, do.accept)),
        ),
        RedeemAsked: (Row(say=Notice.SALE_FIRST),),
        OperatorCancelled: (Row(to=State.IDLE, do=(do.forget_card,)),),
        TimePassed: (Row(when=when.due, to=State.IDLE, do=(do.forget_card,)),),
    },
    State.SALE: {
        CardTapped: (Row(to=State.PREVIEW, do=(do.take_card,)),),
        SaleOffered: (
            Row(when=when.already_recorded, to=State.IDLE, do=(do.forget_sale,),
                say=Notice.ALREADY_RECORDED),
            Row(to=State.SALE, do=(do.take_total,)),
        ),
        SaleClosed: (
            Row(when=when.already_recorded, to=State.IDLE, do=(do.forget_sale,),
                say=Notice.ALREADY_RECORDED),
            Row(to=State.LATE, do=(do.take_sale,)),
        ),
        SaleCancelled: (Row(to=State.IDLE, do=(do.forget_sale,), say=Notice.SALE_CANCELLED),),
        RedeemAsked: (Row(say=Notice.CARD_FIRST),),
        OperatorCancelled: (Row(to=State.IDLE, do=(do.forget_sale,)),),
        TimePassed: (Row(when=when.due, to=State.IDLE, do=(do.forget_sale,)),),
    },
    State.PREVIEW: {
        CardTapped: (
            Row(when=when.same_card),
            Row(to=State.PREVIEW, do=(do.take_card,)),
        ),
        SaleOffered: (
            Row(when=when.already_recorded, to=State.CARD, do=(do.forget_sale,),
                say=Notice.ALREADY_RECORDED),
            Row(to=State.PREVIEW, do=(do.take_total,)),
        ),
        SaleClosed: (
            *_CLOSE_WITH_CARD,
            Row(to=State.ACCEPTING, do=(do.take_sale, do.accept)),
        ),
        SaleCancelled: (Row(to=State.CARD, do=(do.forget_sale,), say=Notice.SALE_CANCELLED),),
        RedeemAsked: (
            Row(when=when.redeemable, to=State.AUTHORISING, do=(do.reserve,)),
            Row(to=State.PREVIEW, do=(do.note_why_not,)),
        ),
        OperatorCancelled: (Row(to=State.IDLE, do=(do.forget_card, do.forget_sale)),),
        TimePassed: (Row(when=when.due, to=State.IDLE, do=(do.forget_card, do.forget_sale)),),
    },
    State.AUTHORISING: {
        CardTapped: (
            Row(when=when.same_card),
            Row(to=State.PREVIEW, do=(do.free_points, do.take_card),
                say=Notice.REDEEM_CARD_CHANGED),
        ),
        SaleOffered: (
            Row(when=when.already_recorded, to=State.CARD, do=(do.free_points, do.forget_sale),
                say=Notice.ALREADY_RECORDED),
            Row(when=when.same_total),
            Row(to=State.PREVIEW, do=(do.free_points, do.take_total),
                say=Notice.REDEEM_SALE_CHANGED),
        ),
        SaleClosed: (
            *_CLOSE_WITH_CARD,
            Row(to=State.ACCEPTING, do=(do.free_points, do.take_sale, do.accept),
                say=Notice.REDEEM_TOO_LATE),
        ),
        SaleCancelled: (Row(to=State.CARD, do=(do.free_points, do.forget_sale),
                            say=Notice.SALE_CANCELLED),),
        AuthAnswered: (
            Row(when=when.grants, to=State.RESERVED, do=(do.take_grant,)),
            Row(when=when.answers_reservation, to=State.PREVIEW, do=(do.note_refusal,)),
        ),
        OperatorCancelled: (Row(to=State.PREVIEW, do=(do.free_points,),
                                say=Notice.REDEEM_CANCELLED),),
        TimePassed: (Row(when=when.due, to=State.PREVIEW, do=(do.free_points,),
                         say=Notice.REDEEM_OFFLINE),),
    },
    State.RESERVED: {
        CardTapped: (
            Row(when=when.same_card),
            Row(to=State.PREVIEW, do=(do.free_points, do.take_card),
                say=Notice.REDEEM_CARD_CHANGED),
        ),
        SaleOffered: (
            Row(when=when.already_recorded, to=State.CARD, do=(do.free_points, do.forget_sale),
                say=Notice.ALREADY_RECORDED),
            Row(when=when.covers_grant, do=(do.take_total,)),
            Row(to=State.PREVIEW, do=(do.free_points, do.take_total),
                say=Notice.REDEEM_SALE_CHANGED),
        ),
        SaleClosed: (
            *_CLOSE_WITH_CARD,
            Row(when=when.covers_grant, to=State.ACCEPTING, do=(do.take_sale, do.accept)),
            Row(to=State.ACCEPTING, do=(do.free_points, do.take_sale, do.accept),
                say=Notice.REDEEM_SALE_CHANGED),
        ),
        SaleCancelled: (Row(to=State.CARD, do=(do.free_points, do.forget_sale),
                            say=Notice.SALE_CANCELLED),),
        OperatorCancelled: (Row(to=State.PREVIEW, do=(do.free_points,),
                                say=Notice.REDEEM_CANCELLED),),
        TimePassed: (Row(when=when.due, to=State.PREVIEW, do=(do.free_points,),
                         say=Notice.REDEEM_LAPSED),),
    },
    State.LATE: {
        CardTapped: (Row(to=State.ACCEPTING, do=(do.take_card, do.accept)),),
        SaleOffered: (
            Row(when=when.already_recorded, say=Notice.ALREADY_RECORDED),
            Row(to=State.SALE, do=(do.count_anonymous, do.take_total)),
        ),
        SaleClosed: (
            Row(when=when.already_recorded, say=Notice.ALREADY_RECORDED),
            Row(when=when.same_closed_sale),
            Row(to=State.LATE, do=(do.count_anonymous, do.take_sale)),
        ),
        RedeemAsked: (Row(say=Notice.REDEEM_TOO_LATE),),
        OperatorCancelled: (Row(to=State.IDLE, do=(do.count_anonymous, do.forget_sale)),),
        TimePassed: (Row(when=when.due, to=State.IDLE, do=(do.count_anonymous, do.forget_sale),
                         say=Notice.NO_CARD),),
    },
    State.ACCEPTING: {
        JournalAccepted: (Row(to=State.ACCEPTED, do=(do.remember_accepted,), keep=True),),
        JournalRefused: (Row(to=State.REFUSED, do=(do.free_points, do.note_journal_refusal)),),
    },
    State.ACCEPTED: {
        **_DONE,
        ReceiptArrived: (Row(when=when.names_awaited, to=State.RECEIPTED, do=(do.take_result,)),),
    },
    State.RECEIPTED: _DONE,
    State.REFUSED: {
        **_FRESH,
        OperatorCancelled: (Row(to=State.IDLE, do=(do.forget_card, do.forget_sale)),),
        TimePassed: (Row(when=when.due, to=State.IDLE, do=(do.forget_card, do.forget_sale)),),
    },
}  # fmt: skip

#: Rows that hold in every state, after the state's own. None of them leaves the state.
EVERYWHERE: Final[Rows] = {
    CardTroubled: (Row(do=(do.note_trouble,)),),
    AuthAnswered: (
        Row(when=when.grants_abandoned, do=(do.cancel_late_grant,)),
        Row(when=when.answers_inquiry, do=(do.take_balance,)),
    ),
}

_WAITS: Final = {
    State.CARD: attrgetter("card_wait_ms"),
    State.SALE: attrgetter("sale_wait_ms"),
    State.PREVIEW: attrgetter("sale_wait_ms"),
    State.AUTHORISING: attrgetter("auth_wait_ms"),
    State.RESERVED: attrgetter("sale_wait_ms"),
    State.LATE: attrgetter("late_tap_ms"),
    State.ACCEPTED: attrgetter("show_ms"),
    State.RECEIPTED: attrgetter("show_ms"),
    State.REFUSED: attrgetter("attention_ms"),
}


def step(session: Session, event: Event, rules: Rules) -> tuple[Session, tuple[Action, ...]]:
    """Take one event.

    Args:
        session: what is remembered so far.
        event: what happened.
        rules: what holds at that moment.

    Returns:
        the session afterwards, and the actions to carry out in order: the new picture first where
        it changed, then the rest. An event without a row changes nothing and asks nothing.
    """
    row = choose(session, event, rules)
    if row is None:
        return session, ()
    changed = session
    if row.to is not None:
        changed = replace(changed, state=row.to)
    if row.to is not None and not row.keep:
        changed = replace(changed, notice=None, reason=None, refusal=None, trouble=None)
    if row.say is not None:
        changed = replace(changed, notice=row.say)
    actions: list[Action] = []
    for effect in row.do:
        changed, more = effect(changed, event, rules)
        actions.extend(more)
    if row.to is not None:
        changed = replace(changed, deadline_ms=_deadline(changed, event, rules.settings))
    view = view_of(changed, rules)
    if view != view_of(session, rules):
        actions.insert(0, Show(view=view))
    return changed, tuple(actions)


def choose(session: Session, event: Event, rules: Rules) -> Row | None:
    """Pick the first row that applies, or None where the event is ignored on purpose."""
    kind = type(event)
    rows = (*TABLE[session.state].get(kind, ()), *EVERYWHERE.get(kind, ()))
    for row in rows:
        if row.when is None or row.when(session, event, rules):
            return row
    return None


def _deadline(session: Session, event: Event, settings: SessionSettings) -> int | None:
    remark = session.notice or session.trouble
    if session.state is State.IDLE:
        return None if remark is None else event.now_ms + settings.show_ms
    if session.state not in _WAITS:
        return None
    wait_ms: int = _WAITS[session.state](settings)
    # The gateway frees a hold by itself in the end; the screen must not promise it any longer.
    if isinstance(event, AuthAnswered) and session.grant and event.stands_ms is not None:
        wait_ms = min(wait_ms, event.stands_ms)
    return event.now_ms + wait_ms
