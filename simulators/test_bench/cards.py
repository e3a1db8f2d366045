"""The tray: cards with a name and a named outcome, played by the virtual cards.

Every outcome is one that ``SimReader`` and the virtual cards really produce. Not in the tray,
because they do not model it: a slow card (a card slower than the reader's patience looks like the
silent one), two cards in the field at once, a card whose signature is wrong.
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
from gateway.readers.cards.uid import RANDOM_UID_FIRST
from simulators.card import (
    CardFault,
    FaultyCard,
    Type2NdefCard,
    UidCard,
    VirtualCard,
    iso_14443_4_atr,
    storage_atr,
)

_UID_BYTES: Final = 7
#: First byte of the UIDs of one maker (ISO/IEC 7816-6), which most cards in shops begin with.
_MAKER: Final = b"\x04"
#: A version of the membership record that no terminal knows.
_UNKNOWN_VERSION: Final = b"\xff"


@dataclass(frozen=True, slots=True, kw_only=True)
class DealtCard:
    """A card of the tray, taken out for one tap.

    Attributes:
        card: to be put in front of the reader.
        identity: what a reader reads as its name; None where it can read none.
        profile: by which profile.
        taps: how often in a row it is shown.
    """

    card: VirtualCard
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
    """Name every card, in the order in which a page shows them."""
    return tuple(
        BenchCard(name=name, profile=kind.profile.value, outcome=kind.outcome)
        for name, kind in _TRAY.items()
    )


def deal(name: str) -> DealtCard | None:
    """Take a card out of the tray; None where there is no such card."""
    kind = _TRAY.get(name)
    return None if kind is None else kind.deal()


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


def _random_uid() -> DealtCard:
    uid = bytes((RANDOM_UID_FIRST,)) + secrets.token_bytes(3)
    return _unreadable(UidCard(uid, atr=iso_14443_4_atr()))


def _other_kind() -> DealtCard:
    return _unreadable(UidCard(b"MOHR", atr=storage_atr(standard=STANDARD_14443_3B)))


def _bad_record() -> DealtCard:
    payload = _UNKNOWN_VERSION + bytes(ORGANISATION_BYTES) + b"1"
    record = NdefRecord(tnf=TypeNameFormat.EXTERNAL, type=MEMBERSHIP_TYPE, payload=payload)
    card = Type2NdefCard(_MAKER + b"NDEF" + (2).to_bytes(2), encode_message([record]))
    return _unreadable(card, CardProfile.NDEF)


def _failing(fault: CardFault) -> DealtCard:
    return _unreadable(FaultyCard(_numbered(7).card, {0: fault}))


_TRAY: Final = {
    "first": _Kind(CardProfile.UID, "ok", lambda: _numbered(1)),
    "second": _Kind(CardProfile.UID, "ok", lambda: _numbered(2)),
    "written": _Kind(CardProfile.NDEF, "ok", _written),
    "new": _Kind(CardProfile.UID, "new_card", _never_seen),
    "blocked": _Kind(CardProfile.UID, "blocked", lambda: _numbered(5)),
    "double": _Kind(CardProfile.UID, "double_tap", lambda: _numbered(1, taps=2)),
    "removed": _Kind(CardProfile.UID, "removed_early", lambda: _failing(CardFault.TEAR_BEFORE)),
    "silent": _Kind(CardProfile.UID, "no_answer", lambda: _failing(CardFault.SILENCE)),
    "random": _Kind(CardProfile.UID, "random_uid", _random_uid),
    "other": _Kind(CardProfile.UID, "not_supported", _other_kind),
    "damaged": _Kind(CardProfile.NDEF, "bad_record", _bad_record),
}
