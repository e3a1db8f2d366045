"""What the customer's page says: complete over every code, in both languages, never alarming."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.formatting.bidi import ISOLATE, ISOLATE_END
from gateway.formatting.colours import CONTRAST_MIN, read_colour
from gateway.formatting.colours import contrast as contrast_of
from gateway.formatting.numbers import Language
from gateway.model.instrument import Instrument
from gateway.model.money import EUR, IRR
from gateway.model.outcome import Reason
from gateway.readers.reader import CardTrouble
from simulators.given.customer_views import CLAIM, MEMBER, PARTS, drawn, plain
from terminal_agent.customer_display.colours import GROUND_DARK, GROUND_LIGHT, shades_of
from terminal_agent.customer_display.picture import Picture, picture_json
from terminal_agent.customer_display.words import (
    NOTICES,
    REASONS,
    REFUSALS,
    SCREENS,
    TROUBLES,
    texts_used,
)
from terminal_agent.session.view import Notice, Refusal, Screen, View
from terminal_agent.texts.catalogue import load_texts

#: Words for the person who looks after the box; a customer reads none of them.
_INSIDE = re.compile(
    r"gateway|journal|storage|quarantine|terminal|network|cable|key\b|سرور|دفتر|حافظه|قرنطینه|پایانه|کابل"
)


def words(picture: Picture) -> list[str]:
    """Every sentence and label of a picture."""
    told = [picture.title, *picture.lines, *picture.notices]
    told += [fact.label for fact in picture.facts]
    if picture.progress is not None:
        told += [picture.progress.text, picture.progress.hint]
    if picture.claim is not None:
        told.append(picture.claim.text)
    return told


def every_view(language: Language) -> list[View]:
    """Every screen with every remark, with all figures and with none."""
    currency = IRR if language is Language.FA else EUR
    remarks = [
        {},
        *({"notice": notice} for notice in Notice),
        *({"refusal": refusal} for refusal in Refusal),
        *({"reason": reason} for reason in Reason),
        *({"trouble": trouble} for trouble in CardTrouble),
    ]
    figures = {
        "points": 24, "balance_points": 1_342, "total_minor": 2_450_000, "redeem_points": 100,
        "redeem_minor": 500_000, "reward_points": 2_000, "reward_minor": 500_000,
        "currency": currency, "greeting": "مریم" if language is Language.FA else "Anna",
        "coming_minor": 70_000, "promised_points": 20, "about": True, "due_minor": 450_000,
        "purse_minor": 900_000, "load_minor": 1_000_000, "member": MEMBER, "claim": CLAIM,
    }  # fmt: skip
    ways = product(Screen, remarks, ({}, figures, {**figures, "parts": PARTS}), (False, True))
    views = [
        View(screen=screen, offline=offline, **known, **remark)  # type: ignore[arg-type]
        for screen, remark, known, offline in ways
    ]
    alone = [
        View(screen=screen, currency=currency, parts=(replace(PARTS[0], instrument=instrument),))
        for screen, instrument in product(Screen, Instrument)
    ]
    return [*views, *alone]


def _contrast(one: str, other: str) -> float:
    return contrast_of(read_colour(one), read_colour(other))


def test_customer_words_decide_every_code() -> None:
    """Each screen, notice, refusal, trouble and reason is decided: words, or none on purpose."""
    assert SCREENS.keys() == set(Screen)
    assert NOTICES.keys() == set(Notice)
    assert REFUSALS.keys() == set(Refusal)
    assert TROUBLES.keys() == set(CardTrouble)
    assert REASONS.keys() == set(Reason)


@pytest.mark.parametrize("language", Language)
def test_customer_words_are_all_in_the_catalogue_and_used(language: Language) -> None:
    """Every text that a picture may need is there, and none is left over."""
    told = {name for name in load_texts(language).ids if name.startswith("customer.")}
    assert told == texts_used()


@pytest.mark.parametrize("language", Language)
def test_every_view_has_a_picture_in_its_language(language: Language) -> None:
    """Whatever is shown has a heading, one language, closed isolates, no word of our insides."""
    views = every_view(language)
    assert len(views) > 2_000
    for view in views:
        picture = drawn(view, language)
        assert picture.title
        for text in words(picture):
            assert not _INSIDE.search(text.lower()), (view, text)
            assert "{" not in text
            assert text.count(ISOLATE) == text.count(ISOLATE_END)
            if language is Language.FA:
                assert not re.search(r"[a-zA-Z0-9]", text), (view, text)
            else:
                assert not re.search(r"[آ-ی]", text), (view, text)


@pytest.mark.parametrize("language", Language)
def test_no_picture_is_crowded(language: Language) -> None:
    """At 800x480 there is room for so much and no more."""
    for view in every_view(language):
        picture = drawn(view, language)
        assert len(picture.title) <= 40
        assert len(picture.lines) <= 2
        assert len(picture.facts) <= 2
        assert len(picture.notices) <= 1
        assert not (picture.lines and picture.facts and picture.notices)
        assert max(map(len, words(picture))) <= 110, view


def test_pictures_are_json_with_every_member() -> None:
    """The page finds each member in each picture, null where there is none."""
    said = json.loads(picture_json(drawn(View(screen=Screen.READY))))
    assert set(said) == {
        "screen", "mark", "tone", "title", "lines", "hero", "facts", "progress", "claim", "notices",
    }  # fmt: skip
    assert (said["screen"], said["mark"], said["hero"], said["facts"]) == (
        "ready",
        "card",
        None,
        [],
    )


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("screen", [Screen.CARD, Screen.NOT_APPLIED])
@pytest.mark.parametrize("reason", [one for one in Reason if one is not Reason.NONE], ids=str)
def test_the_heading_says_what_is_the_matter(
    language: Language, screen: Screen, reason: Reason
) -> None:
    """A reason that takes the page is said large, once, with what to do beneath it."""
    picture = drawn(View(screen=screen, reason=reason), language)
    asked = "بپرسید" if language is Language.FA else "ask at the till"
    assert sum(text.count(asked) for text in words(picture)) <= 1
    assert asked not in picture.title
    if picture.lines:
        assert picture.notices == ()
        assert picture.title != drawn(View(screen=Screen.CARD), language).title
    else:
        assert screen is Screen.CARD
        assert len(picture.notices) == 1


def test_a_card_without_a_member_and_a_locked_one_are_named() -> None:
    """The two that a customer meets most are headings; beside a total they are one remark."""
    for screen in (Screen.CARD, Screen.NOT_APPLIED):
        unknown = drawn(View(screen=screen, reason=Reason.UNKNOWN_CARD, greeting="Anna"))
        assert unknown.title == "This card has no member yet"
        assert unknown.lines == ("Ask at the till to join our club.",)
        locked = drawn(View(screen=screen, reason=Reason.CARD_BLOCKED))
        assert (locked.title, locked.lines) == ("This card is locked", ("Please ask at the till.",))
    beside = drawn(View(screen=Screen.PREVIEW, reason=Reason.CARD_BLOCKED))
    assert beside.title == "Your total"
    assert beside.notices == ("This card is locked. Please ask at the till.",)
    nothing = drawn(View(screen=Screen.NOT_APPLIED, reason=Reason.BAD_SEAL))
    assert nothing.title == "Points could not be counted"
    assert (nothing.lines, nothing.notices) == (("Please ask at the till.",), ())


def test_a_remark_takes_the_place_of_the_invitation() -> None:
    """Beside figures there is room for one remark, and an offer may contradict it."""
    view = View(
        screen=Screen.PREVIEW, total_minor=1_895, currency=EUR, points=24, balance_points=342,
        redeem_points=100, redeem_minor=500,
    )  # fmt: skip
    assert len(drawn(view).lines) == 1
    remarked = drawn(replace(view, notice=Notice.REDEEM_OFFLINE, offline=True))
    assert remarked.lines == ()
    assert len(remarked.facts) == 2
    assert remarked.notices == ("This cannot be used now. Your purchase still collects.",)


def test_what_was_wrong_with_a_card_stays_beside_a_remark() -> None:
    """Where the card failed its sentence is kept, and the figure makes room."""
    view = View(
        screen=Screen.LATE, total_minor=1_895, currency=EUR, trouble=CardTrouble.NO_ANSWER,
        offline=True,
    )  # fmt: skip
    picture = drawn(view)
    assert picture.lines == ("Please hold the card flat, and alone.",)
    assert picture.facts == ()
    assert len(picture.notices) == 1


def test_a_name_is_said_only_where_it_is_given() -> None:
    """With a greeting the customer is called by name; without one nobody is."""
    for screen, said in ((Screen.CARD, "Welcome, Anna!"), (Screen.APPLIED, "Thank you, Anna!")):
        assert plain(drawn(View(screen=screen, greeting="Anna")).title) == said
        assert "Anna" not in drawn(View(screen=screen)).title
    elsewhere = set(Screen) - {Screen.CARD, Screen.APPLIED}
    for screen in elsewhere:
        assert "Anna" not in str(drawn(View(screen=screen, greeting="Anna")))


def test_a_name_can_bring_no_markup_and_no_line() -> None:
    """A hostile name stays one heading; the page writes it as text."""
    name = "<script>alert(1)</script>"
    picture = drawn(View(screen=Screen.CARD, greeting=name))
    assert plain(picture.title) == f"Welcome, {name}!"
    assert picture.lines == ()


def test_offline_is_said_calmly() -> None:
    """Without the gateway a sale still counts, and the page says so wherever that matters."""
    note = drawn(View(screen=Screen.CARD, offline=True)).notices
    assert note == ("We are offline. Purchases count; balances come later.",)
    accepted = drawn(View(screen=Screen.ACCEPTED, points=3, offline=True))
    assert accepted.lines == ("This purchase counts. Your new balance comes later.",)
    assert drawn(View(screen=Screen.REFUSED, offline=True)).notices == ()


def test_a_card_that_failed_takes_the_page() -> None:
    """Where a card is asked for, what was wrong with it is said first; elsewhere beside."""
    view = View(screen=Screen.READY, trouble=CardTrouble.REMOVED_EARLY)
    assert drawn(view).title == "Once more, please"
    assert drawn(view).lines == ("Please hold the card still until the picture changes.",)
    assert drawn(view).notices == ()
    beside = View(screen=Screen.PREVIEW, trouble=CardTrouble.REMOVED_EARLY)
    assert drawn(beside).title == "Your total"
    assert drawn(beside).notices == ("Please hold the card still until the picture changes.",)


def test_a_reader_that_is_away_invites_nobody() -> None:
    """While no card can be read the page does not ask for one."""
    picture = drawn(View(screen=Screen.READY, notice=Notice.READER_LOST))
    assert "Hold your card" not in " ".join(picture.lines)
    assert picture.notices == ()


def test_nobody_is_promised_nothing() -> None:
    """A sale that brings no points invites no card for 0 points."""
    picture = drawn(View(screen=Screen.SALE, points=0, total_minor=100, currency=EUR))
    assert picture.lines == ()
    assert drawn(View(screen=Screen.ACCEPTED, points=0)).hero is None


@given(colour=st.integers(0, 0xFFFFFF).map(lambda value: f"#{value:06x}"))
def test_any_brand_colour_can_be_read(colour: str) -> None:
    """Words and drawings keep the contrast of WCAG 2.2 AA on every ground, whatever the colour."""
    shades = shades_of(colour)
    assert shades.brand == colour
    assert _contrast(shades.on_brand, shades.brand) >= CONTRAST_MIN
    for ground in (GROUND_LIGHT, shades.soft_light):
        assert _contrast(shades.ink_light, ground) >= CONTRAST_MIN
    for ground in (GROUND_DARK, shades.soft_dark):
        assert _contrast(shades.ink_dark, ground) >= CONTRAST_MIN
