"""How templates write figures, money, days and what strangers typed, each in the reader's way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import wraps
from typing import Final

from flask import Flask
from flask_babel import gettext as _
from flask_babel import pgettext
from jinja2 import pass_context
from jinja2.runtime import Context

from gateway.formatting.bidi import without_controls
from gateway.formatting.dates import (
    moment_at,
    write_ago,
    write_date,
    write_moment,
    write_month,
    write_typed_date,
)
from gateway.formatting.numbers import (
    MoneyUnit,
    shows_tomans,
    write_number,
    write_percent,
    write_signed,
    write_tomans,
)
from gateway.model.money import Currency
from web_admin.context import current_clock
from web_admin.reader import current_language, current_zone

#: What stands where nothing is known.
NOTHING: Final = "—"
_MASK_SHOWN: Final = 8
_CLIP_CHARACTERS: Final = 300


def init_filters(app: Flask) -> None:
    """Give an application's templates their filters; ``install_language`` comes before."""
    for name, function in _FILTERS.items():
        app.add_template_filter(_at_run_time(function), name)


def _at_run_time(function: Callable[..., str]) -> Callable[..., str]:
    """Keep Jinja from writing a constant once, in the language of the page's first visitor."""

    @pass_context
    @wraps(function)
    def called(_context: Context, *values: object, **named: object) -> str:
        return function(*values, **named)

    return called


def num(value: int | None) -> str:
    """A whole number with the reader's digits and separators."""
    return NOTHING if value is None else write_number(value, current_language())


def signed(value: int | None) -> str:
    """A change, its sign always on its left."""
    return NOTHING if value is None else write_signed(value, current_language())


def percent(basis_points: int | None) -> str:
    """Hundredths of a percent as a percentage."""
    return NOTHING if basis_points is None else write_percent(basis_points, current_language())


def money(
    amount_minor: int | None, currency: Currency, unit: MoneyUnit = MoneyUnit.CURRENCY
) -> str:
    """An amount with its unit.

    Args:
        amount_minor: in the currency's smallest unit; None where it is not known.
        currency: what it is counted in.
        unit: whether rials are shown as tomans.
    """
    if amount_minor is None:
        return NOTHING
    language = current_language()
    if shows_tomans(currency, unit):
        return str(_("%(amount)s tomans", amount=write_tomans(amount_minor, language)))
    amount = write_number(amount_minor, language, exponent=currency.exponent)
    if currency.code == "IRR":
        return str(_("%(amount)s rials", amount=amount))
    if currency.code == "EUR":
        return str(_("%(amount)s euros", amount=amount))
    return str(pgettext("money", "%(amount)s %(code)s", amount=amount, code=currency.code))


def date_of(value: int | date | None) -> str:
    """A day; a moment's day is the one it has in the house's time zone."""
    return NOTHING if value is None else write_date(_day(value), current_language())


def typed_date(value: int | date | None) -> str:
    """A day as a date field holds it; empty where there is none."""
    return "" if value is None else write_typed_date(_day(value), current_language())


def month(value: int | date | None) -> str:
    """The month of a day."""
    return NOTHING if value is None else write_month(_day(value), current_language())


def moment(value: int | datetime | None) -> str:
    """A day and a time of day."""
    return NOTHING if value is None else write_moment(_moment(value), current_language())


def printed(value: str | None) -> str:
    """When a paper says it was printed: local time in ISO 8601, or a date alone; no zone is known.

    What is no such time is shown as it came.
    """
    if value is None:
        return NOTHING
    try:
        when = datetime.fromisoformat(value)
    except ValueError:
        return clipped(value)
    if "T" not in value:
        return write_date(when.date(), current_language())
    return write_moment(when, current_language())


def ago(value: int | datetime | None) -> str:
    """How long ago a moment was."""
    if value is None:
        return NOTHING
    now = moment_at(current_clock().unix_ms(), current_zone())
    return write_ago(_moment(value), now, current_language())


def iso(value: int | datetime) -> str:
    """A moment for the ``datetime`` attribute of ``<time>``."""
    return _moment(value).isoformat(timespec="seconds")


def mask(token: str | bytes | None) -> str:
    """The start of a card's token: enough to tell cards apart, too little to be one."""
    if token is None:
        return NOTHING
    text = token.hex() if isinstance(token, bytes) else token
    return f"{text[:_MASK_SHOWN]}…"


def clipped(text: object, characters: int = _CLIP_CHARACTERS) -> str:
    """A stranger's text without direction marks, and no longer than a page can bear."""
    plain = without_controls(str(text))
    return plain if len(plain) <= characters else f"{plain[:characters]}…"


def _moment(value: int | datetime) -> datetime:
    zone = current_zone()
    return value.astimezone(zone) if isinstance(value, datetime) else moment_at(value, zone)


def _day(value: int | date) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    return _moment(value).date()


_FILTERS: Final[dict[str, Callable[..., str]]] = {
    "num": num,
    "signed": signed,
    "percent": percent,
    "money": money,
    "date": date_of,
    "typed_date": typed_date,
    "month": month,
    "moment": moment,
    "printed": printed,
    "ago": ago,
    "iso": iso,
    "mask": mask,
    "clipped": clipped,
}
