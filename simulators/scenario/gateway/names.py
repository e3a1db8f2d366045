"""What a scenario's names are on the wire and in the ledger."""

from __future__ import annotations

import hashlib

from gateway.model.card import Assurance, CardEvidence, CardProfile
from gateway.model.ids import (
    CARD_TOKEN_BYTES,
    HOLD_ID_BYTES,
    SALE_KEY_BYTES,
    CardToken,
    HoldId,
    MemberId,
    SaleKey,
)

_SOURCE_CHARACTERS = 32


def card_of(name: str) -> CardEvidence:
    """What a terminal says of the card with this name; gift cards are cards too."""
    token = CardToken(_digest("card", name)[:CARD_TOKEN_BYTES])
    return CardEvidence(profile=CardProfile.UID, token=token, assurance=Assurance.IDENTIFIED)


def member_id_of(name: str) -> MemberId:
    """The pseudonym that a member of this name is given.

    It is the one that the pure executor gives too, so that both draw the same lots where an offer
    holds members out.
    """
    return MemberId(_digest("member", name).hex()[:32])


def sale_key_of(name: str) -> SaleKey:
    """The key of a sale, or of a return."""
    return SaleKey(_digest("sale", name)[:SALE_KEY_BYTES])


def request_id_of(name: str) -> HoldId:
    """The id of a request, and of the hold that it makes."""
    return HoldId(_digest("request", name)[:HOLD_ID_BYTES])


def command_id_of(name: str) -> str:
    """The id of a desk's command."""
    return _digest("command", name).hex()[:32]


def source_of(name: str) -> str:
    """What tells an event from another of its kind: the name, where the wire has room for it."""
    return name if len(name) <= _SOURCE_CHARACTERS else _digest("event", name).hex()[:32]


def _digest(kind: str, name: str) -> bytes:
    return hashlib.sha256(f"{kind} {name}".encode()).digest()
