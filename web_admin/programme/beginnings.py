"""What a draft can begin with: the rules that hold, simple rules, or rules by trade."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from flask_babel import LazyString, lazy_gettext

from gateway.config_programme import parse_programme
from gateway.model.money import EUR, Currency
from gateway.model.programme import Programme
from gateway.program.templates import TemplateName, programme_of
from gateway.programme_file.trade import Trade, TradeCurrency, trade_text
from web_admin.programme.versions import Versions
from web_admin.setup.words import words_of_template

IN_FORCE: Final = "in-force"
NEWEST: Final = "newest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """One thing that a draft can begin with.

    Attributes:
        key: names it in forms and in the trail.
        title: what it is called.
        hint: for whom it is.
        make: makes the rules.
    """

    key: str
    title: LazyString
    hint: LazyString
    make: Callable[[], Programme]


_TRADES: Final = {
    Trade.CAFE_STAMP_CARD: (
        lazy_gettext("Café: a stamp card"),
        lazy_gettext("Each coffee gives a stamp, and the tenth coffee is free."),
    ),
    Trade.GROCERY_POINTS: (
        lazy_gettext("Grocery: points for amounts"),
        lazy_gettext("Points for what is spent, some goods left out, and days that count double."),
    ),
    Trade.BOUTIQUE_TIERS: (
        lazy_gettext("Boutique: tiers"),
        lazy_gettext("Levels for those who buy much, with benefits that are no money."),
    ),
    Trade.RESTAURANT_BIRTHDAY: (
        lazy_gettext("Restaurant: birthdays"),
        lazy_gettext("A gift around the birthday, and discounts on feast days."),
    ),
    Trade.PETROL_BRANCHES: (
        lazy_gettext("Petrol: several branches"),
        lazy_gettext("Rules that differ from branch to branch, with limits of their own."),
    ),
    Trade.GIFT_CARDS: (
        lazy_gettext("Gift cards and credit"),
        lazy_gettext("Cards that hold money, credit to pay in, and cash back."),
    ),
}


def beginnings(known: Versions, zone: str) -> tuple[Beginning, ...]:
    """Everything that the next draft can begin with.

    Args:
        known: the versions there are; there must be one.
        zone: the shop's time zone, which rules by trade cannot know.
    """
    newest = known.newest
    assert newest is not None, "a gateway is made with rules"
    return (*_own(known), *_simple(newest), *_by_trade(newest, zone))


def _own(known: Versions) -> list[Beginning]:
    found = []
    held, newest = known.in_force, known.newest
    if held is not None:
        found.append(
            Beginning(
                key=IN_FORCE,
                title=lazy_gettext("The rules in force"),
                hint=lazy_gettext("Change what holds now, step by step."),
                make=lambda: held,
            )
        )
    if newest is not None and newest != held:
        found.append(
            Beginning(
                key=NEWEST,
                title=lazy_gettext("The rules published last"),
                hint=lazy_gettext("They are not in force yet; the draft replaces them."),
                make=lambda: newest,
            )
        )
    return found


def _simple(newest: Programme) -> list[Beginning]:
    def maker(name: TemplateName) -> Callable[[], Programme]:
        return lambda: replace(programme_of(name, newest.currency), name=newest.name)

    return [
        Beginning(
            key=f"simple:{name}",
            title=words_of_template(name).title,
            hint=words_of_template(name).hint,
            make=maker(name),
        )
        for name in TemplateName
    ]


def _by_trade(newest: Programme, zone: str) -> list[Beginning]:
    written_for = _written_for(newest.currency)
    if written_for is None:
        return []

    def maker(trade: Trade) -> Callable[[], Programme]:
        def make() -> Programme:
            found = parse_programme(trade_text(trade, written_for))
            settings = replace(found.rules.settings, zone=zone)
            rules = replace(found.rules, settings=settings)
            return replace(found, name=newest.name, currency=newest.currency, rules=rules)

        return make

    return [
        Beginning(key=f"trade:{trade}", title=title, hint=hint, make=maker(trade))
        for trade, (title, hint) in _TRADES.items()
    ]


def _written_for(currency: Currency) -> TradeCurrency | None:
    """In whose amounts the rules by trade suit a currency; None where they suit it in none."""
    if currency.code == TradeCurrency.IRR:
        return TradeCurrency.IRR
    return TradeCurrency.EUR if currency.exponent == EUR.exponent else None
