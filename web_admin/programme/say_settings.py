"""The calendar, the goods' groups and the clocks of the branches in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import gettext as _
from flask_babel import ngettext

from gateway.model.programme import Programme
from gateway.model.rules.settings import BranchClock, Occasion, Settings
from web_admin import filters
from web_admin.programme.say_goods import item_set
from web_admin.programme.sentence import (
    Item,
    Section,
    Sentence,
    and_,
    code,
    said,
    sentence,
    trusted,
)
from web_admin.programme.voice import WEEKDAYS, clock, day, title_of, yearly_day


def calendar_section(programme: Programme) -> Section:
    """Occasions, groups of members and of goods."""
    rules = programme.rules
    items = [
        Item(key=one.id, title=title_of(one), sentences=tuple(_occasion(one)))
        for one in rules.occasions
    ]
    for category in rules.categories:
        text = said(_("it is made of %(goods)s"), goods=item_set(category.items))
        items.append(
            Item(
                key=f"category:{category.id}",
                title=said(_("Category %(name)s"), name=code(category.id)),
                sentences=(sentence("items", text),),
            )
        )
    if rules.segments:
        names = and_([code(name) for name in rules.segments])
        text = said(_("the shop keeps the groups %(names)s"), names=names)
        items.append(
            Item(
                key=":segments",
                title=trusted(_("Groups of members")),
                sentences=(sentence("segments", text),),
            )
        )
    return Section(
        key="calendar", title=_("Calendar and groups"), icon="calendar", items=tuple(items)
    )


def clocks_section(programme: Programme) -> Section:
    """Whose clock counts, and where days and weeks begin."""
    settings = programme.rules.settings
    items = [Item(key="settings", sentences=tuple(_settings(programme, settings)))]
    for one in settings.branch_clocks:
        title = said(_("Branch %(name)s"), name=code(one.branch))
        items.append(Item(key=one.branch, title=title, sentences=tuple(_branch(one))))
    return Section(key="clocks", title=_("Clocks and settings"), icon="clock", items=tuple(items))


def _occasion(one: Occasion) -> Iterator[Sentence]:
    if one.month is not None and one.day is not None:
        text = said(_("every year on %(day)s"), day=yearly_day(one.month, one.day, one.calendar))
    else:
        text = said(_("on %(days)s"), days=and_([day(one_day) for one_day in one.dates]))
    yield sentence("days", text)


def _settings(programme: Programme, settings: Settings) -> Iterator[Sentence]:
    yield sentence(
        "zone", said(_("days are counted in the time zone %(zone)s"), zone=code(settings.zone))
    )
    yield _cutoff(settings.cutoff_minute)
    week = said(_("weeks begin on %(weekday)s"), weekday=str(WEEKDAYS[settings.first_weekday]))
    yield sentence("first_weekday", week)
    night = said(_("the nightly run begins at %(time)s"), time=clock(settings.nightly_minute))
    yield sentence("nightly_minute", night)
    if settings.assumed_tax_bp:
        share = filters.percent(settings.assumed_tax_bp)
        pattern = _("where the till tells no tax, %(share)s is assumed to be in the prices")
        yield sentence("assumed_tax_bp", said(pattern, share=share))
    minutes, seconds = divmod(programme.hold_ttl_ms // 1_000, 60)
    if seconds:
        text = ngettext(
            "a reservation frees itself after %(count)s second",
            "a reservation frees itself after %(count)s seconds",
            programme.hold_ttl_ms // 1_000,
            count=filters.num(programme.hold_ttl_ms // 1_000),
        )
    else:
        text = ngettext(
            "a reservation frees itself after %(count)s minute",
            "a reservation frees itself after %(count)s minutes",
            minutes,
            count=filters.num(minutes),
        )
    yield sentence("hold_ttl_ms", trusted(text))


def _cutoff(minute: int) -> Sentence:
    if minute == 0:
        return sentence("cutoff", trusted(_("a business day ends at midnight")))
    pattern = _("a business day ends at %(time)s of the next morning")
    return sentence("cutoff", said(pattern, time=clock(minute)))


def _branch(one: BranchClock) -> Iterator[Sentence]:
    if one.zone is not None:
        yield sentence("zone", said(_("its time zone is %(zone)s"), zone=code(one.zone)))
    if one.cutoff_minute is not None:
        yield _cutoff(one.cutoff_minute)
