"""Programmes by trade: complete, commented files to begin with, in euros and in rials."""

from __future__ import annotations

import re
from enum import StrEnum
from importlib.resources import files
from typing import Final

_CHOICE: Final = re.compile(r"<<([^|>]*)\|([^|>]*)>>")


class Trade(StrEnum):
    """Every trade that has a programme to begin with."""

    CAFE_STAMP_CARD = "cafe-stamp-card"
    GROCERY_POINTS = "grocery-points"
    BOUTIQUE_TIERS = "boutique-tiers"
    RESTAURANT_BIRTHDAY = "restaurant-birthday"
    PETROL_BRANCHES = "petrol-branches"
    GIFT_CARDS = "gift-cards"


class TradeCurrency(StrEnum):
    """The currencies that they are written for, with the calendar and the zone of a country."""

    EUR = "EUR"
    IRR = "IRR"


_PLACE: Final = {TradeCurrency.EUR: 1, TradeCurrency.IRR: 2}


def trade_text(trade: Trade, currency: TradeCurrency) -> str:
    """Give the programme file of a trade.

    Returns:
        TOML that ``gateway.config_programme.parse_programme`` reads, comments and all.
    """
    folder = files("gateway.programme_file.trades")
    text = (folder / f"{trade}.toml.in").read_text(encoding="utf-8")
    place = _PLACE[currency]
    return _CHOICE.sub(lambda found: found[place], text)
