"""A card as a reader sees it (``Tap``) and as a transaction may carry it (``CardEvidence``)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.model.checks import I63_MAX, U32_MAX, check_bytes, check_int, check_text
from gateway.model.ids import CARD_TOKEN_BYTES, CardToken


class CardProfile(StrEnum):
    """How a card names its member."""

    UID = "uid"
    NDEF = "ndef"
    NTAG424 = "ntag424"
    DESFIRE = "desfire"
    ULTRALIGHT_AES = "ultralight_aes"
    QR = "qr"
    STRIPE = "stripe"
    PASS = "pass"  # noqa: S105 - a wallet pass, not a password
    PHONE = "phone"


class Assurance(StrEnum):
    """How sure the reader is that the card is the one it names, weakest first."""

    CLAIMED = "claimed"
    IDENTIFIED = "identified"
    SIGNED = "signed"
    AUTHENTICATED = "authenticated"


_RANKS: Final = {one: rank for rank, one in enumerate(Assurance)}


def at_least(one: Assurance, wanted: Assurance) -> bool:
    """Whether an assurance is worth as much as the one that is asked for."""
    return _RANKS[one] >= _RANKS[wanted]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tap:
    """One card seen by one reader. Stays inside the terminal: ``identity`` may be a raw UID.

    Attributes:
        reader: the reader's name, as the driver gives it.
        profile: which dialogue identified the card.
        identity: what the profile reads as the card's name: a UID, a membership number.
        assurance: what that reading is worth.
        seen_at_ms: Unix time of the reading in milliseconds.
        counter: the card's own use counter where it has one.
        proof: a MAC or signature to be checked by the gateway, at most 256 bytes.
    """

    reader: str
    profile: CardProfile
    identity: bytes
    assurance: Assurance
    seen_at_ms: int
    counter: int | None = None
    proof: bytes | None = None

    def __post_init__(self) -> None:
        check_text("reader", self.reader, 1, 128)
        check_bytes("identity", self.identity, 1, 64)
        check_int("seen_at_ms", self.seen_at_ms, 0, I63_MAX)
        _check_counter_and_proof(self.counter, self.proof)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardEvidence:
    """What a sealed transaction says of the card: a token, never the raw identity.

    Attributes:
        profile: which dialogue identified the card.
        token: keyed hash of profile and identity (``gateway.crypto.card_token``).
        assurance: what the reading was worth at the terminal.
        counter: the card's own use counter where it has one.
        proof: a MAC or signature to be checked by the gateway, at most 256 bytes.
    """

    profile: CardProfile
    token: CardToken
    assurance: Assurance
    counter: int | None = None
    proof: bytes | None = None

    def __post_init__(self) -> None:
        check_bytes("token", self.token, CARD_TOKEN_BYTES, CARD_TOKEN_BYTES)
        _check_counter_and_proof(self.counter, self.proof)


def _check_counter_and_proof(counter: int | None, proof: bytes | None) -> None:
    if counter is not None:
        check_int("counter", counter, 0, U32_MAX)
    if proof is not None:
        check_bytes("proof", proof, 1, 256)
