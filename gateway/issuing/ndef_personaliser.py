"""Tags without keys at the issuing desk: a signed membership record on a Type 2 or Type 4 tag.

The signature is over the tag's UID too, so the record does not fit another tag; whoever copies the
UID as well has a copy. That is what such a tag is worth (``signed``).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.crypto.public_key import PublicKey
from gateway.crypto.signer import Signer
from gateway.issuing.errors import IssuingError, WrongCardError
from gateway.issuing.noted import noted
from gateway.issuing.personaliser import CardCheck, CardOrder, Personaliser, SeenCard
from gateway.issuing.protocol import Issuing, Talk
from gateway.model.card import CardProfile
from gateway.readers.cards.dialogue import CardIdentity
from gateway.readers.cards.membership import ORGANISATION_BYTES, Membership, signed_membership
from gateway.readers.cards.ndef import encode_message
from gateway.readers.cards.ndef_type2 import type2_profile
from gateway.readers.cards.ndef_type4 import type4_profile
from gateway.readers.cards.ndef_writing import write_type2, write_type4
from gateway.readers.cards.traits import CardKind, CardTraits
from gateway.readers.cards.uid import UID_LENGTHS, is_random
from gateway.readers.cards.writing import Writing


@dataclass(frozen=True, slots=True, kw_only=True)
class NdefPersonaliser(Personaliser):
    """Writes tags.

    Attributes:
        issuer: signs the records; Ed25519.
        organisation: 8 bytes.
    """

    issuer: Signer = field(repr=False)
    organisation: bytes
    profile = CardProfile.NDEF

    def see(self, traits: CardTraits) -> Talk[SeenCard]:
        """See ``Personaliser.see``."""
        yield from ()
        uid = traits.uid
        if uid is None or len(uid) not in UID_LENGTHS or is_random(uid):
            raise WrongCardError("a record is signed for a tag's own UID, and this one has none")
        if traits.kind is CardKind.OTHER or traits.is_classic:
            raise WrongCardError("this is no tag that can carry a record")
        return SeenCard(uid=uid, original=None, traits=traits)

    def identity(self, seen: SeenCard, number: str) -> bytes:
        """Organisation and number, as terminals read it."""
        del seen
        return self.organisation + number.encode()

    def make(self, seen: SeenCard, order: CardOrder) -> Issuing[int | None]:
        """See ``Personaliser.make``."""
        membership = Membership(organisation=self.organisation, number=order.number.encode())
        record = signed_membership(self.issuer, membership, seen.uid).to_record()
        yield from noted(_writing(seen, encode_message([record])), lambda _command: None)
        return None

    def check(self, seen: SeenCard, version: int) -> Talk[CardCheck]:
        """See ``Personaliser.check``."""
        del version
        issuers = (PublicKey.from_cose_key(self.issuer.public_key),)
        profile = type2_profile if seen.traits.kind is CardKind.STORAGE else type4_profile
        found = yield from profile(self.organisation, issuers).read(seen.traits)
        if not isinstance(found, CardIdentity):
            raise IssuingError(f"the tag carries no record of ours: {found.detail}")
        return CardCheck(version=0, number=found.identity[ORGANISATION_BYTES:].decode())

    def wipe(self, seen: SeenCard, version: int) -> Issuing[None]:
        """Leave an empty message."""
        del version
        yield from noted(_writing(seen, b""), lambda _command: None)


def _writing(seen: SeenCard, message: bytes) -> Writing:
    if seen.traits.kind is CardKind.STORAGE:
        return write_type2(message)
    return write_type4(message)
