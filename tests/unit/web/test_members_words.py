"""Words of the members' pages are complete over their codes; files are harmless to open."""

from __future__ import annotations

import pytest
from flask import Flask

from gateway.ledger.kinds import CardState, PostingKind
from gateway.model.card import CardProfile
from gateway.office.profile import Problem
from web_admin.members.statement_file import harmless_cell
from web_admin.members.words import (
    badge_of_card,
    words_of_posting,
    words_of_problem,
    words_of_profile,
)


def test_every_code_has_words(app: Flask) -> None:
    """No posting, card state, card kind or problem is without its words, and none shares them."""
    with app.test_request_context():
        for said in (
            [str(words_of_posting(kind)) for kind in PostingKind],
            [str(words_of_profile(profile)) for profile in CardProfile],
            [str(words_of_problem(problem)) for problem in Problem],
        ):
            assert all(said)
            assert len(set(said)) == len(said)
        states = [str(badge_of_card(state).text) for state in CardState]
        assert all(states)
        assert len(set(states)) == len(states)


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        " =1",
        "\u200e=1",
        "\u202e=1",
        "|calc",
        "%0A",
    ],
)
def test_formulas_become_text(text: str) -> None:
    """Whatever a spreadsheet would reckon begins with an apostrophe, hidden beginnings included."""
    assert harmless_cell(text).startswith("'")


@pytest.mark.parametrize("text", ["", "0001", "till-1", "علی رضا", "a=b", "North-2"])
def test_ordinary_texts_stay_as_they_are(text: str) -> None:
    """Receipt numbers, names and branches are not changed."""
    assert harmless_cell(text) == text
