"""Differences between two programmes as sentences, and doubts in words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.config_programme import default_programme
from gateway.formatting.numbers import MoneyUnit
from gateway.model.programme import Programme
from gateway.model.rules.earning import EarningKind, EarningRule
from gateway.program.linting.doubt import Doubt, DoubtCode
from simulators.furnished.programme import rich_programme
from web_admin.programme.difference import Change, Kind, changes
from web_admin.programme.doubt_words import WORDS, told_doubt, url_of
from web_admin.programme.editing import LISTINGS, SINGLES, moved
from web_admin.programme.overview import EDITED_BY, place_of, section_of
from web_admin.programme.sentences import sections
from web_admin.programme.setting_words import words_of_setting
from web_admin.programme.voice import voice_of

RICH = rich_programme(default_programme("IRR"))


@pytest.fixture
def app(shop: object) -> Flask:
    """The pages."""
    made: Flask = shop.app  # type: ignore[attr-defined] # conftest.py cannot be imported
    return made


def between(app: Flask, before: Programme, after: Programme) -> list[Change]:
    """What changes, in English."""
    with app.test_request_context(headers={"Accept-Language": "en"}):
        old, new = (sections(one, voice_of(one, MoneyUnit.TOMAN)) for one in (before, after))
    return list(changes(old, new))


def test_nothing_changes_from_itself(app: Flask) -> None:
    """Equal rules differ in nothing."""
    assert between(app, RICH, RICH) == []


def test_only_the_sentences_that_differ_are_told(app: Flask) -> None:
    """A changed rule shows what held until now and what holds then, and nothing else of it."""
    rules = RICH.rules
    coffee = replace(rules.rewards[0], cost_points=60)
    after = replace(RICH, rules=replace(rules, rewards=(coffee, rules.rewards[1])))
    (change,) = between(app, RICH, after)
    assert (change.kind, change.section) == (Kind.CHANGED, "Rewards")
    assert len(change.before) == len(change.after) == 1
    assert "for 50 " in change.before[0]
    assert "for 60 " in change.after[0]


def test_what_is_added_and_removed_is_told_whole(app: Flask) -> None:
    """A rule that is new, or gone, is there with all its sentences."""
    rules = RICH.rules
    after = replace(RICH, rules=replace(rules, offers=rules.offers[1:]))
    (gone,) = between(app, RICH, after)
    (new,) = between(app, after, RICH)
    assert (gone.kind, new.kind) == (Kind.REMOVED, Kind.ADDED)
    assert gone.before == new.after
    assert len(gone.before) == 3
    assert "Birthday cake" in gone.title


def test_a_new_name_is_a_change(app: Flask) -> None:
    """A title that changed is told, though no sentence did."""
    rules = RICH.rules
    fridays = replace(rules.earning[0], title_en="Good Fridays")
    after = replace(RICH, rules=replace(rules, earning=(fridays, *rules.earning[1:])))
    (change,) = between(app, RICH, after)
    assert "Double Fridays" in change.before[0]
    assert "Good Fridays" in change.after[0]


@settings(max_examples=40)
@given(
    priorities=st.lists(st.integers(-5, 5), min_size=2, max_size=6),
    which=st.integers(0, 5),
    move=st.sampled_from(["up", "down"]),
)
def test_a_move_changes_the_order_and_little_else(
    priorities: list[int], which: int, move: str
) -> None:
    """The one that moves changes places with its neighbour, and all others keep their order."""
    rules = tuple(
        EarningRule(id=f"rule-{at}", kind=EarningKind.FIXED, points=1, priority=priority)
        for at, priority in enumerate(priorities)
    )

    def order(of: tuple[EarningRule, ...]) -> list[str]:
        return [one.id for one in sorted(of, key=lambda one: (-one.priority, one.id))]

    up = move == "up"
    name = f"rule-{which % len(rules)}"
    before, after = order(rules), order(moved(rules, name, up=up))
    at = before.index(name)
    other = at - 1 if up else at + 1
    if 0 <= other < len(before):
        before[at], before[other] = before[other], before[at]
    assert after == before


def test_every_doubt_has_words(app: Flask) -> None:
    """Each code of the lint is a sentence in both languages, its figures in it."""
    assert set(WORDS) == set(DoubtCode)
    values: dict[str, int | str] = {
        "everyday_minor": 100, "factor": 100,
        "first": "first_purchase", "second": "visit_every", "setting": "calendar",
        "cutoff": 240, "nightly": 180, "minute": 60, "cost_points": 50, "points": 10, "most": 5,
        "threshold": 9, "back_basis_points": 12_000, "percent": 2, "reward": "coffee",
        "period": "day", "unit": "points", "language": "fa", "other": "offers.birthday",
        "limit": 1, "needs": 2, "zone": "Mars/Base", "minimum": 7, "really": 10, "month": 2,
        "pending_days": 9, "days": 3,
    }  # fmt: skip
    for code in DoubtCode:
        day: int | str = 30 if code is DoubtCode.OCCASION_WITHOUT_DAY else "2026-11-20"
        doubt = Doubt(code=code, subject="offers.birthday", values={**values, "day": day})
        for language in ("en", "fa"):
            with app.test_request_context(headers={"Accept-Language": language}):
                told = told_doubt(doubt, RICH, MoneyUnit.TOMAN)
            assert "%(" not in told.text
            assert told.url.endswith("/offers/birthday")


def test_doubts_lead_to_the_form_that_helps(app: Flask) -> None:
    """Whatever a doubt is about can be opened from it; the rules as a whole cannot."""
    with app.test_request_context():
        assert url_of("") == ""
        assert url_of("tiers.levels.gold").endswith("/lists/levels/gold")
        assert url_of("credit.earned_expiry").endswith("/parts/credit")
        for part in ("settings", "expiry", "auto_redeem", "returns", "tiers", "households"):
            assert "/draft/parts/" in url_of(part)
        assert words_of_setting("first_purchase") != "first_purchase"
        assert "later_setting" in words_of_setting("later_setting")


def test_every_section_says_how_it_is_changed(app: Flask) -> None:
    """Each section of sentences has its forms, each form a section, and each item its place."""
    with app.test_request_context():
        told = sections(RICH, voice_of(RICH, MoneyUnit.TOMAN))
    assert [section.key for section in told] == list(EDITED_BY)
    for key in (*SINGLES, *LISTINGS):
        assert section_of(key) in EDITED_BY
    for section in told:
        for item in section.items:
            place = place_of(section.key, item.key)
            if place is not None:
                assert LISTINGS[place[0]].find(RICH, place[1]) is not None
