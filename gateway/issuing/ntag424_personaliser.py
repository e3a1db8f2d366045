"""NTAG 424 DNA at the issuing desk; the dialogue itself is ``gateway.issuing.ntag424``."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.errors import WireError
from gateway.issuing.errors import IssuingError, WrongCardError
from gateway.issuing.ntag424 import Ntag424Desk, key_ring, read_sun, see_ntag424
from gateway.issuing.ntag424_target import factory_target, issued_target
from gateway.issuing.personaliser import (
    CardCheck,
    CardOrder,
    Personaliser,
    SeenCard,
    number_bytes,
    number_text,
)
from gateway.issuing.protocol import Issuing, Talk
from gateway.model.card import CardProfile
from gateway.readers.cards.desfire_layout import CardMembership
from gateway.readers.cards.keys import CardKeys
from gateway.readers.cards.ntag424_commands import RandomBytes
from gateway.readers.cards.traits import CardKind, CardTraits


@dataclass(frozen=True, slots=True, kw_only=True)
class Ntag424Personaliser(Personaliser):
    """Writes NTAG 424 DNA.

    Attributes:
        keys: the desk's card keys.
        organisation: 8 bytes, written into file 3.
        address: what a phone opens; see ``sun_template``.
        random_bytes: fresh, unpredictable bytes.
    """

    keys: CardKeys = field(repr=False)
    organisation: bytes
    address: str
    random_bytes: RandomBytes
    profile = CardProfile.NTAG424

    def see(self, traits: CardTraits) -> Talk[SeenCard]:
        """See ``Personaliser.see``."""
        if traits.kind is not CardKind.ISO_14443_4:
            raise WrongCardError("this is no NTAG 424 DNA: it speaks no ISO/IEC 14443-4")
        seen = yield from see_ntag424(self.keys)
        return SeenCard(uid=seen.uid, original=seen.original, traits=traits)

    def make(self, seen: SeenCard, order: CardOrder) -> Issuing[int | None]:
        """See ``Personaliser.make``."""
        membership = CardMembership(
            organisation=self.organisation, number=number_bytes(order.number)
        )
        target = issued_target(self.address, membership, order.version, random_uid=order.random_uid)
        return self._desk(seen, order.old_version).make(target)

    def check(self, seen: SeenCard, version: int) -> Talk[CardCheck]:
        """See ``Personaliser.check``; counts one reading."""
        reading = yield from read_sun(self.keys)
        if reading.uid != seen.uid:
            raise IssuingError("the card's SUN message names another card: a copy")
        if reading.version != version:
            raise IssuingError(
                f"the card's keys are of version {reading.version}, not {version}: rekey it"
            )
        content = yield from self._desk(seen, version).read_membership(version)
        try:
            membership = CardMembership.from_bytes(content)
        except WireError as error:
            raise IssuingError(f"file 3: {error}") from error
        if membership.organisation != self.organisation:
            raise IssuingError("file 3 names another organisation")
        return CardCheck(
            version=version, number=number_text(membership.number), counter=reading.counter
        )

    def wipe(self, seen: SeenCard, version: int) -> Issuing[None]:
        """See ``Personaliser.wipe``; a card that hides its UID goes on doing so."""
        yield from self._desk(seen, version).make(factory_target())

    def _desk(self, seen: SeenCard, old_version: int) -> Ntag424Desk:
        return Ntag424Desk(key_ring(self.keys, seen.uid), self.random_bytes, old_version)
