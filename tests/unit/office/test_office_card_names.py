"""A card as somebody at a desk writes it: the token that terminals would make of it, or why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.crypto.card_token import card_token
from gateway.model.card import CardProfile
from gateway.office.card_names import BadCard, card_typed
from gateway.office.errors import OfficeError
from gateway.service.data_dir import DataDir

KEY = bytes(range(32))
UID = bytes.fromhex("04112233445566")


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A data directory with a card key."""
    DataDir(tmp_path).card_key.write_bytes(KEY)
    return tmp_path


@pytest.mark.parametrize(
    "typed",
    ["04112233445566", "04:11:22:33:44:55:66", " 04 11 22 33 44 55 66\n", "۰۴۱۱۲۲۳۳۴۴۵۵۶۶"],
)
def test_a_number_becomes_the_terminals_token(data_dir: Path, typed: str) -> None:
    """However a reader or a person writes a UID, it is the card that terminals know."""
    wanted = card_token(KEY, CardProfile.UID, UID)
    assert card_typed(data_dir, CardProfile.UID, typed) == wanted


@pytest.mark.parametrize("profile", list(CardProfile))
def test_a_code_is_the_token_of_every_kind_of_card(data_dir: Path, profile: CardProfile) -> None:
    """64 digits are the token itself, whatever the card is read by."""
    assert card_typed(data_dir, profile, "AB" * 32) == bytes.fromhex("ab" * 32)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", BadCard.NOT_A_CARD),
        ("ada", BadCard.NOT_A_CARD),
        ("041122334455", BadCard.NOT_A_CARD),
        ("0411223344556", BadCard.NOT_A_CARD),
        ("ab" * 31, BadCard.NOT_A_CARD),
        ("ab" * 500, BadCard.NOT_A_CARD),
        ("08112233", BadCard.RANDOM),
    ],
)
def test_what_names_no_card_says_why(data_dir: Path, typed: str, why: BadCard) -> None:
    """Too short, too long, no digits, or a number that a phone drew for one tap."""
    assert card_typed(data_dir, CardProfile.UID, typed) is why


def test_only_cards_by_number_are_named_by_it(data_dir: Path) -> None:
    """A secure card's number proves nothing and names nobody."""
    assert card_typed(data_dir, CardProfile.NTAG424, UID.hex()) is BadCard.NEEDS_CODE


def test_without_a_card_key_it_is_a_fault(tmp_path: Path) -> None:
    """A key that is gone or damaged is told as what it is."""
    with pytest.raises(OfficeError, match="card key"):
        card_typed(tmp_path, CardProfile.UID, UID.hex())
    DataDir(tmp_path).card_key.write_bytes(b"short")
    with pytest.raises(OfficeError, match="card key"):
        card_typed(tmp_path, CardProfile.UID, UID.hex())
