"""DESFire EV1, EV2 and EV3 at the issuing desk (``gateway.readers.cards.desfire_issuing``)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from gateway.crypto.cards.originality import OriginalityProduct, verify_originality
from gateway.crypto.cards.purpose import KeyPurpose
from gateway.errors import WireError
from gateway.issuing.errors import IssuingError, WrongCardError
from gateway.issuing.key_ring import KeyRing
from gateway.issuing.noted import noted
from gateway.issuing.personaliser import (
    CardCheck,
    CardOrder,
    Personaliser,
    SeenCard,
    number_bytes,
    number_text,
)
from gateway.issuing.protocol import FACTORY_VERSION, Intent, IntentKind, Issuing, Talk
from gateway.model.card import CardProfile
from gateway.readers.apdu import CommandApdu
from gateway.readers.cards.desfire import CardAccess, read_membership, real_uid
from gateway.readers.cards.desfire_card import (
    PICC_AID,
    DesfireCard,
    authenticate,
    select_application,
)
from gateway.readers.cards.desfire_commands import (
    CardVersion,
    format_picc,
    get_key_version,
    get_version,
    read_signature,
)
from gateway.readers.cards.desfire_issuing import (
    KEY_COUNT,
    DesfireIssue,
    DesfireKeySet,
    issue_desfire,
    rekey_desfire,
)
from gateway.readers.cards.desfire_layout import KEY_NUMBERS, MOHR_AID, CardMembership
from gateway.readers.cards.desfire_wire import DesfireRefusedError, Instruction
from gateway.readers.cards.keys import CardKeys
from gateway.readers.cards.traits import CardKind, CardTraits

_PURPOSES: Final = {number: purpose for purpose, number in KEY_NUMBERS.items()}
_TERMINAL: Final = KEY_NUMBERS[KeyPurpose.TERMINAL]
_MASTER: Final = 0
_RND_A_BYTES: Final = 16
_HARDWARE_DESFIRE: Final = 0x01
_HARDWARE_EV3: Final = 0x33


@dataclass(frozen=True, slots=True, kw_only=True)
class DesfirePersonaliser(Personaliser):
    """Writes DESFire cards without a purse.

    Attributes:
        keys: the desk's card keys.
        organisation: 8 bytes, written into the membership file.
        random_bytes: fresh, unpredictable bytes.
    """

    keys: CardKeys = field(repr=False)
    organisation: bytes
    random_bytes: Callable[[int], bytes]
    profile = CardProfile.DESFIRE

    def see(self, traits: CardTraits) -> Talk[SeenCard]:
        """See ``Personaliser.see``."""
        if traits.kind is not CardKind.ISO_14443_4:
            raise WrongCardError("this is no DESFire: it speaks no ISO/IEC 14443-4")
        card = DesfireCard()
        try:
            yield from select_application(card, PICC_AID)
            version = yield from get_version(card)
        except DesfireRefusedError as error:
            raise WrongCardError(f"this is no DESFire: {error}") from error
        if version.hardware_type & 0x0F != _HARDWARE_DESFIRE:
            raise WrongCardError("this is another chip than DESFire")
        if not any(version.uid):
            uid = yield from self._hidden_uid()
            return SeenCard(uid=uid, original=None, traits=traits)
        original = yield from _original(version)
        return SeenCard(uid=version.uid, original=original, traits=traits)

    def make(self, seen: SeenCard, order: CardOrder) -> Issuing[int | None]:
        """See ``Personaliser.make``."""
        if order.random_uid:
            raise WrongCardError("hiding the UID is done on NTAG 424 DNA only")
        membership = CardMembership(
            organisation=self.organisation, number=number_bytes(order.number)
        )
        wanted = self._key_set(seen, order.version)
        if order.old_version not in {FACTORY_VERSION, order.version}:
            before = self._key_set(seen, order.old_version)
            dialogue = rekey_desfire(before, wanted, self.random_bytes)
        else:
            issue = DesfireIssue(
                membership=membership, keys=wanted, master_key=self._master(seen, order.version)
            )
            dialogue = issue_desfire(issue, self.random_bytes)
        yield from noted(dialogue, lambda command: _intent(command, order))
        check = yield from self.check(seen, order.version)
        if check.number != order.number:
            raise IssuingError("the membership file does not read back as it was written")
        return None

    def check(self, seen: SeenCard, version: int) -> Talk[CardCheck]:
        """See ``Personaliser.check``."""
        card = DesfireCard()
        yield from select_application(card, MOHR_AID)
        key = self._ring(seen).key(_TERMINAL, version)
        yield from authenticate(card, _TERMINAL, key, self.random_bytes(_RND_A_BYTES))
        try:
            membership = yield from read_membership(card)
        except WireError as error:
            raise IssuingError(f"the membership file: {error}") from error
        if membership.organisation != self.organisation:
            raise IssuingError("the membership file names another organisation")
        return CardCheck(version=version, number=number_text(membership.number))

    def wipe(self, seen: SeenCard, version: int) -> Issuing[None]:
        """Delete everything on the card; its own master key stays ours, so that it can be."""
        del version
        card = DesfireCard()
        yield from select_application(card, PICC_AID)
        held = yield from get_key_version(card, _MASTER)
        if held == FACTORY_VERSION:
            raise WrongCardError("the card itself was never taken over: there is nothing to wipe")
        key = self._master(seen, held)
        yield from authenticate(card, _MASTER, key, self.random_bytes(_RND_A_BYTES))
        yield from format_picc(card)

    def _ring(self, seen: SeenCard) -> KeyRing:
        return KeyRing(keys=self.keys, uid=seen.uid, aid=MOHR_AID, purposes=_PURPOSES)

    def _key_set(self, seen: SeenCard, version: int) -> DesfireKeySet:
        ring = self._ring(seen)
        keys = tuple(ring.key(number, version) for number in range(KEY_COUNT))
        return DesfireKeySet(version=version, keys=keys)

    def _master(self, seen: SeenCard, version: int) -> bytes:
        """The card's own master key."""
        key = self.keys.key(KeyPurpose.ADMIN, version, seen.uid, PICC_AID, _MASTER)
        if key is None:
            raise IssuingError(f"the card's master key of version {version} is not held here")
        return key

    def _hidden_uid(self) -> Talk[bytes]:
        card = DesfireCard()
        yield from select_application(card, MOHR_AID)
        access = CardAccess(keys=self.keys, random_bytes=self.random_bytes)
        return (yield from real_uid(card, access, None))


def _original(version: CardVersion) -> Talk[bool | None]:
    """Whether NXP signed the UID; only EV3's public key is published."""
    if version.hardware_major != _HARDWARE_EV3:
        return None
    try:
        signature = yield from read_signature()
    except DesfireRefusedError:
        # No signature at all: an imitation, or a simulated card.
        return False
    return verify_originality(OriginalityProduct.DESFIRE_EV3, version.uid, signature)


def _intent(command: CommandApdu, order: CardOrder) -> Intent | None:
    if command.ins != Instruction.CHANGE_KEY:
        return None
    return Intent(
        kind=IntentKind.CHANGE_KEY,
        # The card's own master key has the mark of its kind in the high bits.
        key_number=command.data[0] & 0x0F,
        from_version=order.old_version,
        to_version=order.version,
    )
