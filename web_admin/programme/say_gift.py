"""Gifts, limits and lifetimes in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from markupsafe import Markup

from gateway.formatting.numbers import write_number
from gateway.model.rules.caps import Cap, CapMeasure, CapOwner
from gateway.model.rules.expiry import CalendarKind, Expiry, ExpiryKind
from gateway.model.rules.reward import Gift, GiftKind
from web_admin import filters
from web_admin.programme.choices import PERIODS
from web_admin.programme.say_goods import goods
from web_admin.programme.sentence import Sentence, said, sentence, trusted
from web_admin.programme.voice import Voice, day, days, months, times, years
from web_admin.reader import current_language

_PERMILLE: Final = 1_000

_USES: Final = {
    CapOwner.ALL: lazy_gettext("it is given at most %(times)s %(period)s"),
    CapOwner.MEMBER: lazy_gettext("each member gets it at most %(times)s %(period)s"),
    CapOwner.BRANCH: lazy_gettext("each branch gives it at most %(times)s %(period)s"),
}
_AMOUNTS: Final = {
    CapOwner.ALL: lazy_gettext("it gives at most %(amount)s %(period)s"),
    CapOwner.MEMBER: lazy_gettext("each member gets at most %(amount)s from it %(period)s"),
    CapOwner.BRANCH: lazy_gettext("each branch gives at most %(amount)s from it %(period)s"),
}
_FOR: Final = lazy_gettext("%(what)s can be spent for %(length)s")
_WITHOUT_END: Final = lazy_gettext("%(what)s can be spent without an end")
_UNTIL: Final = lazy_gettext("%(what)s can be spent until %(day)s")
#: How long something lasts: with a count of 0, and with another one.
_LASTS: Final = {
    ExpiryKind.NEVER: (_WITHOUT_END, _WITHOUT_END),
    ExpiryKind.DAYS: (_FOR, _FOR),
    ExpiryKind.MONTHS: (_FOR, _FOR),
    ExpiryKind.MONTH_END: (
        lazy_gettext("%(what)s can be spent until the end of the same month"),
        lazy_gettext("%(what)s can be spent until the end of the month that is %(length)s later"),
    ),
    ExpiryKind.QUARTER_END: (
        lazy_gettext("%(what)s can be spent until the end of the same quarter"),
        lazy_gettext("%(what)s can be spent until the end of the quarter that is %(length)s later"),
    ),
    ExpiryKind.YEAR_END: (
        lazy_gettext("%(what)s can be spent until the end of the same year"),
        lazy_gettext("%(what)s can be spent until the end of the year that is %(length)s later"),
    ),
    ExpiryKind.DATE: (_UNTIL, _UNTIL),
}
#: What the count counts, where it is not months.
_LENGTHS: Final = {ExpiryKind.DAYS: days, ExpiryKind.YEAR_END: years}
_BY_CALENDAR: Final = frozenset(ExpiryKind) - {ExpiryKind.NEVER, ExpiryKind.DAYS, ExpiryKind.DATE}


def multiple(permille: int) -> Markup:
    """How many times something counts."""
    if permille == 2 * _PERMILLE:
        return trusted(_("double"))
    if permille == 3 * _PERMILLE:
        return trusted(_("threefold"))
    exponent = 3
    while exponent and permille % 10 == 0:
        permille, exponent = permille // 10, exponent - 1
    number = write_number(permille, current_language(), exponent=exponent)
    return trusted(_("%(number)s times", number=number))


def gift_words(gift: Gift, voice: Voice) -> Markup:
    """What is given, as the object of ``gets``."""
    if gift.kind in (GiftKind.MONEY_OFF, GiftKind.PERCENT_OFF):
        return _off(gift, voice)
    if gift.kind in (GiftKind.FREE_ITEM, GiftKind.PRODUCT_PRICE):
        return _pieces(gift, voice)
    return _other(gift, voice)


def gift_notes(gift: Gift, voice: Voice) -> Iterator[Sentence]:
    """What else there is to say about a gift."""
    if gift.cheapest:
        yield sentence("gift.cheapest", trusted(_("only the cheapest piece counts")))
    if gift.cap_minor is not None:
        most = said(_("at most %(amount)s are taken off"), amount=voice.money(gift.cap_minor))
        yield sentence("gift.cap_minor", most)
    if gift.kind in (GiftKind.COUPON, GiftKind.BENEFIT):
        yield sentence(
            "gift.quantity", said(_("it can be used %(times)s"), times=times(gift.quantity))
        )
        if gift.valid_days is not None:
            valid = said(_("it lapses after %(days)s"), days=days(gift.valid_days))
            yield sentence("gift.valid_days", valid)


def cap_sentence(cap: Cap, voice: Voice, key: str, given: Callable[[int], Markup]) -> Sentence:
    """A limit.

    Args:
        cap: the limit.
        voice: how the programme is said.
        key: of the sentence.
        given: how so much of what is given is said, for limits of that.
    """
    period = PERIODS[cap.period]
    if cap.measure is CapMeasure.USES:
        return sentence(key, said(str(_USES[cap.owner]), times=times(cap.limit), period=period))
    amount = voice.money if cap.measure is CapMeasure.AMOUNT else given
    return sentence(key, said(str(_AMOUNTS[cap.owner]), amount=amount(cap.limit), period=period))


def expiry_sentences(expiry: Expiry, what: Markup, key: str) -> Iterator[Sentence]:
    """How long something can be spent.

    Args:
        expiry: when it lapses.
        what: the subject, such as ``points``.
        key: of the sentence; those beside it are named after it.
    """
    yield sentence(key, _can_be_spent(expiry, what))
    if expiry.sliding:
        text = _("every purchase and every redemption of the member starts this time anew")
        yield sentence(f"{key}.sliding", trusted(text))
    if expiry.kind in _BY_CALENDAR:
        yield sentence(f"{key}.calendar", calendar_words(expiry.calendar))


def calendar_words(calendar: CalendarKind) -> Markup:
    """Whose months and years are meant."""
    if calendar is CalendarKind.JALALI:
        return trusted(_("months and years are those of the Jalali calendar"))
    return trusted(_("months and years are those of the Gregorian calendar"))


def _can_be_spent(expiry: Expiry, what: Markup) -> Markup:
    count = expiry.count
    same, later = _LASTS[expiry.kind]
    length = _LENGTHS.get(expiry.kind, months)(count)
    last = "" if expiry.last_day is None else day(expiry.last_day)
    return said(str(later if count else same), what=what, length=length, day=last)


def _off(gift: Gift, voice: Voice) -> Markup:
    if gift.kind is GiftKind.MONEY_OFF:
        off = said(_("%(amount)s off"), amount=voice.money(gift.amount_minor or 0))
    else:
        off = said(_("%(share)s off"), share=filters.percent(gift.percent_bp))
    which = goods(gift.items)
    return off if which is None else said(_("%(discount)s on %(goods)s"), discount=off, goods=which)


def _pieces(gift: Gift, voice: Voice) -> Markup:
    which = goods(gift.items) or trusted(_("goods"))
    pieces = trusted(
        ngettext(
            "one piece of %(goods)s",
            "%(count)s pieces of %(goods)s",
            gift.quantity,
            count=filters.num(gift.quantity),
            goods=which,
        )
    )
    if gift.kind is GiftKind.FREE_ITEM:
        return said(_("%(pieces)s for free"), pieces=pieces)
    price = voice.money(gift.price_minor or 0)
    return said(_("%(pieces)s for %(price)s each"), pieces=pieces, price=price)


def _other(gift: Gift, voice: Voice) -> Markup:
    match gift.kind:
        case GiftKind.POINTS:
            return said(_("%(points)s more"), points=voice.points(gift.points or 0))
        case GiftKind.MULTIPLIER:
            more = multiple(gift.multiplier_permille or 0)
            return said(_("the points of the sale %(multiple)s"), multiple=more)
        case GiftKind.CREDIT:
            return voice.credit(gift.amount_minor or 0)
        case GiftKind.COUPON:
            name = voice.reward(gift.reward or "")
            return said(_("a coupon for the reward %(reward)s"), reward=name)
        case _:
            return trusted(_("this benefit from the cashier"))
