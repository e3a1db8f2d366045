"""A card as somebody at a desk writes it: its number from a reader that types, or its code.

The number of a card is hidden behind the programme's card key, as at a terminal; it goes no further
than this.
"""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Final

from gateway.crypto.card_token import card_token
from gateway.errors import KeyStoreError
from gateway.formatting.digits import fold_digits
from gateway.model.card import CardProfile
from gateway.model.ids import CARD_TOKEN_BYTES, CardToken
from gateway.office.errors import OfficeError

#: Longer than any number or code with its separators.
CARD_TYPED_MAX: Final = 200
#: Single, double and triple size (ISO/IEC 14443-3, 6.5.4).
_UID_BYTES: Final = frozenset({4, 7, 10})
#: A single-size UID that begins so was drawn for one tap only (ISO/IEC 14443-3).
_RANDOM_FIRST: Final = 0x08
_KEY_FILE: Final = "card.key"
_SEPARATORS: Final = re.compile(r"[\s:.\-]")
_HEXADECIMAL: Final = re.compile(r"(?:[0-9a-f]{2})+", re.ASCII)


class BadCard(StrEnum):
    """Why what was typed names no card."""

    NOT_A_CARD = "not_a_card"
    RANDOM = "random"
    """The number was drawn for one tap, as phones do."""
    NEEDS_CODE = "needs_code"
    """Only cards that are known by their number can be named by it."""


def card_typed(data_dir: Path, profile: CardProfile, typed: str) -> CardToken | BadCard:
    """Find a card's token from what was typed.

    Args:
        data_dir: the gateway's data directory, which holds the card key.
        profile: how terminals read the card.
        typed: the token, 64 hexadecimal digits; or a UID in any usual spelling.

    Raises:
        OfficeError: if the card key cannot be read.
    """
    digits = _SEPARATORS.sub("", fold_digits(typed)).lower()
    if len(typed) > CARD_TYPED_MAX or _HEXADECIMAL.fullmatch(digits) is None:
        return BadCard.NOT_A_CARD
    name = bytes.fromhex(digits)
    if len(name) == CARD_TOKEN_BYTES:
        return CardToken(name)
    if len(name) not in _UID_BYTES:
        return BadCard.NOT_A_CARD
    if profile is not CardProfile.UID:
        return BadCard.NEEDS_CODE
    if len(name) == min(_UID_BYTES) and name[0] == _RANDOM_FIRST:
        return BadCard.RANDOM
    return _named(data_dir, profile, name)


def phone_token(data_dir: Path, phone: str) -> CardToken:
    """The token of a phone number as a card.

    Args:
        data_dir: the gateway's data directory, which holds the card key.
        phone: in the kept form, digits with the country's first (``gateway.formatting.phone``).

    Raises:
        OfficeError: if the card key cannot be read.
    """
    return _named(data_dir, CardProfile.PHONE, phone.encode("ascii"))


def _named(data_dir: Path, profile: CardProfile, name: bytes) -> CardToken:
    try:
        return card_token((data_dir / _KEY_FILE).read_bytes(), profile, name)
    except (OSError, KeyStoreError) as error:
        raise OfficeError(f"the card key cannot be read: {error}") from error
