"""How a programme's figures, names and days are said in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol

from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from markupsafe import Markup, escape

from gateway.formatting.numbers import Language, MoneyUnit, write_number
from gateway.model.money import Currency
from gateway.model.programme import Programme
from gateway.model.rules.expiry import CalendarKind
from gateway.model.rules.rules import Rules
from gateway.model.rules.scope import Weekday
from web_admin import filters
from web_admin.programme.sentence import code, plain, said, trusted
from web_admin.reader import current_language

WEEKDAYS: Final = {
    Weekday.MONDAY: lazy_gettext("Monday"),
    Weekday.TUESDAY: lazy_gettext("Tuesday"),
    Weekday.WEDNESDAY: lazy_gettext("Wednesday"),
    Weekday.THURSDAY: lazy_gettext("Thursday"),
    Weekday.FRIDAY: lazy_gettext("Friday"),
    Weekday.SATURDAY: lazy_gettext("Saturday"),
    Weekday.SUNDAY: lazy_gettext("Sunday"),
}
_EVERY: Final = {
    Weekday.MONDAY: lazy_gettext("Mondays"),
    Weekday.TUESDAY: lazy_gettext("Tuesdays"),
    Weekday.WEDNESDAY: lazy_gettext("Wednesdays"),
    Weekday.THURSDAY: lazy_gettext("Thursdays"),
    Weekday.FRIDAY: lazy_gettext("Fridays"),
    Weekday.SATURDAY: lazy_gettext("Saturdays"),
    Weekday.SUNDAY: lazy_gettext("Sundays"),
}
MONTHS: Final = {
    CalendarKind.GREGORIAN: (
        lazy_gettext("January"),
        lazy_gettext("February"),
        lazy_gettext("March"),
        lazy_gettext("April"),
        lazy_gettext("May"),
        lazy_gettext("June"),
        lazy_gettext("July"),
        lazy_gettext("August"),
        lazy_gettext("September"),
        lazy_gettext("October"),
        lazy_gettext("November"),
        lazy_gettext("December"),
    ),
    CalendarKind.JALALI: (
        lazy_gettext("Farvardin"),
        lazy_gettext("Ordibehesht"),
        lazy_gettext("Khordad"),
        lazy_gettext("Tir"),
        lazy_gettext("Mordad"),
        lazy_gettext("Shahrivar"),
        lazy_gettext("Mehr"),
        lazy_gettext("Aban"),
        lazy_gettext("Azar"),
        lazy_gettext("Dey"),
        lazy_gettext("Bahman"),
        lazy_gettext("Esfand"),
    ),
}


class Titled(Protocol):
    """What has a name for machines and one for people in each language."""

    @property
    def id(self) -> str:
        """For machines."""

    @property
    def title_en(self) -> str:
        """In English; may be empty."""

    @property
    def title_fa(self) -> str:
        """In Persian; may be empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """How one programme is said.

    Attributes:
        currency: what it counts in.
        unit: whether rials are shown as tomans.
        rules: whose names and clocks are meant.
    """

    currency: Currency
    unit: MoneyUnit
    rules: Rules

    def money(self, amount_minor: int) -> Markup:
        """An amount of money."""
        return escape(filters.money(amount_minor, self.currency, self.unit))

    def points(self, count: int) -> Markup:
        """So many points, by the name that the shop gave them."""
        settings = self.rules.settings
        persian = current_language() is Language.FA
        name = settings.points_name_fa if persian else settings.points_name_en
        if name:
            return said(_("%(count)s %(name)s"), count=filters.num(count), name=plain(name))
        return trusted(
            ngettext("%(count)s point", "%(count)s points", count, count=filters.num(count))
        )

    def credit(self, amount_minor: int) -> Markup:
        """So much stored credit."""
        return said(_("%(amount)s of stored credit"), amount=self.money(amount_minor))

    def tier(self, name: str) -> Markup:
        """A level's name."""
        return self._known(self.rules.tiers.levels, name)

    def reward(self, name: str) -> Markup:
        """A reward's name."""
        return self._known(self.rules.rewards, name)

    def occasion(self, name: str) -> Markup:
        """An occasion's name."""
        return self._known(self.rules.occasions, name)

    def weekdays(self, days: tuple[Weekday, ...]) -> list[str]:
        """Days of the week as something that comes back, in the order of the shop's weeks."""
        order = list(Weekday)
        first = order.index(self.rules.settings.first_weekday)
        ordered = [*order[first:], *order[:first]]
        return [str(_EVERY[day]) for day in ordered if day in days]

    def _known(self, parts: tuple[Titled, ...], name: str) -> Markup:
        return next((title_of(part) for part in parts if part.id == name), code(name))


def voice_of(programme: Programme, unit: MoneyUnit) -> Voice:
    """How a programme is said in a shop that shows money in ``unit``."""
    return Voice(currency=programme.currency, unit=unit, rules=programme.rules)


def title_of(part: Titled) -> Markup:
    """What something is called: in the reader's language, in the other one, or its id."""
    titles = (part.title_en, part.title_fa)
    if current_language() is Language.FA:
        titles = titles[::-1]
    name = next((title for title in titles if title), None)
    return code(part.id) if name is None else plain(name)


def clock(minute: int) -> str:
    """A time of day from minutes after midnight; 1440 is 24:00."""
    language = current_language()
    hour, rest = (write_number(part, language) for part in divmod(minute, 60))
    zero = write_number(0, language)
    return f"{hour.rjust(2, zero)}:{rest.rjust(2, zero)}"


def day(value: date) -> str:
    """A day of one year."""
    return filters.date_of(value)


def yearly_day(month: int, day_of_month: int, calendar: CalendarKind) -> Markup:
    """A day that comes back every year."""
    return said(
        _("%(day)s %(month)s"),
        day=filters.num(day_of_month),
        month=MONTHS[calendar][month - 1],
    )


def times(count: int) -> Markup:
    """How often."""
    return trusted(ngettext("once", "%(count)s times", count, count=filters.num(count)))


def days(count: int) -> Markup:
    """A length in days."""
    return trusted(ngettext("%(count)s day", "%(count)s days", count, count=filters.num(count)))


def months(count: int) -> Markup:
    """A length in months."""
    return trusted(ngettext("%(count)s month", "%(count)s months", count, count=filters.num(count)))


def years(count: int) -> Markup:
    """A length in years."""
    return trusted(ngettext("%(count)s year", "%(count)s years", count, count=filters.num(count)))
