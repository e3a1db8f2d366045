"""Which figures the customer's page shows, and what it calls them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.formatting.numbers import Language
from gateway.model.instrument import Instrument
from gateway.model.money import EUR, IRR
from simulators.given.customer_views import MEMBER, PARTS, drawn, plain
from terminal_agent.session.view import Notice, Screen, View


def test_progress_says_how_far_it_is() -> None:
    """42 of 100 points: the bar is at 42, and the missing 58 are named with what they bring."""
    view = View(
        screen=Screen.CARD, balance_points=42, reward_points=100, reward_minor=500, currency=EUR
    )
    progress = drawn(view).progress
    assert progress is not None
    assert progress.percent == 42
    assert plain(progress.text) == "58 points to your next reward"
    assert plain(progress.hint) == "5.00 € off"


@pytest.mark.parametrize("balance", [100, 1_234])
@pytest.mark.parametrize(
    ("language", "said"), [(Language.EN, "A reward is ready"), (Language.FA, "یک پاداش آماده است")]
)
def test_a_reward_that_is_reached_is_ready(language: Language, said: str, balance: int) -> None:
    """At the reward and above it the bar is full, and no figure reads like a mistake."""
    view = View(screen=Screen.CARD, balance_points=balance, reward_points=100)
    progress = drawn(view, language).progress
    assert progress is not None
    assert (progress.percent, progress.text, progress.hint) == (100, said, "")
    before = drawn(View(screen=Screen.CARD, balance_points=99, reward_points=100), language)
    assert before.progress is not None
    assert before.progress.text != said


@given(balance=st.integers(-(2**63), 2**63 - 1), goal=st.integers(1, 2**63 - 1))
def test_progress_is_full_only_when_it_is_reached(balance: int, goal: int) -> None:
    """The bar shows 0 to 100, and 100 exactly where the balance reaches the goal."""
    view = View(screen=Screen.APPLIED, balance_points=balance, reward_points=goal)
    progress = drawn(view).progress
    assert progress is not None
    assert 0 <= progress.percent <= 100
    assert (progress.percent == 100) == (balance >= goal)


def test_persian_pictures_write_persian_digits_and_tomans() -> None:
    """Figures follow the language, amounts the shop's unit, and a plus stays left of its number."""
    sale = View(screen=Screen.SALE, total_minor=2_450_000, currency=IRR)
    hero = drawn(sale, Language.FA).hero
    assert hero is not None
    assert hero.value == "۲۴۵٬۰۰۰ تومان"
    won = drawn(View(screen=Screen.APPLIED, points=24), Language.FA).hero
    assert won is not None
    assert (won.value, won.unit) == ("\u2066+۲۴\u2069", "امتیاز")


def facts_of(view: View, language: Language = Language.EN) -> dict[str, str]:
    """The figures beside the large one, by label."""
    return {fact.label: plain(fact.value) for fact in drawn(view, language).facts}


def test_a_member_sees_level_and_credit() -> None:
    """With the card come the level by its name and the credit, beside the points."""
    view = View(screen=Screen.CARD, balance_points=42, member=MEMBER, currency=IRR)
    assert facts_of(view) == {"Your level": "Gold", "Your credit": "34,000 tomans"}
    assert facts_of(view, Language.FA) == {"سطح شما": "طلایی", "اعتبار شما": "۳۴٬۰۰۰ تومان"}


def test_what_a_sale_brings_comes_before_what_there_is() -> None:
    """Points and credit to come take the room of the balance."""
    view = View(
        screen=Screen.PREVIEW, total_minor=1_895, currency=EUR, points=18, balance_points=42
    )
    assert facts_of(view) == {"Points to come": "18", "Your points": "42"}
    assert facts_of(replace(view, coming_minor=56)) == {
        "Points to come": "18",
        "Credit to come": "0.56 €",
    }
    assert facts_of(replace(view, about=True))["Points to come"] == "about 18"


@pytest.mark.parametrize(
    ("instrument", "title", "line"),
    [
        (Instrument.OFFER, "Your discount", ("A drink of your choice",)),
        (Instrument.REWARD, "Your reward", ("A drink of your choice",)),
        (Instrument.COUPON, "Your coupon", ("A drink of your choice",)),
        (Instrument.POINTS, "Your reward", ("20 of your points come off this purchase.",)),
        (Instrument.CREDIT, "Paid for you", ("From your credit.",)),
        (Instrument.GIFT, "Paid for you", ("From the gift card.",)),
    ],
)
def test_what_is_held_is_called_what_it_is(
    instrument: Instrument, title: str, line: tuple[str, ...]
) -> None:
    """One thing is named; several together are one sum."""
    view = View(
        screen=Screen.RESERVED,
        currency=EUR,
        total_minor=3_000,
        due_minor=1_000,
        parts=(replace(PARTS[0], instrument=instrument, amount_minor=200),),
    )
    picture = drawn(view)
    assert (picture.title, tuple(map(plain, picture.lines))) == (title, line)
    several = drawn(replace(view, parts=(*view.parts, *view.parts)))
    assert several.title == "Off this purchase"
    assert several.hero is not None
    assert plain(several.hero.value) == "4.00 €"


def test_what_was_used_is_one_figure_after_the_sale() -> None:
    """What was taken off and paid stands beside the points in one sum."""
    view = View(screen=Screen.APPLIED, currency=EUR, points=18, balance_points=60, parts=PARTS[1:])
    assert facts_of(view) == {"Paid with points": "5,000.00 €", "Your new balance": "60"}
    assert "Off and paid for you" in facts_of(replace(view, parts=PARTS))


def test_a_gift_card_shows_what_is_left_on_it() -> None:
    """Shown by itself, a gift card is no member's card."""
    view = View(screen=Screen.READY, purse_minor=700, currency=EUR, notice=Notice.GIFT_CARD_SEEN)
    picture = drawn(view)
    assert picture.title == "Your gift card"
    assert picture.hero is not None
    assert plain(picture.hero.value) == "7.00 €"


def test_a_promise_that_came_out_otherwise_is_said() -> None:
    """What was announced is named beside what is right, before any other remark."""
    view = View(screen=Screen.APPLIED, points=33, promised_points=40, notice=Notice.NO_CARD)
    (notice,) = drawn(view).notices
    assert plain(notice) == "We had announced 40 points; 33 is right."
