"""Conditions in words: each a part of a sentence that stands before what is given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from markupsafe import Markup

from gateway.model.rules.condition import BIRTHDAY, Condition, MemberDay, TaxBasis
from gateway.model.rules.scope import Window
from web_admin import filters
from web_admin.programme.say_goods import goods
from web_admin.programme.sentence import and_, code, or_, said, trusted
from web_admin.programme.voice import Voice, clock, day, days

MEMBER_DAYS: Final = {BIRTHDAY: lazy_gettext("birthday")}
"""Members' own days that need no explanation."""


def conditions(when: Condition, voice: Voice) -> list[Markup]:
    """Every condition, in the order in which people say them: when, where, who, what."""
    return [
        *_window(when.window, voice),
        *_places(when),
        *_groups(when, voice),
        *_member_day(when.member_day),
        *_visits(when),
        *_interval(when),
        *_amounts(when, voice),
    ]


def _window(window: Window, voice: Voice) -> Iterator[Markup]:
    first, last = window.first_day, window.last_day
    if first and last:
        yield said(_("from %(first)s to %(last)s"), first=day(first), last=day(last))
    elif first:
        yield said(_("from %(first)s on"), first=day(first))
    elif last:
        yield said(_("until %(last)s"), last=day(last))
    if window.weekdays:
        yield said(_("on %(weekdays)s"), weekdays=and_(voice.weekdays(window.weekdays)))
    if window.occasions:
        names = or_([voice.occasion(name) for name in window.occasions])
        yield said(_("on the occasion of %(names)s"), names=names)
    if window.hours:
        hours = [
            said(
                _("between %(start)s and %(end)s"),
                start=clock(one.from_minute),
                end=clock(one.to_minute),
            )
            for one in window.hours
        ]
        yield or_(hours)


def _places(when: Condition) -> Iterator[Markup]:
    if when.branches:
        names = or_([code(name) for name in when.branches])
        yield trusted(
            ngettext(
                "at the branch %(names)s",
                "at the branches %(names)s",
                len(when.branches),
                names=names,
            )
        )


def _groups(when: Condition, voice: Voice) -> Iterator[Markup]:
    if when.tiers:
        names = or_([voice.tier(name) for name in when.tiers])
        yield said(_("for members of %(tiers)s"), tiers=names)
    if when.segments:
        names = or_([code(name) for name in when.segments])
        yield said(_("for the group %(groups)s"), groups=names)
    if when.first_purchase:
        yield trusted(_("at a member's first purchase"))


def _member_day(wanted: MemberDay | None) -> Iterator[Markup]:
    if wanted is None:
        return
    name = MEMBER_DAYS.get(wanted.day)
    which = code(wanted.day) if name is None else trusted(str(name))
    before, after = days(wanted.days_before), days(wanted.days_after)
    if not (wanted.days_before or wanted.days_after):
        pattern = _("on the member's %(day)s")
    elif not wanted.days_after:
        pattern = _("from %(before)s before the member's %(day)s until that day")
    elif not wanted.days_before:
        pattern = _("from the member's %(day)s until %(after)s later")
    else:
        pattern = _("from %(before)s before to %(after)s after the member's %(day)s")
    yield said(pattern, day=which, before=before, after=after)


def _visits(when: Condition) -> Iterator[Markup]:
    if when.visit_every is not None:
        yield trusted(
            ngettext(
                "at every visit",
                "once every %(count)s visits",
                when.visit_every,
                count=filters.num(when.visit_every),
            )
        )
    least, most = when.visits_minimum, when.visits_maximum
    if least is None and most is None:
        return
    if least is not None and most is not None:
        pattern = _("at the visits %(least)s to %(most)s")
    else:
        pattern = _("from visit %(least)s on") if most is None else _("up to visit %(most)s")
    text = said(pattern, least=filters.num(least), most=filters.num(most))
    if when.visits_within_days is None:
        yield text
    else:
        within = days(when.visits_within_days)
        yield said(_("%(visits)s within the last %(days)s"), visits=text, days=within)


def _interval(when: Condition) -> Iterator[Markup]:
    least, most = when.days_since_visit_minimum, when.days_since_visit_maximum
    if least is not None and most is not None:
        yield said(
            _("for members whose last visit was %(least)s to %(most)s ago"),
            least=filters.num(least),
            most=days(most),
        )
    elif least is not None:
        yield said(_("for members who stayed away for %(days)s or longer"), days=days(least))
    elif most is not None:
        yield said(_("for members who were here in the last %(days)s"), days=days(most))


def _amounts(when: Condition, voice: Voice) -> Iterator[Markup]:
    which = goods(when.items) or trusted(_("goods"))
    amount = _amount(when, voice)
    if amount is not None:
        if when.amount_basis is TaxBasis.BEFORE_TAX:
            amount = said(_("%(amount)s without tax"), amount=amount)
        if when.items.empty:
            yield said(_("on purchases of %(amount)s"), amount=amount)
        else:
            yield said(_("when %(amount)s are spent on %(goods)s"), goods=which, amount=amount)
    elif when.minimum_pieces is None and not when.items.empty:
        yield said(_("when %(goods)s are bought"), goods=which)
    if when.minimum_pieces is not None:
        yield trusted(
            ngettext(
                "with at least one piece of %(goods)s",
                "with at least %(count)s pieces of %(goods)s",
                when.minimum_pieces,
                count=filters.num(when.minimum_pieces),
                goods=which,
            )
        )


def _amount(when: Condition, voice: Voice) -> Markup | None:
    least, most = when.minimum_minor, when.maximum_minor
    if least is not None and most is not None:
        return said(_("%(least)s to %(most)s"), least=voice.money(least), most=voice.money(most))
    if least is not None:
        return said(_("at least %(amount)s"), amount=voice.money(least))
    if most is not None:
        return said(_("at most %(amount)s"), amount=voice.money(most))
    return None
