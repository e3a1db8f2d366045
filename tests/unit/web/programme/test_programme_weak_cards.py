"""Limits of cards that can be copied on the pages: set, said, tried, and refused in words."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING

import pytest

from gateway.model.card import Assurance
from gateway.model.rules.cards import CardPolicy
from simulators.given.programme_pages import DRAFT, RICH

if TYPE_CHECKING:
    from tests.unit.web.programme.conftest import Shop

PART = "/programme/draft/parts/cards"
POLICY = CardPolicy(weak_points_per_sale=20, weak_points_per_day=100)
SAID = (
    "With a card that can simply be copied, a purchase earns at most 20 oranges.",
    "With a card that can simply be copied, a member earns at most 100 oranges in a day.",
)


def unmarked(page: str) -> str:
    """A page's text without its marks."""
    return unescape(re.sub(r"<[^>]+>", "", page))


def test_limits_are_set_said_and_taken_away(shop: Shop) -> None:
    """What the form takes is in the draft's text and in its sentences; empty means no limit."""
    shop.begin()
    assert "at most 20 oranges" not in shop.client().get(DRAFT).text
    changes = {
        "rules__cards__weak_below": "signed",
        "rules__cards__weak_points_per_sale": "۲۰",
        "rules__cards__weak_points_per_day": "100",
    }
    assert shop.send(PART, **changes).status_code == 303
    assert shop.drafted().rules.cards == replace(
        RICH.rules.cards, weak_points_per_sale=20, weak_points_per_day=100
    )
    page = unmarked(shop.client().get(DRAFT).text)
    assert [text for text in SAID if text not in page] == []
    assert shop.send(PART, rules__cards__weak_points_per_day="").status_code == 303
    assert SAID[1] not in unmarked(shop.client().get(DRAFT).text)


def test_a_limit_below_one_is_refused_in_words(shop: Shop) -> None:
    """Nothing at all is not a limit: for that there is what a card must prove to earn."""
    shop.begin()
    answer = shop.send(PART, rules__cards__weak_points_per_sale="0")
    assert answer.status_code == 422
    assert "1" in answer.text
    assert shop.drafted().rules.cards == RICH.rules.cards


@pytest.mark.parametrize(
    ("card", "less"), [(Assurance.IDENTIFIED, True), (Assurance.AUTHENTICATED, False)]
)
def test_a_basket_is_tried_with_a_weak_card(shop: Shop, card: Assurance, less: bool) -> None:  # noqa: FBT001 - a parametrisation
    """The page says how many points the card costs, and which rules it leaves nothing for."""
    shop.begin(replace(RICH, rules=replace(RICH.rules, cards=POLICY)))
    values = shop.form("/programme/try?rules=draft")
    values["lines-0-label"] = "Coffee"
    values["lines-0-price_minor"] = "80,000"
    values["lines-0-quantity_milli"] = "1"
    values["card"] = card
    page = shop.client().post("/programme/try", data=values).text
    assert (" less: this card is weak." in page) is less


def test_nobody_is_asked_for_a_card_where_no_limit_needs_it(shop: Shop) -> None:
    """The input stands there for rules with such a limit alone."""
    shop.begin()
    assert "card" not in shop.form("/programme/try?rules=draft")
