"""The simulator's own keys, and what a simulated reader must know to take the named cards.

All of it follows from ``SEED`` and is therefore public: whoever has this file can make these
cards. So only a simulated reader knows them, and it takes them for nothing but the named cards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from random import Random
from secrets import token_bytes
from typing import Final, overload

from gateway.crypto.cards.purpose import CardKeyName, KeyPurpose
from gateway.crypto.file_signer import FileSigner
from gateway.crypto.public_key import PublicKey
from gateway.readers.cards.desfire import desfire_profile
from gateway.readers.cards.dialogue import ProfileReader
from gateway.readers.cards.keys import CardKeys, SharedCardKeys, StoredCardKeys
from gateway.readers.cards.ndef_type2 import type2_profile
from gateway.readers.cards.ntag424 import ntag424_profile
from gateway.readers.cards.traits import CardTraits
from gateway.readers.cards.uid import is_random
from gateway.readers.cards.ultralight_aes import ultralight_aes_profile
from gateway.readers.codes.stripe import StripeFormat
from gateway.readers.settings import ReaderSettings
from simulators.memory_keys import MemoryKeyStore
from simulators.power.seeded_key import seeded_issuer

#: Whose cards the named cards are.
ORGANISATION: Final = b"MOHRTEST"
#: Of the masters.
SEED: Final = 424
#: The newest key version, and the one before it that still counts.
KEY_VERSION: Final = 2
OLD_KEY_VERSION: Final = 1
#: How the simulator's loyalty stripes begin; no bank card does.
STRIPE: Final = StripeFormat(prefix="990")
#: What the UIDs of named cards begin with: NXP's byte, ours, and a block of their own.
UID_PREFIX: Final = b"\x04MOHR@"


@cache
def simulator_keys() -> StoredCardKeys:
    """All master keys, in two versions."""
    store = MemoryKeyStore.from_seed(SEED, versions=KEY_VERSION)
    return StoredCardKeys(organisation=ORGANISATION, store=store)


def terminal_keys(keys: StoredCardKeys) -> SharedCardKeys:
    """What a terminal holds of them: the masters that may be shared."""
    names = [
        CardKeyName(purpose=purpose, version=version)
        for purpose in (KeyPurpose.SDM_META, KeyPurpose.TERMINAL)
        for version in keys.store.versions()
    ]
    masters = {name: keys.store.share(name) for name in names}
    return SharedCardKeys(organisation=keys.organisation, masters=masters)


@cache
def simulator_issuer() -> FileSigner:
    """The Ed25519 key that vouches for signed records and printed codes."""
    return seeded_issuer(Random(SEED))


def named_uid(number: int) -> bytes:
    """The UID of a named card."""
    return UID_PREFIX + bytes((number,))


def simulator_profiles() -> tuple[ProfileReader, ...]:
    """Profiles that hold the simulator's keys and accept named cards only.

    They go before a terminal's own, which so never try a key on a card that is not theirs.
    """
    keys: CardKeys = terminal_keys(simulator_keys())
    issuers = (_issuer_key(),)
    ntag424 = ntag424_profile(keys, token_bytes)
    return (
        _limited(ntag424, lambda traits: _is_named(traits) or _is_hidden(traits)),
        _limited(ultralight_aes_profile(keys, token_bytes, ORGANISATION), _is_named),
        _limited(desfire_profile(keys, ORGANISATION, token_bytes), _is_named),
        _limited(type2_profile(ORGANISATION, issuers), _is_named),
    )


def with_simulator_codes(settings: ReaderSettings) -> ReaderSettings:
    """A reader's settings with the simulator's issuer, and its stripes where there are no own."""
    codes = settings.codes
    issuers = _AndOurs(codes.issuers)
    return replace(settings, codes=replace(codes, issuers=issuers, stripe=codes.stripe or STRIPE))


class _AndOurs(Sequence[PublicKey]):
    """Issuers that may be exchanged meanwhile, and the simulator's behind them."""

    def __init__(self, others: Sequence[PublicKey]) -> None:
        self._others = others

    @overload
    def __getitem__(self, index: int) -> PublicKey: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[PublicKey]: ...

    def __getitem__(self, index: int | slice) -> PublicKey | Sequence[PublicKey]:
        return (*self._others, _issuer_key())[index]

    def __len__(self) -> int:
        return len(self._others) + 1


def _issuer_key() -> PublicKey:
    return PublicKey.from_cose_key(simulator_issuer().public_key)


def _is_named(traits: CardTraits) -> bool:
    return traits.uid is not None and traits.uid.startswith(UID_PREFIX)


def _is_hidden(traits: CardTraits) -> bool:
    return traits.uid is not None and is_random(traits.uid)


def _limited(profile: ProfileReader, allows: Callable[[CardTraits], bool]) -> ProfileReader:
    return replace(profile, accepts=lambda traits: allows(traits) and profile.accepts(traits))
