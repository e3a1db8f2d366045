"""Words of the desk are complete over their codes, and reasons keep no card number."""

from __future__ import annotations

import pytest
from flask import Flask

from gateway.accounting.account_class import AccountClass
from gateway.ledger.kinds import GiftCardState, HouseholdRole, PostingKind
from gateway.model.ledger_command import LedgerCommandKind
from gateway.model.outcome import Reason
from gateway.office.card_names import BadCard
from gateway.queries.books import CorrectionKind
from web_admin.desk.finding import NotFound, words_of_not_found
from web_admin.desk.masking import mask_card_numbers
from web_admin.desk.refusals import words_of_desk_refusal
from web_admin.desk.words import (
    badge_of_correction,
    words_of_account,
    words_of_bad_card,
    words_of_gift_card_state,
    words_of_gift_posting,
    words_of_ledger,
    words_of_length,
    words_of_role,
)


@pytest.mark.parametrize("language", ["fa", "en"])
def test_every_code_has_words(app: Flask, language: str) -> None:
    """No state, account, kind or refusal is shown as a code, and none shares its words."""
    with app.test_request_context(headers={"Accept-Language": language}):
        for said in (
            [str(words_of_account(one)) for one in AccountClass],
            [str(words_of_bad_card(one)) for one in BadCard],
            [str(words_of_gift_card_state(one)) for one in GiftCardState],
            [str(words_of_gift_posting(one)) for one in PostingKind],
            [str(words_of_role(one)) for one in HouseholdRole],
            [str(words_of_not_found(one)) for one in NotFound],
            [str(badge_of_correction(one).text) for one in CorrectionKind],
        ):
            assert all(said)
            assert len(set(said)) == len(said)
        for kind in LedgerCommandKind:
            for reason in Reason:
                assert str(words_of_desk_refusal(kind, reason)) not in ("", reason.value)


def test_ledgers_are_named_without_their_codes(app: Flask) -> None:
    """What a ledger counts is a word; a currency is named where it is not the rules' own."""
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert words_of_ledger("PTS:club", None) == "Points"
        assert words_of_ledger("CR:EUR", None) == "Stored credit, EUR"
        assert words_of_ledger("GC:IRR", None) == "Gift cards, IRR"


@pytest.mark.parametrize(
    ("milliseconds", "said"),
    [
        (-5, "less than a minute"),
        (59_999, "less than a minute"),
        (60_000, "1 minute"),
        (3_599_999, "59 minutes"),
        (3_600_000, "1 hour"),
        (86_399_999, "23 hours"),
        (86_400_000, "1 day"),
        (40 * 86_400_000, "40 days"),
    ],
)
def test_lengths_are_told_in_one_unit(app: Flask, milliseconds: int, said: str) -> None:
    """The largest unit that fits; a clock that went back makes no negative length."""
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert words_of_length(milliseconds) == said


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("4111111111111111", "************1111"),
        ("paid with 4111 1111-1111.1111 today", "paid with **** ****-****.1111 today"),
        ("۴۱۱۱۱۱۱۱۱۱۱۱۱۱۱۱", "************۱۱۱۱"),
        ("receipt 123456789012", "receipt 123456789012"),
        ("tel. 0912 123 4567", "tel. 0912 123 4567"),
        ("", ""),
    ],
)
def test_card_numbers_are_masked(typed: str, kept: str) -> None:
    """Thirteen digits or more lose all but the last four, in every script; fewer stay."""
    assert mask_card_numbers(typed) == kept
