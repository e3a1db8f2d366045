"""What every terminal is told beside the rules: card keys it may hold, and cards to turn away."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from gateway.crypto.cards.purpose import CardKeyName, KeyPurpose
from gateway.crypto.cards.shared_keys import pack_shared_keys
from gateway.crypto.deny_list import make_deny_list
from gateway.crypto.keystore.key_store import KeyStore
from gateway.ledger.store import LedgerStore
from gateway.model.deny_list import DENY_ENTRIES_MAX, DENY_SALT_BYTES, DenyList
from gateway.model.ids import CardToken
from gateway.service.one_time_codes import OneTimeCodes

_DIGEST_BYTES: Final = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class CardOffice:
    """What a gateway has for cards.

    Attributes:
        keys: the master keys; None where no card has keys.
        issuers: COSE keys that may vouch for a signed membership record.
        codes: codes that are sent to phones for cards that prove too little; None where none are.
    """

    keys: KeyStore | None = None
    issuers: tuple[bytes, ...] = ()
    codes: OneTimeCodes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What terminals are told.

    Attributes:
        changes: how often it has changed; part of a configuration's version.
        keys: packed card keys; empty where there are none. Never shown.
        issuers: as in ``CardOffice``.
        deny_list: cards to be turned away.
    """

    changes: int = 0
    keys: bytes = field(default=b"", repr=False)
    issuers: tuple[bytes, ...] = ()
    deny_list: DenyList | None = None


def tell(store: LedgerStore, office: CardOffice, *, authenticate: bool, now_ms: int) -> Told:
    """Gather what terminals are to be told now, and count whether it is anything new.

    Args:
        store: knows the cards, and counts.
        office: keys and issuers.
        authenticate: whether the rules let terminals hold the key that cards prove themselves with.
        now_ms: Unix time in milliseconds.

    Raises:
        KeyStoreError: if the keys cannot be read now.
        LedgerError: if the ledger cannot.
    """
    masters = {} if office.keys is None else _shared(office.keys, authenticate=authenticate)
    keys = pack_shared_keys(masters) if masters else b""
    tokens = sorted(card.token for card in store.denied_cards(DENY_ENTRIES_MAX))
    digest = _digest(keys, office.issuers, tokens)
    changes = store.count_told(int.from_bytes(digest[:_DIGEST_BYTES]))
    # The salt follows from what is told, so that the same list is the same bytes at every start.
    salt = digest[-DENY_SALT_BYTES:]
    listed = make_deny_list(tokens, salt, issued_at_ms=now_ms) if tokens else None
    return Told(changes=changes, keys=keys, issuers=office.issuers, deny_list=listed)


def _shared(card_keys: KeyStore, *, authenticate: bool) -> Mapping[CardKeyName, bytes]:
    purposes = [KeyPurpose.SDM_META, *([KeyPurpose.TERMINAL] if authenticate else [])]
    names = [
        CardKeyName(purpose=purpose, version=version)
        for purpose in purposes
        for version in card_keys.versions()
    ]
    return {name: card_keys.share(name) for name in names}


def _digest(keys: bytes, issuers: tuple[bytes, ...], tokens: list[CardToken]) -> bytes:
    found = hashlib.sha256(b"mohr told 1")
    for part in (keys, *issuers, b"", *tokens):
        found.update(len(part).to_bytes(4) + part)
    return found.digest()
