"""The tray: customers' cards, and the named test cards, each with what must come of a tap.

Every outcome is one that ``SimReader`` and the virtual cards really produce. The customers' cards
are here: people of a shop, for those who look at the whole product. The test cards are those of
``simulators.cards.named``, for those who look at readers and rules.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gateway.crypto.card_token import card_token
from gateway.model.card import CardProfile
from gateway.office.test_bench import BenchCard
from gateway.readers.cards.membership import MEMBERSHIP_TYPE, ORGANISATION_BYTES, Membership
from gateway.readers.cards.ndef import NdefRecord, TypeNameFormat, encode_message
from gateway.readers.cards.traits import STANDARD_14443_3B
from simulators.card import Type2NdefCard, UidCard, VirtualCard, storage_atr
from simulators.cards.named import NAMED_CARDS
from simulators.cards.named_states import Shown
from simulators.cards.named_tray import NamedTray

_UID_BYTES: Final = 7
#: First byte of the UIDs of one maker (ISO/IEC 7816-6), which most cards in shops begin with.
_MAKER: Final = b"\x04"
#: A version of the membership record that no terminal knows.
_UNKNOWN_VERSION: Final = b"\xff"


@dataclass(frozen=True, slots=True, kw_only=True)
class DealtCard:
    """A card of the tray, taken out for one tap.

    Attributes:
        card: to be put in front of the reader, or a code to be scanned beside it.
        identity: what a reader reads as its name; None where it can read none.
        profile: by which profile.
        taps: how often in a row it is shown.
    """

    card: Shown
    identity: bytes | None
    profile: CardProfile
    taps: int = 1

    def token(self, card_key: bytes) -> str:
        """The name by which the ledger knows the card, in hexadecimal; empty without an identity.

        Raises:
            KeyStoreError: if the key is no card key.
        """
        if self.identity is None:
            return ""
        return card_token(card_key, self.profile, self.identity).hex()


@dataclass(frozen=True, slots=True)
class _Kind:
    profile: CardProfile
    outcome: str
    deal: Callable[[], DealtCard]


def tray() -> tuple[BenchCard, ...]:
    """Name every card, in the order in which a page shows them: the customers' first."""
    customers = (
        BenchCard(name=name, profile=kind.profile.value, outcome=kind.outcome)
        for name, kind in _CUSTOMERS.items()
    )
    named = (
        BenchCard(name=card.name, profile=card.profile.value, outcome=card.outcome, for_tests=True)
        for card in NAMED_CARDS.values()
    )
    return (*customers, *named)


def deal(name: str, named: NamedTray) -> DealtCard | None:
    """Take a card out of the tray; None where there is no such card.

    Args:
        name: one of ``tray``.
        named: holds the test cards.

    Raises:
        ReaderUnavailableError: if a test card's file cannot be read or written.
    """
    kind, card = _CUSTOMERS.get(name), NAMED_CARDS.get(name)
    if kind is not None:
        return kind.deal()
    if card is None:
        return None
    return DealtCard(card=named.take(name), identity=card.identity, profile=card.profile)


def _uid(uid: bytes, *, taps: int = 1) -> DealtCard:
    return DealtCard(card=UidCard(uid), identity=uid, profile=CardProfile.UID, taps=taps)


def _numbered(number: int, *, taps: int = 1) -> DealtCard:
    return _uid(_MAKER + b"MOHR" + number.to_bytes(2), taps=taps)


def _written() -> DealtCard:
    membership = Membership(organisation=b"MOHRTEST", number=b"1001")
    message = encode_message([membership.to_record()])
    return DealtCard(
        card=Type2NdefCard(_MAKER + b"NDEF" + (1).to_bytes(2), message),
        identity=membership.identity,
        profile=CardProfile.NDEF,
    )


def _never_seen() -> DealtCard:
    return _uid(_MAKER + secrets.token_bytes(_UID_BYTES - len(_MAKER)))


def _unreadable(card: VirtualCard, profile: CardProfile = CardProfile.UID) -> DealtCard:
    return DealtCard(card=card, identity=None, profile=profile)


def _other_kind() -> DealtCard:
    return _unreadable(UidCard(b"MOHR", atr=storage_atr(standard=STANDARD_14443_3B)))


def _bad_record() -> DealtCard:
    payload = _UNKNOWN_VERSION + bytes(ORGANISATION_BYTES) + b"1"
    record = NdefRecord(tnf=TypeNameFormat.EXTERNAL, type=MEMBERSHIP_TYPE, payload=payload)
    card = Type2NdefCard(_MAKER + b"NDEF" + (2).to_bytes(2), encode_message([record]))
    return _unreadable(card, CardProfile.NDEF)


_CUSTOMERS: Final = {
    "first": _Kind(CardProfile.UID, "ok", lambda: _numbered(1)),
    "second": _Kind(CardProfile.UID, "ok", lambda: _numbered(2)),
    "written": _Kind(CardProfile.NDEF, "ok", _written),
    "new": _Kind(CardProfile.UID, "new_card", _never_seen),
    "blocked": _Kind(CardProfile.UID, "blocked", lambda: _numbered(5)),
    "double": _Kind(CardProfile.UID, "double_tap", lambda: _numbered(1, taps=2)),
    "other": _Kind(CardProfile.UID, "not_supported", _other_kind),
    "damaged": _Kind(CardProfile.NDEF, "bad_record", _bad_record),
}
