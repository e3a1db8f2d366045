"""Tiers in sentences: what is measured, when a level begins and ends, what it brings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from markupsafe import Markup

from gateway.model.programme import Programme
from gateway.model.rules.tiers import (
    Downgrade,
    TierBasis,
    TierEnd,
    TierLevel,
    TierPeriod,
    TierScheme,
    TierStart,
)
from web_admin import filters
from web_admin.programme.say_gift import calendar_words
from web_admin.programme.sentence import Item, Section, Sentence, and_, said, sentence, trusted
from web_admin.programme.voice import Voice, days, months, title_of, yearly_day

_BASES: Final = {
    TierBasis.POINTS_EARNED: lazy_gettext(
        "what counts are the points earned %(period)s; spending them changes nothing"
    ),
    TierBasis.SPEND: lazy_gettext(
        "what counts is the money spent %(period)s, less what was returned"
    ),
    TierBasis.VISITS: lazy_gettext("what counts are the visits %(period)s"),
    TierBasis.BALANCE: lazy_gettext("what counts are the points that a member has now"),
}
_DOWNGRADES: Final = {
    Downgrade.NEVER: lazy_gettext("nobody goes down"),
    Downgrade.ONE_DOWN: lazy_gettext("when it ends, a member goes down by one level"),
    Downgrade.TO_BASIS: lazy_gettext(
        "when it ends, a member gets the level that what counts suffices for"
    ),
}


def tiers_section(programme: Programme, voice: Voice) -> Section:
    """The levels, and how members move between them."""
    scheme = programme.rules.tiers
    items: list[Item] = []
    if scheme.levels:
        sentences = tuple(scheme_sentences(scheme))
        items.append(Item(key=":scheme", sentences=sentences))
    items += [
        Item(
            key=level.id,
            title=title_of(level),
            sentences=tuple(level_sentences(level, scheme.basis, voice)),
        )
        for level in scheme.levels
    ]
    return Section(key="tiers", title=_("Tiers"), icon="list-check", items=tuple(items))


def threshold_words(threshold: int, basis: TierBasis, voice: Voice) -> Markup:
    """How much of the basis a level needs."""
    match basis:
        case TierBasis.SPEND:
            return voice.money(threshold)
        case TierBasis.VISITS:
            return trusted(
                ngettext(
                    "%(count)s visit", "%(count)s visits", threshold, count=filters.num(threshold)
                )
            )
        case _:
            return voice.points(threshold)


def level_sentences(level: TierLevel, basis: TierBasis, voice: Voice) -> Iterator[Sentence]:
    """What one level says."""
    if level.threshold:
        needed = threshold_words(level.threshold, basis, voice)
        yield sentence("threshold", said(_("members reach it with %(amount)s"), amount=needed))
    else:
        yield sentence("threshold", trusted(_("every member has it from the start")))
    if level.keeps_for_ever:
        yield sentence("keeps_for_ever", trusted(_("whoever reached it keeps it for ever")))
    if level.benefits:
        names = and_([title_of(benefit) for benefit in level.benefits])
        yield sentence("benefits", said(_("it brings %(benefits)s"), benefits=names))


def scheme_sentences(scheme: TierScheme) -> Iterator[Sentence]:
    """How members move between the levels."""
    yield sentence("basis", said(str(_BASES[scheme.basis]), period=_period(scheme)))
    if scheme.start is TierStart.IMMEDIATE:
        start = _("a level begins as soon as it is reached")
    else:
        start = _("a level begins with the period after the one in which it is reached")
    yield sentence("start", trusted(start))
    yield sentence("end", _end(scheme))
    yield from _grace(scheme)
    if scheme.end is not TierEnd.NONE or scheme.downgrade is not Downgrade.TO_BASIS:
        yield sentence("downgrade", trusted(str(_DOWNGRADES[scheme.downgrade])))
    if scheme.counts_this_sale:
        text = _("a purchase that reaches a level already counts as made in it")
        yield sentence("counts_this_sale", trusted(text))
    if scheme.period not in (TierPeriod.EVER, TierPeriod.ROLLING) or scheme.keep_months:
        yield sentence("calendar", calendar_words(scheme.calendar))


def _period(scheme: TierScheme) -> Markup:
    match scheme.period:
        case TierPeriod.EVER:
            return trusted(_("since joining"))
        case TierPeriod.ROLLING:
            return said(_("in the last %(months)s"), months=months(scheme.window_months))
        case TierPeriod.MONTH:
            return trusted(_("in the month"))
        case TierPeriod.QUARTER:
            return trusted(_("in the quarter"))
        case TierPeriod.YEAR:
            return trusted(_("in the year"))


def _end(scheme: TierScheme) -> Markup:
    match scheme.end:
        case TierEnd.NONE:
            return trusted(_("a level lasts as long as what counts suffices for it"))
        case TierEnd.FIXED:
            return said(_("a level is kept for %(length)s"), length=_length(scheme))
        case TierEnd.JOIN_DATE:
            return trusted(_("a level is kept until the next anniversary of joining"))
        case TierEnd.ABSOLUTE:
            last = yearly_day(scheme.keep_until_month, scheme.keep_until_day, scheme.calendar)
            return said(_("a level is kept until the next %(day)s"), day=last)
        case TierEnd.PERIOD:
            return trusted(_("a level is kept until the end of the period it was reached in"))
        case TierEnd.NEXT_PERIOD:
            return trusted(_("a level is kept until the end of the period after that"))


def _length(scheme: TierScheme) -> Markup:
    parts = []
    if scheme.keep_months:
        parts.append(months(scheme.keep_months))
    if scheme.keep_days:
        parts.append(days(scheme.keep_days))
    return and_(parts)


def _grace(scheme: TierScheme) -> Iterator[Sentence]:
    parts = []
    if scheme.grace_months:
        parts.append(months(scheme.grace_months))
    if scheme.grace_days:
        parts.append(days(scheme.grace_days))
    if parts:
        text = said(
            _("it lasts %(length)s longer, so that nobody loses it at once"), length=and_(parts)
        )
        yield sentence("grace", text)
    if scheme.round_up_to_month:
        yield sentence("round_up_to_month", trusted(_("its end moves to the end of the month")))
