"""MIFARE Ultralight AES at the issuing desk (``ultralight_aes_issuing``).

Its locks are for good: such a card gets no new keys and is not wiped. It is replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Final

from gateway.crypto.cards.purpose import KeyPurpose
from gateway.issuing.errors import IssuingError, WrongCardError
from gateway.issuing.noted import noted
from gateway.issuing.personaliser import CardCheck, CardOrder, Personaliser, SeenCard
from gateway.issuing.protocol import FACTORY_VERSION, Intent, IntentKind, Issuing, Talk
from gateway.model.card import CardProfile
from gateway.readers.apdu import CommandApdu
from gateway.readers.cards.dialogue import CardIdentity
from gateway.readers.cards.keys import CardKeys
from gateway.readers.cards.storage import update_storage
from gateway.readers.cards.traits import DOUBLE_SIZE_UID_BYTES, CardKind, CardTraits
from gateway.readers.cards.ultralight_aes import AID, ultralight_aes_profile
from gateway.readers.cards.ultralight_aes_issuing import UltralightAesIssue, issue_ultralight_aes
from gateway.readers.cards.ultralight_aes_layout import (
    CONFIG,
    CONFIG_PAGE,
    DATA_KEY,
    UID_KEY,
    Marker,
)

_PROTECT: Final = update_storage(CONFIG_PAGE, CONFIG)


@dataclass(frozen=True, slots=True, kw_only=True)
class UltralightAesPersonaliser(Personaliser):
    """Writes Ultralight AES.

    Attributes:
        keys: the desk's card keys.
        organisation: 8 bytes, written into the marker.
        random_bytes: fresh, unpredictable bytes.
    """

    keys: CardKeys = field(repr=False)
    organisation: bytes
    random_bytes: Callable[[int], bytes]
    profile = CardProfile.ULTRALIGHT_AES

    def see(self, traits: CardTraits) -> Talk[SeenCard]:
        """See ``Personaliser.see``; the chip's own answers come with the first write."""
        yield from ()
        if traits.kind is not CardKind.STORAGE or not traits.may_take_frames or not traits.uid:
            raise WrongCardError("this is no Ultralight AES, or the reader carries no raw frames")
        assert len(traits.uid) == DOUBLE_SIZE_UID_BYTES
        return SeenCard(uid=traits.uid, original=None, traits=traits)

    def make(self, seen: SeenCard, order: CardOrder) -> Issuing[int | None]:
        """See ``Personaliser.make``."""
        if order.random_uid or order.old_version not in {FACTORY_VERSION, order.version}:
            raise WrongCardError("an Ultralight AES keeps its keys and its UID: replace the card")
        issue = UltralightAesIssue(
            marker=Marker(organisation=self.organisation, key_version=order.version),
            data_key=self._key(KeyPurpose.TERMINAL, order.version, seen.uid, DATA_KEY),
            uid_key=self._key(KeyPurpose.ADMIN, order.version, seen.uid, UID_KEY),
        )
        dialogue = issue_ultralight_aes(issue, seen.traits.frames, self.random_bytes)
        yield from noted(dialogue, lambda command: _intent(command, order))
        return None

    def check(self, seen: SeenCard, version: int) -> Talk[CardCheck]:
        """See ``Personaliser.check``; such a card carries no number, its UID names it."""
        profile = ultralight_aes_profile(self.keys, self.random_bytes, self.organisation)
        found = yield from profile.read(seen.traits)
        if not isinstance(found, CardIdentity):
            raise IssuingError(f"the card does not prove itself: {found.detail}")
        return CardCheck(version=version, number=None, counter=found.counter)

    def wipe(self, seen: SeenCard, version: int) -> Issuing[None]:
        """Refuse: its locks cannot be taken back."""
        del seen, version
        yield from _nothing()
        raise WrongCardError("an Ultralight AES keeps its keys for good: block it, and destroy it")

    def _key(self, purpose: KeyPurpose, version: int, uid: bytes, number: int) -> bytes:
        key = self.keys.key(purpose, version, uid, AID, number)
        if key is None:
            raise IssuingError(f"the {purpose} key of version {version} is not held here")
        return key


def _intent(command: CommandApdu, order: CardOrder) -> Intent | None:
    if command != _PROTECT:
        return None
    return Intent(kind=IntentKind.PROTECT, to_version=order.version)


def _nothing() -> Generator[CommandApdu, object, None]:
    yield from ()
