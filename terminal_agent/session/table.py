"""The counter dialogue: every transition, in one table.

Theory of operation
===================

A visit brings a card and a sale together, in either order, and ends when the journal has the
transactions. The *card side* is a tap; the *sale side* is a total that the till is sure of
(``SaleOffered``) and later the close of the sale (``SaleClosed``), the only thing that earns.

Everything that decides stands here. ``guards`` are questions, ``effects`` are small changes of
memory with actions for the owner; neither knows a state, save that the picture of a state is drawn
in ``screen``. A pair of state and event that has no row is ignored on purpose: a second tap of the
same card, a wish while another is under way.

Rows are tried in order: those of the present state first, then those that hold everywhere. The
first whose guard agrees is taken. A row with a target enters that state anew: the remark of the
row before is wiped unless the row keeps it, and the state's wait starts (``machine``). A row
without a target only changes what is remembered: the state, its wait and the remark stay, unless
the row sets another. The target ``BACK`` is the state that fits what is left: see ``ground``.

Earning never waits for the network. A sale that closes while a reservation is unanswered is
accepted at once, and the reservation is given up: the cashier takes money off only after the
screen has said that it is held, so nothing was promised yet.

Several things can be held for one sale, one asked for after the other: what offers take off, which
the session asks for by itself, rewards and coupons, then points, stored credit and gift cards.
A hold has exactly one end. Whatever takes the session away from ``AUTHORISING`` or ``RESERVED``,
other than the close of the sale it was made for, frees it; an answer that comes after that runs
``cancel_late_grant``. At the close, the postings of the holds and the earn go into the journal in
one commit; should the journal refuse, the holds are freed.

A sale is accepted once. Its key is remembered with its acceptance, and a reprint is recognised by
it. The gateway checks the same for all time; here it keeps the screen honest. A sale that something
was held for is accepted under the key of its paper, because the till's paper may give the sale its
final key only with its last line.

A closed sale can be claimed later by the code of its receipt: ``SaleClaimed`` is its close told
once more, for a card that is here or comes now, and never in the middle of another sale.

A gift card pays for whoever holds it: it is asked for first, or shown by itself and recognised by
the gateway's answer, and it earns nobody anything. ``LOADING`` puts money onto one.

``ACCEPTING`` lasts from the ``Accept`` action to the journal's answer. The owner carries the action
out and hands the answer back before any other event.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from terminal_agent.session import effects as do
from terminal_agent.session import effects_paying as pay
from terminal_agent.session import guards as when
from terminal_agent.session.events import (
    AskAgain,
    AuthAnswered,
    CardTapped,
    CardTroubled,
    GiftLoadAsked,
    JournalAccepted,
    JournalRefused,
    OffersDeclined,
    OperatorCancelled,
    OwnerChanged,
    ReceiptArrived,
    SaleCancelled,
    SaleClaimed,
    SaleClosed,
    SaleDoubted,
    SaleOffered,
    TimePassed,
    UseAsked,
)
from terminal_agent.session.memory import Session
from terminal_agent.session.rows import BACK, Row, Rows
from terminal_agent.session.states import State
from terminal_agent.session.view import Notice


def ground(session: Session) -> State:
    """The state that fits what is remembered, while no sale is closed."""
    if session.asked is not None:
        return State.AUTHORISING
    if session.grants:
        return State.RESERVED
    if session.offer is not None:
        return State.SALE if session.card is None else State.PREVIEW
    return State.IDLE if session.card is None else State.CARD


#: A reprinted receipt, in the middle of something else.
_KNOWN: Final = Row(when=when.already_recorded, say=Notice.ALREADY_RECORDED)

#: A receipt's code that was claimed here before, and one in the middle of another sale.
_CLAIMED: Final = Row(when=when.already_recorded, say=Notice.CLAIM_KNOWN)
_CLAIM_LATER: Final[tuple[Row, ...]] = (Row(say=Notice.CLAIM_LATER),)

#: A paper that a person decides about ends the visit: the next customer's sale is no part of it.
_DOUBTED: Final = Row(
    to=State.IDLE, do=(pay.free_all, do.forget_card, do.forget_sale), say=Notice.NEEDS_REVIEW
)

#: A visit is over or has not begun: what a new card or a new sale starts.
_FRESH: Final[Rows] = {
    CardTapped: (Row(to=State.CARD, do=(do.forget_sale, do.take_card)),),
    SaleOffered: (
        Row(when=when.already_recorded, to=State.IDLE, do=(do.forget_card, do.forget_sale),
            say=Notice.ALREADY_RECORDED),
        Row(to=State.SALE, do=(do.forget_card, do.forget_sale, do.take_total)),
    ),
    SaleClosed: (
        Row(when=when.already_recorded, to=State.IDLE, do=(do.forget_card, do.forget_sale),
            say=Notice.ALREADY_RECORDED),
        Row(to=State.LATE, do=(do.forget_card, do.forget_sale, do.take_sale)),
    ),
    SaleClaimed: (
        Row(when=when.already_recorded, to=State.IDLE, do=(do.forget_card, do.forget_sale),
            say=Notice.CLAIM_KNOWN),
        Row(to=State.LATE, do=(do.forget_card, do.forget_sale, do.take_sale),
            say=Notice.CLAIM_TAKEN),
    ),
    SaleDoubted: (_DOUBTED,),
    GiftLoadAsked: (Row(to=State.LOADING, do=(pay.await_load, do.forget_card, do.forget_sale)),),
}  # fmt: skip

#: Where a sale is being paid: what may be used on it, and the ways out.
_PAYING: Final[Rows] = {
    UseAsked: (
        Row(when=when.nobodys_points, say=Notice.CARD_FIRST),
        Row(when=when.gift_card_wanted, to=BACK, do=(pay.await_gift_card,),
            say=Notice.PRESENT_GIFT_CARD),
        Row(when=when.usable, to=State.AUTHORISING, do=(pay.forget_gift_wish, pay.reserve)),
        Row(to=BACK, do=(pay.note_why_not,)),
    ),
    SaleCancelled: (Row(to=BACK, do=(pay.free_all, do.forget_sale), say=Notice.SALE_CANCELLED),),
    SaleDoubted: (_DOUBTED,),
    SaleClaimed: _CLAIM_LATER,
}  # fmt: skip

#: A visit is over, and its card may still lie on the reader.
_DONE: Final[Rows] = {
    **_FRESH,
    CardTapped: (Row(when=when.same_card), *_FRESH[CardTapped]),
    UseAsked: (Row(say=Notice.REDEEM_TOO_LATE),),
    OperatorCancelled: (Row(to=State.IDLE, do=(do.forget_card, do.forget_sale)),),
    TimePassed: (Row(when=when.due, to=State.IDLE, do=(do.forget_card, do.forget_sale)),),
}

_RECORDED_BEFORE: Final = Row(
    when=when.already_recorded, to=BACK, do=(pay.free_all, do.forget_sale),
    say=Notice.ALREADY_RECORDED,
)  # fmt: skip

#: The total is another one than what is held was made for.
_OTHER_TOTAL: Final = (
    Row(when=when.offers_only_due, to=State.AUTHORISING,
        do=(pay.free_all, do.take_total, pay.ask_offers)),
    Row(when=when.offers_due, to=State.AUTHORISING,
        do=(pay.free_all, do.take_total, pay.ask_offers), say=Notice.REDEEM_SALE_CHANGED),
    Row(to=BACK, do=(pay.free_all, do.take_total), say=Notice.REDEEM_SALE_CHANGED),
)  # fmt: skip

_NOBODY_CLOSES: Final = Row(
    when=when.nobody_to_record, to=State.LATE, do=(pay.free_all, do.take_sale),
    say=Notice.REDEEM_SALE_CHANGED,
)  # fmt: skip
_GIFT_CARD_HERE: Final = Row(
    when=when.gift_card_awaited, to=State.AUTHORISING, do=(pay.reserve_gift,)
)
_NO_GIFT_CARD_AFTER_ALL: Final = Row(
    when=when.gift_card_pending, to=BACK, do=(pay.forget_gift_wish,), say=Notice.NO_GIFT_CARD
)

TABLE: Final[Mapping[State, Rows]] = {
    State.IDLE: {
        **_FRESH,
        SaleOffered: (
            _FRESH[SaleOffered][0],
            # A gift card that was shown before the total may pay it.
            Row(to=State.SALE, do=(do.take_total,)),
        ),
        UseAsked: (Row(to=State.IDLE, say=Notice.CARD_FIRST),),
        CardTroubled: (Row(to=State.IDLE, do=(do.note_trouble,)),),
        TimePassed: (Row(when=when.due, to=State.IDLE, do=(do.forget_card,)),),
    },
    State.CARD: {
        CardTapped: (
            Row(when=when.same_card),
            Row(to=State.CARD, do=(do.take_card,)),
        ),
        SaleOffered: (
            _KNOWN,
            Row(when=when.offers_due, to=State.AUTHORISING, do=(do.take_total, pay.ask_offers)),
            Row(to=State.PREVIEW, do=(do.take_total,)),
        ),
        SaleClosed: (
            _KNOWN,
            Row(to=State.ACCEPTING, do=(do.take_sale, do.accept)),
        ),
        SaleClaimed: (_CLAIMED, Row(to=State.ACCEPTING, do=(do.take_sale, do.accept))),
        SaleDoubted: _FRESH[SaleDoubted],
        UseAsked: (Row(say=Notice.SALE_FIRST),),
        GiftLoadAsked: _FRESH[GiftLoadAsked],
        OperatorCancelled: (Row(to=State.IDLE, do=(do.forget_card,)),),
        TimePassed: (Row(when=when.due, to=State.IDLE, do=(do.forget_card,)),),
    },
    State.SALE: {
        **_PAYING,
        CardTapped: (
            _GIFT_CARD_HERE,
            Row(to=State.PREVIEW, do=(do.take_card,)),
        ),
        SaleOffered: (
            Row(when=when.already_recorded, to=State.IDLE, do=(do.forget_card, do.forget_sale),
                say=Notice.ALREADY_RECORDED),
            Row(to=State.SALE, do=(do.take_total,)),
        ),
        SaleClosed: (
            Row(when=when.already_recorded, to=State.IDLE, do=(do.forget_card, do.forget_sale),
                say=Notice.ALREADY_RECORDED),
            Row(to=State.LATE, do=(do.take_sale,)),
        ),
        OperatorCancelled: (
            _NO_GIFT_CARD_AFTER_ALL,
            Row(to=State.IDLE, do=(do.forget_card, do.forget_sale)),
        ),
        TimePassed: (Row(when=when.due, to=State.IDLE, do=(do.forget_card, do.forget_sale)),),
    },
    State.PREVIEW: {
        **_PAYING,
        CardTapped: (
            _GIFT_CARD_HERE,
            Row(when=when.same_card),
            Row(to=State.PREVIEW, do=(do.take_card,)),
        ),
        SaleOffered: (
            Row(when=when.already_recorded, to=State.CARD, do=(do.forget_sale,),
                say=Notice.ALREADY_RECORDED),
            Row(when=when.offers_due, to=State.AUTHORISING, do=(do.take_total, pay.ask_offers)),
            Row(to=State.PREVIEW, do=(do.take_total,)),
        ),
        SaleClosed: (
            _RECORDED_BEFORE,
            Row(to=State.ACCEPTING, do=(do.take_sale, do.accept)),
        ),
        AuthAnswered: (
            Row(when=when.offers_due_now_that_told, to=State.AUTHORISING,
                do=(do.take_balance, pay.ask_offers)),
        ),
        OperatorCancelled: (
            _NO_GIFT_CARD_AFTER_ALL,
            Row(to=State.IDLE, do=(do.forget_card, do.forget_sale)),
        ),
        TimePassed: (Row(when=when.due, to=State.IDLE, do=(do.forget_card, do.forget_sale)),),
    },
    State.AUTHORISING: {
        CardTapped: (
            Row(when=when.same_card),
            Row(when=when.nobodys_visit, do=(do.take_card,)),
            Row(to=BACK, do=(pay.free_all, do.take_card), say=Notice.REDEEM_CARD_CHANGED),
        ),
        SaleOffered: (
            _RECORDED_BEFORE,
            Row(when=when.fits_what_is_held, do=(do.take_total,)),
            *_OTHER_TOTAL,
        ),
        SaleClosed: (
            _RECORDED_BEFORE,
            _NOBODY_CLOSES,
            Row(when=when.offers_asked, to=State.ACCEPTING,
                do=(pay.free_what_was_not_given, do.take_sale, do.accept),
                say=Notice.OFFERS_TOO_LATE),
            Row(to=State.ACCEPTING, do=(pay.free_what_was_not_given, do.take_sale, do.accept),
                say=Notice.REDEEM_TOO_LATE),
        ),
        SaleCancelled: _PAYING[SaleCancelled],
        SaleDoubted: _PAYING[SaleDoubted],
        SaleClaimed: _CLAIM_LATER,
        AuthAnswered: (
            Row(when=when.grants, to=State.RESERVED, do=(pay.take_grant,)),
            Row(when=when.answers_reservation, to=BACK, do=(pay.note_refusal,)),
        ),
        OffersDeclined: (
            Row(when=when.offers_asked, to=BACK, do=(pay.decline_offers,),
                say=Notice.OFFERS_DECLINED),
        ),
        OperatorCancelled: (
            Row(when=when.offers_asked, to=BACK, do=(pay.decline_offers,),
                say=Notice.OFFERS_DECLINED),
            Row(to=BACK, do=(pay.free_asked,), say=Notice.REDEEM_CANCELLED),
        ),
        TimePassed: (
            Row(when=when.due_of_offers, to=BACK, do=(pay.decline_offers,),
                say=Notice.OFFERS_OFFLINE),
            Row(when=when.due, to=BACK, do=(pay.free_asked,), say=Notice.REDEEM_OFFLINE),
        ),
    },
    State.RESERVED: {
        **_PAYING,
        CardTapped: (
            _GIFT_CARD_HERE,
            Row(when=when.same_card),
            Row(when=when.nobodys_visit, do=(do.take_card,)),
            Row(to=BACK, do=(pay.free_all, do.take_card), say=Notice.REDEEM_CARD_CHANGED),
        ),
        SaleOffered: (
            _RECORDED_BEFORE,
            Row(when=when.fits_what_is_held, do=(do.take_total,)),
            *_OTHER_TOTAL,
        ),
        SaleClosed: (
            _RECORDED_BEFORE,
            _NOBODY_CLOSES,
            Row(when=when.all_was_given, to=State.ACCEPTING, do=(do.take_sale, do.accept)),
            Row(to=State.ACCEPTING, do=(pay.free_what_was_not_given, do.take_sale, do.accept),
                say=Notice.REDEEM_SALE_CHANGED),
        ),
        OffersDeclined: (
            Row(when=when.offers_held, to=BACK, do=(pay.free_offers,),
                say=Notice.OFFERS_DECLINED),
        ),
        OperatorCancelled: (
            _NO_GIFT_CARD_AFTER_ALL,
            Row(to=BACK, do=(pay.free_last,), say=Notice.REDEEM_CANCELLED),
        ),
        TimePassed: (Row(when=when.due, to=BACK, do=(pay.free_all,), say=Notice.REDEEM_LAPSED),),
    },
    State.LOADING: {
        CardTapped: (Row(to=State.LOADING, do=(pay.ask_gift_card,)),),
        AuthAnswered: (
            Row(when=when.loadable, to=State.IDLE, do=(pay.load_gift_card,)),
            Row(when=when.answers_load, to=State.IDLE, do=(pay.note_why_no_load,)),
        ),
        SaleOffered: (_KNOWN, Row(to=State.SALE, do=(pay.forget_load, do.take_total),
                                  say=Notice.LOAD_CANCELLED)),
        SaleClosed: (_KNOWN, Row(to=State.LATE, do=(pay.forget_load, do.take_sale),
                                 say=Notice.LOAD_CANCELLED)),
        SaleDoubted: (Row(to=State.IDLE, do=(pay.forget_load,), say=Notice.LOAD_CANCELLED),),
        SaleClaimed: _CLAIM_LATER,
        OperatorCancelled: (
            Row(to=State.IDLE, do=(pay.forget_load,), say=Notice.LOAD_CANCELLED),
        ),
        TimePassed: (Row(when=when.due, to=State.IDLE, do=(pay.forget_load,),
                         say=Notice.LOAD_OFFLINE),),
    },
    State.LATE: {
        CardTapped: (Row(to=State.ACCEPTING, do=(do.take_card, do.accept)),),
        SaleOffered: (
            _KNOWN, Row(to=State.SALE, do=(do.count_anonymous, do.forget_sale, do.take_total)),
        ),
        SaleClosed: (
            _KNOWN,
            Row(when=when.same_closed_sale),
            Row(to=State.LATE, do=(do.count_anonymous, do.take_sale)),
        ),
        SaleClaimed: (
            _CLAIMED,
            Row(when=when.same_closed_sale, say=Notice.CLAIM_TAKEN),
            Row(to=State.LATE, do=(do.count_anonymous, do.take_sale), say=Notice.CLAIM_TAKEN),
        ),
        SaleDoubted: (Row(to=State.IDLE, do=(do.count_anonymous, do.forget_sale),
                          say=Notice.NEEDS_REVIEW),),
        UseAsked: (Row(say=Notice.REDEEM_TOO_LATE),),
        GiftLoadAsked: (Row(to=State.LOADING, do=(do.count_anonymous, pay.await_load,
                                                  do.forget_card, do.forget_sale)),),
        OperatorCancelled: (Row(to=State.IDLE, do=(do.count_anonymous, do.forget_sale)),),
        TimePassed: (Row(when=when.due, to=State.IDLE, do=(do.count_anonymous, do.forget_sale),
                         say=Notice.NO_CARD),),
    },
    State.ACCEPTING: {
        JournalAccepted: (Row(to=State.ACCEPTED, do=(do.remember_accepted,), keep=True),),
        JournalRefused: (Row(to=State.REFUSED, do=(pay.free_all, do.note_journal_refusal)),),
    },
    State.ACCEPTED: {
        **_DONE,
        ReceiptArrived: (
            Row(when=when.names_last_awaited, to=State.RECEIPTED, do=(do.take_result,)),
            Row(when=when.names_awaited, do=(do.keep_results,)),
        ),
    },
    State.RECEIPTED: _DONE,
    State.REFUSED: {
        **_FRESH,
        OperatorCancelled: (Row(to=State.IDLE, do=(do.forget_card, do.forget_sale)),),
        TimePassed: (Row(when=when.due, to=State.IDLE, do=(do.forget_card, do.forget_sale)),),
    },
}  # fmt: skip

#: Rows that hold in every state, after the state's own.
EVERYWHERE: Final[Rows] = {
    CardTroubled: (Row(do=(do.note_trouble,)),),
    AuthAnswered: (
        Row(when=when.grants_abandoned, do=(pay.cancel_late_grant,)),
        Row(when=when.is_gift_card, to=BACK, do=(do.take_purse,), say=Notice.GIFT_CARD_SEEN),
        Row(when=when.answers_inquiry, do=(do.take_balance,)),
    ),
    OwnerChanged: (Row(do=(do.forget_facts,)),),
    AskAgain: (Row(when=when.visit_open, do=(do.ask_again,)),),
}  # fmt: skip
