"""The rules in force, and how figures are said and read under them."""

from __future__ import annotations

from datetime import date
from typing import Final, cast

from flask import g
from flask_babel import gettext as _
from flask_babel import pgettext

from gateway.formatting.digits import read_money, read_number
from gateway.formatting.numbers import plain_amount
from gateway.model.ids import BranchId
from gateway.model.money import Currency
from gateway.model.programme import Programme
from gateway.program.local_time import business_day
from web_admin import filters
from web_admin.context import current_house, current_organisation
from web_admin.programme.versions import Versions, read_versions
from web_admin.programme.voice import Voice, voice_of

#: What nobody has ever been given by hand, and far below what the ledger can hold.
FIGURE_MAX: Final = 10**15
_VERSIONS: Final = "mohr_desk_versions"


def current_versions() -> Versions:
    """Every version of the rules, read once for each request.

    Raises:
        LedgerError: if they cannot be read.
    """
    if _VERSIONS not in g:
        setattr(g, _VERSIONS, read_versions(current_house()))
    return cast("Versions", getattr(g, _VERSIONS))


def current_rules() -> Programme | None:
    """The rules in force; None before there are any."""
    return current_versions().in_force


def currency_named(code: str | None) -> Currency | None:
    """A currency by its code: as the newest version counts that counts in it, if one does."""
    known = (one.currency for one in reversed(current_versions().known))
    return next((one for one in known if one.code == code), None)


def voice(rules: Programme) -> Voice:
    """How these rules are said in this shop."""
    return voice_of(rules, current_organisation().money_unit)


def money(amount_minor: int | None, code: str | None) -> str:
    """An amount of a currency that is known by its code alone.

    While the rules in force name the currency before theirs, the amount stands in both.
    """
    currency, rules = currency_named(code), current_rules()
    if currency is None:
        return f"{filters.num(amount_minor)} {code or ''}".strip()
    unit = current_organisation().money_unit
    now = filters.money(amount_minor, currency, unit)
    before = None if rules is None or rules.currency != currency else rules.succeeds
    if before is None or amount_minor is None:
        return now
    old = filters.money(amount_minor * before.factor(currency), before.currency, unit)
    return str(pgettext("money", "%(now)s (%(before)s)", now=now, before=old))


def plain_money(amount_minor: int, code: str) -> str:
    """The same for programs: ASCII digits without separators, in the currency's unit."""
    currency = currency_named(code)
    return str(amount_minor) if currency is None else plain_amount(amount_minor, currency)


def unit_hint(rules: Programme) -> str:
    """In which unit amounts of money are typed."""
    example = voice(rules).money(10 ** (rules.currency.exponent + 5))
    return str(_("Written as %(example)s.", example=example.striptags()))


def typed_points(text: str | None) -> int | None:
    """A number of points above zero as somebody typed it; None for anything else."""
    return _above_zero(read_number(text or ""))


def typed_money(text: str | None, rules: Programme) -> int | None:
    """An amount above zero as somebody typed it, in the smallest unit; None for anything else."""
    return _above_zero(read_money(text or "", rules.currency, current_organisation().money_unit))


def last_day(expires_at_ms: int | None, branch: BranchId, rules: Programme | None) -> date | None:
    """The last business day on which something can be used; None for never."""
    if expires_at_ms is None or rules is None:
        return None
    return business_day(rules.rules.settings, branch, expires_at_ms - 1)


def _above_zero(value: int | None) -> int | None:
    return value if value is not None and 0 < value <= FIGURE_MAX else None
